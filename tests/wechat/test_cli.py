import os
import subprocess
import sys

PRODUCTION = {
    "ECHOWALL_ENV": "production",
    "ECHOWALL_SECRET_KEY": "k" * 48,
    "ECHOWALL_DATA_KEY": "d" * 48,
    "ECHOWALL_PUBLIC_URL": "https://api.example.org",
    "ECHOWALL_DATABASE_URL": "postgresql://user:password@127.0.0.1/echowall",
    "ECHOWALL_WECHAT_BASE_URL": "https://api.weixin.qq.com",
    "ECHOWALL_WECHAT_APPID": "wx1234567890abcdef",
    "ECHOWALL_WECHAT_SECRET": "appsecret",
    "ECHOWALL_WECHAT_PUSH_TOKEN": "t" * 16,
    "ECHOWALL_WECHAT_PUSH_AES_KEY": "k" * 43,
}


def test_production_refuses_the_simulator():
    ran = subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", "simulator", "--port", "1"],
        env={**os.environ, **PRODUCTION},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 2, ran.stderr
    assert "ECHOWALL_ENV" in ran.stderr
    assert "Traceback" not in ran.stderr
