"""MNIST as it ships: whole, the right one, and refused when damaged."""

import hashlib
import shutil
import struct
import subprocess
import sys

import numpy as np
import pytest

from sw.data.archive import MNIST
from sw.data.binarise import binarise
from sw.data.error import DataError
from sw.data.mnist import FOLDER, load_packed
from sw.data.pack import pack, unpack

SPLITS = {"train": 60_000, "test": 10_000}


@pytest.mark.parametrize("split", SPLITS)
def test_every_sample_is_there_as_bits_with_a_label(split):
    bits, labels = load_packed(split)
    assert bits.shape == (SPLITS[split], 784)
    assert labels.shape == (SPLITS[split],)
    assert bits.dtype == labels.dtype == np.uint8
    assert set(np.unique(bits)) == {0, 1}
    assert set(np.unique(labels)) == set(range(10))


@pytest.mark.parametrize(("split", "original"), [("train", "train-labels"), ("test", "t10k-labels")])
def test_the_labels_are_those_of_the_original_file(split, original):
    _, labels = load_packed(split)
    expected = next(file for file in MNIST.files if file.name.startswith(original))
    content = struct.pack(">II", 0x801, len(labels)) + labels.tobytes()
    assert len(content) == expected.size
    assert hashlib.sha256(content).hexdigest() == expected.sha256


def test_the_first_training_image_is_an_upright_five():
    """Seen from outside the code that packed it: no mirrored, transposed or shifted picture passes."""
    bits, labels = load_packed("train")
    picture = bits[0].reshape(28, 28)
    assert labels[0] == 5
    assert "".join(".#"[bit] for bit in picture[7]) == "........##########.........."
    assert picture.any(axis=1).nonzero()[0][[0, -1]].tolist() == [5, 24]
    assert picture.any(axis=0).nonzero()[0][[0, -1]].tolist() == [4, 22]


def test_both_files_together_stay_below_two_megabytes():
    assert sum(path.stat().st_size for path in FOLDER.glob("*.bz2")) < 2_000_000


def test_packing_loses_no_bit():
    rng = np.random.default_rng(4)
    bits = rng.integers(0, 2, size=(17, 784), dtype=np.uint8)
    labels = rng.integers(0, 256, size=17, dtype=np.uint8)
    back, labels_back = unpack(pack(bits, labels))
    assert np.array_equal(back, bits)
    assert np.array_equal(labels_back, labels)


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(FOLDER, tmp_path / "mnist_1bit")


def test_a_changed_file_is_refused(copy):
    path = copy / "test.bz2"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"test\.bz2 has the SHA-256 .*, expected .*; restore the file"):
        load_packed("test", copy)


def test_a_file_without_a_checksum_is_refused(copy):
    (copy / "SHA256SUMS").write_text("")
    with pytest.raises(DataError, match="expected none"):
        load_packed("test", copy)


@pytest.mark.parametrize("name", ["test.bz2", "SHA256SUMS"])
def test_a_missing_file_is_refused(copy, name):
    (copy / name).unlink()
    with pytest.raises(DataError, match=f"{name} cannot be read"):
        load_packed("test", copy)


def test_the_command_in_the_readme_makes_such_a_file(tmp_path):
    grey = np.random.default_rng(5).integers(0, 256, size=(4, 28, 28), dtype=np.uint8)
    (tmp_path / "images").write_bytes(struct.pack(">4I", 0x803, 4, 28, 28) + grey.tobytes())
    (tmp_path / "labels").write_bytes(struct.pack(">II", 0x801, 4) + bytes([3, 1, 4, 1]))
    command = [sys.executable, "-m", "sw.data.pack", "--images", tmp_path / "images", "--labels", tmp_path / "labels"]
    subprocess.run([*command, "--threshold", "127", "--save", tmp_path / "out.bz2"], check=True)
    bits, labels = unpack((tmp_path / "out.bz2").read_bytes())
    assert np.array_equal(bits, binarise(grey, 127))
    assert labels.tolist() == [3, 1, 4, 1]
    refused = subprocess.run([*command, "--threshold", "256", "--save", tmp_path / "no.bz2"], capture_output=True)
    assert refused.returncode == 2
    assert refused.stderr.count(b"\n") == 1
    assert not (tmp_path / "no.bz2").exists()
