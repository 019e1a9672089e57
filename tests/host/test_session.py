"""A session and a conversation without a line: steps and questions, whoever carries them, at whatever pace."""

import numpy as np
import pytest

from sw.contract.commands import Command
from sw.contract.frames import pack_state
from sw.contract.network import Network
from sw.contract.state import State
from sw.data.initial_weights import initial_weights
from sw.host.conversation import Conversation
from sw.host.error import InputError, LinkError, MiscountError
from sw.host.frame_reader import END
from sw.host.session import Session
from sw.host.steps import Listen, Reply, Send
from sw.wire.board import ModelBoard

NETWORK = Network.of(layers=(20, 8, 4), init_range=128, margin=9)


class Clock:
    """Tells what it is set to."""

    now = 0.0

    def __call__(self):
        return self.now


def carried(session, board, steps):
    """The replies; every byte of the board's comes alone."""
    waiting, replies = bytearray(), []
    for step in steps:
        match step:
            case Send():
                waiting += board.feed(step.data)
            case Listen():
                session.feed(bytes([waiting.pop(0)]))
            case Reply():
                replies.append(step.payload)
    return replies


@pytest.fixture
def board():
    return ModelBoard(buffer_bytes=600)


@pytest.fixture
def session(board):
    """One that has been opened, and whose clock stands still."""
    session = Session("the board", clock=Clock(), sequence=0xFFFF)
    assert carried(session, board, session.begin()) == []
    return session


def ask(session, board, questions) -> list:
    asked = list(questions)
    replies = carried(session, board, session.exchange(question.request for question in asked))
    return [question.read(reply) for question, reply in zip(asked, replies, strict=True)]


def test_replies_come_in_order_byte_by_byte_and_nothing_is_sent_again(session, board):
    states = [pack_state(State(i, i, 2 * i)) for i in range(1, 30)]
    assert session.hello == board.hello and session.sequence == 0xFFFF
    assert carried(session, board, session.exchange((Command.STATE, state) for state in states)) == states
    assert (session.sequence, session.resent) == (28, 0)
    assert session.most_in_flight == 20 * (14 + 16)


def test_time_is_the_carriers(board):
    """While it stands still nothing is late; when it goes on, what is in flight is sent again, then given up."""
    clock = Clock()
    session = Session("the board", clock=clock, resend_after=1.0, reply_timeout=10.0)
    carried(session, board, session.begin())
    steps = session.exchange([(Command.STATE, b"")] * 2)
    first, second, listen = next(steps), next(steps), next(steps)
    assert isinstance(first, Send) and isinstance(second, Send) and isinstance(listen, Listen)
    assert all(next(steps) == listen for _ in range(100))
    clock.now = listen.until
    assert next(steps) == Send(END + first.data + second.data, 10.0) and session.resent == 2
    clock.now = 10.0
    with pytest.raises(LinkError, match="has not answered STATE for 10 seconds"):
        for step in steps:
            clock.now = max(clock.now, step.until) if isinstance(step, Listen) else clock.now


def test_nobody_answers():
    clock = Clock()
    session = Session("the board", clock=clock, hello_timeout=2.0)
    sent = []
    with pytest.raises(LinkError, match="does not answer"):
        for step in session.begin():
            if isinstance(step, Send):
                sent.append(step.data)
            elif isinstance(step, Listen):
                clock.now = step.until
    assert len(sent) == 4 and len(set(sent)) == 1  # the same number each time


def test_a_conversation_puts_a_network_trains_it_and_reads_it(session, board):
    conversation = Conversation("the board", session.hello)
    random = np.random.default_rng(1)
    pixels, labels = random.integers(0, 2, (130, 20), dtype=np.uint8), random.integers(0, 4, 130)
    weights = initial_weights(NETWORK)
    for part in conversation.put(NETWORK, weights, State(7, 2**64 - 10, 5)):
        ask(session, board, part)
    rows = ask(session, board, conversation.read_weights())
    for ours, right in zip(conversation.layers(rows), weights, strict=True):
        np.testing.assert_array_equal(ours, right)

    before = ask(session, board, conversation.infer(pixels[:1]))[0]
    size = conversation.batch_size()
    assert 1 < size < 60
    trained = ask(session, board, conversation.train([(pixels[:120], labels[:120]), (pixels[120:], labels[120:])]))
    whole = [part for part in trained if part is not None]
    assert len(trained) == -(-120 // size) + 1 and [len(part) for part in whole] == [120, 10]
    assert trained[-1] is not None and whole[0][0] == before[0]
    assert conversation.samples == conversation.answered == 120
    assert conversation.progress == (board.chip.signature, 120)
    assert ask(session, board, [conversation.read_state()]) == [(board.chip.prng, 120, board.chip.signature)]
    assert ask(session, board, [conversation.counters()])[0]["learned"] == board.chip.counters["learned"] > 0


def test_what_was_not_answered_does_not_count(session, board):
    conversation = Conversation("the board", session.hello)
    with pytest.raises(LinkError, match="has no network yet"):
        conversation.read_weights()
    for part in conversation.put(NETWORK, initial_weights(NETWORK), State(7, 100, 5)):
        ask(session, board, part)
    pixels, labels = np.zeros((3, 20), np.uint8), np.zeros(3, int)
    (question,) = conversation.train([(pixels, labels)])
    assert (conversation.samples, conversation.answered) == (103, 100)
    conversation.give_up()
    assert conversation.samples == 100
    with pytest.raises(InputError, match="label 4 of sample 0"):
        next(iter(conversation.train([(pixels, labels + 4)])))
    (question,) = conversation.train([(pixels, labels)])
    with pytest.raises(MiscountError, match="has counted 105 training samples, expected 103"):
        question.read(bytes(6) + bytes(4) + (105).to_bytes(8, "little"))
