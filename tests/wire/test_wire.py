"""A bad line before the board in Python: whatever it does, the board learns every sample once, in order."""

import zlib
from random import Random

import numpy as np
import pytest
from cobs import cobs
from hypothesis import given, settings
from hypothesis import strategies as st

from sw.contract.commands import Command
from sw.contract.frames import ERROR, HEADER, REPLY, VERSION, Frame, Reason, pack_state
from sw.contract.network import Network
from sw.contract.requests import train_payload
from sw.host.checkpoint import Checkpoint
from sw.host.device import Device
from sw.host.error import BoardResetError, LinkError, RefusedError
from sw.host.frame_reader import encode
from sw.host.link import Link
from sw.wire.board import ModelBoard
from sw.wire.faults import Damage, Faults, FaultyWire, harmed
from sw.wire.line import Line
from tests.drivers.twin_state import difference

NETWORK = Network.of(layers=(12, 6, 3), margin=4, init_range=20, relax_rate=(3000, 300))
BAD = Faults(damage=0.1, lose=0.1, duplicate=0.1, delay=0.1)
NONE = Faults()


def samples(count, seed=1):
    random = np.random.default_rng(seed)
    return random.integers(0, 2, (count, 12), dtype=np.uint8), random.integers(0, 3, count)


def device_on(wire, **options):
    return Device(Link(wire, "the board", **{"resend_after": 0.002, "sequence": 5, "hello_timeout": 20.0} | options))


def in_small_frames(device, pixels, labels):
    """The predictions, a frame for seven samples."""
    parts = [slice(first, first + 7) for first in range(0, len(pixels), 7)]
    return np.concatenate(list(device.stream((pixels[part], labels[part]) for part in parts)))


@pytest.mark.parametrize(("there", "back"), [(BAD, NONE), (NONE, BAD), (BAD, BAD), (NONE, NONE)])
def test_every_sample_is_learned_once_and_in_order(there, back):
    pixels, labels = samples(400)
    board = ModelBoard()
    wire = FaultyWire(Line(board), there=there, back=back, seed=3)
    device = device_on(wire)
    Checkpoint.initial(NETWORK).put_on(device)
    found = in_small_frames(device, pixels, labels)
    assert difference(NETWORK, device, pixels, labels, found) is None
    happened = {name: wire.there.done[name] + wire.back.done[name] for name in wire.there.done}
    assert all(happened.values()) == (BAD in (there, back))
    assert board.applied == 58 and (board.repeated > 10) == (BAD in (there, back))


@pytest.mark.parametrize("without", ["sequence", "samples"])
def test_the_line_is_bad_enough_to_find_a_board_that_does_not_look(without):
    """A board that carries out what it sees is found to have learned other samples; each lock alone does not let it."""
    board = ModelBoard()
    act = board.act

    def careless(frame):
        if frame.type == Command.TRAIN and frame.nonce == board.hello.nonce and without == "sequence":
            board.expected = frame.sequence
        if frame.type == Command.TRAIN and frame.sequence == board.expected and without == "samples":
            board.following = frame.payload[0] + 256 * frame.payload[1]
        return act(frame)

    board.act = careless
    pixels, labels = samples(300)
    device = device_on(FaultyWire(Line(board), there=BAD, back=BAD, seed=3), reply_timeout=3.0)
    Checkpoint.initial(NETWORK).put_on(device)
    try:
        found = in_small_frames(device, pixels, labels)
    except LinkError:
        assert without == "sequence"  # the sample lock has noticed
        return
    assert difference(NETWORK, device, pixels, labels, found) is None


def test_without_both_locks_samples_are_learned_twice():
    board = ModelBoard()
    act = board.act

    def careless(frame):
        if frame.type == Command.TRAIN and frame.nonce == board.hello.nonce:
            board.expected, board.following = frame.sequence, frame.payload[0] + 256 * frame.payload[1]
        return act(frame)

    board.act = careless
    pixels, labels = samples(300)
    device = device_on(FaultyWire(Line(board), there=BAD, back=BAD, seed=3), reply_timeout=3.0)
    Checkpoint.initial(NETWORK).put_on(device)
    with pytest.raises(LinkError, match="has lost some or learned some twice"):
        in_small_frames(device, pixels, labels)


def test_a_cable_that_is_out_for_a_while():
    pixels, labels = samples(200)
    wire = FaultyWire(Line(ModelBoard()), there=NONE, back=NONE, seed=1)
    device = device_on(wire)
    Checkpoint.initial(NETWORK).put_on(device)

    def batches():
        for first in range(0, 200, 10):
            if first == 100:
                wire.cut(0.3)
            yield pixels[first : first + 10], labels[first : first + 10]

    found = np.concatenate(list(device.stream(batches())))
    assert difference(NETWORK, device, pixels, labels, found) is None
    assert device.link.resent > 0


def test_a_board_that_is_reset_says_so():
    board = ModelBoard()
    device = device_on(Line(board))
    Checkpoint.initial(NETWORK).put_on(device)
    pixels, labels = samples(50)
    device.train(pixels, labels)
    board.reset()
    with pytest.raises(BoardResetError, match="has been reset"):
        device.train(pixels, labels)
    device.reconnect()
    Checkpoint.initial(NETWORK).put_on(device)
    found = device.train(pixels, labels)
    assert difference(NETWORK, device, pixels, labels, found) is None


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 4))
def test_no_damaged_or_forged_frame_changes_a_board(random: Random, forgery):
    """Damaged ones are dropped; whole ones that do not belong are refused."""
    board = ModelBoard()
    device = device_on(Line(board))
    Checkpoint.initial(NETWORK).put_on(device)
    pixels, labels = samples(20)
    device.train(pixels, labels)
    before = pack_state(device.read_state()), board.chip.weights.tobytes(), board.applied
    assert board.expected is not None
    right = {
        "type": Command.TRAIN,
        "sequence": board.expected,
        "nonce": board.hello.nonce,
        "payload": train_payload(20, [1, 2], random.randbytes(4)),
    }
    forged = [
        {"nonce": right["nonce"] ^ 1 << random.randrange(32)},
        {"sequence": (board.expected + random.choice([1, 2, -300, 4000])) % 2**16},
        {"payload": train_payload(random.choice([0, 19, 21, 276]), [1, 2], random.randbytes(4))},
        {"payload": train_payload(20, [1, 3], random.randbytes(4))},
        {"sequence": (board.expected - 1) % 2**16},
    ][forgery]
    board.feed(b"\0" + encode(Frame(**right | forged)))
    for _ in range(20):
        data = harmed(encode(Frame(**right)), random)
        if encode(Frame(**right))[:-1] not in data.split(b"\0"):
            board.feed(data + b"\0")
    body = HEADER.pack(VERSION + 1, Command.TRAIN, right["sequence"], right["nonce"], 2) + b"ab"
    board.feed(encode(Frame(**right))[:-1] + b"\1\0" + body + zlib.crc32(body).to_bytes(4, "little") + b"\0")
    assert (pack_state(device.read_state()), board.chip.weights.tobytes(), board.applied) == before


def test_a_host_of_another_version_is_told_so():
    """What a board says to it is a frame of its own version, from whose first byte that host knows it too."""
    board = ModelBoard()
    for version in (VERSION - 1, VERSION + 1):
        body = HEADER.pack(version, Command.HELLO, 77, 0, 0)
        replies = board.feed(cobs.encode(body + zlib.crc32(body).to_bytes(4, "little")) + b"\0")
        refused = bytes([Reason.VERSION, Command.HELLO])
        assert Frame.unpack(cobs.decode(replies[:-1])) == Frame(type=ERROR, sequence=77, nonce=0xC0FFEE, payload=refused)
    assert (board.expected, board.bad_frames) == (None, 0)


def test_a_board_without_sample_memory_knows_none_of_its_commands():
    board = ModelBoard()
    link = Link(Line(board), "the board", sequence=5, hello_timeout=20.0)
    assert link.hello.sample_memory == 0
    for command in Command:
        if command.spec.needs_memory:
            with pytest.raises(RefusedError, match=f"refused {command.name}: it does not know this command"):
                link.request(command, bytes(command.spec.front.size))


def test_a_line_that_delays_gives_everything_in_the_end():
    sent = [encode(Frame(type=Command.STATE | REPLY, sequence=i, nonce=1)) for i in range(50)]
    line = Damage(Faults(delay=0.5), Random(1))
    arrived = [frame for frame in b"".join([*map(line, sent), line.silence()]).split(b"\0") if frame]
    assert sorted(arrived) == sorted(frame[:-1] for frame in sent)
    assert arrived != [frame[:-1] for frame in sent]
