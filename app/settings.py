"""The service's own settings, beside the indexer's. Every default is the safe one."""

from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from indexer.settings import LOOPBACK, IndexerSettings


def _origin_of(address: str) -> str:
    """As browsers write it. ValueError: it is none that a passkey can be made for."""
    parts = urlsplit(address.strip().lower())
    wanted = "public_origin must be like https://homeward.example.org (http:// only for localhost), without a path"
    if parts.path not in {"", "/"} or parts.query or parts.fragment or not parts.hostname or "@" in parts.netloc:
        raise ValueError(wanted)
    if not parts.hostname.isascii():
        raise ValueError("public_origin must be in the letters that browsers send (xn--...)")
    if parts.scheme != "https" and (parts.scheme, parts.hostname) != ("http", "localhost"):
        raise ValueError(wanted)
    if _is_number(parts.hostname):
        raise ValueError("public_origin must have a name and no number: browsers make no passkey for an IP address")
    usual = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port not in {None, usual} else "")


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class ServiceSettings(IndexerSettings):
    """Where the service listens, whom it believes, and for how long a proof of identity is good."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)  # 0: any free one
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False  # a proxy in front does TLS: without it, only loopback is listened on in the clear
    trusted_proxies: tuple[str, ...] = ()  # addresses whose X-Forwarded-For is believed; nobody's otherwise
    public_origin: str | None = None  # https://homeward.example.org, as browsers show it; None: no passkeys
    require_passkeys: bool = False  # of supervisors and admins

    session_idle_minutes: int = Field(default=60, ge=5, le=24 * 60)
    session_hours: int = Field(default=12, ge=1, le=7 * 24)
    key_days: int = Field(default=90, ge=1, le=365)
    invitation_days: int = Field(default=14, ge=1, le=90)
    password_length: int = Field(default=15, ge=15, le=64)  # NIST SP 800-63B-4 3.1.1.2: 15 for a password alone

    searches_per_case_a_day: int = Field(default=10, ge=1)
    searches_per_worker_a_day: int = Field(default=50, ge=1)
    seeded_share: float = Field(default=0.05, ge=0, le=0.5)  # of what reviewers are given: pairs of known truth
    hotline: str = Field(default="", max_length=500)  # whom to call when a child is in danger now, in your words

    threads: int = Field(default=16, ge=1, le=24)  # fewer than database connections, or requests wait for ever
    connections_at_once: int = Field(default=256, ge=8, le=65_536)  # more are answered 503: a flood fills no memory
    embedding_at_once: int = Field(default=1, ge=1, le=16)
    metrics_key: SecretStr | None = Field(default=None, min_length=24)  # None: there is no /metrics

    @field_validator("public_origin")
    @classmethod
    def _origin_is_one(cls, origin: str | None) -> str | None:
        return None if origin is None else _origin_of(origin)

    @model_validator(mode="after")
    def _passkeys_have_an_origin(self) -> Self:
        if self.require_passkeys and self.public_origin is None:
            raise ValueError("require_passkeys needs public_origin, the address that browsers show")
        return self

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key belong together")
        return self

    @property
    def is_loopback(self) -> bool:
        return self.host in LOOPBACK

    @property
    def has_tls(self) -> bool:
        return self.tls_certificate is not None
