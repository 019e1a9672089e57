"""What is read is read once, whoever wrote it, and what cannot be read is one sentence."""

import io
import threading

import pytest

from sw.contract.error import ContractError
from sw.contract.parsing import parse_json, parse_toml
from sw.files.error import FileError
from sw.files.input import Begun, read_json, read_object, read_text

TOML = {
    "an integer of 5,000 digits": ("a = " + "1" * 5000, "a number has more than 4300 digits"),
    "lists in lists": ("a = " + "[" * 5000 + "]" * 5000, "it is nested too deeply"),
    "tables in tables": ("a = " + "{a = " * 5000, "it is nested too deeply"),
    "a day that there is not": ("a = 2020-02-30", "Invalid date or datetime"),
    "half a table": ("[a", "Expected ']'"),
    "a byte of zero": ("a = 1\0", "Expected newline"),
}
JSON = {
    "an integer of 5,000 digits": ('{"a": ' + "1" * 5000 + "}", "a number has more than 4300 digits"),
    "lists in lists": ("[" * 5000 + "]" * 5000, "it is nested too deeply"),
    "objects in objects": ('{"a":' * 5000, "it is nested too deeply"),
    "nothing": ("", "Expecting value"),
    "TOML": ("a = 1", "Expecting value"),
}


def one_sentence(error):
    assert "\n" not in str(error.value) and "Traceback" not in str(error.value) and len(str(error.value)) < 300


@pytest.mark.parametrize(("text", "said"), TOML.values(), ids=TOML)
def test_toml_that_breaks_a_parser(text, said):
    with pytest.raises(ContractError, match=f"the file is not TOML: {said}") as caught:
        parse_toml(text, "the file")
    one_sentence(caught)


@pytest.mark.parametrize(("text", "said"), JSON.values(), ids=JSON)
def test_json_that_breaks_a_parser(tmp_path, text, said):
    with pytest.raises(ContractError, match=f"the file is not JSON: {said}") as caught:
        parse_json(text, "the file")
    one_sentence(caught)
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(FileError, match="a.json is not JSON") as caught:
        read_json(path)
    one_sentence(caught)


def test_the_mark_that_some_editors_put_first_is_no_part_of_a_text(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_text(path) == '{"a": 1}' and read_object(path) == {"a": 1}
    assert parse_toml("\ufeffa = 1", "the file") == {"a": 1}


@pytest.mark.parametrize("content", ['"a"'.encode("utf-16"), b"caf\xe9", b"\x89PNG\r\n\x1a\n"])
def test_bytes_that_are_no_text(tmp_path, content):
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(FileError, match="a is no text in UTF-8") as caught:
        read_text(path)
    one_sentence(caught)


def test_a_file_that_never_ends_is_no_text(monkeypatch):
    from pathlib import Path

    monkeypatch.setattr("sw.files.input.LONGEST_TEXT", 1 << 20)
    with pytest.raises(FileError, match="/dev/zero has more than 1 MiB"):
        read_text(Path("/dev/zero"))


def test_files_that_cannot_be_opened(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(FileError, match=f"{path} cannot be read: "):
            read_text(path)


def test_a_list_is_no_object(tmp_path):
    (tmp_path / "a").write_text("[]")
    with pytest.raises(FileError, match="a is no JSON object"):
        read_object(tmp_path / "a")


def test_a_pipe_is_read_like_a_file(tmp_path):
    import os

    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_text('{"a": 1}'))
    writer.start()
    assert read_object(path) == {"a": 1}
    writer.join(10)


def test_what_was_looked_at_first_is_not_lost():
    stream = Begun(io.BytesIO(b"abcdef"), 2)
    assert stream.head == b"ab"
    assert [stream.read(1), stream.read(3), stream.read(9), stream.read()] == [b"a", b"bcd", b"ef", b""]
    assert Begun(io.BytesIO(b"abcdef"), 2).read() == b"abcdef"
    assert Begun(io.BytesIO(b"a"), 2).read(5) == b"a"
