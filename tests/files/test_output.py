"""What is written is written whole or not at all, replaces nothing that is no file, and takes the place of no input."""

import json
import os
import socket
import stat
import threading
from pathlib import Path

import pytest

from sw.files import output
from sw.files.error import FileError
from sw.files.output import check_outputs, make_folder, remove_file, write_bytes, write_json, write_text


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch):
    monkeypatch.setattr(output, "_unsynced", [])


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def device(path):
    """A null device, as `mknod d c 1 3` makes it; where that is not allowed, a link to the one of the system."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        path.symlink_to("/dev/null")
    return path


def test_a_file_is_replaced_not_written_over(tmp_path):
    """Given somebody who still holds the old file, when a new one is written, then the old one is as it was."""
    path, held = tmp_path / "file", tmp_path / "held"
    path.write_bytes(b"old content")
    os.link(path, held)
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert held.read_bytes() == b"old content"
    assert names(tmp_path) == ["file", "held"]


def test_a_file_keeps_its_permissions_and_a_link_stays_a_link(tmp_path):
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to("file")
    write_bytes(link, b"new")
    assert link.is_symlink() and path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_write_protected_file_is_left_alone(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda name, mode: Path(name) != path)  # root may write everywhere
    for write in (lambda: write_bytes(path, b"new"), lambda: check_outputs({"--save": path})):
        with pytest.raises(FileError, match="file cannot be written: it is write-protected"):
            write()
    assert path.read_bytes() == b"old"


def test_a_disk_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "file"
    path.write_bytes(b"old content")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(FileError, match="file cannot be written: No space left on device"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old content"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("number", [5, 22, 95])  # EIO, EINVAL, ENOTSUP
def test_a_folder_that_cannot_be_synced_is_said_once(tmp_path, monkeypatch, capsys, number):
    """As on network shares: the files are there."""
    real = os.fsync

    def fsync(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    for name in ("one", "two", "one"):
        write_bytes(tmp_path / name, b"new")
    assert names(tmp_path) == ["one", "two"]
    said = capsys.readouterr().err
    assert said.startswith(f"warning: the folder {tmp_path} cannot be synced ({os.strerror(number)})") and said.count("\n") == 1


def test_a_device_is_written_through(tmp_path):
    path = device(tmp_path / "null")
    before = path.stat()
    check_outputs({"--save": path, "--json": path})
    write_bytes(path, b"gone")
    assert stat.S_ISCHR(path.stat().st_mode) and path.stat().st_ino == before.st_ino
    assert names(tmp_path) == ["null"]


def test_a_named_pipe_is_written_through(tmp_path):
    path, got = tmp_path / "pipe", []
    os.mkfifo(path)
    check_outputs({"--json": path})
    reader = threading.Thread(target=lambda: got.append(path.read_bytes()))
    reader.start()
    write_json(path, {"accuracy": 1})
    reader.join(10)
    assert json.loads(got[0]) == {"accuracy": 1} and stat.S_ISFIFO(path.stat().st_mode)


def test_an_open_file_goes_on_where_it_is(tmp_path):
    """/dev/stdout of a shell that has sent it into a file: what else is said there stays."""
    path = tmp_path / "told"
    with path.open("wb", buffering=0) as file:
        file.write(b"before ")
        named = Path(f"/dev/fd/{file.fileno()}")
        check_outputs({"--json": named})
        write_text(named, "result ")
        file.write(b"after")
    assert path.read_bytes() == b"before result after"


def test_folders_sockets_and_block_devices_are_refused(tmp_path, monkeypatch):
    listener = socket.socket(socket.AF_UNIX)
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    listener.bind("s")
    for path, said in ((tmp_path, "is a folder, no file: give the name of a file in it"), (Path("s"), "is a socket, no file")):
        for write in (lambda path=path: write_bytes(path, b"new"), lambda path=path: check_outputs({"--save": path})):
            with pytest.raises(FileError, match=said):
                write()
    listener.close()
    assert stat.S_ISSOCK(Path("s").stat().st_mode) and names(tmp_path) == ["s"]


def test_outputs_that_cannot_be_written_are_refused_and_leave_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "a", tmp_path / "none" / "a", tmp_path, tmp_path / ("n" * 252)):
        with pytest.raises(FileError):
            check_outputs({"--save": path})
    check_outputs({"--save": tmp_path / "a", "--json": None})
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("there", [False, True], ids=["not there yet", "there"])
@pytest.mark.parametrize("other", ["a", "x/../a", "link/a", "to-a"])
def test_two_outputs_of_one_file_are_refused(tmp_path, monkeypatch, other, there):
    monkeypatch.chdir(tmp_path)
    Path("x").mkdir()
    Path("link").symlink_to(".")
    Path("to-a").symlink_to("a")
    if there:
        Path("a").write_text("old")
    with pytest.raises(FileError, match=f"--save and --json name the same file, {other}: give two names"):
        check_outputs({"--save": Path("a"), "--json": Path(other)})


def test_two_names_of_one_file_on_a_system_that_does_not_tell_upper_from_lower_case(tmp_path, monkeypatch):
    right = output._temporary
    monkeypatch.setattr(output, "_temporary", lambda target: right(target.with_name(target.name.lower())))
    with pytest.raises(FileError, match="--save and --json name the same file"):
        check_outputs({"--save": tmp_path / "A", "--json": tmp_path / "a"})
    assert names(tmp_path) == []


def test_hard_links_are_one_file(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("old")
    os.link(one, other)
    with pytest.raises(FileError, match="--save and --json name the same file"):
        check_outputs({"--save": one, "--json": other})
    with pytest.raises(FileError, match="--json .*other is the file of --images too and would be written over"):
        check_outputs({"--json": other}, {"--images": one})


def test_an_output_that_is_an_input_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("images").write_text("pixels")
    Path("link").symlink_to("images")
    for path in ("images", "link", f"../{tmp_path.name}/images"):
        with pytest.raises(FileError, match=f"--save {path} is the file of --images too and would be written over"):
            check_outputs({"--save": Path(path)}, {"--images": Path("images"), "--labels": None})
    check_outputs({"--save": Path("other")}, {"--images": Path("images"), "--labels": Path("none")})


def test_a_port_is_no_place_for_a_result(tmp_path):
    port = device(tmp_path / "port")
    with pytest.raises(FileError, match="is the file of --port too"):
        check_outputs({"--json": port}, {"--port": port})


def test_a_temporary_file_of_a_killed_process_of_the_same_number_is_no_hindrance(tmp_path):
    left = tmp_path / f"a.{os.getpid()}.tmp"
    left.write_text("half")
    check_outputs({"--save": tmp_path / "a"})
    left.symlink_to(tmp_path / "elsewhere")
    write_bytes(tmp_path / "a", b"new")
    assert names(tmp_path) == ["a"]


def test_threads_that_write_one_file_leave_one_of_theirs(tmp_path):
    """Their temporary file has one name."""
    contents = [bytes([number]) * 200_000 for number in range(6)]
    threads = [threading.Thread(target=write_bytes, args=(tmp_path / "a", content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "a").read_bytes() in contents and names(tmp_path) == ["a"]


def test_folders_are_made_or_refused(tmp_path):
    make_folder(tmp_path / "one" / "two")
    make_folder(tmp_path / "one")
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="file cannot be made: something else bears its name"):
        make_folder(tmp_path / "file")
    with pytest.raises(FileError, match="two cannot be made: Not a directory"):
        make_folder(tmp_path / "file" / "two")


def test_only_files_are_taken_away(tmp_path):
    remove_file(tmp_path / "none")
    (tmp_path / "file").write_text("")
    remove_file(tmp_path / "file")
    assert names(tmp_path) == []
    with pytest.raises(FileError, match="is a folder"):
        remove_file(tmp_path)
    with pytest.raises(FileError, match="is a device or a pipe, expected a file or nothing"):
        remove_file(device(tmp_path / "null"))


def test_json_has_no_numbers_that_json_has_not(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"accuracy": float("nan")})
    assert not names(tmp_path)
