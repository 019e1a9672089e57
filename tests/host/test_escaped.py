"""The Tang Nano 20K's line as its host sees it: nothing on it makes the debugger leave the serial mode."""

import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from cobs import cobs

from sw.cli.command_line import app
from sw.contract.board_table import BOARDS
from sw.contract.commands import Command
from sw.contract.escape import ESCAPE, FORBIDDEN, INVERT, Unescaper, escape
from sw.contract.frames import Frame
from sw.contract.network import Network
from sw.host import known_boards
from sw.host.device import Device
from sw.host.error import LinkError
from sw.host.escaped_transport import EscapedTransport, serial_line
from sw.host.frame_reader import encode
from sw.terminal.run import run
from sw.wire.escaped import EscapedBoard
from tests.drivers.fake_port import FakePort, board_like

NAME = "tangnano20k"


class Listening:
    """A board behind a debugger: `line` is all that went over the wire between them, in both directions."""

    def __init__(self, *, escaped: bool = True) -> None:
        self.board, self.unescaper, self.escaped = board_like(NAME, nonce=0x18A50318), Unescaper(), escaped
        self.there, self.back = bytearray(), bytearray()

    def answer(self, data: bytes) -> bytes:
        self.there += data
        answer = self.board.feed(self.unescaper.feed(data) if self.escaped else data)
        self.back += (sent := escape(answer) if self.escaped else answer)
        return sent


def test_a_pass_over_such_a_line_is_learned_and_never_has_the_byte():
    listening = Listening()
    random = np.random.default_rng(1)
    pixels = np.tile(np.unpackbits(np.array([FORBIDDEN, 3, ESCAPE], np.uint8), bitorder="little"), (60, 33))[:, :784]
    with FakePort(answer=listening.answer) as port, known_boards.find(NAME, port.name).open(print) as board:
        assert isinstance(board, Device)
        board.configure(Network.of(layers=(784, 20, 10)))
        predictions = board.train(pixels, random.integers(0, 10, 60))
        assert len(predictions) == 60 and listening.board.chip.samples == 60
        assert bytes([FORBIDDEN, 3]) in Unescaper().feed(bytes(listening.there))
        assert FORBIDDEN not in listening.there and FORBIDDEN not in listening.back
        assert bytes([ESCAPE, FORBIDDEN ^ INVERT]) in listening.back  # of the nonce, in every reply


@pytest.mark.parametrize(("sequence", "said"), [(1, "answers, but not as a metaplast board does"), (ESCAPE, "does not answer")])
@pytest.mark.parametrize(("name", "escaped"), [("tangnano9k", True), (NAME, False)])
def test_a_host_that_takes_the_board_for_another_is_refused(name, escaped, sequence, said, monkeypatch):
    """A HELLO whose number, drawn by the host, has none of the bytes that matter is understood, and the answer is not."""
    monkeypatch.setattr("sw.host.session.secrets.randbelow", lambda _: sequence)
    hello = encode(Frame(type=Command.HELLO, sequence=sequence, nonce=0))
    assert ({FORBIDDEN, ESCAPE} & set(hello) == set()) == (sequence == 1)
    with FakePort(answer=Listening(escaped=escaped).answer) as port:
        with pytest.raises(LinkError, match=said):
            known_boards.find(name, port.name).open(print)


def test_the_doctor_tries_both_kinds_of_line(capsys):
    with FakePort(answer=Listening().answer) as port:
        assert run(app, ["doctor", "--port", port.name]) == 0
        assert f"the board on {port.name}: {NAME}: build" in capsys.readouterr().out


class Pieces:
    """A transport that gives the pieces that it was made with, and keeps what it is sent."""

    reopens = True

    def __init__(self, *pieces: bytes) -> None:
        self.pieces, self.sent, self.reopened = list(pieces), b"", 0

    def write(self, data: bytes) -> None:
        self.sent += data

    def read(self, at_most: int, timeout: float) -> bytes:
        if not self.pieces:
            time.sleep(timeout)
            return b""
        return self.pieces.pop(0)

    def reopen(self) -> None:
        self.reopened += 1

    def close(self) -> None:
        pass


def test_half_of_an_escaped_byte_is_no_byte_yet():
    line = EscapedTransport(Pieces(b"a", bytes([ESCAPE]), bytes([FORBIDDEN ^ INVERT]), bytes([ESCAPE])))
    assert line.read(10, 1) == b"a"
    assert line.read(10, 1) == bytes([FORBIDDEN])
    begun = time.monotonic()
    assert line.read(10, 0.2) == b""
    assert 0.1 < time.monotonic() - begun < 1


def test_half_of_an_escaped_byte_does_not_outlive_the_cable():
    inner = Pieces(bytes([ESCAPE]))
    line = EscapedTransport(inner)
    assert line.read(10, 0) == b""
    line.reopen()
    inner.pieces = [b"a"]
    assert line.read(10, 1) == b"a" and inner.reopened == 1


@pytest.mark.parametrize("name", [NAME, "tangnano9k"])
def test_a_simulated_port_has_the_line_of_the_board_whose_shape_it_has(name):
    """HELLO whose number, which the reply repeats, is made of the bytes that matter."""
    sequence = FORBIDDEN << 8 | ESCAPE
    hello = cobs.encode(Frame(type=Command.HELLO, sequence=sequence, nonce=0).pack()) + b"\0"
    command = [Path(sys.executable).parent / "metaplast", "simulate", "--model", "--geometry", name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as simulated:
        assert simulated.stdout is not None
        with closing(serial_line(simulated.stdout.readline().strip(), BOARDS[name].baud, BOARDS[name].escaped)) as line:
            line.write(hello)
            answer = b""
            while not answer.endswith(b"\0") and (came := line.read(1000, 20)):
                answer += came
        simulated.terminate()
    assert Frame.unpack(cobs.decode(answer[:-1])).sequence == sequence


def test_the_boards_end_of_the_line_is_the_inverse_of_the_hosts():
    hello = cobs.encode(Frame(type=Command.HELLO, sequence=FORBIDDEN, nonce=0).pack()) + b"\0"
    inner = Pieces(b"\x18")
    line = EscapedBoard(inner)
    line.write(escape(hello))
    assert inner.sent == hello
    assert line.read(10, 1) == bytes([ESCAPE, FORBIDDEN ^ INVERT])
    # What a simulated port goes by:
    assert [name for name, board in BOARDS.items() if board.geometry == BOARDS[NAME].geometry] == [NAME]
