"""Transports: bytes pass whole and in order, neither side waits for ever, and an end is told in one sentence."""

import os
import socket
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
import serial

from sw.contract.network import Network
from sw.host import known_boards, latency, ports
from sw.host.error import TransportError
from sw.host.process_transport import ProcessTransport
from sw.host.serial_transport import SerialTransport
from tests.drivers.fake_port import FakePort, board_like, usb_port

ECHO = [sys.executable, "-c", "import os\nwhile d := os.read(0, 4096):\n    while d: d = d[os.write(1, d):]"]


@pytest.fixture
def echo():
    transport = ProcessTransport(ECHO)
    yield transport
    transport.close()


def test_two_full_pipes_do_not_wait_for_each_other(echo):
    sent = os.urandom(1 << 20)  # far more than both pipes hold
    echo.write(sent)
    received = b""
    while len(received) < len(sent):
        received += echo.read(65536, 5)
    assert received == sent


def test_a_read_takes_no_more_than_asked_and_keeps_the_rest(echo):
    echo.write(b"abcdef")
    deadline, received = time.monotonic() + 5, b""
    while len(received) < 6 and time.monotonic() < deadline:
        piece = echo.read(4, 1)
        assert len(piece) <= 4
        received += piece
    assert received == b"abcdef"


def test_a_read_ends_at_its_time_limit(echo):
    began = time.monotonic()
    assert echo.read(1, 0.05) == b""
    assert 0.04 < time.monotonic() - began < 2


def test_a_crash_is_one_sentence_with_the_last_words():
    transport = ProcessTransport([sys.executable, "-c", "import sys; print('first'); sys.exit('the clock stopped')"])
    with pytest.raises(TransportError, match=r"status 1: the clock stopped$"):
        for _ in range(100):
            transport.read(100, 1)
    transport.close()


def test_a_crash_is_told_while_writing():
    transport = ProcessTransport([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"])
    with pytest.raises(TransportError, match="signal 9"):
        for _ in range(1000):
            transport.write(bytes(65536))
    transport.close()


def test_a_program_that_does_not_exist():
    with pytest.raises(TransportError, match="cannot be started"):
        ProcessTransport(["/no/such/program"])


def test_close_ends_the_program_and_may_be_repeated(echo):
    process = echo._process
    echo.write(bytes(100_000))  # the program is still sending when its input closes
    echo.close()
    echo.close()
    assert process.returncode == 0


def test_a_program_that_stays_is_killed(monkeypatch):
    monkeypatch.setattr("sw.host.process_transport.GRACE", 0.2)
    transport = ProcessTransport([sys.executable, "-c", "import time; time.sleep(60)"])
    transport.close()
    assert transport._process.returncode == -9


def test_a_port_that_does_not_exist():
    with pytest.raises(TransportError, match=r"^port /dev/no-such-port cannot be opened: there is no such port"):
        SerialTransport("/dev/no-such-port", 9600)


def test_a_port_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("no port")
    with pytest.raises(TransportError, match="cannot be opened"):
        SerialTransport(str(tmp_path / "file"), 9600)


def test_a_port_that_is_busy(pty_pair):
    _, name = pty_pair
    first = SerialTransport(name, 9600)
    with pytest.raises(TransportError, match="another program uses it"):
        SerialTransport(name, 9600)
    first.close()


def test_a_port_that_another_program_uses(pty_pair):
    _, name = pty_pair
    program = "import sys; from sw.host.serial_transport import SerialTransport as S; port = S(sys.argv[1], 9600)"
    take = [sys.executable, "-c", f"{program}; print(flush=True); input()", name]
    with subprocess.Popen(take, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"\n"
        with pytest.raises(TransportError, match="another program uses it"):
            SerialTransport(name, 9600)
        holder.kill()  # the lock goes with the process, however that ends
    SerialTransport(name, 9600).close()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_the_lock_does_not_stay_with_a_process_that_was_forked_off(pty_pair):
    port = SerialTransport(pty_pair[1], 9600)
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    port.close()
    try:
        SerialTransport(pty_pair[1], 9600).close()
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_process_that_was_forked_off_does_not_give_the_lock_back(pty_pair):
    port = SerialTransport(pty_pair[1], 9600)
    child = os.fork()
    if child == 0:
        port.close()
        os._exit(0)
    os.waitpid(child, 0)
    with pytest.raises(TransportError, match="another program uses it"):
        SerialTransport(pty_pair[1], 9600)
    port.close()


def test_short_replies_are_asked_for_without_delay(pty_pair, monkeypatch):
    asked = []
    monkeypatch.setattr(serial.Serial, "set_low_latency_mode", lambda port, on: asked.append(on))
    SerialTransport(pty_pair[1], 9600).close()
    assert asked == [True]


def test_a_rate_is_told_with_a_change_of_parity_after_it(pty_pair, monkeypatch):
    """What makes Linux send SET_DATA, without which the Tang Nano 9K's debugger stays at the rate before."""
    set_to, driver = [], termios.tcgetattr(pty_pair[0])

    def set_attributes(fd, when, attributes):
        set_to.append((attributes[4], bool(attributes[2] & termios.PARENB)))
        driver[:] = attributes

    monkeypatch.setattr(termios, "tcsetattr", set_attributes)
    monkeypatch.setattr(termios, "tcgetattr", lambda fd: [*driver])
    SerialTransport(pty_pair[1], 3_000_000).close()
    assert set_to[-2:] == [(termios.B3000000, True), (termios.B3000000, False)]


def test_what_is_no_port_of_this_machine_is_told_nothing():
    with socket.create_server(("127.0.0.1", 0)) as server:
        transport = SerialTransport(f"socket://127.0.0.1:{server.getsockname()[1]}", 3_000_000)
        assert transport._serial.parity == serial.PARITY_NONE
        transport.close()


def test_a_timer_that_could_not_be_shortened_is_told_once(monkeypatch, tmp_path):
    told = []
    with FakePort(board_like("ulx3s-85f")) as port:
        timer = tmp_path / Path(port.name).name / "latency_timer"
        timer.parent.mkdir()
        monkeypatch.setattr(latency, "SYSFS", tmp_path)
        for milliseconds in (1, 16):
            timer.write_text(f"{milliseconds}\n")
            with known_boards.find("ulx3s", port.name).open(told.append) as device:
                device.configure(Network.of(layers=(64, 20, 10)))
                device.read_state()
        kept_back = f"the adapter on {port.name} keeps replies back for 16 ms, which leaves the line half empty"
        assert told == [f"{kept_back}; to change it: echo 1 | sudo tee {timer}"]


def test_a_chip_is_opened_again_under_its_new_name_and_never_another_under_the_old(monkeypatch):
    with FakePort(board_like("ulx3s-85f")) as first, FakePort(board_like("ulx3s-85f")) as second:
        ids = (0x0403, 0x6015, "ULX3S FPGA 85K")
        before = [usb_port(first.name, *ids, serial="K001"), usb_port(second.name, *ids, serial="K002")]
        after = [usb_port(first.name, *ids, serial="K002"), usb_port(second.name, *ids, serial="K001")]
        listed = [before]
        monkeypatch.setattr(ports.list_ports, "comports", lambda: listed[-1])
        port = SerialTransport(first.name, 9600)
        port.reopen()
        assert port.port == first.name
        listed.append(after)
        port.reopen()
        assert port.port == second.name
        listed.append(after[:1])
        with pytest.raises(TransportError, match=f"the chip with the serial number K001 is gone from {second.name}"):
            port.reopen()


def test_bytes_pass_through_a_port(pty_pair):
    master, name = pty_pair
    port = SerialTransport(name, 9600)
    port.write(bytes(range(256)))
    assert os.read(master, 1000) == bytes(range(256))
    os.write(master, bytes(range(256)))
    received = b""
    while len(received) < 256:
        received += port.read(100, 2)
    assert received == bytes(range(256))
    assert port.read(100, 0.01) == b""
    port.close()


@pytest.fixture
def pty_pair():
    """(master, name of the slave), raw."""
    import pty
    import tty

    master, slave = pty.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)
