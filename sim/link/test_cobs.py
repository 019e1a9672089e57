"""COBS: decoder and encoder against the `cobs` package, on random frames, on every edge and on garbage."""

import cocotb
from amaranth.hdl import Module
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from cobs import cobs

from hw.link.cobs import CobsDecoder, CobsEncoder
from hw.link.frame_layouts import FRAME_TOKEN, LAST_BYTE
from sim.drivers.bench import run_bench, start
from sim.drivers.stream_driver import Sink, Source, cycles

END, ERROR, LAST = 0x100, 0x200, 0x100


class Pair(Component):
    """Decoder and encoder side by side."""

    encoded: In(stream.Signature(8))
    decoded: Out(stream.Signature(FRAME_TOKEN))
    frame: In(stream.Signature(LAST_BYTE))
    sent: Out(stream.Signature(8))

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.decoder = decoder = CobsDecoder()
        m.submodules.encoder = encoder = CobsEncoder()
        connect(m, flipped(self.encoded), decoder.encoded)
        connect(m, decoder.decoded, flipped(self.decoded))
        connect(m, flipped(self.frame), encoder.frame)
        connect(m, encoder.encoded, flipped(self.sent))
        return m


def edge_frames() -> list[bytes]:
    """Frames around the length of a full block, with a zero at each place that matters."""
    frames = [b"\0", b"\0\0", b"\x01", b"\xff", bytes(300)]
    run = bytes(1 + i % 255 for i in range(600))
    for length in (1, 252, 253, 254, 255, 256, 507, 508, 509, 510, 600):
        frames += [run[:length], b"\0" + run[:length], run[:length] + b"\0", run[:length] + b"\0" + run[:3]]
    return frames


def random_frame(random) -> bytes:
    zeros = random.choice([0.0, 0.01, 0.3, 1.0])
    length = random.choice([random.randrange(1, 20), random.randrange(1, 700)])
    return bytes(0 if random.random() < zeros else random.randrange(1, 256) for _ in range(length))


def decode(piece: bytes) -> bytes | None:
    try:
        return cobs.decode(piece)
    except cobs.DecodeError:
        return None


def tokens(stream_: bytes) -> list[tuple[bytes, bool]]:
    """What the decoder should say of a stream of bytes: (bytes, error) of each piece that is not empty."""
    pieces = [piece for piece in stream_.split(b"\0")[:-1] if piece]
    return [(decoded if (decoded := decode(piece)) is not None else b"", decode(piece) is None) for piece in pieces]


def frames_of(received: list[int]) -> list[tuple[bytes, bool]]:
    """The same from the tokens that came out; the bytes of a frame in error are not compared."""
    frames, held = [], bytearray()
    for token in received:
        if token & END:
            error = bool(token & ERROR)
            frames.append((b"" if error else bytes(held), error))
            held.clear()
        else:
            held.append(token)
    assert not held, "bytes without an end"
    return frames


async def decoder_agrees(dut, random, data: bytes) -> None:
    source, sink = Source(dut, "encoded", random), Sink(dut, "decoded", random)
    source.send(data)
    await source.drained()
    for _ in range(1000):
        await cycles(dut, 1)
        if len(frames_of_prefix := [t for t in sink.received if t & END]) == len(tokens(data)):
            break
    assert len(frames_of_prefix) == len(tokens(data))
    assert frames_of(sink.received) == tokens(data)


@cocotb.test()
async def decoder_returns_good_frames(dut):
    random = await start(dut)
    frames = [b"", *edge_frames(), *(random_frame(random) for _ in range(15))]
    data = b"".join(cobs.encode(frame) + bytes(random.choice([1, 1, 3])) for frame in frames)
    assert [frame for frame, _ in tokens(data)] == frames
    await decoder_agrees(dut, random, data)


@cocotb.test()
async def decoder_agrees_on_garbage(dut):
    random = await start(dut)
    data = bytearray()
    for _ in range(150):
        kind = random.randrange(3)
        if kind == 0:  # small codes: many blocks, many frames cut short
            data += bytes(random.randrange(0, 6) for _ in range(random.randrange(1, 40)))
        elif kind == 1:
            data += bytes(random.randrange(256) for _ in range(random.randrange(1, 40)))
        else:  # a good frame with one byte changed, lost or doubled
            piece = bytearray(cobs.encode(random_frame(random)[:60]))
            where = random.randrange(len(piece))
            piece[where : where + 1] = random.choice([b"", b"\0", bytes([random.randrange(256)]), piece[where : where + 1] * 2])
            data += piece
        data += b"\0"
    await decoder_agrees(dut, random, bytes(data))


@cocotb.test()
async def encoder_makes_what_the_package_makes(dut):
    random = await start(dut)
    frames = edge_frames() + [random_frame(random) for _ in range(15)]
    expected = b"".join(cobs.encode(frame) + b"\0" for frame in frames)
    source, sink = Source(dut, "frame", random), Sink(dut, "sent", random)
    for frame in frames:
        source.send([*frame[:-1], frame[-1] | LAST])
    assert bytes(await sink.take(len(expected))) == expected
    await cycles(dut, 50)
    assert not sink.received, "more than the frames"


@cocotb.test()
async def both_keep_up_with_a_byte_a_cycle(dut):
    random = await start(dut)
    frame = bytes(random.randrange(256) for _ in range(4000))
    encoded = cobs.encode(frame) + b"\0"
    for names, sent, expected, spare in (
        (("encoded", "decoded"), encoded, len(frame) + 1, 10),
        (("frame", "sent"), [*frame[:-1], frame[-1] | LAST], len(encoded), 255 + 10),
    ):
        source, sink = Source(dut, names[0], random, stalls=0.0), Sink(dut, names[1], random, stalls=0.0)
        source.send(sent)
        await sink.take(expected, cycles=len(encoded) + spare)


def test_cobs_is_the_packages():
    run_bench(Pair(), module=__name__)
