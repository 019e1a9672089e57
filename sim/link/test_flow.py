"""Link: many requests in flight, damaged ones among them, and more than the buffer holds."""

import struct

import cocotb
from cobs import cobs

from sim.drivers.bench import run_bench
from sim.drivers.link_host import refusal
from sim.drivers.link_scene import (
    GEOMETRY,
    NETWORKS,
    connected,
    link,
    predictions,
    random_samples,
    refused_requests,
    trained,
)
from sim.drivers.stream_driver import cycles
from sw.contract.commands import Command
from sw.contract.frames import ERROR, PROGRESS, REPLY, STATE, Reason
from sw.contract.requests import train_payload


@cocotb.test()
async def requests_in_flight_are_answered_in_order(dut):
    random, host, engine = await connected(dut, rest=200)
    network = NETWORKS[0]
    requests, expected, events = [], [], []
    engine.events.clear()

    def add(kind: int, payload: bytes, answer: bytes, *happens: tuple, error: bool = False) -> None:
        requests.append((kind, payload, error))
        expected.append((ERROR if error else kind | REPLY, answer))
        events.extend(happens)

    def added(images: list[bytes]) -> bytes:
        nonlocal signature, samples
        reply = trained(images, network, prng, signature, samples)
        signature, samples = PROGRESS.unpack(reply[-PROGRESS.size :])
        return reply

    rows = {row: bytearray(GEOMETRY.columns) for row in range(20)}
    prng, signature, samples = 1, 0, 0
    for _ in range(120):
        match random.randrange(9):
            case 0 | 1 | 2:
                labels, images = random_samples(random, network, random.choice([0, 1, 2, 5, 30]))
                happens = [("sample", 1, *pair) for pair in zip(labels, images, strict=True)]
                add(Command.TRAIN, train_payload(samples, labels, b"".join(images)), added(images), *happens)
            case 3 | 4:
                _, images = random_samples(random, network, random.randrange(8))
                happens = [("sample", 0, 0, image) for image in images]
                payload = bytes([len(images)]) + b"".join(images)
                add(Command.INFER, payload, predictions(images, network), *happens)
            case 5:
                row, weights = random.randrange(network.row_count), random.randbytes(random.randrange(1, 48))
                rows[row][: len(weights)] = weights
                add(Command.WRITE, struct.pack("<H", row) + weights, b"", ("row", row, weights))
            case 6:
                row = random.randrange(network.row_count)
                add(Command.READ, struct.pack("<HH", row, 48), bytes(rows[row]))
            case 7:
                if random.random() < 0.5:
                    prng, signature, samples = random.randrange(1, 2**32), random.getrandbits(32), random.getrandbits(60)
                    state = STATE.pack(prng, signature, samples)
                    add(Command.STATE, state, state, ("state", prng, signature, samples))
                else:
                    add(Command.STATE, b"", STATE.pack(prng, signature, samples))
            case 8:
                kind, payload, reason = random.choice(refused_requests(random, network, samples))
                add(kind, payload, refusal(reason, kind), error=True)
    replies = await host.exchange(requests)
    for i, (reply, answer) in enumerate(zip(replies, expected, strict=True)):
        assert (reply.type, reply.payload) == answer, f"request {i}, type {requests[i][0]}"
    assert engine.events == events


@cocotb.test()
async def samples_flow_from_one_request_to_the_next(dut):
    """The engine answers a sample only when the next one has arrived whole: a link that waits would stand still."""
    network = NETWORKS[0]
    random, host, engine = await connected(dut, network=network)
    engine.ahead = 1
    batches = [random_samples(random, network, random.choice([1, 1, 3, 9])) for _ in range(20)]
    first = 0
    for labels, images in batches:
        host.send(host.frame(Command.TRAIN, train_payload(first, labels, b"".join(images))).pack())
        first += len(labels)
    count = sum(len(labels) for labels, _ in batches)
    for _ in range(20_000):
        await cycles(dut, 1)
        if len(engine.events) == 1 + count:
            break
    assert len(engine.events) == 1 + count, "the engine starves between two requests"
    engine.ahead = 0
    signature = first = 0
    for _, images in batches:
        reply = (await host.receive()).payload
        assert reply == trained(images, network, engine.prng, signature, first)
        signature, first = PROGRESS.unpack(reply[-PROGRESS.size :])


@cocotb.test()
async def damaged_frames_between_requests_change_nothing_and_are_counted(dut):
    network = NETWORKS[0]
    random, host, engine = await connected(dut, network=network)
    engine.events.clear()
    bad, total, happened = 0, 0, 0
    for _ in range(40):
        labels, images = random_samples(random, network, 2)
        request = train_payload(engine.samples, labels, b"".join(images))
        data = host.frame(Command.TRAIN, request, refused=True).pack()
        damaged = bytearray(cobs.encode(data))
        damaged[random.randrange(len(damaged))] ^= 1 << random.randrange(8)
        pieces = [piece for piece in bytes(damaged).split(b"\0") if piece]
        bad += len(pieces)
        host.source.send(bytes(damaged) + b"\0" + bytes(random.randrange(3)))
        if random.random() < 0.5:
            expected = trained(images, network, engine.prng, engine.signature, engine.samples)
            assert await host.ask(Command.TRAIN, request) == expected
            happened += 2
    total = struct.unpack_from("<Q", await host.ask(Command.COUNTERS))[0]
    assert total == bad
    assert len(engine.events) == happened
    await host.ask(Command.RESET)
    await host.hello()
    assert struct.unpack_from("<Q", await host.ask(Command.COUNTERS))[0] == 0


@cocotb.test()
async def requests_beyond_the_buffer_are_dropped_and_counted(dut):
    network = NETWORKS[1]
    random, host, engine = await connected(dut, network=network, stalls=0.0)
    engine.ahead = 1000  # nothing is answered for now
    labels, images = random_samples(random, network, 60)
    payload = bytes([len(images)]) + b"".join(images)
    asked = [host.frame(Command.INFER, payload) for _ in range(6)]
    for frame in asked:
        host.send(frame.pack())
        await host.source.drained()
    await cycles(dut, 200)
    engine.ahead = 0
    answered = []
    while True:
        for _ in range(3000):
            await cycles(dut, 1)
            if 0 in host.sink.received:
                break
        if 0 not in host.sink.received:
            break
        reply = await host.receive()
        assert reply.payload in (predictions(images, network), refusal(Reason.GAP, Command.INFER))
        answered.append(reply.sequence)
        if reply.type != ERROR:
            host.sequence = reply.sequence
    assert answered == [frame.sequence for frame in asked if frame.sequence in answered]
    assert 2 <= len(answered) < 6
    assert struct.unpack_from("<Q", await host.ask(Command.COUNTERS))[0] == 6 - len(answered)


def test_requests_flow_in_order():
    run_bench(link(), module=__name__)
