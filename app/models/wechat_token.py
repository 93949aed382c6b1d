"""The access token of WeChat that all processes share."""

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime
from sqlmodel import Field, SQLModel


class WechatToken(SQLModel, table=True):
    """The token of one mini-program, sealed. Until ``fetching_until`` one process alone asks WeChat for the next.

    ``confirmed_at`` is when WeChat last gave out the very token that it had refused.
    """

    __tablename__ = "wechat_token"
    __table_args__ = (CheckConstraint("(sealed IS NULL) = (expires_at IS NULL)", name="expiry_of_sealed"),)

    appid: str = Field(primary_key=True)
    sealed: bytes | None = None
    expires_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    confirmed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    fetching_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
