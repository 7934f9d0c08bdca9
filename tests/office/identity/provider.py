"""A small OpenID Connect provider on this machine, for tests: real HTTP, real signatures, and every way to be wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from kezhong import clock


@dataclass
class Provider:
    """Its address, its key, who is signed in there, and what it does wrong."""

    issuer: str
    key: RSAKey
    client_id: str = "kezhong"
    client_secret: str = "secret of the client"
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "u-1"})
    wrong: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def authorize(self, address: str) -> str:
        """What a browser does there: signs in and is sent back; the address it is sent to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == self.client_id
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return f"{asked['redirect_uri']}?{back}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        """The token endpoint: code once, PKCE, client."""
        asked = self.codes.pop(form["code"], None)
        expected = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        )
        if (
            asked is None
            or authorization != f"Basic {expected}"
            or challenge != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return {"error": "invalid_grant"}
        now = int(clock.now().timestamp())
        claims = {
            "iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": asked["nonce"],
            **self.claims, **self.wrong.get("claims", {}),
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self.wrong.get("key", self.key)
        token = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, key)
        if self.wrong.get("none"):

            def part(value: object) -> str:
                return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

            token = f"{part({'alg': 'none'})}.{part(claims)}."
        return {"access_token": "-", "token_type": "Bearer", "id_token": token}


@contextmanager
def running() -> Iterator[Provider]:
    """The provider, served on a port of its own."""
    found: dict[str, Provider] = {}

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            provider = found["it"]
            if self.path == "/.well-known/openid-configuration":
                self._send(
                    {
                        "issuer": provider.wrong.get("issuer", provider.issuer),
                        "authorization_endpoint": provider.issuer + "/authorize",
                        "token_endpoint": provider.issuer + "/token",
                        "jwks_uri": provider.issuer + "/keys",
                    }
                )
            else:
                self._send({"keys": [{**provider.key.as_dict(private=False), "kid": "k1"}]})

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(text).items()}
            answer = found["it"].token(form, self.headers.get("Authorization", ""))
            self._send(answer, 400 if "error" in answer else 200)

        def _send(self, value: object, status: int = 200) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found["it"] = Provider(f"http://127.0.0.1:{server.server_port}", RSAKey.generate_key(2048))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found["it"]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
