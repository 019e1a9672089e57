"""Link: many requests in flight, damaged ones among them, and more than the buffer holds."""

import struct

import cocotb
from cobs import cobs

from sim.bench import run_bench
from sim.link_host import refusal
from sim.link_scene import (
    GEOMETRY,
    NETWORKS,
    connected,
    link,
    predictions,
    random_samples,
    refused_requests,
)
from sim.stream_driver import cycles
from sw.contract.frames import (
    ERROR,
    REPLY,
    STATE,
    Command,
    train_payload,
)


@cocotb.test()
async def requests_in_flight_are_answered_in_order(dut):
    random, host, engine = await connected(dut, rest=200)
    network = NETWORKS[0]
    requests, expected, events = [], [], []
    engine.events.clear()

    def add(kind: int, payload: bytes, answer: bytes, *happens: tuple, error: bool = False) -> None:
        requests.append((kind, payload))
        expected.append((ERROR if error else kind | REPLY, answer))
        events.extend(happens)

    rows = {row: bytearray(GEOMETRY.columns) for row in range(20)}
    prng, samples = 1, 0
    for _ in range(120):
        match random.randrange(9):
            case 0 | 1 | 2:
                labels, images = random_samples(random, network, random.choice([0, 1, 2, 5, 30]))
                happens = [("sample", 1, *pair) for pair in zip(labels, images, strict=True)]
                add(Command.TRAIN, train_payload(labels, b"".join(images)), predictions(images, network), *happens)
                samples += len(images)
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
                    prng, samples = random.randrange(1, 2**32), random.getrandbits(60)
                    state = STATE.pack(prng, samples)
                    add(Command.STATE, state, state, ("state", prng, samples))
                else:
                    add(Command.STATE, b"", STATE.pack(prng, samples))
            case 8:
                kind, payload, reason = random.choice(refused_requests(random, network))
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
    for labels, images in batches:
        host.send(host.frame(Command.TRAIN, train_payload(labels, b"".join(images))).pack())
    count = sum(len(labels) for labels, _ in batches)
    for _ in range(20_000):
        await cycles(dut, 1)
        if len(engine.events) == 1 + count:
            break
    assert len(engine.events) == 1 + count, "the engine starves between two requests"
    engine.ahead = 0
    for _, images in batches:
        assert (await host.receive()).payload == predictions(images, network)


@cocotb.test()
async def damaged_frames_between_requests_change_nothing_and_are_counted(dut):
    network = NETWORKS[0]
    random, host, engine = await connected(dut, network=network)
    engine.events.clear()
    bad, total, happened = 0, 0, 0
    for _ in range(40):
        labels, images = random_samples(random, network, 2)
        data = host.frame(Command.TRAIN, train_payload(labels, b"".join(images))).pack()
        damaged = bytearray(cobs.encode(data))
        damaged[random.randrange(len(damaged))] ^= 1 << random.randrange(8)
        pieces = [piece for piece in bytes(damaged).split(b"\0") if piece]
        bad += len(pieces)
        host.source.send(bytes(damaged) + b"\0" + bytes(random.randrange(3)))
        if random.random() < 0.5:
            assert await host.ask(Command.TRAIN, train_payload(labels, b"".join(images))) == predictions(images, network)
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
    payload = train_payload(labels, b"".join(images))
    asked = [host.frame(Command.TRAIN, payload) for _ in range(6)]
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
        assert reply.payload == predictions(images, network)
        answered.append(reply.sequence)
    assert answered == [frame.sequence for frame in asked if frame.sequence in answered]
    assert 2 <= len(answered) < 6
    assert struct.unpack_from("<Q", await host.ask(Command.COUNTERS))[0] == 6 - len(answered)


def test_requests_flow_in_order():
    run_bench(link(), module=__name__)
