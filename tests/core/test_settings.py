"""Settings: what production refuses, in sentences that say what to set."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.core.settings import (
    DATABASE_URL_FILE,
    DEVELOPMENT_DATA_KEY,
    DEVELOPMENT_SECRET,
    Settings,
    SettingsError,
    explain,
)

PRODUCTION = {
    "env": "production",
    "secret_key": "x" * 32,
    "data_key": "y" * 32,
    "database_url": "postgresql://echowall:secret@db/echowall",
    "public_url": "https://api.example.org",
    "wechat_base_url": "https://api.weixin.qq.com",
    "wechat_appid": "wx1234567890abcdef",
    "wechat_secret": "0123456789abcdef0123456789abcdef",
    "wechat_push_token": "x3Hq-token",
    "wechat_push_aes_key": "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(f"ECHOWALL_{field.upper()}", raising=False)


def make(**given: object) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[arg-type]


def refusal(**changes: object) -> str:
    with pytest.raises(ValidationError) as refused:
        make(**{**PRODUCTION, **changes})
    return explain(refused.value)


def test_development_needs_nothing():
    assert make().env == "development"
    assert make().uses_simulator


def test_production_starts_with_what_it_needs():
    settings = make(**PRODUCTION)
    assert not settings.uses_simulator
    assert settings.require_database_url() == PRODUCTION["database_url"]


@pytest.mark.parametrize("name", ["secret_key", "data_key"])
@pytest.mark.parametrize("secret", [None, "", "kurz", "x" * 31])
def test_production_refuses_a_default_or_short_secret(name: str, secret: str | None):
    if secret is None:
        secret = {"secret_key": DEVELOPMENT_SECRET, "data_key": DEVELOPMENT_DATA_KEY}[name]
    told = refusal(**{name: secret})
    assert f"ECHOWALL_{name.upper()}" in told
    assert "openssl rand" in told
    assert not secret or secret not in told


def test_a_secret_is_measured_in_bytes():
    assert make(**{**PRODUCTION, "secret_key": "密" * 11}).env == "production"


def test_production_refuses_the_embedded_database():
    told = refusal(database_url=None)
    assert "ECHOWALL_DATABASE_URL" in told
    assert "postgresql://" in told


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8010",
        "http://api.weixin.qq.com",
        "https://api.weixin.qq.com.evil.example",
        "https://evil.example/api.weixin.qq.com",
        "https://api.weixin.qq.com@evil.example",
    ],
)
def test_production_refuses_a_simulator(url: str):
    told = refusal(wechat_base_url=url)
    assert "ECHOWALL_WECHAT_BASE_URL" in told
    assert "https://api.weixin.qq.com" in told


@pytest.mark.parametrize("name", ["wechat_appid", "wechat_secret", "wechat_push_token", "wechat_push_aes_key"])
def test_production_refuses_the_credentials_of_the_simulator(name: str):
    told = refusal(**{name: getattr(make(), name)})
    assert f"ECHOWALL_{name.upper()}" in told
    assert "simulator" in told


@pytest.mark.parametrize("key", ["", "A" * 42, "A" * 44, "A" * 42 + "-", "密" * 43])
def test_a_key_of_the_push_has_its_form(key: str):
    told = refusal(wechat_push_aes_key=key)
    assert "ECHOWALL_WECHAT_PUSH_AES_KEY" in told
    assert not key or key not in told


@pytest.mark.parametrize("address", ["", "http://api.example.org", "api.example.org"])
def test_production_refuses_links_that_phones_do_not_open(address: str):
    assert "ECHOWALL_PUBLIC_URL" in refusal(public_url=address)


@pytest.mark.parametrize(
    ("given", "base_url"),
    [
        ({"public_url": "https://api.example.org/"}, "https://api.example.org"),
        ({"host": "0.0.0.0", "port": 8123}, "http://127.0.0.1:8123"),  # noqa: S104
    ],
)
def test_links_begin_with_the_address_under_which_the_api_is_reached(given: dict[str, object], base_url: str):
    assert make(**given).base_url == base_url


def test_everything_that_is_missing_is_named_at_once():
    with pytest.raises(ValidationError) as refused:
        make(env="production")
    for name in ("SECRET_KEY", "DATABASE_URL", "PUBLIC_URL", "WECHAT_BASE_URL", "WECHAT_APPID", "WECHAT_SECRET"):
        assert f"ECHOWALL_{name}" in explain(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "none"), ("PORT", "0"), ("PORT", "65536"), ("WORKERS", "0"), ("ENV", "staging"), ("LOG_LEVEL", "ALL")],
)
def test_a_wrong_value_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str):
    monkeypatch.setenv(f"ECHOWALL_{name}", value)
    with pytest.raises(ValidationError) as refused:
        make()
    assert explain(refused.value).startswith(f"ECHOWALL_{name}: ")


def test_secrets_do_not_show_in_what_is_printed():
    settings = make(**PRODUCTION)
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        for name in ("secret_key", "data_key", "wechat_secret", "wechat_push_token", "wechat_push_aes_key"):
            assert str(PRODUCTION[name]) not in shown
        assert "postgresql://" not in shown


def test_settings_do_not_change():
    with pytest.raises(ValidationError):
        make().port = 1  # type: ignore[misc]


class TestDatabaseUrl:
    def test_the_running_embedded_server_is_found(self, tmp_path: Path):
        (tmp_path / DATABASE_URL_FILE).write_text("postgresql://embedded\n")
        assert make(data_dir=tmp_path).require_database_url() == "postgresql://embedded"

    def test_a_given_one_goes_before_it(self, tmp_path: Path):
        (tmp_path / DATABASE_URL_FILE).write_text("postgresql://embedded\n")
        assert make(data_dir=tmp_path, database_url="postgresql://given").require_database_url() == "postgresql://given"

    def test_without_either_the_next_step_is_told(self, tmp_path: Path):
        with pytest.raises(SettingsError, match="make run"):
            make(data_dir=tmp_path).require_database_url()
