"""A hostile board: whatever it sends ends in one sentence or in values of the right shape, in bounded time and memory."""

import itertools
import re
import struct
import time
import tracemalloc
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sw.cli.command_line import app
from sw.contract.commands import Command
from sw.contract.error import ContractError
from sw.contract.frames import ERROR, HELLO, REPLY, Frame
from sw.contract.network import Network
from sw.data.initial_weights import initial_weights
from sw.host.checkpoint import Checkpoint
from sw.host.device import Device
from sw.host.error import HostError, LinkError, TransportError
from sw.host.frame_reader import MAX_ENCODED, encode
from sw.host.link import Link
from sw.host.process_transport import ProcessTransport
from sw.terminal.run import run
from tests.drivers.fake_board import FakeBoard
from tests.drivers.fake_port import FakePort, board_like
from tests.drivers.link_partner import Partner

NETWORK = Network.of(layers=(64, 20, 10))
PIXELS = np.random.default_rng(1).integers(0, 2, (40, 64), dtype=np.uint8)
LABELS = np.arange(40) % 10
SHORT: dict[str, Any] = {"sequence": 1, "hello_timeout": 0.03}
PROMPT: dict[str, Any] = {"sequence": 1, "hello_timeout": 5.0, "reply_timeout": 0.05}  # for boards that say HELLO at once
MOST_MEMORY = 4 << 20
few = settings(max_examples=25, deadline=None)


class Strange:
    """A board that answers any bytes by `answer`."""

    def __init__(self, answer):
        self.feed = answer


class Answering(FakeBoard):
    """A board that says HELLO as it should; then `change(frame, reply)` makes every reply."""

    change: Any = None

    def answer(self, piece):
        reply = super().answer(piece)
        if self.change is None or reply is None or reply.type == Command.HELLO | REPLY:
            return reply
        return self.change(reply)


def use(board):
    """Every request that there is."""
    with Device(Link(Partner(board), "the board", **PROMPT)) as device:
        device.configure(NETWORK)
        device.write_weights(initial_weights(NETWORK))
        predictions = [device.train(PIXELS, LABELS), device.infer(PIXELS)]
        counters = device.counters()
        return predictions, counters, Checkpoint.of(device, NETWORK)


@cache
def undamaged():
    return use(FakeBoard())


@few
@given(st.lists(st.one_of(st.binary(max_size=300), st.just(b"\0")), max_size=8))
def test_any_answer_to_hello(pieces):
    data = b"".join(pieces)
    partner = Partner(Strange(lambda sent: data))
    with pytest.raises(LinkError) as caught:
        Link(partner, "the board", **SHORT)
    assert "\n" not in str(caught.value)


@few
@given(st.one_of(st.binary(min_size=HELLO.size, max_size=HELLO.size), st.binary(max_size=80)))
def test_any_hello(payload):
    check_hello(payload)


def check_hello(payload):
    """A HELLO frame that is whole and says anything: a shape that can be, or a sentence."""
    partner = Partner(Strange(lambda sent: encode(Frame(type=Command.HELLO | REPLY, sequence=1, nonce=0, payload=payload))))
    try:
        device = Device(Link(partner, "the board", **PROMPT))
    except LinkError as error:
        assert "\n" not in str(error)
        return
    assert device.hello.buffer_bytes <= 65535 and device.geometry.columns <= 65535


@few
@given(st.lists(st.tuples(st.integers(0, HELLO.size - 1), st.integers(0, 255)), min_size=1, max_size=3))
def test_a_hello_with_some_bytes_changed(changes):
    payload = bytearray(FakeBoard().hello.pack())
    for place, value in changes:
        payload[place] = value
    check_hello(bytes(payload))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("rows", 0, "a shape that no board has: rows is 0"),
        ("columns", 65535, "a shape that no board has: columns is 65535"),
        ("folds", 255, "a shape that no board has: columns is 64"),
        ("slices", 0, "a shape that no board has: slices is 0"),
        ("synapses_per_cell", 0, "a shape that no board has: synapses_per_cell is 0"),
    ],
)
def test_an_absurd_hello_is_refused(field, value, said):
    board = FakeBoard()
    board.hello = type(board.hello)(**{**vars(board.hello), field: value})
    with pytest.raises(LinkError, match=said):
        Device(Link(Partner(board), "the board", **PROMPT))


faults = st.tuples(st.sampled_from(["right", "right", "payload", "contents", "type", "error", "none"]), st.binary(max_size=200))


@few
@given(st.lists(faults, min_size=1, max_size=70))
def test_any_payload_in_a_reply_that_is_asked_for(planned):
    """There are 69 replies; the last fault goes on to the end."""
    board, left = Answering(), list(planned)

    def change(reply):
        kind, data = left.pop(0) if len(left) > 1 else left[0]
        fields: dict[str, Any] = {"type": reply.type, "sequence": reply.sequence, "nonce": 0, "payload": reply.payload}
        if kind == "payload":
            fields["payload"] = data
        elif kind == "contents":
            fields["payload"] = (data * 100 + bytes(2000))[: len(reply.payload)]
        elif kind == "type":
            fields["type"] = data[0] if data else 0
        elif kind == "error":
            fields |= {"type": ERROR, "payload": data[:4]}
        return None if kind == "none" else Frame(**fields)

    board.change = change
    try:
        predictions, counters, state = use(board)
    except (HostError, ContractError) as error:
        assert "\n" not in str(error)
        return
    assert all(p.shape == (40,) and p.dtype == np.uint16 and p.max() < 10 for p in predictions)
    assert all(isinstance(count, int) for count in counters.values())
    assert [layer.shape for layer in state.weights] == [(20, 64), (10, 20)] and 0 < state.prng < 2**32


@few
@given(st.integers(0), st.integers(0, 7), st.sampled_from(["flip", "drop", "twice", "insert"]))
def test_a_damaged_line_never_gives_other_predictions(place, bit, how):
    """One byte of all that comes back is damaged: an error, or everything as without damage."""
    whole = undamaged()
    sent, total = itertools.count(), 3000

    def damage(data):
        damaged = bytearray()
        for byte in data:
            if next(sent) != place % total:
                damaged.append(byte)
            else:
                choices = {"flip": [byte ^ 1 << bit], "drop": [], "twice": [byte, byte], "insert": [bit, byte]}
                damaged += bytes(choices[how])
        return bytes(damaged)

    try:
        with Device(Link(Partner(FakeBoard(), damage), "the board", **PROMPT)) as device:
            device.configure(NETWORK)
            device.write_weights(initial_weights(NETWORK))
            found = [device.train(PIXELS, LABELS), device.infer(PIXELS)], device.counters(), Checkpoint.of(device, NETWORK)
    except HostError:
        return
    np.testing.assert_array_equal(found[0], whole[0])
    assert found[1] == whole[1] and found[2].weights_crc32 == whole[2].weights_crc32


OLD = encode(Frame(type=Command.STATE | REPLY, sequence=0x7777, nonce=0, payload=bytes(12)))
FLOODS = {
    "one frame without end": b"\x01" * 65536,
    "delimiters": b"\0" * 65536,
    "old replies": OLD * 1000,
    "replies to HELLO that are too short": encode(Frame(type=ERROR, sequence=9, nonce=0)) * 1000,
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
@pytest.mark.parametrize("when", ["at once", "after HELLO"])
def test_a_flood_takes_bounded_time_and_memory(flood, when):
    class Flooding(Partner):
        flooding = when == "at once"

        def read(self, at_most, timeout):
            return flood[:at_most] if self.flooding else super().read(at_most, timeout)

    partner = Flooding()
    tracemalloc.start()
    began = time.thread_time()  # and not the time of day: a busy machine is no fault
    try:
        with pytest.raises(LinkError, match="the board"):
            link = Link(partner, "the board", hello_timeout=0.2, reply_timeout=0.2)
            partner.flooding = True
            try:
                link.request(Command.STATE)
            finally:
                assert link.session.held <= MAX_ENCODED
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()
    assert time.thread_time() - began < 5  # a flood that is believed lasts for ever


def test_a_program_that_sends_without_end_and_takes_nothing(monkeypatch):
    monkeypatch.setattr("sw.host.process_transport.MOST_ARRIVED", 1 << 20)
    transport = ProcessTransport(["sh", "-c", "exec cat /dev/zero"])
    with pytest.raises(TransportError, match="sends without end and takes nothing"):
        transport.write(bytes(1 << 20))
    transport.close()


def test_a_program_that_complains_without_end_is_told_with_its_last_words():
    transport = ProcessTransport(["sh", "-c", "yes complaint | head -c 3000000 >&2; echo last words >&2; exit 3"])
    with pytest.raises(TransportError, match=r"status 3: complaint / complaint / last words$"):
        for _ in range(100):
            transport.read(100, 1)
    transport.close()


def test_a_prediction_that_is_no_class():
    board = FakeBoard()
    board.chip.infer = lambda pixels: 10
    with pytest.raises(LinkError, match="the board predicted 10 for sample 0, expected a class below 10"):
        use(board)


def test_no_file_but_the_given_ones_whatever_a_board_says(tmp_path, monkeypatch, capsys):
    """Its words do not reach the terminal either."""
    monkeypatch.chdir(tmp_path)
    idx = struct.pack(">2xBB3I", 8, 3, 40, 8, 8) + (PIXELS * 255).tobytes()
    (tmp_path / "images").write_bytes(idx)
    (tmp_path / "labels").write_bytes(struct.pack(">2xBBI", 8, 1, 40) + LABELS.astype(np.uint8).tobytes())
    (tmp_path / "net.toml").write_text("[network]\nlayers = [64, 20, 10]\n")
    before = sorted(tmp_path.iterdir())
    words = ["train", "--board", "ulx3s", "--config", "net.toml", "--images", "images", "--labels", "labels"]
    words += ["--save", "a.npz", "--json", "a.json", "--checkpoint-every", "7"]
    evil = b"\x1b]0;../../evil\x07/etc/passwd\n"
    board = board_like("ulx3s-85f")
    healthy = board.train
    for bad in (lambda *_: evil, lambda *_: b"", lambda *given: healthy(*given)[:-1] + b"\xff"):
        monkeypatch.setattr(board, "train", bad)
        with FakePort(board) as port:
            assert run(app, [*words, "--port", port.name]) == 2
        told = capsys.readouterr()
        assert re.fullmatch(r"error: [ -~]*\n", told.err) and told.out == ""
        assert sorted(tmp_path.iterdir()) == before
