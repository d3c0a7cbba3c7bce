"""Templates kept for the next run: found by digest and pack, for their owner's eyes alone."""

import stat

import numpy as np
import pytest

from indexer.errors import CacheUnusable
from indexer.evaluation.cache import FILE, TemplateCache
from indexer.evaluation.embedded import EmbeddedFace, EmbeddedPicture

FACE = EmbeddedFace(np.array([0.6, 0.8], np.float32), np.array([1, 0], np.float32), 0.25, True)


def plain(picture):
    return picture and (picture.digest, picture.failure, [(one.template.tolist(), one.mirrored.tolist(), one.quality,
            one.enrolled) for one in picture.faces])  # fmt: skip


def test_what_was_put_is_there_in_the_next_run(tmp_path):
    put = [EmbeddedPicture("aa", (FACE, FACE)), EmbeddedPicture("bb", (), "no_face")]
    with TemplateCache(tmp_path / "cache", "pack 1") as cache:
        for picture in put:
            cache.put(picture)
    with TemplateCache(tmp_path / "cache", "pack 1") as cache:
        assert [plain(cache.get(picture.digest)) for picture in put] == [plain(picture) for picture in put]
        assert cache.get("cc") is None


def test_another_packs_templates_are_not_taken_for_ones_own(tmp_path):
    with TemplateCache(tmp_path, "pack 1") as cache:
        cache.put(EmbeddedPicture("aa", (FACE,)))
    with TemplateCache(tmp_path, "pack 2") as cache:
        assert cache.get("aa") is None


def test_it_is_its_owners_alone(tmp_path):
    with TemplateCache(tmp_path / "cache", "pack 1") as cache:
        cache.put(EmbeddedPicture("aa", (FACE,)))
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "cache" / FILE).stat().st_mode) == 0o600


def test_a_file_that_is_no_cache_is_told_and_left_as_it_is(tmp_path):
    (tmp_path / FILE).write_bytes(b"something else" * 100)
    with pytest.raises(CacheUnusable, match="not a database"):
        TemplateCache(tmp_path, "pack 1")
    assert (tmp_path / FILE).read_bytes().startswith(b"something else")


def test_a_damaged_entry_is_told(tmp_path):
    with TemplateCache(tmp_path, "pack 1") as cache:
        cache._connection.execute("INSERT INTO pictures VALUES ('aa', 'pack 1', NULL, x'0011')")
        with pytest.raises(CacheUnusable, match="delete it"):
            cache.get("aa")


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CacheUnusable):
        TemplateCache(tmp_path / "file" / "cache", "pack 1")
