"""Checkpoints: what is loaded is what was saved, and nothing else is ever loaded; a failed save leaves the old file."""

import io
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sw.contract.configuration import configuration_from_json, configuration_to_json
from sw.contract.network import Network
from sw.contract.state import State
from sw.host import checkpoint as module
from sw.host.checkpoint import Checkpoint, load
from sw.host.error import CheckpointError, LinkError, OutputError

NETWORK = Network.of(layers=(12, 5, 3), init_seed=4, init_range=128)
CONFIG = configuration_to_json(NETWORK)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.npz"


@pytest.fixture
def saved(path):
    state = Checkpoint.initial(NETWORK)
    replace(state, prng=2**32 - 1, samples=2**64 - 1, signature=0xFEDCBA98).save(path)
    return path


def rewrite(path, **changes):
    """The file with some arrays replaced; None takes one away."""
    with np.load(path, allow_pickle=False) as old:
        arrays = dict(old)
    arrays |= changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


def refused(path, said):
    with pytest.raises(CheckpointError, match=said) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(str(path)) and "\n" not in message


def test_what_is_loaded_is_what_was_saved(saved):
    found = load(saved)
    assert (found.network, found.prng, found.samples) == (NETWORK, 2**32 - 1, 2**64 - 1)
    assert found.signature == 0xFEDCBA98
    for ours, theirs in zip(found.weights, Checkpoint.initial(NETWORK).weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == np.int8


def test_a_file_without_a_signature_is_read(tmp_path):
    """Older, or written by another program."""
    state = Checkpoint.initial(NETWORK)
    arrays: dict[str, Any] = {f"weights_{i}": layer for i, layer in enumerate(state.weights, 1)}
    arrays |= {"prng": np.array(5, np.uint32), "samples": np.array(6, np.uint64), "config": np.array(CONFIG)}
    np.savez(tmp_path / "old.npz", **arrays)
    found = load(tmp_path / "old.npz")
    assert (found.prng, found.samples, found.signature) == (5, 6, 0)


def test_the_file_is_as_documented(saved):
    with np.load(saved, allow_pickle=False) as file:
        kinds = {name: (file[name].dtype, file[name].shape) for name in file.files}
        text = str(file["config"])
    assert kinds.pop("config")[1] == ()
    assert kinds == {
        "weights_1": (np.int8, (5, 12)),
        "weights_2": (np.int8, (3, 5)),
        "prng": (np.uint32, ()),
        "samples": (np.uint64, ()),
        "signature": (np.uint32, ()),
    }
    assert configuration_from_json(text)[0] == NETWORK


def test_a_checkpoint_that_was_compressed_by_another_program_loads(saved):
    with np.load(saved) as old:
        np.savez_compressed(saved, **dict(old))
    assert load(saved).network == NETWORK


def test_the_checksum_is_of_the_rows_without_padding():
    import zlib

    start = Checkpoint.initial(NETWORK)
    by_row = 0
    for layer in start.weights:
        for row in layer:
            by_row = zlib.crc32(bytes(int(q) & 0xFF for q in row), by_row)
    assert start.weights_crc32 == by_row


WRONG = {
    "no weights": ({"weights_2": None}, "asks for other arrays than it has: weights_2.npy"),
    "another layer": ({"weights_3": np.zeros((2, 3), np.int8)}, "other arrays than it has: weights_3.npy"),
    "weights of another network": ({"weights_1": np.zeros((5, 13), np.int8)}, r"weights_1 is int8 of shape \(5, 13\)"),
    "weights of another type": ({"weights_1": np.zeros((5, 12), np.int16)}, "weights_1 is int16"),
    "no random word": ({"prng": None}, "prng.npy"),
    "a random word of zero": ({"prng": np.array(0, np.uint32)}, "prng is 0, expected an integer from 1"),
    "a random word of another type": ({"prng": np.array(1, np.int64)}, "prng is int64"),
    "a count of another shape": ({"samples": np.zeros(1, np.uint64)}, r"samples is uint64 of shape \(1,\)"),
    "no configuration": ({"config": None}, "config"),
    "a configuration that is a number": ({"config": np.array(3)}, "config is int64"),
    "a configuration that is no JSON": ({"config": np.array("{")}, "not JSON"),
    "an unknown field": ({"config": np.array('{"learning": {"momentum": 1}}')}, "unknown field momentum"),
    "a value out of range": ({"config": np.array('{"learning": {"relax_floor": 0}}')}, "relax_floor is 0"),
    "a configuration too long": ({"config": np.array(" " * 20000)}, "config is <U20000"),
    "the configuration of another network": (
        {"config": np.array(configuration_to_json(Network.of(layers=(12, 6, 3))))},
        r"expected int8 of shape \(6, 12\)",
    ),
}


@pytest.mark.parametrize(("changes", "said"), WRONG.values(), ids=WRONG)
def test_another_file_is_refused(saved, changes, said):
    rewrite(saved, **changes)
    refused(saved, said)


def test_a_pickled_object_is_never_loaded(saved):
    with np.load(saved) as old:
        arrays = dict(old)
    np.savez(saved, allow_pickle=True, **(arrays | {"config": np.array({"a": 1}, dtype=object)}))
    refused(saved, "config is object")


@pytest.mark.parametrize("name", ["weights_1", "weights_2", "prng", "samples", "config"])
def test_a_damaged_field_is_named(saved, name):
    """Its last byte, which is data and not header."""
    with zipfile.ZipFile(saved) as archive:
        info = archive.getinfo(f"{name}.npy")
    data = bytearray(saved.read_bytes())
    start = info.header_offset + data[info.header_offset :].index(b"\x93NUMPY")
    data[start + info.file_size - 1] ^= 0x10
    saved.write_bytes(data)
    refused(saved, f"{name} is damaged")


def test_arrays_of_two_states_are_refused(saved, tmp_path):
    """Each array is whole; only the checksum of all tells."""
    other = tmp_path / "b.npz"
    first = Checkpoint.initial(NETWORK)
    Checkpoint(network=NETWORK, weights=first.weights, prng=5, samples=2**64 - 1).save(other)
    with zipfile.ZipFile(saved) as archive, zipfile.ZipFile(other) as donor:
        members = {name: archive.read(name) for name in archive.namelist()} | {"prng.npy": donor.read("prng.npy")}
        comment = archive.comment
    with zipfile.ZipFile(saved, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.comment = comment
    refused(saved, "its arrays were not saved together")
    with zipfile.ZipFile(saved, "a") as archive:
        archive.comment = b"of another program"
    assert load(saved).prng == 5


def test_a_file_that_numpy_wrote_again_has_no_checksum_and_loads(saved):
    rewrite(saved, prng=np.array(9, np.uint32))
    assert load(saved).prng == 9


def test_equal_states_make_equal_files(saved, tmp_path):
    load(saved).save(tmp_path / "b.npz")
    assert (tmp_path / "b.npz").read_bytes() == saved.read_bytes()


def test_missing_empty_and_foreign_files(path, tmp_path):
    refused(path, "cannot be read: No such file")
    refused(tmp_path, "cannot be read: Is a directory")
    path.write_bytes(b"")
    refused(path, "damaged or not a checkpoint")
    path.write_bytes(b"[network]\n")
    refused(path, "damaged or not a checkpoint")


def test_a_truncated_file_is_refused(saved):
    whole = saved.read_bytes()
    for length in (*range(0, len(whole), 37), *range(len(whole) - 30, len(whole))):
        saved.write_bytes(whole[:length])
        refused(saved, "damaged|expected|its end is missing")


@given(place=st.integers(0), flip=st.integers(1, 255))
def test_a_damaged_byte_is_refused_or_changes_nothing(tmp_path_factory, place, flip):
    path = tmp_path_factory.mktemp("damaged") / "a.npz"
    Checkpoint.initial(NETWORK).save(path)
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= flip
    path.write_bytes(data)
    try:
        found = load(path)
    except CheckpointError as error:
        assert "\n" not in str(error)
        return
    assert found.weights_crc32 == Checkpoint.initial(NETWORK).weights_crc32
    assert (found.network, found.prng, found.samples) == (NETWORK, NETWORK.prng, 0)


HEADERS = {
    "brackets": "(" * 5000,
    "signs": "-" * 9000 + "1",
    "half a text": "'''",
    "keys of two types": "{1: 2, 'descr': 3}",
    "a list for a key": "{[]: 1}",
    "a type that is none": "{'descr': ',', 'fortran_order': False, 'shape': (5, 12), }",
    "a shape of 5,000 digits": f"{{'descr': '|i1', 'fortran_order': False, 'shape': ({'1' * 5000},), }}",
    "a name of 5,000 letters": f"{{'descr': [('{'a' * 5000}', '|i1')], 'fortran_order': False, 'shape': (5, 12), }}",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_header_that_breaks_the_parser_is_one_short_sentence(saved, header):
    data = b"\x93NUMPY\2\0" + len(header).to_bytes(4, "little") + header.encode()
    rewrite(saved, weights_1=None)
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("weights_1.npy", data)
    with pytest.raises(CheckpointError) as caught:
        load(saved)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


@pytest.mark.parametrize("text", ["[" * 16000, '{"network": {"layers": [' + "1" * 5000 + "]}}"])
def test_a_configuration_that_breaks_the_parser_is_refused(saved, text):
    rewrite(saved, config=np.array(text))
    refused(saved, "the configuration is not JSON: (it is nested too deeply|a number has more than 4300 digits)")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_in_an_archive_of_any_method_is_refused(saved, method):
    with zipfile.ZipFile(saved) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(saved, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    assert load(saved).network == NETWORK
    good, damaged = saved.read_bytes(), 0
    for place in range(40, 140, 5):
        saved.write_bytes(good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :])
        try:
            assert load(saved).weights_crc32 == Checkpoint.initial(NETWORK).weights_crc32  # a byte that says nothing
        except CheckpointError:
            damaged += 1
    assert damaged > 10


def test_no_memory_is_taken_for_an_array_that_is_not_there(saved):
    """A header that promises 3 GB in a file of 3 kB."""
    huge = Network.of(layers=(65535, 50000, 2))
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|i1", "fortran_order": False, "shape": (50000, 65535)})
    rewrite(saved, config=np.array(configuration_to_json(huge)), weights_1=None)
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("weights_1.npy", header.getvalue())
    refused(saved, r"weights_1 has \d+ bytes, expected 3276750000")


def test_bytes_after_an_array_are_refused(saved):
    with zipfile.ZipFile(saved) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(saved, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data + b"more" if name == "weights_1.npy" else data)
    refused(saved, "weights_1 goes on after its data")


def test_a_failed_save_leaves_the_old_file_and_no_other(saved, monkeypatch):
    old = saved.read_bytes()
    later = Checkpoint.initial(Network.of(layers=(12, 2)))

    def full(file, arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_arrays", full)
    with pytest.raises(OutputError, match="cannot be written: No space left on device"):
        later.save(saved)
    assert saved.read_bytes() == old
    assert list(saved.parent.iterdir()) == [saved]


def test_the_new_file_is_synced_before_it_takes_the_old_ones_place(saved, monkeypatch):
    events = []
    real_fsync, real_replace = os.fsync, type(saved).replace
    monkeypatch.setattr(os, "fsync", lambda fd: events.append(("sync", os.fstat(fd).st_ino)) or real_fsync(fd))
    monkeypatch.setattr(type(saved), "replace", lambda a, b: events.append(("rename", a.stat().st_ino)) or real_replace(a, b))
    Checkpoint.initial(NETWORK).save(saved)
    file, folder = saved.stat().st_ino, saved.parent.stat().st_ino
    assert events == [("sync", file), ("rename", file), ("sync", folder)]


def test_what_a_killed_process_left_is_taken_away_and_what_a_living_one_writes_is_not(saved):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    names = [f"a.npz.{ended.pid}.tmp", f"a.npz.{os.getppid()}.tmp", "a.npz.mine.tmp", f"b.npz.{ended.pid}.tmp"]
    for name in names:
        saved.with_name(name).touch()
    Checkpoint.initial(NETWORK).save(saved)
    assert sorted(path.name for path in saved.parent.iterdir()) == sorted(["a.npz", *names[1:]])


def test_a_file_that_would_be_too_large_leaves_the_old_one(saved):
    """The system refuses the bytes, in a process of its own: the limit is for all of its files."""
    old = saved.read_bytes()
    program = (
        "import resource, sys, pathlib, sw.host.checkpoint as c, sw.host.error as e\n"
        "path = pathlib.Path(sys.argv[1]); state = c.load(path)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try: state.save(path)\n"
        "except e.OutputError as error: sys.exit(str(error))"
    )
    ran = subprocess.run([sys.executable, "-c", program, str(saved)], capture_output=True, text=True, check=False)
    assert ran.stderr == f"{saved} cannot be written: File too large\n"
    assert saved.read_bytes() == old and list(saved.parent.iterdir()) == [saved]


def test_a_board_with_an_impossible_random_word_is_not_saved():
    class Reset:
        def read_weights(self):
            return Checkpoint.initial(NETWORK).weights

        def read_state(self):
            return State(0, 5)

    with pytest.raises(LinkError, match="its random word is 0"):
        Checkpoint.of(Reset(), NETWORK)  # type: ignore[arg-type]
