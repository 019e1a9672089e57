"""The board's reader of frames and the host's say the same of every stream, good and bad, that hypothesis makes up."""

import zlib
from typing import Any

from amaranth.sim import Simulator
from cobs import cobs
from hypothesis import given, settings
from hypothesis import strategies as st

from hw.link.receiver import Receiver
from sw.contract.frames import CRC, HEADER, OVERHEAD, VERSION, Frame
from sw.host.frame_reader import FrameReader

ROOM = 256
QUIET = 60  # cycles after the last byte, in which the last frame leaves
EXAMPLES = 100

payloads = st.binary(max_size=60) | st.integers(0, 120).map(bytes) | st.integers(200, ROOM - OVERHEAD).map(lambda n: b"\1" * n)
frames = st.builds(
    Frame,
    type=st.integers(0, 255),
    sequence=st.integers(0, 2**16 - 1),
    nonce=st.sampled_from((0, 1, 2**32 - 1)) | st.integers(0, 2**32 - 1),
    payload=payloads,
).map(Frame.pack)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A frame with a byte changed, lost, put in or repeated, before or after it was encoded."""
    data = bytearray(draw(frames))
    encoded = draw(st.booleans())
    if encoded:
        data = bytearray(cobs.encode(bytes(data)))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        new, old = bytes([draw(st.integers(0, 255))]), data[place : place + 1]
        data[place : place + 1] = draw(st.sampled_from((b"", new, new + old, old * 2)))
    return bytes(data) if encoded else cobs.encode(bytes(data))


@st.composite
def mislabelled(draw: st.DrawFn) -> bytes:
    """A frame with a byte of its header changed, the version or the length perhaps, and the CRC that belongs to that."""
    body = bytearray(draw(frames)[: -CRC.size])
    body[draw(st.sampled_from((0, HEADER.size - 2, HEADER.size - 1)))] = draw(st.integers(0, 255))
    return cobs.encode(bytes(body) + CRC.pack(zlib.crc32(body)))


streams = st.lists(frames.map(cobs.encode) | damaged() | mislabelled() | st.binary(max_size=40), min_size=1, max_size=6)


def on_the_board(wire: bytes) -> tuple[list[bytes], int]:
    """The frames that leave the receiver, and how many it drops."""
    dut = Receiver(ROOM)
    taken: list[bytes] = []
    dropped = 0

    async def feed(ctx: Any) -> None:
        ctx.set(dut.encoded.valid, 1)
        for byte in wire:
            ctx.set(dut.encoded.payload, byte)
            await ctx.tick().until(dut.encoded.ready)
        ctx.set(dut.encoded.valid, 0)
        await ctx.tick().repeat(QUIET + 2 * ROOM)

    async def take(ctx: Any) -> None:
        nonlocal dropped
        held = bytearray()
        ctx.set(dut.frames.ready, 1)
        async for _, _, valid, payload, bad in ctx.tick().sample(dut.frames.valid, dut.frames.payload, dut.bad_frame):
            dropped += bad
            if valid:
                held.append(payload.data)
                if payload.last:
                    taken.append(bytes(held))
                    held.clear()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(feed)
    simulator.add_testbench(take, background=True)
    simulator.run()
    return taken, dropped


@given(streams)
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
def test_board_and_host_read_the_same_frames(pieces: list[bytes]):
    wire = b"\0".join(pieces) + b"\0"
    found, dropped = on_the_board(wire)
    reader = FrameReader()
    expected = [frame.pack() for frame in reader.feed(wire)]
    assert [frame for frame in found if frame[0] == VERSION] == expected
    # the host throws away what is of another version, the board answers it with a refusal
    assert dropped == reader.garbage - sum(frame[0] != VERSION for frame in found)
