"""Grey-scale data sets from a folder or from the net, which here is another folder behind file: addresses."""

import gzip
import hashlib

import pytest

from sw.data.archive import ARCHIVES, Archive, ArchiveFile
from sw.data.download import main, obtain
from sw.data.error import DataError

CONTENTS = {"a-images.gz": b"images " * 40, "a-labels.gz": b"labels"}


@pytest.fixture
def mirror(tmp_path):
    folder = tmp_path / "mirror"
    folder.mkdir()
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(gzip.compress(content))
    return folder


def archive(*mirrors) -> Archive:
    files = tuple(
        ArchiveFile(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
        for name, content in CONTENTS.items()
    )
    return Archive(name="tiny", mirrors=tuple(folder.as_uri() for folder in mirrors), files=files)


def test_missing_files_are_downloaded_and_nothing_else_is_left(tmp_path, mirror):
    paths = obtain(archive(mirror), tmp_path / "new" / "folder")
    assert {name: gzip.decompress(path.read_bytes()) for name, path in paths.items()} == CONTENTS
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == sorted(CONTENTS)


def test_the_next_mirror_is_tried_where_one_is_dead_or_has_something_else(tmp_path, mirror):
    other = tmp_path / "other"
    other.mkdir()
    for name in CONTENTS:
        (other / name).write_bytes(gzip.compress(b"something else"))
    paths = obtain(archive(tmp_path / "dead", other, mirror), tmp_path / "folder")
    assert gzip.decompress(paths["a-labels.gz"].read_bytes()) == b"labels"


def test_files_that_are_there_need_no_net(tmp_path, mirror):
    assert obtain(archive(tmp_path / "dead"), mirror).keys() == CONTENTS.keys()


def test_the_same_content_compressed_otherwise_is_the_same_file(tmp_path, mirror):
    (mirror / "a-images.gz").write_bytes(gzip.compress(CONTENTS["a-images.gz"], 1, mtime=5))
    assert obtain(archive(tmp_path / "dead"), mirror).keys() == CONTENTS.keys()


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(b"labelz"), gzip.compress(b"labels" * 2), gzip.compress(b"labels")[:-9], b""],
    ids=["no gzip", "other content", "more", "cut off", "empty"],
)
def test_a_wrong_file_that_is_there_is_refused_and_kept(tmp_path, mirror, content):
    (mirror / "a-labels.gz").write_bytes(content)
    with pytest.raises(DataError, match=r"a-labels\.gz unpacks to the SHA-256 .*; delete or move it"):
        obtain(archive(tmp_path / "dead"), mirror)
    assert (mirror / "a-labels.gz").read_bytes() == content


def test_without_net_one_sentence_says_what_to_do(tmp_path):
    folder = tmp_path / "folder"
    with pytest.raises(DataError) as raised:
        obtain(archive(tmp_path / "dead", tmp_path / "deaf"), folder)
    message = str(raised.value)
    assert f"put the files a-images.gz, a-labels.gz of tiny into the folder {folder}" in message
    assert "\n" not in message
    assert not folder.exists()


def test_the_command_ends_with_2_and_one_line_where_a_file_is_wrong(tmp_path, capsys):
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"no gzip")
    assert main(["--dataset", "fashion-mnist", "--folder", str(tmp_path)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("error: ")
    assert output.err.count("\n") == 1


def test_every_known_data_set_has_four_files_with_checksums_of_their_own():
    checksums = [file.sha256 for known in ARCHIVES.values() for file in known.files]
    assert len(set(checksums)) == 4 * len(ARCHIVES)
    assert all(len(bytes.fromhex(checksum)) == 32 for checksum in checksums)
