"""The line without one byte value: nothing that is sent has it, and everything comes back, in whatever pieces."""

from collections.abc import Iterator

import numpy as np
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st

from sw.contract.board_table import BOARDS
from sw.contract.commands import Command
from sw.contract.escape import ESCAPE, FORBIDDEN, INVERT, Unescaper, escape
from sw.contract.frames import PROGRESS, REPLY, Frame
from sw.contract.requests import train_payload
from sw.data.mnist import load_packed
from sw.host.samples import pack

# Bytes among which those that mean something are frequent.
LINE = st.lists(st.one_of(st.integers(0, 255), st.sampled_from([0, FORBIDDEN, ESCAPE, ESCAPE ^ INVERT, 3]))).map(bytes)


@given(LINE)
def test_what_is_sent_never_has_the_forbidden_byte_and_no_new_zero(data):
    sent = escape(data)
    assert FORBIDDEN not in sent
    assert sent.count(0) == data.count(0)


@given(LINE, st.lists(st.integers(0, 40)))
def test_it_comes_back_in_whatever_pieces(data, sizes):
    unescaper, sent, back = Unescaper(), escape(data), b""
    for size in [*sizes, len(sent)]:
        back += unescaper.feed(sent[:size])
        sent = sent[size:]
    assert back == data


@given(LINE, LINE)
def test_any_garbage_is_over_at_the_next_zero(garbage, data):
    unescaper = Unescaper()
    unescaper.feed(garbage)
    assert unescaper.feed(b"\0" + escape(data)) == b"\0" + data


def test_only_the_board_whose_debugger_reads_along_pays():
    assert [name for name, board in BOARDS.items() if board.escaped] == ["tangnano20k"]


BATCH = 20


def frames_of_a_pass() -> Iterator[tuple[Frame, Frame]]:
    """All TRAIN requests of the 60,000 samples of MNIST, as the host batches them, and replies with every prediction."""
    pixels, labels = map(np.asarray, load_packed("train"))
    random = np.random.default_rng(1)
    nonce = 0x1803_0D18
    for sequence, first in enumerate(range(0, len(labels), BATCH)):
        batch = slice(first, first + BATCH)
        payload = train_payload(first, labels[batch].tolist(), pack(pixels[batch]))
        yield (
            Frame(type=Command.TRAIN, sequence=sequence, nonce=nonce, payload=payload),
            Frame(
                type=Command.TRAIN | REPLY,
                sequence=sequence,
                nonce=nonce,
                payload=labels[batch].astype("<u2").tobytes() + PROGRESS.pack(int(random.integers(2**32)), first + BATCH),
            ),
        )


def test_a_pass_of_mnist_is_sent_without_the_sequence_and_costs_less_than_a_hundredth():
    plain, escaped = bytearray(), bytearray()
    for request, reply in frames_of_a_pass():
        for frame in (request, reply):
            data = cobs.encode(frame.pack()) + b"\0"
            plain += data
            escaped += escape(data)
    assert plain.count(bytes([FORBIDDEN, 3])) > 1000  # what would throw the board out of its serial mode
    assert FORBIDDEN not in escaped
    assert len(escaped) < 1.01 * len(plain)
    assert Unescaper().feed(bytes(escaped)) == bytes(plain)
