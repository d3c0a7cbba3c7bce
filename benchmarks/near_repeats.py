"""How well hash bands tell near repeats from other pictures."""

import io
import itertools
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageEnhance

from indexer.keyring import KeyRing
from indexer.near_repeats import BANDS, NEAR_REPEAT_BANDS, hash_bands, perceptual_hash
from tests.shared import SHARED

Picture = Image.Image
FOLDERS = (SHARED / "data" / "detection", SHARED / "data" / "labelled-pairs")
RING = KeyRing(bytes(32))


def measure() -> None:
    """Print how many bands different pictures share, and how many of each kind of repeat share enough."""
    pictures = [small(path) for folder in FOLDERS for path in sorted(folder.glob("*.jpg"))]
    hashes = [bands(picture) for picture in pictures]
    different = Counter(equal(a, b) for a, b in itertools.combinations(hashes, 2))
    print(f"{len(pictures)} pictures, {different.total()} pairs of different ones")
    print("equal bands of different pictures:", dict(sorted(different.items())))
    for name, change in CHANGES.items():
        counts = [equal(mine, bands(change(picture))) for mine, picture in zip(hashes, pictures, strict=True)]
        found = sum(count >= NEAR_REPEAT_BANDS for count in counts)
        print(
            f"{name:28} near repeat {found / len(counts):6.1%}   median {sorted(counts)[len(counts) // 2]} of {BANDS}"
        )


def small(path: Path) -> Picture:
    """At most 1600 px: the hash looks at 64, and the changes below are made faster."""
    with Image.open(path) as picture:
        upright = picture.convert("RGB")
    upright.thumbnail((1600, 1600))
    return upright


def bands(picture: Picture) -> list[bytes]:
    """What is stored of a picture."""
    return hash_bands(perceptual_hash(picture), RING)


def equal(one: list[bytes], other: list[bytes]) -> int:
    """How many bands agree."""
    return sum(a == b for a, b in zip(one, other, strict=True))


def encoded(picture: Picture, quality: int) -> Picture:
    """The picture as it comes back from a JPEG."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file)


def scaled(picture: Picture, longest: int) -> Picture:
    """At most ``longest`` px."""
    copy = picture.copy()
    copy.thumbnail((longest, longest))
    return copy


def cut(picture: Picture, share: float) -> Picture:
    """Without ``share`` of its width and height on each side."""
    across, down = round(picture.width * share), round(picture.height * share)
    return picture.crop((across, down, picture.width - across, picture.height - down))


CHANGES: dict[str, Callable[[Picture], Picture]] = {
    "JPEG quality 60": lambda p: encoded(p, 60),
    "JPEG quality 30": lambda p: encoded(p, 30),
    "640 px, quality 70": lambda p: encoded(scaled(p, 640), 70),
    "320 px, quality 50": lambda p: encoded(scaled(p, 320), 50),
    "15 % brighter": lambda p: ImageEnhance.Brightness(p).enhance(1.15),
    "15 % darker": lambda p: ImageEnhance.Brightness(p).enhance(0.85),
    "20 % more contrast": lambda p: ImageEnhance.Contrast(p).enhance(1.2),
    "1 % cut off each side": lambda p: cut(p, 0.01),
    "2 % cut off each side": lambda p: cut(p, 0.02),
    "5 % cut off each side": lambda p: cut(p, 0.05),
}
