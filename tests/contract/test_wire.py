"""What only a real server and a real connection show."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from app.main import BODY_BYTES_MAX

ANSWER_TIMEOUT_S = 5.0


def say(served_at: str, request: bytes) -> tuple[bytes, bytes]:
    """Send bytes and return head and body of what comes until the server closes."""
    where = urlsplit(served_at)
    with socket.create_connection((where.hostname, where.port), ANSWER_TIMEOUT_S) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(1 << 16):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


class TestLargeBodies:
    def test_announced_it_is_refused_before_it_comes(self, served_at: str):
        """Nothing is read on: the connection is closed while the client could still be sending."""
        head = (
            b"POST /v1/auth/wechat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        )
        told, body = say(served_at, head % (BODY_BYTES_MAX + 1))
        assert told.startswith(b"HTTP/1.1 413")
        assert b"connection: close" in told.lower()
        assert json.loads(body)["code"] == "body-too-large"

    def test_in_chunks_it_is_refused_when_it_is_too_much(self, served_at: str):
        def chunks() -> Iterator[bytes]:
            for _ in range(BODY_BYTES_MAX // (1 << 16) + 1):
                yield b" " * (1 << 16)

        headers = {"Content-Type": "application/json"}
        with httpx.Client(base_url=served_at, timeout=ANSWER_TIMEOUT_S) as client:
            response = client.post("/v1/auth/wechat", content=chunks(), headers=headers)
            assert (response.status_code, response.json()["code"]) == (413, "body-too-large")
            assert client.get("/healthz").status_code == 200


class TestOddRequests:
    @pytest.mark.parametrize("target", [b"/v1/me\xff", b"/%00", b"/%ff", b"*", b"http://elsewhere/v1/nothing", b"//"])
    def test_targets(self, served_at: str, target: bytes):
        head, body = say(served_at, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert head.split(b" ")[1] in {b"400", b"404"}
        if head.split(b" ")[1] == b"404":
            assert json.loads(body)["code"] == "not-found"

    def test_headers(self, served_at: str):
        odd = b"Authorization: \xff\xfe\r\nIdempotency-Key: \x80\r\nContent-Type: \xe4\xbb\xb6\r\n"
        head, body = say(served_at, b"GET /v1/me HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n" + odd + b"\r\n")
        assert head.startswith(b"HTTP/1.1 401")
        assert json.loads(body)["code"] == "token-invalid"

    def test_head_has_no_body(self, served_at: str):
        head, body = say(served_at, b"HEAD /v1/areas HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 405")
        assert body == b""
