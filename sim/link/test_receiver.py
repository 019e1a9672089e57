"""Receiver: of a stream of good, damaged and foreign frames the good ones come out, and the others are counted."""

import zlib

import cocotb
from cobs import cobs

from hw.link.receiver import Receiver
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.stream_driver import Sink, Source, cycles
from sw.contract.error import ContractError
from sw.contract.frames import CRC, HEADER, OVERHEAD, Frame

LAST = 0x100


def random_frame(random, longest: int) -> bytes:
    payload = bytes(random.choice([0, 255, random.randrange(256)]) for _ in range(random.randrange(longest - OVERHEAD)))
    return Frame(
        type=random.randrange(256), sequence=random.randrange(2**16), nonce=random.randrange(2**32), payload=payload
    ).pack()


def damaged(piece: bytes, random) -> bytes:
    """A piece of the wire with flipped, lost, added or exchanged bytes; may contain zeros, may be unchanged."""
    wire = bytearray(piece)
    for _ in range(random.choice([1, 1, 1, 2, 5])):
        where = random.randrange(len(wire))
        match random.randrange(6):
            case 0:
                wire[where] ^= 1 << random.randrange(8)
            case 1:
                del wire[where]
            case 2:
                wire.insert(where, random.randrange(256))
            case 3:
                wire[where] = 0
            case 4:
                del wire[where : where + random.randrange(1, 9)]
            case 5:
                wire[where:where] = wire[max(0, where - 4) : where]
        if not wire:
            break
    return bytes(wire)


def expected(wire: bytes, room: int) -> tuple[list[bytes], int]:
    """Frames, and the number of bad ones, by the Python definition of a frame."""
    good, bad = [], 0
    for piece in filter(None, wire.split(b"\0")[:-1]):
        try:
            data = cobs.decode(piece)
            assert len(data) <= room
            Frame.unpack(data)
            good.append(data)
        except (cobs.DecodeError, ContractError, AssertionError):
            bad += 1
    return good, bad


async def receives_what_is_expected(dut, random, wire: bytes, stalls: float | None = None) -> None:
    good, bad = expected(wire, bench_parameters()["buffer_bytes"])
    counted = [0]

    async def count() -> None:
        while True:
            await dut.clk.rising_edge
            counted[0] += int(dut.bad_frame.value)

    counting = cocotb.start_soon(count())
    source, sink = Source(dut, "encoded", random, stalls=stalls), Sink(dut, "frames", random, stalls=0.1)
    for piece in wire.split(b"\0")[:-1]:  # not more than the buffer holds: each frame is read before the next one
        source.send(piece + b"\0")
        await source.drained()
        await cycles(dut, 8)
        silent = 0
        while silent < 3:  # a byte comes every other cycle
            silent = 0 if dut.frames__valid.value == 1 else silent + 1
            await cycles(dut, 1)
    frames, held = [], bytearray()
    for token in sink.received:
        held.append(token & 0xFF)
        if token & LAST:
            frames.append(bytes(held))
            held.clear()
    assert not held
    assert frames == good, "a frame is missing, wrong or should not have been accepted"
    assert counted[0] == bad
    counting.cancel()


@cocotb.test()
async def good_frames_come_out_between_silence_and_frames_that_are_too_long(dut):
    random = await start(dut)
    room = bench_parameters()["buffer_bytes"]
    wire = b"\0\0"
    for _ in range(40):
        longest = random.choice([OVERHEAD + 1, 60, room, room + 4])
        wire += cobs.encode(random_frame(random, longest)) + bytes(random.choice([1, 1, 1, 4]))
    for extra in (0, 1):  # exactly full, and one more
        wire += cobs.encode(Frame(type=1, sequence=2, nonce=3, payload=bytes(room - OVERHEAD + extra)).pack()) + b"\0"
    assert expected(wire, room)[1] > 0
    await receives_what_is_expected(dut, random, wire)


@cocotb.test()
async def no_damaged_frame_is_accepted(dut):
    random = await start(dut)
    wire = b""
    for _ in range(220):
        piece = cobs.encode(random_frame(random, 60))
        wire += (piece if random.random() < 0.3 else damaged(piece, random)) + b"\0"
    await receives_what_is_expected(dut, random, wire, stalls=0.0)


@cocotb.test()
async def a_right_crc_does_not_save_a_wrong_length(dut):
    random = await start(dut)
    wire = b""
    for _ in range(60):
        body = bytearray(random_frame(random, 60)[: -CRC.size])
        match random.randrange(3):
            case 0:
                body[HEADER.size - 2] ^= 1 << random.randrange(8)
            case 1:
                body += random.randbytes(random.randrange(1, 4))
            case 2:
                body = body[: random.randrange(len(body) + 1)]
        wire += cobs.encode(bytes(body) + CRC.pack(zlib.crc32(body))) + b"\0"
    await receives_what_is_expected(dut, random, wire, stalls=0.0)


def test_only_whole_frames_leave_the_receiver():
    run_bench(Receiver(128), module=__name__, parameters={"buffer_bytes": 128})
