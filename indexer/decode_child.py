"""The limited process that reads untrusted pictures.

    python -I -m indexer.decode_child MEGABYTES SECONDS MEGAPIXELS

It answers one request after the other over its standard input and output, and keeps nothing between them:

    ready     one byte, once, when everything is imported and the limits are set
    request   REQUEST (job, length), then the picture's bytes
    answer    ANSWER (header length, body length), a JSON object, then a body: a JPEG or raw RGB

A refused picture is answered by ``{"refused": code, "details": {...}}``. A job that reaches a limit ends the process.
"""

import io
import json
import math
import os
import resource
import signal
import struct
import sys
from enum import IntEnum
from typing import BinaryIO

from PIL import ExifTags, Image, ImageCms

from indexer.decoding import LEAST_SIDE_PX, read_photo, read_pixels
from indexer.errors import ImageRefused

REQUEST = struct.Struct(">BQ")
ANSWER = struct.Struct(">IQ")
READY = b"+"
JOBS_PER_CHILD = 500
"""After so many a child is replaced, so that no leak in a decoder adds up."""


class Job(IntEnum):
    """What is wanted: a photo made clean, or the pixels of a picture."""

    PHOTO = 1
    PIXELS = 2


def main(megabytes: str, seconds: str, megapixels: str) -> None:
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not stand in an answer
    # The parent decides when to stop: the signals of a graceful stop reach the whole group, and a job may be running.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    most_pixels = int(float(megapixels) * 1e6)
    _warm_up()
    _limit(int(megabytes), float(seconds))
    answers.write(READY)
    answers.flush()
    while head := requests.read(REQUEST.size):
        job, length = REQUEST.unpack(head)
        _allow_time(float(seconds))
        _answer(answers, *_done(job, requests.read(length), most_pixels))


def _done(job: int, data: bytes, most_pixels: int) -> tuple[dict[str, object], bytes]:
    try:
        if job == Job.PIXELS:
            pixels = read_pixels(data, most_pixels)
            return {"width": pixels.width, "height": pixels.height}, pixels.rgb
        photo = read_photo(data, most_pixels)
    except ImageRefused as refusal:
        return {"refused": refusal.code, "details": refusal.details}, b""
    header: dict[str, object] = {
        "width": photo.width,
        "height": photo.height,
        "taken_at_exif": photo.details.taken_at,
        "latitude": photo.details.latitude,
        "longitude": photo.details.longitude,
        "perceptual_hash": photo.perceptual_hash.hex(),
        "source_format": photo.source_format,
    }
    return header, photo.jpeg


def _answer(answers: BinaryIO, header: dict[str, object], body: bytes) -> None:
    text = json.dumps(header).encode()
    answers.write(ANSWER.pack(len(text), len(body)))
    answers.write(text)
    answers.write(body)
    answers.flush()


def _warm_up() -> None:
    """Go every way once, because under the limits no file can be opened and so nothing imported any more."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2001:01:01 00:00:00"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for name in ("JPEG", "PNG", "WEBP"):
        file = io.BytesIO()
        Image.new("RGB", (LEAST_SIDE_PX, LEAST_SIDE_PX)).save(file, name, exif=exif, icc_profile=profile)
        read_photo(file.getvalue(), LEAST_SIDE_PX**2)


def _limit(megabytes: int, seconds: float) -> None:
    memory = megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    for nothing in (resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_CORE):
        resource.setrlimit(nothing, (0, 0))
    most = JOBS_PER_CHILD * math.ceil(seconds + 1)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))


def _allow_time(seconds: float) -> None:
    """Let this job have its own share of processor time: the limit counts from the start of the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (min(soft, most), most))


if __name__ == "__main__":
    main(*sys.argv[1:])
