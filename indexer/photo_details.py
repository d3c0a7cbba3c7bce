"""When and where a photo says it was taken: EXIF, which anybody can write anything into.

Nothing here can fail a good picture: what cannot be read or cannot be true is left out.
"""

import re
import struct
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

_MOST_EXIF_BYTES = 256 * 1024  # one JPEG segment holds 64 kB; cameras use no more than two or three
_HEADER = b"Exif\0\0"
# Everything Pillow's TIFF reader was seen to raise on damaged directories; it promises nothing.
_UNREADABLE = (
    SyntaxError, OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, EOFError,
    struct.error, RecursionError,
)  # fmt: skip
_OFFSET = re.compile(r"[+-](?:0\d|1[0-4]):[0-5]\d")

FIRST_YEAR = 1990
"""Before, there were no digital photos to speak of; what says so is a clock that was never set."""
CLOCKS_DIFFER = timedelta(days=1)
"""How far ahead a time may be: a zone that is not told makes up to 14 hours of it."""


@dataclass(frozen=True)
class PhotoDetails:
    """What EXIF says, as it says it.

    ``orientation`` is 1 to 8. ``taken_at`` is ISO 8601 to the second, with an offset only where the camera wrote one:
    otherwise it is the time its owner had set, in a zone nobody knows. Degrees are WGS 84, both or neither.
    """

    orientation: int = 1
    taken_at: str | None = None
    latitude: float | None = None
    longitude: float | None = None


def read_details(exif: bytes | None) -> PhotoDetails:
    """Read the EXIF block of a picture, with or without its ``Exif`` header."""
    if not exif or len(exif) > _MOST_EXIF_BYTES:
        return PhotoDetails()
    tags = Image.Exif()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow reads what it can of a damaged block, and warns
        try:
            tags.load(exif if exif.startswith(_HEADER) else _HEADER + exif)
        except _UNREADABLE:
            return PhotoDetails()
        place = _place(_directory(tags, IFD.GPSInfo))
        return PhotoDetails(
            orientation=_orientation(_first(tags, Base.Orientation)),
            taken_at=_taken_at(_directory(tags, IFD.Exif)),
            latitude=place[0] if place else None,
            longitude=place[1] if place else None,
        )


def can_be_true(taken_at: datetime) -> bool:
    """Whether a photo that is here today can have been taken then. A time without a zone is read as UTC."""
    aware = taken_at if taken_at.tzinfo else taken_at.replace(tzinfo=UTC)
    return taken_at.year >= FIRST_YEAR and aware <= datetime.now(UTC) + CLOCKS_DIFFER


def _directory(tags: Image.Exif, which: int) -> dict[int, object]:
    try:
        return dict(tags.get_ifd(which))
    except _UNREADABLE:
        return {}


def _first(tags: Image.Exif, tag: int) -> object:
    try:
        return tags.get(tag)
    except _UNREADABLE:
        return None


def _orientation(value: object) -> int:
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _taken_at(tags: dict[int, object]) -> str | None:
    try:
        moment = datetime.strptime(_text(tags.get(Base.DateTimeOriginal)), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        return None
    if not can_be_true(moment):
        return None
    offset = _text(tags.get(Base.OffsetTimeOriginal)) or _text(tags.get(Base.OffsetTime))
    return moment.isoformat() + (offset if _OFFSET.fullmatch(offset) else "")


def _text(value: object) -> str:
    return value[:32].strip("\0 ") if isinstance(value, str) else ""


def _place(tags: dict[int, object]) -> tuple[float, float] | None:
    latitude = _degrees(tags.get(GPS.GPSLatitude), _text(tags.get(GPS.GPSLatitudeRef)), "NS", 90)
    longitude = _degrees(tags.get(GPS.GPSLongitude), _text(tags.get(GPS.GPSLongitudeRef)), "EW", 180)
    # Phones without a fix write 0, 0: a point in the Atlantic where nobody takes photos.
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None
    return latitude, longitude


def _degrees(value: object, side: str, sides: str, most: int) -> float | None:
    """Degrees, minutes and seconds to signed degrees; None where a part is no finite number or out of its range."""
    if not isinstance(value, tuple) or len(value) != 3 or side not in tuple(sides):
        return None
    try:
        degrees, minutes, seconds = (float(part) for part in value)
    except _UNREADABLE:
        return None
    if not (0 <= degrees <= most and 0 <= minutes < 60 and 0 <= seconds <= 60):  # NaN fails each of these
        return None
    total = degrees + minutes / 60 + seconds / 3600
    if total > most:
        return None
    return -total if side == sides[1] else total
