"""Where things are and how much is allowed: built once at the edge, passed in, and read from nowhere else."""

from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def _xdg(variable: str, fallback: str) -> Path:
    import os

    return Path(os.environ.get(variable) or Path.home() / fallback) / "homeward"


def _require_safe_address(url: str) -> None:
    """What is sent stays between us and the receiver. ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username is not None:
        raise ValueError("alert_webhook_url must be an address like https://example.org/path, without a name in it")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("alert_webhook_url must begin with https://; http:// is for this machine only")


def _is_postgresql(url: str) -> bool:
    try:
        return make_url(url).drivername == "postgresql+psycopg"
    except (ArgumentError, ValueError):
        return False


class _SharedFile(TomlConfigSettingsSource):
    """One homeward.toml for all programs: the indexer alone passes over what is the service's. `homeward`, which knows
    every setting, refuses the others."""

    def __call__(self) -> dict[str, Any]:
        found = super().__call__()
        if "master_key" in found:
            raise SettingsError("master_key stands in homeward.toml, beside the data it opens: set HOMEWARD_MASTER_KEY")
        if self.settings_cls is not IndexerSettings:
            return found
        return {name: value for name, value in found.items() if name in IndexerSettings.model_fields}


class IndexerSettings(BaseSettings):
    """Read from HOMEWARD_* in the environment, then `homeward.toml` in the data directory, then the safe default."""

    model_config = SettingsConfigDict(env_prefix="HOMEWARD_", extra="forbid", frozen=True)

    data_dir: Path = Field(default_factory=lambda: _xdg("XDG_DATA_HOME", ".local/share"))
    key_file: Path = Field(default_factory=lambda: _xdg("XDG_CONFIG_HOME", ".config") / "master.key")
    master_key: SecretStr | None = None  # its words, in the environment alone; None: they are in key_file
    database_url: SecretStr | None = None  # None: SQLite in SQLCipher inside data_dir; else postgresql+psycopg://
    pack: str = "open"
    pack_dir: Path | None = None  # None: data_dir / "packs"
    providers: tuple[str, ...] = Field(default=("CPUExecutionProvider",), min_length=1)
    inference_threads: int = Field(default=2, ge=1, le=64)

    max_upload_bytes: int = Field(default=32 * 2**20, ge=2**10)
    max_megapixels: float = Field(default=50, gt=0, le=178)
    decode_processes: int = Field(default=2, ge=1, le=32)
    decode_seconds: float = Field(default=10, gt=0)
    decode_megabytes: int = Field(default=1024, ge=256)
    photos_per_volunteer_a_day: int = Field(default=5000, ge=1)
    max_faces_per_photo: int = Field(default=100, ge=1)
    detection_side_px: int = Field(default=1280, ge=160, le=4096)

    lease_seconds: float = Field(default=120, gt=0)
    batch_size: int = Field(default=8, ge=1, le=256)
    poll_seconds: float = Field(default=0.5, gt=0, le=60)
    follow_seconds: float = Field(default=0.5, gt=0, le=10)
    snapshot_every: int = Field(default=10_000, ge=1)

    standing_false_candidates_per_case: float = Field(default=0.1, gt=0, le=5)  # docs/operations.md defines it
    batch_hour_utc: int = Field(default=6, ge=0, le=23)  # case workers learn what standing search found, daily

    anchor_file: Path | None = None  # None: the worker keeps no anchor of the audit log
    alert_webhook_url: str | None = None  # None: nothing is sent; https, or http to this machine
    alert_webhook_secret: SecretStr | None = Field(default=None, min_length=24)
    smtp_host: str | None = None  # None: no mail is sent
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: str | None = None
    smtp_to: tuple[str, ...] = ()

    @field_validator("database_url")
    @classmethod
    def _database_is_ours(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not _is_postgresql(url.get_secret_value()):
            raise ValueError("it must be like postgresql+psycopg://NAME:PASSWORD@HOST/DATABASE, or left out")
        return url

    @model_validator(mode="after")
    def _messages_are_whole_and_safe(self) -> Self:
        if self.alert_webhook_url is not None:
            _require_safe_address(self.alert_webhook_url)
            if self.alert_webhook_secret is None:
                raise ValueError("alert_webhook_url needs alert_webhook_secret: messages are signed with it")
        if self.smtp_host is not None:
            if not self.smtp_from or not self.smtp_to:
                raise ValueError("smtp_host needs smtp_from and smtp_to")
            if self.smtp_tls == "none" and self.smtp_host not in LOOPBACK:
                raise ValueError("smtp_tls may be none only for a mail server on this machine")
        return self

    @model_validator(mode="after")
    def _anchors_lie_outside(self) -> Self:
        if self.anchor_file is not None and self.anchor_file.resolve().is_relative_to(self.data_dir.resolve()):
            raise ValueError("anchor_file must lie outside of data_dir: whoever can rewrite the log must not reach it")
        return self

    @property
    def packs(self) -> Path:
        return self.pack_dir or self.data_dir / "packs"

    @property
    def blobs(self) -> Path:
        return self.data_dir / "blobs"

    @property
    def database_file(self) -> Path:
        return self.data_dir / "homeward.db"

    @property
    def snapshot_dir(self) -> Path:
        return self.data_dir / "gallery"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings passes it by name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        known = {**env_settings(), **init_settings()}
        folder = Path(known.get("data_dir") or _xdg("XDG_DATA_HOME", ".local/share"))
        return init_settings, env_settings, _SharedFile(settings_cls, folder / "homeward.toml")
