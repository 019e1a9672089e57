"""Configuration: the registers hold what CONFIGURE sent, by name."""

from random import Random

import cocotb

from hw.configuration import LAYER_CYCLES, Configuration
from hw.layouts import layer_layout, network_layout
from sim.drivers.array_model import geometry_of
from sim.drivers.bench import run_bench, start
from sim.drivers.stream_driver import Source, cycles
from sw.contract.network import MAX_LAYERS, Network
from sw.contract.registers import CONFIGURATION_BYTES, configuration_bytes, register_values

GEOMETRY = geometry_of((4, 4, 16, 3, 4, 1000))


def random_network(random: Random) -> Network:
    """Any network that fits, with learning settings at their ends and between."""
    depth = random.randrange(1, MAX_LAYERS + 1)
    layers = [random.randrange(1, GEOMETRY.columns + 1), *(random.randrange(2, 250) for _ in range(depth))]
    modes = [random.choice(("sign", "gate", "band")) for _ in range(depth - 1)]
    return Network.of(
        layers=layers,
        margin=random.choice((-(2**15), 2**15 - 1, random.randrange(-99, 99))),
        window=[random.choice((0, 1023, random.randrange(1024))) for _ in modes],
        activation=modes,
        gate=[random.choice((-1023, 1023, random.randrange(-99, 99))) if mode != "sign" else 0 for mode in modes],
        scaling=[random.choice(("none", "root")) for _ in modes],
        relax_rate=[random.choice((0, 65535, 65536, random.randrange(65536))) for _ in range(depth)],
        relax_floor=random.randrange(1, 128),
    )


@cocotb.test()
async def registers_hold_what_was_sent(dut):
    random = await start(dut)
    dut.reset.value = dut.select.value = 0
    source = Source(dut, "source", random)
    loads = [0]

    async def count() -> None:
        while True:
            await dut.clk.rising_edge
            loads[0] += int(dut.loaded.value)

    cocotb.start_soon(count())
    await cycles(dut, 2)
    configured = 0
    for i in range(25):
        assert dut.configured.value == configured
        if random.random() < 0.4:  # a reset forgets, also what has come of a configuration cut short
            source.send(random.randbytes(random.randrange(CONFIGURATION_BYTES)))
            await source.drained()
            dut.reset.value = 1
            await dut.clk.rising_edge
            dut.reset.value = 0
            await cycles(dut, 2)
            configured = 0
            assert dut.configured.value == 0
        network = random_network(random)
        source.send(configuration_bytes(network, GEOMETRY)[:-1])
        await source.drained()
        await cycles(dut, 3)
        assert (int(dut.configured.value), loads[0]) == (configured, i), "the last byte is missing"
        source.send(configuration_bytes(network, GEOMETRY)[-1:])
        await source.drained()
        await cycles(dut, 3)
        configured = 1
        assert (int(dut.configured.value), loads[0]) == (1, i + 1)
        held = network_layout(GEOMETRY).from_bits(int(dut.network.value))
        own, layers = register_values(network, GEOMETRY)
        own["last_pixel"] = own.pop("inputs") - 1
        for name, value in own.items():
            assert held[name] == value, name
        assert (held.rows, held.classes) == (network.row_count, network.layers[-1])
        await cycles(dut, LAYER_CYCLES)
        for index in (None, *(random.randrange(network.depth) for _ in range(4))):
            if index is None:  # the first layer comes by itself
                index = 0
            else:
                await select(dut, random, index)
            assert dut.settled.value == 1
            inputs = {"inputs": network.layers[index]} if index else {}  # those of the first layer are nobody's neurons
            chosen = layer_layout(GEOMETRY).from_bits(int(dut.layer.value))
            for name, value in (layers[index] | inputs).items():
                assert chosen[name] == value, f"{name} of layer {index + 1}"


async def select(dut, random: Random, index: int) -> None:
    """Select a layer, now and then others just before; returns when its registers must be there."""
    for chosen in (*(random.randrange(MAX_LAYERS) for _ in range(random.choice((0, 0, 1, 2)))), index):
        dut.select.value, dut.index.value = 1, chosen
        await dut.clk.rising_edge
        dut.select.value, dut.index.value = 0, random.randrange(MAX_LAYERS)
        await cycles(dut, random.randrange(LAYER_CYCLES) if chosen != index else 0)
    await dut.clk.rising_edge
    before = dut.layer.value
    await dut.clk.rising_edge
    assert dut.layer.value == before, "the registers of the layer before have gone too early"
    await cycles(dut, LAYER_CYCLES - 3)
    assert dut.settled.value == 0
    await dut.clk.rising_edge


def test_configuration_fills_the_registers():
    run_bench(Configuration(GEOMETRY), module=__name__)
