"""Link: every command, every refusal, requests in flight, damaged frames, reset; before an engine in Python."""

import struct
import zlib
from random import Random

import cocotb
import pytest
from cobs import cobs

from hw.link.link import Link
from sim.bench import run_bench, start
from sim.link_engine import LinkEngine, predict
from sim.link_host import LinkHost, refusal
from sim.stream_driver import cycles
from sw.contract.frames import (
    COUNTERS,
    ERROR,
    HEADER,
    REPLY,
    STATE,
    TABLE_BYTES,
    VERSION,
    Command,
    Hello,
    Reason,
    image_bytes,
    train_payload,
)
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.registers import CONFIGURATION_BYTES, configuration_bytes

GEOMETRY = Geometry(columns=48, rows=20, grid_height=2, grid_width=3, synapses_per_cell=4, folds=2)
CLOCK_HZ, BUILD, BUFFER_BYTES = 54_321_000, 0x0123456789ABCDEF, 1024
NETWORKS = [Network.of(layers=layers) for layers in ((20, 9, 5), (48, 20), (1, 2), (17, 3, 4, 6, 7), (33, 8, 8, 2))]


async def connected(dut, *, network: Network | None = NETWORKS[0], **engine) -> tuple[Random, LinkHost, LinkEngine]:
    """A link that has said HELLO and, if there is a `network`, has been configured."""
    random = await start(dut)
    dut.entropy.value = random.getrandbits(32)
    host, engine_ = LinkHost(dut, random), LinkEngine(dut, random, **engine)
    await host.hello()
    if network is not None:
        await host.ask(Command.CONFIGURE, configuration_bytes(network, GEOMETRY))
    return random, host, engine_


def random_samples(random: Random, network: Network, count: int) -> tuple[list[int], list[bytes]]:
    size = image_bytes(network.layers[0])
    return [random.randrange(network.layers[-1]) for _ in range(count)], [random.randbytes(size) for _ in range(count)]


def predictions(images: list[bytes], network: Network) -> bytes:
    return b"".join(predict(image, network.layers[-1]).to_bytes(2, "little") for image in images)


@cocotb.test()
async def hello_tells_the_board_and_a_nonce_that_stays_until_reset(dut):
    random, host, engine = await connected(dut, network=None)
    first = await host.hello()
    fields = vars(GEOMETRY) | {"build": BUILD, "clock_hz": CLOCK_HZ, "buffer_bytes": BUFFER_BYTES}
    assert first == Hello(nonce=first.nonce, **fields)
    assert first.nonce != 0
    assert (await host.hello()).nonce == first.nonce
    await host.ask(Command.CONFIGURE, configuration_bytes(NETWORKS[0], GEOMETRY))
    await host.ask(Command.RESET)
    assert engine.events[-1] == ("reset",)
    for kind, payload in ((Command.STATE, b""), (Command.INFER, b"\0"), (Command.RESET, b"")):
        reply = await host.request(kind, payload)
        assert (reply.type, reply.payload) == (ERROR, refusal(Reason.NONCE, kind))
    assert (await host.hello()).nonce not in (0, first.nonce)
    reply = await host.request(Command.INFER, b"\0")
    assert reply.payload == refusal(Reason.UNCONFIGURED, Command.INFER), "RESET forgets the configuration"


@cocotb.test()
async def a_nonce_is_never_zero_and_nothing_is_done_before_the_first(dut):
    random = await start(dut)
    host, engine = LinkHost(dut, random, stalls=0.0), LinkEngine(dut, random)
    for kind in Command:
        if kind != Command.HELLO:
            reply = await host.request(kind, nonce=0)
            assert (reply.type, reply.payload) == (ERROR, refusal(Reason.NONCE, kind))
    assert not engine.events

    async def undo_the_counter() -> None:  # entropy equal to the counter makes the mixture zero
        while True:
            await dut.clk.rising_edge
            dut.entropy.value = int(dut.commands.boot_nonce.counter.value) + 1

    cocotb.start_soon(undo_the_counter())
    assert (await host.hello()).nonce == 1


@cocotb.test()
async def every_command_reaches_the_engine_as_it_was_sent(dut):
    random, host, engine = await connected(dut, network=None)
    for network in NETWORKS:
        configuration = configuration_bytes(network, GEOMETRY)
        assert await host.ask(Command.CONFIGURE, configuration) == b""
        assert engine.registers == configuration and engine.configured
        for layer in random.sample(range(network.depth), min(2, network.depth)):
            table = random.randbytes(TABLE_BYTES)
            assert await host.ask(Command.TABLE, bytes([layer]) + table) == b""
            assert engine.tables[layer * TABLE_BYTES :][:TABLE_BYTES] == table
        for row in (0, network.row_count - 1):
            for count in (GEOMETRY.columns, 1, 0, random.randrange(GEOMETRY.columns)):
                weights = random.randbytes(count)
                expected = weights + engine.row(row)[count : GEOMETRY.columns]
                assert await host.ask(Command.WRITE, struct.pack("<H", row) + weights) == b""
                assert engine.row(row)[: GEOMETRY.columns] == expected
                length = random.choice([0, 1, GEOMETRY.columns])
                assert await host.ask(Command.READ, struct.pack("<HH", row, length)) == expected[:length]
        state = STATE.pack(random.randrange(1, 2**32), random.getrandbits(64))
        assert await host.ask(Command.STATE, state) == state
        assert STATE.pack(engine.prng, engine.samples) == state
        assert await host.ask(Command.STATE) == state
        values = [0, *engine.counters.values()]
        assert await host.ask(Command.COUNTERS) == struct.pack(f"<{len(COUNTERS)}Q", *values)
        for count in (0, 1, 7):
            labels, images = random_samples(random, network, count)
            engine.events.clear()
            assert await host.ask(Command.TRAIN, train_payload(labels, b"".join(images))) == predictions(images, network)
            assert engine.events == [("sample", 1, *pair) for pair in zip(labels, images, strict=True)]
            engine.events.clear()
            assert await host.ask(Command.INFER, bytes([count]) + b"".join(images)) == predictions(images, network)
            assert engine.events == [("sample", 0, 0, image) for image in images]


@cocotb.test()
async def a_full_frame_of_255_samples_is_carried_out(dut):
    network = NETWORKS[2]
    random, host, engine = await connected(dut, network=network, stalls=0.1)
    labels, images = random_samples(random, network, 255)
    for kind, payload in (
        (Command.TRAIN, train_payload(labels, b"".join(images))),
        (Command.INFER, b"\xff" + b"".join(images)),
    ):
        assert await host.ask(kind, payload) == predictions(images, network)
    assert [event[2] for event in engine.events if event[:2] == ("sample", 1)] == labels


def refused_requests(random: Random, network: Network) -> list[tuple[int, bytes, Reason]]:
    """Requests that must change nothing, and why."""
    rows, columns, classes = network.row_count, GEOMETRY.columns, network.layers[-1]
    labels, images = random_samples(random, network, 3)
    train, pixels = train_payload(labels, b"".join(images)), b"".join(images)
    some = random.randbytes(random.randrange(1, 30))
    requests = [(kind, random.choice([b"", some]), Reason.TYPE) for kind in (0, 11, 127, 128, 0x86, 255)]
    requests += [(kind, some, Reason.LENGTH) for kind in (Command.HELLO, Command.COUNTERS, Command.RESET)]
    requests += [(Command.CONFIGURE, bytes(CONFIGURATION_BYTES + i), Reason.LENGTH) for i in (-1, 1)]
    requests += [(Command.CONFIGURE, b"", Reason.LENGTH)]
    requests += [(Command.TABLE, bytes(1 + TABLE_BYTES + i), Reason.LENGTH) for i in (-1, 1)]
    requests += [(Command.TABLE, bytes([layer]) + bytes(TABLE_BYTES), Reason.RANGE) for layer in (network.depth, 4, 255)]
    requests += [(Command.WRITE, some[:1], Reason.LENGTH), (Command.WRITE, b"", Reason.LENGTH)]
    requests += [(Command.WRITE, struct.pack("<H", row) + some, Reason.RANGE) for row in (rows, rows + 256, 65535)]
    requests += [(Command.WRITE, struct.pack("<H", 0) + bytes(columns + i), Reason.RANGE) for i in (1, 256)]
    requests += [(Command.READ, bytes(i), Reason.LENGTH) for i in (0, 3, 5)]
    requests += [(Command.READ, struct.pack("<HH", row, 1), Reason.RANGE) for row in (rows, 65535)]
    requests += [(Command.READ, struct.pack("<HH", 0, count), Reason.RANGE) for count in (columns + 1, 65535)]
    requests += [(Command.TRAIN, train[:-1], Reason.LENGTH), (Command.TRAIN, train + b"\0", Reason.LENGTH)]
    requests += [(Command.TRAIN, bytes([count]) + train[1:], Reason.LENGTH) for count in (0, 2, 4, 131, 255)]
    requests += [(Command.TRAIN, b"", Reason.LENGTH), (Command.INFER, b"", Reason.LENGTH)]
    requests += [(Command.INFER, bytes([count]) + pixels, Reason.LENGTH) for count in (0, 2, 4, 131)]
    for wrong in (classes, classes + 256, 65535):
        for place in range(3):
            bad = [wrong if i == place else label for i, label in enumerate(labels)]
            requests.append((Command.TRAIN, train_payload(bad, pixels), Reason.RANGE))
    requests += [(Command.STATE, bytes(i), Reason.LENGTH) for i in (1, 11, 13)]
    requests += [(Command.STATE, STATE.pack(0, 5), Reason.RANGE)]
    return requests


@cocotb.test()
async def a_refused_request_says_why_and_changes_nothing(dut):
    network = NETWORKS[3]
    random, host, engine = await connected(dut, network=network)
    labels, images = random_samples(random, network, 2)
    requests = refused_requests(random, network)
    random.shuffle(requests)
    for kind, payload, reason in requests:
        before = (list(engine.events), engine.configured, engine.prng, engine.samples)
        reply = await host.request(kind, payload)
        assert (reply.type, reply.payload) == (ERROR, refusal(reason, kind)), f"type {kind}, {len(payload)} bytes"
        assert before == (engine.events, engine.configured, engine.prng, engine.samples)
        if random.random() < 0.2:  # and the next request is understood
            assert await host.ask(Command.INFER, b"\2" + b"".join(images)) == predictions(images, network)


@cocotb.test()
async def another_version_nonce_or_no_network_is_refused(dut):
    random, host, engine = await connected(dut, network=None)
    needs_network = (Command.TABLE, Command.WRITE, Command.READ, Command.TRAIN, Command.INFER)
    for kind in Command:
        payload = random.randbytes(random.choice([0, 3, 20]))
        if kind != Command.HELLO:
            for nonce in (0, host.nonce ^ 1, host.nonce ^ 0x8000_0000):
                reply = await host.request(kind, payload, nonce=nonce)
                assert (reply.type, reply.payload) == (ERROR, refusal(Reason.NONCE, kind))
        if kind in needs_network:
            reply = await host.request(kind, payload)
            assert (reply.type, reply.payload) == (ERROR, refusal(Reason.UNCONFIGURED, kind))
        for version in (0, VERSION + 1, 255):
            body = HEADER.pack(version, kind, 7, host.nonce, len(payload)) + payload
            host.send(body + zlib.crc32(body).to_bytes(4, "little"))
            reply = await host.receive()
            assert (reply.type, reply.sequence, reply.payload) == (ERROR, 7, refusal(Reason.VERSION, kind))
    assert not engine.events


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


@pytest.mark.parametrize(
    "coroutines", ["hello|never_zero|another_version|every_command|full_frame", "a_refused", "in_flight|flow|damaged|beyond"]
)
def test_the_link_obeys_the_contract(coroutines):
    link = Link(GEOMETRY, clock_hz=CLOCK_HZ, build=BUILD, buffer_bytes=BUFFER_BYTES)
    run_bench(link, module=__name__, coroutines=coroutines)
