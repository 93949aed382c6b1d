import subprocess
import sys

import httpx
import pytest

from app.wechat.simulator import openid_of
from tests.wechat import exercise
from tests.wechat.server import APPID, SECRET, running_simulator


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_error_and_no_log_tells_a_secret_or_a_person(log_format):
    with running_simulator() as base_url:
        ran = subprocess.run(
            [sys.executable, "-m", exercise.__name__, base_url, log_format],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        body = {"appid": APPID, "secret": SECRET, "grant_type": "client_credential"}
        token = httpx.post(f"{base_url}/cgi-bin/stable_token", json=body).json()["access_token"]
    assert ran.returncode == 0, ran.stderr[-2000:]
    written = ran.stdout + ran.stderr
    for named in ("errcode 40029", "errcode 61010", "WeChatUnreachable", "wechat_call_failed", "Session(", "Phone("):
        assert named in written
    for secret in (
        SECRET,
        token,
        exercise.CODE,
        exercise.PHONE_CODE,
        exercise.NUMBER,
        exercise.SCENE,
        "secret-signature",
        openid_of(APPID, "保密"),
        "保密",
        "session_key=",
        "js_code=",
        base_url,
    ):
        assert secret not in written, f"{secret} was written"
