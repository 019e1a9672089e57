"""Link: every command, before an engine in Python."""

import struct

import cocotb

from hw.link.arguments import COMMANDS
from sim.drivers.bench import run_bench, start
from sim.drivers.link_engine import LinkEngine
from sim.drivers.link_host import LinkHost, refusal
from sim.drivers.link_scene import (
    BUFFER_BYTES,
    BUILD,
    CLOCK_HZ,
    GEOMETRY,
    NETWORKS,
    connected,
    link,
    predictions,
    random_samples,
    trained,
)
from sw.contract.commands import Command
from sw.contract.frames import COUNTERS, ERROR, STATE, TABLE_BYTES, Hello, Reason, told_shape
from sw.contract.registers import configuration_bytes
from sw.contract.requests import train_payload


@cocotb.test()
async def hello_tells_the_board_and_a_nonce_that_stays_until_reset(dut):
    random, host, engine = await connected(dut, network=None)
    first = await host.hello()
    fields = told_shape(GEOMETRY) | {"build": BUILD, "clock_hz": CLOCK_HZ, "buffer_bytes": BUFFER_BYTES}
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
    host, engine = LinkHost(dut, random, stalls=0.0), LinkEngine(dut, GEOMETRY, random)
    for kind in COMMANDS:
        if kind != Command.HELLO:
            reply = await host.request(kind, nonce=0)
            assert (reply.type, reply.payload) == (ERROR, refusal(Reason.NONCE, kind))
    assert not engine.events

    async def undo_the_counter() -> None:  # entropy equal to the counter makes the mixture zero
        while True:
            await dut.clk.rising_edge
            dut.entropy.value = int(dut.commands.boot_nonce.counter.value) << 1

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
        state = STATE.pack(random.randrange(1, 2**32), random.getrandbits(32), random.getrandbits(64))
        assert await host.ask(Command.STATE, state) == state
        assert STATE.pack(engine.prng, engine.signature, engine.samples) == state
        assert await host.ask(Command.STATE) == state
        values = engine.counters.values()
        assert await host.ask(Command.COUNTERS) == struct.pack(f"<{len(COUNTERS)}Q", *values)
        for count in (0, 1, 7):
            labels, images = random_samples(random, network, count)
            engine.events.clear()
            expected = trained(images, network, engine.prng, engine.signature, engine.samples)
            assert await host.ask(Command.TRAIN, train_payload(engine.samples, labels, b"".join(images))) == expected
            assert engine.events == [("sample", 1, *pair) for pair in zip(labels, images, strict=True)]
            engine.events.clear()
            assert await host.ask(Command.INFER, bytes([count]) + b"".join(images)) == predictions(images, network)
            assert engine.events == [("sample", 0, 0, image) for image in images]


@cocotb.test()
async def a_full_frame_of_255_samples_is_carried_out(dut):
    network = NETWORKS[2]
    random, host, engine = await connected(dut, network=network, stalls=0.1)
    labels, images = random_samples(random, network, 255)
    for kind, payload, expected in (
        (Command.TRAIN, train_payload(0, labels, b"".join(images)), trained(images, network, engine.prng, 0, 0)),
        (Command.INFER, b"\xff" + b"".join(images), predictions(images, network)),
    ):
        assert await host.ask(kind, payload) == expected
    assert [event[2] for event in engine.events if event[:2] == ("sample", 1)] == labels


def test_every_command_does_what_the_contract_says():
    run_bench(link(), module=__name__)
