"""The service's own settings, beside the indexer's. Every default is the safe one."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from indexer.settings import LOOPBACK, IndexerSettings


class ServiceSettings(IndexerSettings):
    """Where the service listens, whom it believes, and for how long a proof of identity is good."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)  # 0: any free one
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False  # a proxy in front does TLS: without it, only loopback is listened on in the clear
    trusted_proxies: tuple[str, ...] = ()  # addresses whose X-Forwarded-For is believed; nobody's otherwise

    session_idle_minutes: int = Field(default=60, ge=5, le=24 * 60)
    session_hours: int = Field(default=12, ge=1, le=7 * 24)
    key_days: int = Field(default=90, ge=1, le=365)
    invitation_days: int = Field(default=14, ge=1, le=90)
    password_length: int = Field(default=15, ge=12, le=64)  # NIST SP 800-63B-4 3.1.1.2: 15 for a password alone

    searches_per_case_a_day: int = Field(default=10, ge=1)
    searches_per_worker_a_day: int = Field(default=50, ge=1)
    seeded_share: float = Field(default=0.05, ge=0, le=0.5)  # of what reviewers are given: pairs of known truth
    hotline: str = Field(default="", max_length=500)  # whom to call when a child is in danger now, in your words

    threads: int = Field(default=16, ge=1, le=24)  # fewer than database connections, or requests wait for ever
    connections_at_once: int = Field(default=256, ge=8, le=65_536)  # more are answered 503: a flood fills no memory
    embedding_at_once: int = Field(default=1, ge=1, le=16)
    metrics_key: SecretStr | None = Field(default=None, min_length=24)  # None: there is no /metrics

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
