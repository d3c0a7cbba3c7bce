"""Where things are and how much is allowed: built once at the edge, passed in, and read from nowhere else."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource


def _xdg(variable: str, fallback: str) -> Path:
    import os

    return Path(os.environ.get(variable) or Path.home() / fallback) / "homeward"


class IndexerSettings(BaseSettings):
    """Read from HOMEWARD_* in the environment, then `homeward.toml` in the data directory, then the safe default."""

    model_config = SettingsConfigDict(env_prefix="HOMEWARD_", extra="forbid", frozen=True)

    data_dir: Path = Field(default_factory=lambda: _xdg("XDG_DATA_HOME", ".local/share"))
    key_file: Path = Field(default_factory=lambda: _xdg("XDG_CONFIG_HOME", ".config") / "master.key")
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
    max_faces_per_photo: int = Field(default=100, ge=1)
    detection_side_px: int = Field(default=1280, ge=160, le=4096)

    lease_seconds: float = Field(default=120, gt=0)
    batch_size: int = Field(default=8, ge=1, le=256)
    poll_seconds: float = Field(default=0.5, gt=0, le=60)
    follow_seconds: float = Field(default=0.5, gt=0, le=10)
    snapshot_every: int = Field(default=10_000, ge=1)

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
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, folder / "homeward.toml")
