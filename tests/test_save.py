"""Files are written whole or not at all."""

import os

import pytest

from sw.data.error import DataError
from sw.data.save import save_atomically


def test_a_file_is_replaced_not_written_over(tmp_path):
    """Given somebody who still holds the old file, when a new one is saved, then the old one is as it was."""
    path, held = tmp_path / "file", tmp_path / "held"
    path.write_bytes(b"old content")
    os.link(path, held)
    save_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert held.read_bytes() == b"old content"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "held"]


def test_a_disk_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "file"
    path.write_bytes(b"old content")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(DataError, match=r"file cannot be written \(No space left on device\)"):
        save_atomically(path, b"new")
    assert path.read_bytes() == b"old content"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="cannot be written"):
        save_atomically(tmp_path / "file" / "inside", b"new")
