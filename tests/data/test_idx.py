"""IDX files of images and labels: what is read, and one sentence for each way in which a file can be wrong."""

import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sw.data.error import DataError
from sw.data.idx import load_images, load_labels
from sw.data.labelled import check_labels, load_labelled

IMAGES = np.random.default_rng(1).integers(0, 256, size=(3, 4, 5), dtype=np.uint8)
LABELS = np.array([7, 0, 9], np.uint8)


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def written(folder: Path, content: bytes, name: str = "some-file") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_images_and_labels_are_read_as_written(tmp_path, compress):
    images = load_images(written(tmp_path, compress(idx(IMAGES)), "images"))
    labels = load_labels(written(tmp_path, compress(idx(LABELS)), "labels"))
    assert images.dtype == labels.dtype == np.uint8
    assert np.array_equal(images, IMAGES)
    assert np.array_equal(labels, LABELS)


def test_a_file_longer_than_one_read_is_whole(tmp_path):
    many = np.random.default_rng(2).integers(0, 256, size=(3000, 28, 28), dtype=np.uint8)
    assert np.array_equal(load_images(written(tmp_path, gzip.compress(idx(many), 1))), many)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", r"starts with the bytes \(none\), expected 00000803"),
        (idx(LABELS), "starts with the bytes 00000801, expected 00000803"),
        (b"\x00\x00\x0d\x03" + idx(IMAGES)[4:], "starts with the bytes 00000d03"),
        (idx(IMAGES)[:9], "ends after 9 bytes, inside its header of 16"),
        (idx(IMAGES)[:-1], r"is truncated: 59 bytes after the header, expected 60 for the shape \(3, 4, 5\)"),
        (idx(IMAGES)[:16], "is truncated: 0 bytes after the header"),
        (idx(IMAGES) + b"\x00", "goes on after the 60 bytes"),
        (idx(IMAGES[:0]), r"has the shape \(0, 4, 5\), expected at least 1"),
        (idx(IMAGES[:, :0]), r"has the shape \(3, 0, 5\), expected at least 1"),
    ],
)
def test_a_wrong_file_is_one_sentence_that_names_it(tmp_path, content, sentence, compress):
    path = written(tmp_path, compress(content))
    with pytest.raises(DataError, match=sentence) as raised:
        load_images(path)
    message = str(raised.value)
    assert message.startswith(str(path))
    assert "\n" not in message


def test_images_given_as_labels_are_refused(tmp_path):
    with pytest.raises(DataError, match="bytes 00000803, expected 00000801; give an IDX file of labels"):
        load_labels(written(tmp_path, idx(IMAGES)))


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_header_that_lies_about_its_size_costs_no_memory(tmp_path, compress):
    huge = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**32 - 1, 2**32 - 1, 2**32 - 1) + b"few bytes"
    path = written(tmp_path, compress(huge))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="is truncated: 9 bytes"):
            load_images(path)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_a_gzip_file_that_never_ends_is_not_unpacked(tmp_path):
    path = written(tmp_path, gzip.compress(idx(LABELS) + bytes(200 << 20), 9))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="goes on after the 3 bytes"):
            load_labels(path)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-9],  # cut off
        lambda packed: packed[:30] + bytes([packed[30] ^ 0xFF]) + packed[31:],  # a changed byte
        lambda packed: packed[:-8] + bytes(4) + packed[-4:],  # another checksum
        lambda packed: packed[:2],  # the magic bytes alone
    ],
)
def test_a_damaged_gzip_file_is_refused(tmp_path, damage):
    packed = gzip.compress(idx(np.random.default_rng(3).integers(0, 256, size=(9, 9, 9), dtype=np.uint8)))
    with pytest.raises(DataError, match="damaged gzip file|truncated"):
        load_images(written(tmp_path, damage(packed)))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=80), start=st.sampled_from([b"", b"\x1f\x8b\x08\x00", b"\x00\x00\x08\x03"]))
def test_any_bytes_are_read_or_refused_with_a_sentence(tmp_path, content, start):
    path = written(tmp_path, start + content)
    try:
        images = load_images(path)
    except DataError as error:
        assert str(path) in str(error)
    else:
        assert idx(images) == start + content


@pytest.mark.parametrize("name", ["missing", "missing/missing", "."])
def test_a_file_that_cannot_be_opened_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="cannot be read"):
        load_images(tmp_path / name)


def test_labelled_images_come_as_flat_rows_with_their_labels(tmp_path):
    images, labels = load_labelled(
        written(tmp_path, idx(IMAGES), "i"), written(tmp_path, idx(LABELS), "l"), pixels=20, classes=10
    )
    assert np.array_equal(images, IMAGES.reshape(3, 20))
    assert np.array_equal(labels, LABELS)


@pytest.mark.parametrize(
    ("labels", "limits", "sentence"),
    [
        (LABELS, {"pixels": 784}, "holds images of 4 x 5 = 20 pixels, expected 784"),
        (LABELS[:2], {}, "holds 2 labels, expected 3"),
        (LABELS, {"classes": 9}, "has the label 9 at sample 2, expected labels below 9"),
        (LABELS, {"classes": 7}, "has the label 7 at sample 0, expected labels below 7"),
    ],
)
def test_files_that_do_not_fit_each_other_or_the_network_are_refused(tmp_path, labels, limits, sentence):
    with pytest.raises(DataError, match=sentence):
        load_labelled(written(tmp_path, idx(IMAGES), "i"), written(tmp_path, idx(labels), "l"), **limits)


def test_the_largest_allowed_label_is_accepted():
    check_labels(LABELS, 10, "labels")
