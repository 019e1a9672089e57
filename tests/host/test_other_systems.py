"""The base on systems that are not POSIX, as far as Linux can play them: what they lack is hidden from the project."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from sw.files.output import write_bytes
from sw.host import interruption, invocation, ports
from sw.host.error import BoardError, TransportError
from sw.host.interruption import Interruption
from sw.host.process_transport import ProcessTransport
from sw.tree.sources import ROOT
from sw.wire import port
from tests.drivers.fake_port import usb_port
from tests.drivers.link_partner import Partner
from tests.drivers.other_system import refused

# What needs no pseudo terminal: the session, the link, a loop-back of sockets, files, Ctrl-C between two batches.
RUN = ("tests/host/test_session.py", "tests/host/test_link.py", "tests/host/test_urls.py", "tests/host/test_checkpoint.py")
LEFT_OUT = "rfc_2217 or is_synced or killed_process"  # the last two look at how POSIX does it


def test_the_base_is_imported_and_learns_on_a_loop_back_without_what_posix_adds():
    command = [sys.executable, "-P", "-m", "tests.drivers.other_system", *RUN, "-k", f"not ({LEFT_OUT})"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    imported, passed = re.search(r"imported (\d+) modules", done.stdout), re.search(r"(\d+) passed", done.stdout)
    assert int(imported[1]) > 100 and int(passed[1]) > 80 and "failed" not in done.stdout


def test_what_only_posix_has_is_refused_in_one_sentence(monkeypatch):
    monkeypatch.setattr(port, "pty", None)
    with pytest.raises(TransportError, match="this system has no pseudo terminals"):
        port.Port(Partner())
    monkeypatch.delattr(os, "fork")
    with pytest.raises(TransportError, match="choose the board compiled"):
        ProcessTransport(["true"])


def test_a_file_is_written_where_folders_cannot_be_opened_nor_processes_asked(tmp_path, monkeypatch, capsys):
    real = os.open

    def opened(path, *given, **options):
        if Path(path).is_dir():
            raise PermissionError(13, "Permission denied")
        return real(path, *given, **options)

    monkeypatch.setattr(os, "open", opened)
    for name in ("O_DIRECTORY", "fchmod"):
        monkeypatch.delattr(os, name)
    monkeypatch.delattr(signal, "SIGKILL")
    monkeypatch.setattr(os, "kill", refused)
    (tmp_path / "a.npz").write_bytes(b"old")
    (tmp_path / "a.npz.1.tmp").touch()
    write_bytes(tmp_path / "a.npz", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]
    assert (tmp_path / "a.npz").read_bytes() == b"new" and capsys.readouterr().err == ""


def test_ctrl_c_is_a_question_where_the_c_library_has_no_handlers_to_keep(monkeypatch):
    monkeypatch.setattr(interruption, "_sigaction", None)
    with pytest.raises(KeyboardInterrupt), Interruption() as asked:
        signal.raise_signal(signal.SIGINT)
        assert asked.asked() and asked.number == signal.SIGINT
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("location", ["1-4:1.1", "1-4:x.1"])
def test_the_interface_of_a_port_is_read_as_each_system_tells_it(monkeypatch, location):
    listed = usb_port("COM3", 0x0403, 0x6010, "Dual RS232-HS", location)
    monkeypatch.setattr(ports.list_ports, "comports", lambda: [listed])
    (found,) = ports.serial_ports()
    assert found.interface == 1 and "icebreaker" in found.may_be()
    assert ports.named("COM3") == "COM3" and ports.find_port("icebreaker") == "COM3"


def test_without_an_interface_both_ports_of_a_chip_are_named(monkeypatch):
    there = [usb_port(f"/dev/cu.usbserial-{n}", 0x0403, 0x6010, "Dual RS232-HS", "20-1") for n in "01"]
    monkeypatch.setattr(ports.list_ports, "comports", lambda: there)
    with pytest.raises(BoardError, match="needs --port .*cu.usbserial-0.*cu.usbserial-1"):
        ports.find_port("icebreaker")


def test_a_line_to_copy_is_quoted_as_windows_reads_it(monkeypatch):
    monkeypatch.setattr(invocation, "WINDOWS", True)
    assert invocation.shell_line(["train", "a b", "it's"]) == 'train "a b" it\'s'
    monkeypatch.setattr(invocation, "sys", SimpleNamespace(argv=["x"], executable="/nowhere/python.exe", stderr=None))
    assert invocation.program().startswith("/nowhere/python.exe -P -m sw.cli")
