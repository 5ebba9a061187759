"""Blobs: a key has all its bytes or does not exist, and leads nowhere else."""

import os
import threading
from pathlib import Path

import pytest

from kernel import blobs
from kernel.blobs import BlobMissing, LocalBlobs

DATA = b"\xff\xd8 a photo" * 1000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "not" / "there" / "yet"


@pytest.fixture
def store(folder: Path) -> LocalBlobs:
    return LocalBlobs(folder)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_put_is_got(store: LocalBlobs) -> None:
    assert store.get(store.put(DATA, "jpg")) == DATA


def test_also_nothing_at_all_can_be_kept(store: LocalBlobs) -> None:
    assert store.get(store.put(b"", "jpg")) == b""


def test_the_same_bytes_twice_are_one_file(store: LocalBlobs, folder: Path) -> None:
    first, again = store.put(DATA, "jpg"), store.put(DATA, "jpg")

    assert first == again
    assert len(files(folder)) == 1


def test_other_bytes_or_another_kind_have_another_key(store: LocalBlobs) -> None:
    assert len({store.put(DATA, "jpg"), store.put(DATA + b"!", "jpg"), store.put(DATA, "png")}) == 3


def test_a_second_process_finds_what_the_first_one_stored(store: LocalBlobs, folder: Path) -> None:
    key = store.put(DATA, "jpg")

    assert LocalBlobs(folder).get(key) == DATA


def test_what_is_not_there_is_missing(store: LocalBlobs) -> None:
    key = store.put(DATA, "jpg")
    store.delete(key)

    with pytest.raises(BlobMissing):
        store.get(key)
    store.delete(key)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../../etc/passwd",
        f"ab/{'c' * 62}.jpg/../../../x",
        f"../{'c' * 62}.jpg",
        f"ab/{'c' * 62}.jpg\n",
        f"ab/{'c' * 62}.jpg\0",
        f"AB/{'c' * 62}.jpg",
        f"ab/{'c' * 61}.jpg",
        f"ab/{'c' * 62}.",
        f"ab/{'c' * 62}.../x",
        f"ab\\{'c' * 62}.jpg",
    ],
)
def test_a_key_that_is_none_of_ours_leads_nowhere(store: LocalBlobs, key: str) -> None:
    with pytest.raises(BlobMissing):
        store.get(key)
    with pytest.raises(BlobMissing):
        store.delete(key)


@pytest.mark.parametrize("suffix", ["../../x", "", "JPG", "jpg/x", "jpg\n", "toolongsuffix"])
def test_a_kind_cannot_lead_out_of_the_folder(store: LocalBlobs, folder: Path, suffix: str) -> None:
    with pytest.raises(BlobMissing):
        store.put(DATA, suffix)
    assert files(folder.parent) == []


@pytest.mark.parametrize("step", ["fsync", "replace", "write"])
def test_a_crash_in_the_middle_leaves_no_half_a_file(
    store: LocalBlobs, folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        if step == "replace":
            broken.setattr(Path, "replace", fail)
        elif step == "fsync":
            broken.setattr(os, "fsync", fail)
        else:
            broken.setattr(os, "fdopen", fail)
        with pytest.raises(OSError, match="No space left"):
            store.put(DATA, "jpg")
        assert files(folder) == []

    assert store.get(store.put(DATA, "jpg")) == DATA


def test_what_a_killed_process_left_half_written_is_no_blob(
    store: LocalBlobs, folder: Path
) -> None:
    key = store.put(DATA, "jpg")
    store.delete(key)
    (folder / key[:2] / ".part-killed").write_bytes(DATA[:100])

    with pytest.raises(BlobMissing):
        store.get(key)
    assert store.get(store.put(DATA, "jpg")) == DATA


@pytest.mark.parametrize("is_there_already", [False, True])
def test_file_and_folders_are_on_the_disk_before_the_key_is_known(
    store: LocalBlobs,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_there_already: bool,
) -> None:
    if is_there_already:
        # By a process that may have died, or not yet come, before it synced the folder.
        store.put(DATA, "jpg")
    synced: list[str] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    key = store.put(DATA, "jpg")

    assert synced[-2:] == [str(folder / key[:2]), str(folder)]
    assert len(synced) == (2 if is_there_already else 3)


def test_many_at_once_store_the_same_photo_once(store: LocalBlobs, folder: Path) -> None:
    start = threading.Barrier(8)
    keys: list[str] = []

    def put() -> None:
        start.wait()
        keys.append(store.put(DATA * 50, "jpg"))

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert [path.stat().st_size for path in files(folder)] == [len(DATA) * 50]


def test_without_a_connected_store_one_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "_store", None)

    with pytest.raises(RuntimeError, match="connect"):
        blobs.store()
