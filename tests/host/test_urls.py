"""Ports behind a URL of pyserial: its own RFC 2217 server, a socket, and every other scheme that it has."""

import socket
import threading
import time

import numpy as np
import pytest

from sw.cli.command_line import app
from sw.host import open_board
from sw.host.error import TransportError
from sw.host.serial_transport import SerialTransport
from sw.terminal.run import run
from tests.drivers.fake_port import board_like
from tests.drivers.rfc2217_server import Rfc2217Server

# of the thread in which pyserial 3.5 reads
pytestmark = pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")
LAYERS = (64, 20, 10)
SETTINGS_OF_AN_OPEN = 20


@pytest.fixture(scope="module")
def expected():
    pixels, labels = samples()
    with open_board("twin") as twin:
        twin.begin(layers=LAYERS)
        return twin.train(pixels, labels).tolist(), [layer.tolist() for layer in twin.weights]


def samples():
    random = np.random.default_rng(1)
    return random.integers(0, 2, (400, 64), dtype=np.uint8), random.integers(0, 10, 400)


def learns_on(port, expected):
    pixels, labels = samples()
    with open_board("ulx3s", port=port) as board:
        board.begin(layers=LAYERS)
        assert board.train(pixels, labels).tolist() == expected[0]
        assert [layer.tolist() for layer in board.weights] == expected[1]


def test_a_board_learns_behind_an_rfc_2217_server_whose_settings_are_asked_for_once(expected):
    with Rfc2217Server(answer=board_like("ulx3s-85f").feed) as server:
        learns_on(server.url, expected)
        assert server.connections == 1 and 0 < len(server.settings) <= SETTINGS_OF_AN_OPEN
        assert run(app, ["doctor", "--port", server.url]) == 0


def test_a_read_from_an_rfc_2217_server_takes_what_is_there_and_ends_at_its_time_limit():
    with Rfc2217Server(answer=lambda data: data * 1000) as server:
        port = SerialTransport(server.url, 9600)
        asked = len(server.settings)
        port.write(b"\xffa")
        deadline, received = time.monotonic() + 5, b""
        while not received and time.monotonic() < deadline:
            received = port.read(1500, 1)
            time.sleep(0.2)
        received += port.read(1500, 0)
        assert (b"\xffa" * 1000).startswith(received) and len(received) > 1000
        while len(received) < 2000 and time.monotonic() < deadline:
            received += port.read(300, 1)
        assert received == b"\xffa" * 1000
        began = time.monotonic()
        assert port.read(1, 0.05) == b"" and 0.04 < time.monotonic() - began < 2
        assert len(server.settings) == asked
        port.close()


def test_an_rfc_2217_server_that_takes_nothing_is_given_up():
    with Rfc2217Server(listens=False) as server:
        port = SerialTransport(server.url, 9600)
        getattr(port._serial, "_socket").settimeout(0.2)  # noqa: B009 - pyserial's is 5 seconds
        with pytest.raises(TransportError, match="does not take bytes"):
            for _ in range(100):
                port.write(bytes(1 << 20))
        port.close()


def test_an_rfc_2217_server_that_goes_away_is_connected_to_again():
    with Rfc2217Server(answer=bytes) as server:
        port = SerialTransport(server.url, 9600)
        server.drop()
        with pytest.raises(TransportError, match="is gone|does not take"):
            for _ in range(100):
                port.write(b"x")
                port.read(10, 0.05)
        port.reopen()
        port.write(b"x")
        assert port.read(10, 5) == b"x"
        port.close()


def test_a_board_learns_behind_a_socket(expected):
    board = board_like("ulx3s-85f")

    def serve():
        client, _ = server.accept()
        with client:
            while data := client.recv(4096):
                client.sendall(board.feed(data))

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        learns_on(f"socket://127.0.0.1:{server.getsockname()[1]}", expected)
        thread.join(10)


@pytest.mark.parametrize("url", ["loop://", "spy:///dev/ttyUSB0?file=a.npz", "alt:///dev/ttyUSB0?class=Serial", "hwgrep://x"])
def test_other_kinds_are_refused_and_leave_nothing(url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TransportError, match="of URLs only socket://host:port and rfc2217://host:port are supported"):
        SerialTransport(url, 9600)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "url",
    [
        "rfc2217://localhost",
        "rfc2217://localhost:1",
        "rfc2217://localhost:99999999",
        "rfc2217://[::1",
        "rfc2217://localhost:1?logging=loud",
        "rfc2217://localhost:1?colour=red",
        "socket://localhost",
        "socket://localhost:1",
        "gopher://x",
        "://",
    ],
)
def test_a_url_that_leads_nowhere_is_one_sentence(url, capsys):
    assert run(app, ["selftest", "--board", "ulx3s", "--port", url]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: port {url} cannot be opened: ") and told.count("\n") == 1
    assert "not supported between" not in told


def test_a_server_that_speaks_no_rfc_2217_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"rfc2217://127.0.0.1:{server.getsockname()[1]}?timeout=0.3"
        with pytest.raises(TransportError, match="Remote does not seem to support RFC2217"):
            SerialTransport(url, 9600)
