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


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone number, both parts in digits."""

    country_code: str = field(repr=False)
    number: str = field(repr=False)

    @property
    def whole(self) -> str:
        """The number as it is kept: with the country's code, unless that is China's."""
        return self.number if self.country_code == "86" else f"+{self.country_code} {self.number}"


class Watermark(BaseModel):
    """For which mini-program something was made."""

    appid: str


class PhoneInfo(BaseModel):
    """What is kept of a telephone number."""

    country_code: str = Field(alias="countryCode", pattern=r"^\d{1,4}$", coerce_numbers_to_str=True)
    number: str = Field(alias="purePhoneNumber", pattern=r"^\d{4,15}$", coerce_numbers_to_str=True)
    watermark: Watermark


class PhoneAnswer(BaseModel):
    """The answer to a phone code."""

    phone_info: PhoneInfo


class ImageAnswer(BaseModel):
    """A picture, as the transport hands it on."""

    image: bytes


class TokenAnswer(BaseModel):
    """A token and the seconds it lives."""

    access_token: str = Field(min_length=1)
    expires_in: int


class SendAnswer(BaseModel):
    """That a message was taken; its id is a number of 64 bits, which not every answer has."""

    msgid: int | None = None


class TraceAnswer(BaseModel):
    """By what WeChat will name what it was asked to look at."""

    trace_id: str = Field(min_length=1, max_length=128)


def read(shape: type[Shape], answer: object) -> Shape:
    """Return ``answer`` in its documented shape; raises WeChatError without naming any value when it has another."""
    try:
        return shape.model_validate(answer)
    except ValidationError:
        raise WeChatError(reason=f"WeChat's answer lacks what a {shape.__name__} must have") from None
