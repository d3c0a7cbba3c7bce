"""Our own style, scripts and signs: small, read once, and sent again only when they changed."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response

from app.errors import NotFound

FILES = Path(__file__).parent / "files"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}

router = APIRouter()


@dataclass(frozen=True)
class StaticFile:
    content: bytes
    media_type: str
    tag: str


@cache
def static_files() -> dict[str, StaticFile]:
    """By path below `files/`."""
    found = (path for path in FILES.rglob("*") if path.suffix in TYPES)
    return {path.relative_to(FILES).as_posix(): _read(path) for path in found}


@router.get("/static/{path:path}")
def static_file(request: Request, path: str) -> Response:
    file = static_files().get(path)
    if file is None:
        raise NotFound(thing="file")
    headers = {"ETag": file.tag, "Cache-Control": "no-cache"}  # asked for each time, sent when it changed
    if request.headers.get("if-none-match") == file.tag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    return StaticFile(content, TYPES[path.suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')
