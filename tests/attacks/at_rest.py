"""Looking for secrets in what lies on a disk: words in the usual encodings, numbers, templates, pictures, the key."""

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WINDOW = 32  # bytes of a template: eight numbers, which nothing else holds by chance
PICTURES = {"JFIF": b"JFIF\0", "Exif": b"Exif\0\0", "PNG": b"\x89PNG\r\n\x1a\n"}

Secrets = Mapping[str, Iterable[bytes]]


def of_words(*words: str) -> dict[str, list[bytes]]:
    return {word: [word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be")] for word in words}


def of_numbers(*numbers: float) -> dict[str, list[bytes]]:
    """As a program keeps them; their digits are words."""
    return {str(number): [struct.pack("<d", number), struct.pack(">d", number)] for number in numbers}


def of_templates(templates: Iterable[NDArray[np.float32]]) -> dict[str, list[bytes]]:
    """Each piece of each template, at full and at half precision."""
    found = {}
    for number, template in enumerate(templates):
        whole = (template.astype("<f4").tobytes(), template.astype("<f2").tobytes())
        found[f"template {number}"] = [each for data in whole for each in _pieces(data)]
    return found


def _pieces(data: bytes) -> list[bytes]:
    return [data[start : start + WINDOW] for start in range(0, len(data) - WINDOW + 1, WINDOW)]


def found_in(data: bytes, secrets: Secrets) -> list[str]:
    """The names of the secrets that are in it."""
    return [name for name, forms in secrets.items() if any(form in data for form in forms)]


def found_under(folder: Path, secrets: Secrets) -> list[str]:
    """`file: secret` for each that lies there, names of files included."""
    found = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(file.relative_to(folder))
        found += [f"{name}: {each}" for each in found_in(name.encode() + b"\0" + file.read_bytes(), secrets)]
    return found
