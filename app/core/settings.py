"""Settings: everything that differs between one machine and the next, read from the environment.

Variables carry the prefix ``ECHOWALL_``; ``.env`` beside the working directory is read too. Production refuses what is
only fit for a developer's machine, each refusal with a sentence that says what to set.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only-secret-that-production-refuses"  # noqa: S105 - refused in production
DEVELOPMENT_DATA_KEY = "development-only-data-key-that-production-refuses"
DEVELOPMENT_PUSH_TOKEN = "simulator-push-token"  # noqa: S105 - refused in production
DEVELOPMENT_PUSH_AES_KEY = "SimulatorPushKeyThatProductionRefuses000000"
SIMULATOR_URL = "http://127.0.0.1:8010"
SIMULATOR_APPID = "wx0000000000000000"
WECHAT_URL = "https://api.weixin.qq.com"
SECRET_BYTES_MIN = 32
WeChatVersion = Literal["release", "trial", "develop"]
PUSH_AES_KEY_FORM = re.compile(r"[A-Za-z0-9+/]{43}")


class SettingsError(RuntimeError):
    """The settings do not allow what was asked; the message says which variable to set."""


class Settings(BaseSettings):
    """One process's settings. Field ``x`` is the variable ``ECHOWALL_X``."""

    model_config = SettingsConfigDict(
        env_prefix="ECHOWALL_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    env: Literal["development", "production"] = Field(
        "development", description="development or production; production refuses everything made for developers"
    )
    secret_key: SecretStr = Field(
        SecretStr(DEVELOPMENT_SECRET),
        description="master secret of tokens and voucher codes, at least 32 bytes; changing it logs everybody out",
    )
    data_key: SecretStr = Field(
        SecretStr(DEVELOPMENT_DATA_KEY),
        description="seals who complained, at least 32 bytes; never change or lose it: nothing else opens them",
    )
    database_url: SecretStr | None = Field(
        None, description="postgresql://… of the database; empty uses the embedded one that `make run` starts"
    )
    data_dir: Path = Field(Path("var"), description="folder of the embedded database and of run-time files")
    media_url: str = Field(
        "",
        description="where pictures are kept, for all hosts the same: file:///folder or s3://bucket/prefix; "
        "empty is a folder in data_dir",
    )
    public_url: str = Field(
        "", description="https address under which this API is reached; empty is the address it listens on"
    )
    database_pool_size: int = Field(8, ge=1, le=100, description="connections of one process to write through")
    database_read_pool_size: int = Field(8, ge=1, le=100, description="connections of one process for hot reads")
    host: str = Field("127.0.0.1", description="address the API listens on")
    port: int = Field(8000, ge=1, le=65535, description="port the API listens on")
    workers: int = Field(2, ge=1, le=64, description="API processes")
    wechat_base_url: str = Field(
        SIMULATOR_URL, description=f"WeChat's API; production: {WECHAT_URL}; development: the simulator"
    )
    wechat_appid: str = Field(SIMULATOR_APPID, description="AppID of the mini-program")
    wechat_secret: SecretStr = Field(SecretStr("simulator-secret"), description="AppSecret of the mini-program")
    wechat_push_token: SecretStr = Field(
        SecretStr(DEVELOPMENT_PUSH_TOKEN), description="Token of the message push, as in WeChat's console"
    )
    wechat_push_aes_key: SecretStr = Field(
        SecretStr(DEVELOPMENT_PUSH_AES_KEY), description="EncodingAESKey of the message push, 43 characters"
    )
    wechat_templates: Path | None = Field(
        None, description="file of the subscribe messages' templates; development: app/wechat/templates.toml"
    )
    wechat_version: WeChatVersion = Field(
        "release", description="version of the mini-program that messages and codes open: release, trial or develop"
    )
    wechat_processes: int = Field(
        4,
        ge=1,
        le=10_000,
        description="processes on all hosts that call WeChat; each takes its share of WeChat's limits",
    )
    wechat_pause_s: float = Field(
        30,
        ge=0,
        le=3600,
        description="seconds without a call after five failures in a row or a limit of WeChat's; of a day, ever longer",
    )
    token_ttl_days: int = Field(7, ge=1, le=90, description="days until a log-in must be repeated")
    open_claims_limit: int = Field(3, ge=1, le=50, description="claims one person may hold at once")
    claim_days: int = Field(7, ge=1, le=90, description="days until a claim without delivery lapses")
    confirm_days: int = Field(7, ge=1, le=90, description="days until a silent resident's delivery is confirmed")
    wish_days: int = Field(90, ge=1, le=365, description="days until a wish that nobody claimed expires")
    wish_reward_points: int = Field(10, ge=1, le=1000, description="points that a fulfilled wish earns")
    series_weeks: int = Field(4, ge=1, le=26, description="weeks ahead for which a series has its tasks")
    voucher_days: int = Field(30, ge=1, le=365, description="days until a held voucher expires")
    reversal_minutes: int = Field(60, ge=1, le=1440, description="minutes in which a shop's owner may undo a scan")
    patrol_percent: float = Field(
        2, ge=0, le=100, description="share of what passed by machine that people look at the day after, at least one"
    )
    word_list: Path | None = Field(
        None, description="file with more words that people look at first, in the form of app/domain/sieve_words.txt"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="least level that is logged")
    log_format: Literal["console", "json"] = Field("console", description="console for people, json for collectors")

    @property
    def uses_simulator(self) -> bool:
        """Whether WeChat is anything but WeChat itself."""
        return urlsplit(self.wechat_base_url).hostname != urlsplit(WECHAT_URL).hostname

    @field_validator("wechat_push_aes_key")
    @classmethod
    def refuse_a_key_without_its_form(cls, key: SecretStr) -> SecretStr:
        """Raise ValueError for what is no EncodingAESKey, without showing it."""
        if not PUSH_AES_KEY_FORM.fullmatch(key.get_secret_value()):
            raise ValueError("an EncodingAESKey has 43 characters of A-Z, a-z, 0-9, + and /: copy it from the console")
        return key

    @property
    def base_url(self) -> str:
        """The address that links begin with, without a slash at its end."""
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host  # noqa: S104 - compared, not bound
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"

    @model_validator(mode="after")
    def refuse_developer_settings_in_production(self) -> Self:
        """Raise ValueError naming each variable that production needs and does not have."""
        if self.env != "production":
            return self
        faults = []
        for name, default in (("secret_key", DEVELOPMENT_SECRET), ("data_key", DEVELOPMENT_DATA_KEY)):
            secret = getattr(self, name).get_secret_value()
            if secret == default or len(secret.encode()) < SECRET_BYTES_MIN:
                faults.append(
                    f"ECHOWALL_{name.upper()} is the default or shorter than 32 bytes: set a random one, "
                    "for example the output of `openssl rand -base64 48`."
                )
        if self.database_url is None:
            faults.append(
                "ECHOWALL_DATABASE_URL is empty and the embedded database is for development only: "
                "set it to postgresql://USER:PASSWORD@HOST:5432/NAME."
            )
        if self.uses_simulator or not self.wechat_base_url.startswith("https://"):
            faults.append(
                f"ECHOWALL_WECHAT_BASE_URL points at a simulator: set it to {WECHAT_URL}, "
                "and ECHOWALL_WECHAT_APPID and ECHOWALL_WECHAT_SECRET to those of the mini-program."
            )
        if self.wechat_appid == SIMULATOR_APPID or self.wechat_secret.get_secret_value() == "simulator-secret":
            faults.append(
                "ECHOWALL_WECHAT_APPID or ECHOWALL_WECHAT_SECRET is the simulator's: "
                "set the AppID and AppSecret of the mini-program."
            )
        if (
            self.wechat_push_token.get_secret_value() == DEVELOPMENT_PUSH_TOKEN
            or self.wechat_push_aes_key.get_secret_value() == DEVELOPMENT_PUSH_AES_KEY
        ):
            faults.append(
                "ECHOWALL_WECHAT_PUSH_TOKEN or ECHOWALL_WECHAT_PUSH_AES_KEY is the simulator's: set the Token and "
                "EncodingAESKey of the message push in WeChat's console, in safe mode (安全模式) and JSON."
            )
        if not self.public_url.startswith("https://"):
            faults.append(
                "ECHOWALL_PUBLIC_URL is not an https address: set it to the one under which phones and WeChat reach "
                "this API, such as https://api.example.org."
            )
        if faults:
            raise ValueError(" ".join(faults))
        return self

    def require_database_url(self) -> str:
        """Return the database's URL, from the settings or from the running embedded server.

        Raises SettingsError with the next step when there is neither.
        """
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        written = self.data_dir / DATABASE_URL_FILE
        if written.exists():
            return written.read_text().strip()
        raise SettingsError("No database is running. Start one with `make run`, or set ECHOWALL_DATABASE_URL.")


DATABASE_URL_FILE = "database-url"
API_URL_FILE = "api-url"
SIMULATOR_URL_FILE = "simulator-url"
"""Written into ``data_dir`` while these run, so that other commands find them."""


@lru_cache
def get_settings() -> Settings:
    """Read the settings once a process. Raises pydantic's ValidationError (see ``explain``)."""
    return Settings()


def explain(error: Exception) -> str:
    """Turn a validation error of the settings into sentences for the person at the terminal."""
    errors = getattr(error, "errors", None)
    if errors is None:
        return str(error)
    lines = []
    for item in errors():
        name = "_".join(str(part) for part in item["loc"])
        message = str(item["msg"]).removeprefix("Value error, ")
        lines.append(f"ECHOWALL_{name.upper()}: {message}" if name else message)
    return "\n".join(lines)
