"""The shapes of WeChat's answers, and what is kept of each; it never says what an answer means."""

from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, Field, ValidationError

from app.wechat.errors import WeChatError

Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Session:
    """Who logged in. ``unionid`` is there only when the mini-program is bound to an Open Platform account."""

    openid: str = field(repr=False)
    unionid: str | None = field(repr=False)


class SessionAnswer(BaseModel):
    """What is kept of a log-in: the session key is not read into it, since nothing here decrypts user data."""

    openid: str = Field(min_length=1)
    unionid: str | None = None


class TokenAnswer(BaseModel):
    """A token and the seconds it lives."""

    access_token: str = Field(min_length=1)
    expires_in: int


def read(shape: type[Shape], answer: object) -> Shape:
    """Return ``answer`` in its documented shape; raises WeChatError without naming any value when it has another."""
    try:
        return shape.model_validate(answer)
    except ValidationError:
        raise WeChatError(reason=f"WeChat's answer lacks what a {shape.__name__} must have") from None
