"""The link: frames out of any bytes, replies matched to requests, the board's buffer never overfilled."""

import itertools
import zlib

import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st

from sw.contract.commands import Command
from sw.contract.frames import CRC, ERROR, HEADER, OVERHEAD, REPLY, Frame, pack_state, unpack_state
from sw.contract.state import State
from sw.host import link as link_module
from sw.host.error import BoardResetError, LinkError, RefusedError, TransportError
from sw.host.frame_reader import MAX_ENCODED, FrameReader, encode
from sw.host.link import Link
from tests.drivers.fake_board import FakeBoard
from tests.drivers.link_partner import Partner

frames = st.builds(
    Frame,
    type=st.integers(0, 255),
    sequence=st.integers(0, 65535),
    nonce=st.integers(0, 2**32 - 1),
    payload=st.binary(max_size=600),
)


@given(st.lists(frames, max_size=8), st.lists(st.integers(1, 200), min_size=1, max_size=20))
def test_frames_come_back_however_the_bytes_are_cut(sent, sizes):
    data, reader, received, i = b"".join(map(encode, sent)), FrameReader(), [], 0
    while data:
        size = sizes[i % len(sizes)]
        received += reader.feed(data[:size])
        data, i = data[size:], i + 1
    assert received == sent
    assert reader.garbage == 0


@given(st.binary(max_size=2000), frames)
def test_any_garbage_is_skipped_and_the_next_frame_is_read(garbage, frame):
    reader = FrameReader()
    for _ in reader.feed(garbage):
        pass
    assert list(reader.feed(b"\0" + encode(frame)))[-1] == frame


@given(frames, st.integers(0), st.integers(1, 255))
def test_no_single_damaged_byte_passes(frame, place, flip):
    data = bytearray(encode(frame))
    data[place % (len(data) - 1)] ^= flip
    assert frame not in list(FrameReader().feed(bytes(data)))


def test_endless_bytes_take_bounded_memory():
    reader = FrameReader()
    for _ in range(100):
        assert not list(reader.feed(b"\xff" * 10_000))
        assert reader.held <= MAX_ENCODED
    frame = Frame(type=1, sequence=2, nonce=3)
    assert list(reader.feed(b"\0" + encode(frame))) == [frame]
    assert reader.garbage == 1


def test_the_longest_frame_is_read():
    frame = Frame(type=1, sequence=2, nonce=3, payload=b"\xff" * 65535)
    assert list(FrameReader().feed(encode(frame))) == [frame]


def test_hello_is_read_after_old_replies_and_half_a_request():
    partner = Partner()
    partner.board.feed(b"\x05half a request")
    partner.arrived += encode(Frame(type=Command.READ | REPLY, sequence=1, nonce=9, payload=b"old")) + b"\x07garbage\0"
    link = Link(partner, "the board")
    assert link.hello == partner.board.hello
    assert link.request(Command.STATE) == bytes([1]) + bytes(15)


@pytest.mark.parametrize("buffer_bytes", [64, 100, 256, 1000])
def test_requests_in_flight_fill_the_buffer_and_never_more(buffer_bytes):
    given_board = FakeBoard(buffer_bytes=buffer_bytes)
    partner = Partner(given_board)
    in_flight, most = [], 0
    link = Link(partner, "the board")

    def write(data):
        nonlocal most
        in_flight.append(len(cobs.decode(data[:-1])))
        most = max(most, sum(in_flight))
        Partner.write(partner, data)

    partner.write = write
    requests = ((Command.STATE, b"") if i % 3 else (Command.STATE, bytes([i, 1, 0, 0]) + bytes(12)) for i in range(60))
    replies = []
    for reply in link.exchange(requests):
        in_flight.pop(0)
        replies.append(reply)
    assert len(replies) == 60
    assert most <= buffer_bytes
    assert most > buffer_bytes - OVERHEAD - 16  # room for one more would have been used
    assert link.most_in_flight == most


def test_a_request_larger_than_the_buffer_is_not_sent():
    link = Link(Partner(FakeBoard(buffer_bytes=64)), "the board")
    sent = link.wire_bytes
    with pytest.raises(LinkError, match="has 65 bytes and the board has room for 64"):
        link.request(Command.WRITE, bytes(65 - OVERHEAD))
    assert link.wire_bytes == sent


def test_sequence_numbers_wrap():
    partner = Partner()
    link = Link(partner, "the board", sequence=0xFFFE)
    assert len(list(link.exchange([(Command.STATE, b"")] * 5))) == 5
    assert partner.board.expected == 4


def test_a_refusal_is_told_in_words_and_the_link_goes_on():
    link = Link(Partner(), "the board")
    with pytest.raises(RefusedError, match="^the board refused READ: no network has been configured$"):
        list(link.exchange([(Command.READ, bytes(4)), (Command.STATE, b""), (Command.STATE, b"")]))
    assert len(link.request(Command.STATE)) == 16


def test_after_a_refusal_nothing_is_in_flight():
    partner = Partner()
    link = Link(partner, "the board")
    with pytest.raises(RefusedError):
        list(link.exchange([(Command.READ, bytes(4)), (Command.STATE, b""), (Command.STATE, b"")]))
    assert not partner.arrived and not link.session.unread


def test_a_reply_to_an_older_request_is_skipped():
    partner = Partner()
    link = Link(partner, "the board")
    partner.arrived += encode(Frame(type=Command.HELLO | REPLY, sequence=link.sequence, nonce=0, payload=bytes(31)))
    assert len(link.request(Command.STATE)) == 16


def test_a_reset_of_the_board_is_noticed():
    partner = Partner()
    link = Link(partner, "the board")
    partner.board.reset(b"")
    with pytest.raises(RefusedError, match="it has been reset in between"):
        link.request(Command.STATE)


def test_a_reply_that_never_comes():
    partner = Partner()
    link = Link(partner, "the board", reply_timeout=0.05)
    partner.damage = lambda data: b""
    with pytest.raises(LinkError, match=r"has not answered STATE for 0.05 seconds"):
        link.request(Command.STATE)


STATES = [(Command.STATE, pack_state(State(i, i * i))) for i in range(1, 40)]


def check_states(link, requests, partner):
    """Each was answered, in order: with what it set, or (when it was repeated) with what came after it."""
    replies = [unpack_state(reply).prng for reply in link.exchange(requests)]
    assert len(replies) == len(STATES) and all(i <= prng for i, prng in enumerate(replies, 1))
    assert partner.board.chip.prng == len(STATES)


@pytest.mark.parametrize("lost", [1, 2, 7, 39, 40, 41])
def test_a_reply_that_is_lost_is_asked_for_again(lost):
    partner = Partner()
    link = Link(partner, "the board", resend_after=0.01)
    count = itertools.count(1)
    partner.damage = lambda data: b"damaged\0" if next(count) == lost else data
    check_states(link, STATES, partner)
    assert link.resent == 0 if lost > len(STATES) else link.resent > 0


@pytest.mark.parametrize("lost", [1, 2, 7, 39])
def test_a_request_that_is_lost_and_all_behind_it_are_sent_again(lost):
    partner = Partner()
    link = Link(partner, "the board", resend_after=0.01)
    count, write = itertools.count(1), partner.write
    partner.write = lambda data: None if next(count) == lost else write(data)
    check_states(link, STATES, partner)
    assert 0 < link.resent < 2 * len(STATES)


def test_requests_of_another_command_wait_for_those_before():
    """A repeated READ must not see what a later WRITE has done."""
    partner = Partner()
    link, seen, write = Link(partner, "the board"), [], partner.write

    def noting(data):
        seen.append((Frame.unpack(cobs.decode(data[:-1])).type, len(partner.arrived)))
        write(data)

    partner.write = noting
    list(link.exchange([(Command.STATE, b""), (Command.STATE, b""), (Command.COUNTERS, b""), (Command.STATE, b"")]))
    assert [kind for kind, _ in seen] == [Command.STATE, Command.STATE, Command.COUNTERS, Command.STATE]
    assert [waiting > 0 for _, waiting in seen] == [False, True, False, False]


def test_after_an_error_a_session_begins_behind_all_that_was_sent():
    partner = Partner()
    link = Link(partner, "the board", sequence=7)
    with pytest.raises(RefusedError):
        list(link.exchange([(Command.READ, bytes(4))] * 3))
    assert partner.board.expected == 8
    link.request(Command.STATE)
    assert partner.board.expected == 7 + 3 + 1 + 2


def test_a_second_host_is_noticed():
    partner = Partner()
    link = Link(partner, "the board", resend_after=0.001, sequence=1)
    Link(partner, "the board", sequence=30000)
    with pytest.raises(RefusedError, match="as if a second host spoke to it"):
        link.request(Command.STATE)


def test_after_an_error_a_reset_is_noticed_too():
    partner = Partner()
    link = Link(partner, "the board")
    with pytest.raises(RefusedError):
        list(link.exchange([(Command.READ, bytes(4))]))
    partner.board.reset()
    with pytest.raises(BoardResetError):
        link.request(Command.STATE)
    link.reconnect()
    assert link.hello == partner.board.hello
    link.request(Command.STATE)


class Cable(Partner):
    """A partner that is gone for some tries to open it again."""

    reopens = True
    tries = 0

    def pull(self, tries):
        self.tries = tries
        self.arrived.clear()

    def check(self):
        if self.tries:
            raise TransportError("the port is gone")

    def write(self, data):
        self.check()
        super().write(data)

    def read(self, at_most, timeout):
        self.check()
        return super().read(at_most, timeout)

    def reopen(self):
        self.tries -= 1
        self.check()


def test_a_cable_that_comes_back_is_gone_on_with(monkeypatch):
    monkeypatch.setattr(link_module, "REOPEN_EVERY", 0.001)
    partner = Cable()
    link = Link(partner, "the board", resend_after=0.01)
    requests = iter(STATES)

    def pulling():
        for i, request in enumerate(requests):
            if i in (3, 20):
                partner.pull(5)
            yield request

    check_states(link, pulling(), partner)


def test_a_cable_that_stays_out_is_the_first_error(monkeypatch):
    monkeypatch.setattr(link_module, "REOPEN_EVERY", 0.001)
    partner = Cable()
    link = Link(partner, "the board", reply_timeout=0.05)
    partner.pull(10**9)
    with pytest.raises(TransportError, match="the port is gone"):
        link.request(Command.STATE)


def test_a_reply_of_another_kind():
    partner = Partner()
    link = Link(partner, "the board")
    partner.damage = lambda data: encode(Frame(type=Command.READ | REPLY, sequence=link.sequence, nonce=0))
    with pytest.raises(LinkError, match="answered STATE with a frame of type 133"):
        link.request(Command.STATE)


def test_an_unknown_reason_is_told_by_number():
    partner = Partner()
    link = Link(partner, "the board")
    partner.damage = lambda data: encode(Frame(type=ERROR, sequence=link.sequence, nonce=0, payload=b"\x63\x08"))
    with pytest.raises(RefusedError, match="reason 99"):
        link.request(Command.STATE)


BODY = HEADER.pack(2, ERROR, 1, 0, 2) + b"\1\1"
OLD = BODY + CRC.pack(zlib.crc32(BODY))  # what a board of version 2 answers


class Strange:
    """A board that is none: answers any bytes by `answer`."""

    def __init__(self, answer):
        self.feed = answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda data: b"", "does not answer"),
        (lambda data: data, "answers, but not as a metaplast board does"),
        (lambda data: b"login: ", "answers, but not as a metaplast board does"),
        (lambda data: b"\xff" * 5000, "answers, but not as a metaplast board does"),
        (lambda data: b"\0", "answers, but not as a metaplast board does"),
        (lambda data: encode(Frame(type=Command.HELLO | REPLY, sequence=1, nonce=0, payload=b"?")), "another version"),
        (lambda data: encode(Frame(type=ERROR, sequence=1, nonce=0, payload=b"\1\1")), "speaks another version"),
        (lambda data: cobs.encode(OLD) + b"\0", "speaks version 2 of this protocol, expected 3"),
    ],
)
def test_something_else_on_the_port(answer, said):
    with pytest.raises(LinkError, match=said):
        Link(Partner(Strange(answer)), "the port", hello_timeout=0.2, sequence=1)


def test_a_program_that_was_stopped_for_longer_than_the_limit_goes_on(monkeypatch):
    partner, clock = Partner(), itertools.count(step=0.01)
    stopped = [0.0]
    monkeypatch.setattr(link_module.time, "monotonic", lambda: next(clock) + stopped[0])
    link = Link(partner, "the board", reply_timeout=30)
    partner.damage = lambda data: b""  # the reply is on its way when Ctrl-Z comes

    def read(at_most, timeout):
        stopped[0], partner.damage = 1000.0, lambda data: data
        monkeypatch.setattr(partner, "read", lambda *given: Partner.read(partner, *given))
        return b""

    monkeypatch.setattr(partner, "read", read)
    assert link.request(Command.STATE) == bytes([1]) + bytes(15)
