"""Who is let in at all: by address, by the name in ``Host``, by where a page comes from.

A city without an office has one caller, the local analyst, and nobody but this machine itself is let in: the client's
address and the ``Host`` header must both be loopback. The second keeps out web pages that point their own name at
127.0.0.1 (DNS rebinding). With an office, and a public address that it is known by, other machines are let in under
that name only. ``X-Forwarded-*`` counts only when it comes from this machine or a proxy that was named.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.types import Scope

from kezhong.errors import InputError, PermissionDeniedError

PROXY_VARIABLE = "KEZHONG_PROXY"
_SAFE = ("GET", "HEAD", "OPTIONS")
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules of one application; the default lets in this machine only.

    Parameters
    ----------
    public_url
        Scheme, host and port under which people reach it, e.g. ``https://life.example.gov.cn``.
    proxies
        Networks of proxies whose forwarded headers are believed, beside this machine.
    """

    public_url: str | None = None
    proxies: tuple[_Network, ...] = ()

    @property
    def https(self) -> bool:
        """Whether people reach it by https."""
        return bool(self.public_url and self.public_url.startswith("https:"))

    def check(self, scope: Scope) -> None:
        """Let a request in, or say why not; corrects client and scheme of one that a proxy passed on.

        Raises
        ------
        PermissionDeniedError
            With the address, name or page that was refused.
        """
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        self._from_proxy(scope, headers)
        if self.public_url is None:
            check_caller(scope)
        else:
            _check_names(self.public_url, headers)
        site = _header(headers, b"sec-fetch-site")
        # A page of somebody else may link to us, but not make the browser change anything with our cookie.
        if scope["method"] not in _SAFE and site and site not in ("same-origin", "none"):
            raise PermissionDeniedError("server.foreign_site", value=site)

    def _from_proxy(self, scope: Scope, headers: list[tuple[bytes, bytes]]) -> None:
        forwarded = _header(headers, b"x-forwarded-for")
        scheme = _header(headers, b"x-forwarded-proto")
        scope["kezhong_forwarded"] = bool(forwarded or scheme or _header(headers, b"forwarded"))
        client = scope.get("client")
        if self.public_url is None or client is None or not self._trusts(str(client[0])):
            return
        if scheme in ("http", "https"):
            scope["scheme"] = scheme
        for address in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
            scope["client"] = (address, 0)
            if not self._trusts(address):
                break  # what stands to the left of the first stranger is the stranger's own word

    def _trusts(self, address: str) -> bool:
        if _is_loopback(address):
            return True
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in network for network in self.proxies)


LOCAL_ONLY = Guard()


def _check_names(public_url: str, headers: list[tuple[bytes, bytes]]) -> None:
    own = urlsplit(public_url)
    hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
    if len(hosts) != 1 or not (hosts[0].lower() == own.netloc.lower() or _is_local_name(hosts[0])):
        raise PermissionDeniedError("server.foreign_host", value=", ".join(hosts) or "–")
    for name, value in headers:
        if name == b"origin":
            text = value.decode("latin-1")
            if text.lower() != public_url.lower() and not _is_local_name(text.partition("://")[2]):
                raise PermissionDeniedError("server.foreign_site", value=text)


def make_guard(public_url: str | None, environ: Mapping[str, str] = os.environ) -> Guard:
    """The guard for a public address, with the proxies from the environment.

    Raises
    ------
    InputError
        The address is no ``http(s)://host[:port]``, or a proxy is no address or network.
    """
    if public_url is None:
        return LOCAL_ONLY
    parts = urlsplit(public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise InputError("server.bad_public_url", value=public_url)
    try:
        proxies = tuple(
            ipaddress.ip_network(text.strip()) for text in environ.get(PROXY_VARIABLE, "").split(",") if text.strip()
        )
    except ValueError as problem:
        raise InputError("server.bad_proxy", value=environ.get(PROXY_VARIABLE, ""), name=PROXY_VARIABLE) from problem
    return Guard(f"{parts.scheme}://{parts.netloc}".lower(), proxies)


def is_this_machine(scope: Scope) -> bool:
    """Whether a request comes from this machine itself, past no proxy, under a name of this machine."""
    client = scope.get("client")
    host = _header(scope["headers"], b"host")
    return bool(client and _is_loopback(str(client[0])) and _is_local_name(host) and not scope.get("kezhong_forwarded"))


def check_bind(host: str, *, public: bool = False) -> None:
    """Refuse to serve at any address but this machine's own, unless there is sign-in and a public address.

    Raises
    ------
    PermissionDeniedError
        ``host`` is not loopback, or no address of this machine.
    """
    try:
        addresses = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except OSError as problem:
        raise PermissionDeniedError("server.bind_refused", value=host) from problem
    if not public and not all(_is_loopback(address) for address in addresses):
        raise PermissionDeniedError("server.bind_refused", value=host)


def check_caller(scope: Scope) -> None:
    """Refuse a request that does not come from this machine, or that was meant for another name.

    Raises
    ------
    PermissionDeniedError
        With the address or name that was refused.
    """
    client = scope.get("client")
    address = str(client[0]) if client else ""
    if not _is_loopback(address):
        raise PermissionDeniedError("server.not_local", value=address or "–")
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1 or not _is_local_name(hosts[0]):
        raise PermissionDeniedError("server.not_local", value=", ".join(hosts) or "–")
    for name, value in scope["headers"]:
        if name == b"origin" and not _is_local_name(value.decode("latin-1").partition("://")[2]):
            raise PermissionDeniedError("server.not_local", value=value.decode("latin-1"))


def _header(headers: list[tuple[bytes, bytes]], wanted: bytes) -> str:
    return ",".join(value.decode("latin-1") for name, value in headers if name == wanted).strip()


def _is_local_name(host: str) -> bool:
    """Whether a ``Host`` header (name and port) names this machine."""
    if host.startswith("["):
        name, bracket, rest = host[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            return False
    else:
        name = host.partition(":")[0]
    return name.lower() == "localhost" or _is_loopback(name)


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)
