import io
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer import decode_pool
from indexer.decode_pool import DecodePool
from indexer.errors import DecoderUnavailable, ImageCorrupt, ImageDecodeLimit, ImageEmpty, ImageTooSmall
from indexer.settings import IndexerSettings
from tests.drawn import drawn_photo, encoded

PHOTO = encoded(drawn_photo())


@pytest.fixture
def make_pool(tmp_path):
    pools = []

    def make(**changes):
        pools.append(DecodePool(IndexerSettings(data_dir=tmp_path, **{"decode_processes": 1, **changes})))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    with DecodePool(IndexerSettings(data_dir=tmp_path_factory.mktemp("pool"))) as pool:
        yield pool


def test_a_photo_goes_in_and_a_clean_one_comes_out(pool):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2011:02:03 04:05:06"
    exif.get_ifd(0x8825).update({1: "S", 2: (23.0, 7.0, 30.0), 3: "E", 4: (113.0, 15.0, 0.0)})
    photo = pool.decode(encoded(drawn_photo(300, 200), exif=exif))
    assert (photo.width, photo.height, photo.source_format) == (300, 200, "JPEG")
    assert photo.taken_at_exif == "2011-02-03T04:05:06"
    assert (photo.latitude, photo.longitude) == (-23.125, 113.25)
    assert len(photo.perceptual_hash) == 32
    assert Image.open(io.BytesIO(photo.jpeg)).size == (300, 200)


def test_pixels_are_an_array_one_may_write_to(pool):
    pixels = pool.pixels(encoded(drawn_photo(300, 200), "PNG"))
    assert np.array_equal(pixels, np.asarray(drawn_photo(300, 200)))
    pixels[0, 0] = 0


def test_a_refusal_crosses_the_pipe_with_its_words(pool):
    with pytest.raises(ImageEmpty):
        pool.decode(b"")
    with pytest.raises(ImageTooSmall, match="20 x 10 pixels; at least 32") as caught:
        pool.decode(encoded(Image.new("RGB", (20, 10))))
    assert caught.value.details == {"width": 20, "height": 10, "limit": 32}
    with pytest.raises(ImageCorrupt):
        pool.pixels(PHOTO[:2000])


def test_many_threads_each_get_their_own_picture(pool):
    photos = [drawn_photo(64 + n, 48, seed=n) for n in range(24)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(pool.pixels, [encoded(photo, "PNG") for photo in photos]))
    assert all(np.array_equal(pixels, np.asarray(photo)) for pixels, photo in zip(found, photos, strict=True))


def test_a_hung_child_fails_its_own_job_and_is_replaced(make_pool):
    pool = make_pool(decode_seconds=0.5)
    pool.decode(PHOTO)
    (before,) = pool.process_ids
    os.kill(before, signal.SIGSTOP)
    started = time.monotonic()
    with pytest.raises(ImageDecodeLimit):
        pool.decode(PHOTO)
    assert time.monotonic() - started < 3
    assert pool.process_ids != [before]
    assert pool.decode(PHOTO).width == 400


def test_a_file_larger_than_the_pipe_cannot_hang_the_parent(make_pool):
    pool = make_pool(decode_seconds=0.5)
    pool.decode(PHOTO)
    os.kill(pool.process_ids[0], signal.SIGSTOP)
    with pytest.raises(ImageDecodeLimit):
        pool.decode(PHOTO + bytes(5_000_000))
    assert pool.decode(PHOTO).width == 400


def test_a_child_that_died_while_idle_fails_no_job(make_pool):
    pool = make_pool()
    pool.decode(PHOTO)
    (before,) = pool.process_ids
    os.kill(before, signal.SIGKILL)
    os.waitid(os.P_PID, before, os.WEXITED | os.WNOWAIT)
    assert pool.decode(PHOTO).width == 400
    assert pool.process_ids != [before]


def test_a_picture_beyond_the_memory_limit_fails_alone(make_pool):
    pool = make_pool(decode_megabytes=256)
    (before,) = pool.process_ids
    with pytest.raises(ImageDecodeLimit):
        pool.decode(encoded(Image.new("RGB", (8000, 6000)), "PNG"))
    assert pool.process_ids != [before]
    assert pool.decode(PHOTO).width == 400


def test_the_largest_picture_allowed_fits_the_default_limits(pool):
    for data in (
        encoded(Image.new("RGB", (8000, 6000), (200, 100, 50)), quality=50),
        encoded(Image.new("CMYK", (8000, 6000)), quality=50),
    ):
        assert pool.decode(data).width == 8000


def test_a_child_lives_under_hard_limits_without_environment_or_models(make_pool):
    pool = make_pool(decode_megabytes=512, decode_seconds=2)
    pool.decode(PHOTO)
    process = Path("/proc") / str(pool.process_ids[0])
    limits = {line[:25].strip(): line[26:].split()[:2] for line in (process / "limits").read_text().splitlines()}
    assert limits["Max address space"] == [str(512 * 2**20)] * 2
    for name in ("Max open files", "Max file size", "Max core file size"):
        assert limits[name] == ["0", "0"]
    soft, hard = limits["Max cpu time"]
    assert int(soft) <= 4
    assert int(hard) == decode_pool.JOBS_PER_CHILD * 3
    assert (process / "environ").read_bytes() == b""
    loaded = (process / "maps").read_text()
    assert "PIL" in loaded
    assert not [name for name in ("numpy", "cv2", "onnx", "faiss", "cryptography", "sqlcipher") if name in loaded]


def test_the_signal_of_a_graceful_stop_breaks_no_job(make_pool):
    pool = make_pool()
    pool.decode(PHOTO)
    (child,) = pool.process_ids
    os.kill(child, signal.SIGTERM)
    os.kill(child, signal.SIGINT)
    assert pool.decode(PHOTO).width == 400
    assert pool.process_ids == [child]


def test_a_child_is_replaced_after_its_share_of_jobs(make_pool, monkeypatch):
    monkeypatch.setattr(decode_pool, "JOBS_PER_CHILD", 2)
    pool = make_pool()
    (first,) = pool.process_ids
    pool.decode(PHOTO)
    assert pool.process_ids == [first]
    pool.decode(PHOTO)
    assert pool.process_ids != [first]
    assert pool.decode(PHOTO).width == 400


def test_a_job_broken_off_never_answers_for_the_next(make_pool, monkeypatch):
    pool = make_pool()
    exchange = decode_pool._Child._exchange

    def interrupted(child, job, data, most_bytes):
        child._stdin.write(decode_pool.REQUEST.pack(job, len(data)) + data)
        child._stdin.flush()
        raise KeyboardInterrupt

    monkeypatch.setattr(decode_pool._Child, "_exchange", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pool.decode(encoded(drawn_photo(64, 48)))
    monkeypatch.setattr(decode_pool._Child, "_exchange", exchange)
    assert pool.decode(PHOTO).width == 400


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff" * 12,
        decode_pool.ANSWER.pack(2, 2**62) + b"{}",
        decode_pool.ANSWER.pack(2, 100) + b"{}short",
        decode_pool.ANSWER.pack(4, 0) + b"text",
        decode_pool.ANSWER.pack(2, 0) + b"[]",
        decode_pool.ANSWER.pack(2, 0) + b"{}",
        decode_pool.ANSWER.pack(18, 0) + b'{"refused": "what"}'[:18],
        decode_pool.ANSWER.pack(19, 0) + b'{"refused": "what"}',
        decode_pool.ANSWER.pack(27, 0) + b'{"width": 90, "height": 99}',
    ],
)
def test_a_child_taken_over_by_a_picture_is_not_believed(make_pool, answer):
    pool = make_pool(decode_seconds=5)
    code = f"import sys; o = sys.stdout.buffer; o.write(b'+'); o.flush(); sys.stdin.buffer.read(9); o.write({answer!r})"
    pool._command = [sys.executable, "-I", "-c", code]
    pool._idle.get().end()
    pool._idle.put(pool._start())
    with pytest.raises(ImageDecodeLimit):
        pool.pixels(b"x")


def test_a_child_that_cannot_start_is_no_fault_of_the_picture(make_pool, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DecoderUnavailable, match="ended with status 1"):
        make_pool().decode(PHOTO)
    monkeypatch.setattr(sys, "executable", "/no/such/interpreter")
    with pytest.raises(DecoderUnavailable, match="No such file"):
        make_pool()


def test_a_closed_pool_leaves_no_process_and_says_so(make_pool):
    pool = make_pool(decode_processes=2)
    pool.decode(PHOTO)
    children = pool.process_ids
    assert len(children) == 2
    pool.close()
    pool.close()
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    with pytest.raises(DecoderUnavailable, match="closed"):
        pool.decode(PHOTO)
