"""Files that people sent, behind one small interface: put bytes, get a key; give the key, get them.

Keys are made from the content, so that putting the same bytes twice is once. The local store
writes to a temporary name, syncs file and folder, and renames: after a crash a key has all its
bytes or does not exist.
"""

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Protocol

_KEY = re.compile(r"^[0-9a-f]{2}/[0-9a-f]{62}\.[a-z0-9]{1,8}$")


class BlobMissing(Exception):
    """No bytes are stored under this key."""


class BlobStore(Protocol):
    def put(self, data: bytes, suffix: str) -> str:
        """Store the bytes for good and return their key; the same bytes give the same key."""

    def get(self, key: str) -> bytes:
        """Return the bytes; raise BlobMissing."""

    def delete(self, key: str) -> None:
        """Forget the bytes; nothing happens when there are none."""


class LocalBlobs:
    """Blobs in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes, suffix: str) -> str:
        digest = hashlib.sha256(data).hexdigest()
        key = f"{digest[:2]}/{digest[2:]}.{suffix}"
        path = self._path(key)
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            _write(path, data)
        # Also when the bytes were there: whoever wrote them may not have come this far.
        _sync_folder(path.parent)
        _sync_folder(self._folder)
        return key

    def get(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as missing:
            raise BlobMissing(key) from missing

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise BlobMissing(key)
        return self._folder / key


def _write(path: Path, data: bytes) -> None:
    """Make the file with all its bytes, or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_store: BlobStore | None = None


def connect(store: BlobStore) -> None:
    """Use this store in this process (the composition root and tests call it)."""
    global _store  # noqa: PLW0603  # one store a process
    _store = store


def store() -> BlobStore:
    """Return the connected store."""
    if _store is None:
        raise RuntimeError("kernel.blobs.connect() was not called")
    return _store
