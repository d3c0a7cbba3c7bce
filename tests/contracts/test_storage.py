"""What every store of bytes must do, and what the local one promises besides."""

import errno
import os
import resource
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from indexer.errors import BlobMissing, BlobNameUnusable, StorageFull, StorageUnavailable
from indexer.storage import BlobStore, LocalStore, checked_name

UNUSABLE = [
    "", "/", "photos/", "/photos/1", "photos//1", ".", "..", "../x", "photos/../x", "photos/.x", "a.b", "Photos/1",
    "photos/1 ", "photos\\1", "photos/1\n", "photos/\0", "é", "-a", "a-", "_", "a" * 201,
]  # fmt: skip


class MemoryStore:
    """The slow, obvious store."""

    def __init__(self):
        self.held = {}

    def put(self, name, data):
        self.held[checked_name(name)] = bytes(data)

    def get(self, name):
        try:
            return self.held[checked_name(name)]
        except KeyError:
            raise BlobMissing(name=name) from None

    def delete(self, name):
        self.held.pop(checked_name(name), None)

    def names(self, prefix=""):
        if prefix.strip("abcdefghijklmnopqrstuvwxyz0123456789/_-"):
            raise BlobNameUnusable(name=prefix)
        return (name for name in list(self.held) if name.startswith(prefix))


class StorageContract:
    @pytest.fixture
    def store(self, tmp_path) -> BlobStore:
        raise NotImplementedError

    def test_what_was_put_comes_back(self, store):
        for name, data in (("photos/1", b""), ("crops/0192-ab/3", bytes(range(256)) * 5000), ("a" * 200, b"x")):
            store.put(name, data)
            assert store.get(name) == data

    def test_a_second_put_takes_the_place_of_the_first(self, store):
        store.put("photos/1", b"long old bytes")
        store.put("photos/1", b"new")
        assert store.get("photos/1") == b"new"
        assert list(store.names()) == ["photos/1"]

    def test_a_name_may_begin_with_another_name(self, store):
        store.put("photos/1", b"photo")
        store.put("photos/1/crop", b"crop")
        assert (store.get("photos/1"), store.get("photos/1/crop")) == (b"photo", b"crop")

    def test_an_absent_name_is_missing(self, store):
        with pytest.raises(BlobMissing, match="photos/1"):
            store.get("photos/1")

    def test_deleting_forgets_and_may_be_repeated(self, store):
        store.put("photos/1", b"x")
        store.delete("photos/1")
        store.delete("photos/1")
        with pytest.raises(BlobMissing):
            store.get("photos/1")
        assert list(store.names()) == []

    def test_names_are_listed_by_prefix(self, store):
        everything = {"photos/1", "photos/12", "photos/2", "crops/1"}
        for name in everything:
            store.put(name, b"x")
        assert set(store.names()) == everything
        assert set(store.names("photos/1")) == {"photos/1", "photos/12"}
        assert set(store.names("photos/")) == everything - {"crops/1"}
        assert set(store.names("x")) == set()
        with pytest.raises(BlobNameUnusable):
            store.names("photos.")

    @pytest.mark.parametrize("name", UNUSABLE)
    def test_names_the_server_would_not_make_are_refused(self, store, name):
        for use in (lambda: store.put(name, b"x"), lambda: store.get(name), lambda: store.delete(name)):
            with pytest.raises(BlobNameUnusable):
                use()
        assert list(store.names()) == []

    def test_readers_see_old_or_new_bytes_and_never_a_mixture(self, store):
        versions = [bytes([n]) * 200_000 for n in range(4)]
        store.put("photos/1", versions[0])

        def write(n):
            for _ in range(5):
                store.put("photos/1", versions[n])

        def read(_):
            return [store.get("photos/1") in versions for _ in range(30)]

        with ThreadPoolExecutor(6) as threads:
            reads = [threads.submit(read, n) for n in range(2)]
            list(threads.map(write, range(4)))
            assert all(all(seen.result()) for seen in reads)


class TestMemoryStore(StorageContract):
    @pytest.fixture
    def store(self, tmp_path):
        return MemoryStore()


class TestLocalStore(StorageContract):
    @pytest.fixture
    def store(self, tmp_path):
        return LocalStore(tmp_path / "blobs")

    def test_another_process_reads_the_same_folder(self, store, tmp_path):
        store.put("photos/1", b"x")
        assert LocalStore(tmp_path / "blobs").get("photos/1") == b"x"

    def test_only_the_owner_may_look(self, store, tmp_path):
        store.put("photos/1", b"x")
        root = tmp_path / "blobs"
        for entry in (root, *root.rglob("*")):
            assert stat.S_IMODE(entry.stat().st_mode) == (0o600 if entry.is_file() else 0o700)

    def test_files_are_spread_over_folders(self, store, tmp_path):
        for number in range(300):
            store.put(f"photos/{number}", b"")
        counts = [len(list(folder.iterdir())) for folder in (tmp_path / "blobs").iterdir()]
        assert sum(counts) == 300
        assert max(counts) < 10

    @pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
    @pytest.mark.parametrize("step", ["open", "write", "fsync"])
    def test_a_full_disk_keeps_nothing_and_says_so(self, store, tmp_path, monkeypatch, step, error):
        store.put("photos/1", b"old")

        def fail(*_):
            raise OSError(error, os.strerror(error))

        with monkeypatch.context() as patch:
            patch.setattr(os, step, fail)
            with pytest.raises(StorageFull, match="nothing was kept"):
                store.put("photos/1", b"new")
            with pytest.raises(StorageFull):
                store.put("photos/2", b"new")
        assert store.get("photos/1") == b"old"
        assert list(store.names()) == ["photos/1"]
        assert list((tmp_path / "blobs" / "unfinished").iterdir()) == []
        store.put("photos/2", b"new")
        assert store.get("photos/2") == b"new"

    def test_a_real_limit_on_file_size_keeps_nothing(self, store, tmp_path):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
        try:
            with pytest.raises(StorageFull):
                store.put("photos/1", bytes(100_000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert list(store.names()) == []
        assert list((tmp_path / "blobs" / "unfinished").iterdir()) == []

    def test_another_failure_of_the_disk_is_named(self, store, monkeypatch):
        def fail(*_):
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(StorageUnavailable, match="Input/output error"):
            store.put("photos/1", b"x")

    def test_bytes_and_folder_reach_the_disk_before_put_returns(self, store, tmp_path, monkeypatch):
        steps = []
        real_sync = os.fsync

        def sync(descriptor):
            steps.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
            real_sync(descriptor)

        monkeypatch.setattr(os, "fsync", sync)
        store.put("photos/1", b"x")
        written, folder = steps
        assert written.startswith(str(tmp_path / "blobs" / "unfinished"))
        assert folder == str(store._path("photos/1").parent)
        store.delete("photos/1")
        assert steps[2:] == [folder]

    def test_a_killed_writer_leaves_nothing_visible_and_can_be_swept(self, store, tmp_path):
        die = (
            "import os, sys; from pathlib import Path; from indexer.storage import LocalStore\n"
            "store = LocalStore(Path(sys.argv[1])); os.fsync = lambda _: os._exit(137)\n"
            "store.put('photos/1', b'x')"
        )
        done = subprocess.run([sys.executable, "-c", die, str(tmp_path / "blobs")], check=False)
        assert done.returncode == 137
        assert list(store.names()) == []
        assert store.clear_unfinished() == 0
        assert store.clear_unfinished(older_than_seconds=0) == 1
        assert list((tmp_path / "blobs" / "unfinished").iterdir()) == []
