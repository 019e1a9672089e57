"""Draw: the random word steps once for every active item, and its thresholds come from the table of the layer."""

from typing import Any

import cocotb
import pytest

from hw.engine_ports import TABLE_LAYOUT
from hw.learning.draw import Draw, draw_layout
from hw.learning.error_scan import item_layout
from sim.drivers.array_model import geometry_of
from sim.drivers.bench import bench_parameters, run_bench, start
from sim.drivers.stream_driver import Sink, Source, cycles
from sw.contract import prng
from sw.contract.network import DEFAULT_PRNG, MAX_LAYERS
from sw.contract.table import ENTRIES, thresholds

GEOMETRIES = ((1, 2, 4, 1, 4, 40), (2, 2, 16, 2, 4, 300))  # height, width, K, folds, slices, rows
RATES = (0, 1, 300, 40000, 65535, 65536)
ADDRESS_BITS = TABLE_LAYOUT["address"].width
LATENCY = 3


async def write_tables(dut, tables: Source, layers: dict[int, list[tuple[int, int]]], random) -> None:
    """Send the bytes of the given layers' tables, in a random order."""
    bytes_ = [
        (layer * ENTRIES + entry) * 2 + away | pair[away] << ADDRESS_BITS
        for layer, table in layers.items()
        for entry, pair in enumerate(table)
        for away in (0, 1)
    ]
    random.shuffle(bytes_)
    tables.send(bytes_)
    await tables.drained()


async def set_word(dut, word: int) -> None:
    """Write the random word."""
    dut.prng_write.value, dut.prng_value.value = 1, word
    await dut.clk.rising_edge
    dut.prng_write.value = 0
    await dut.clk.rising_edge
    await dut.clk.rising_edge
    assert int(dut.prng.value) == word


def random_item(random, layout) -> dict[str, int]:
    """An item, active or not."""
    return {
        "neuron": random.getrandbits(layout["neuron"].width),
        "active": int(random.random() < 0.7),
        "negative": random.getrandbits(1),
        "last": int(random.random() < 0.1),
    }


def draw(item: dict[str, int], word: int, table: list[tuple[int, int]], rate: int) -> tuple[int, tuple[Any, ...]]:
    """The random word afterwards, and (neuron, last, learn, relax, …) with what depends on them (clauses 9 to 11)."""
    if not item["active"]:
        return word, (item["neuron"], item["last"], 0, 0, None, None, None)
    word = prng.step(word)
    toward, away = table[prng.table_index(word)]
    learn, relax = int(toward > 0 or away > 0), int(prng.relaxes(word, rate))
    negative = item["negative"] if learn else None
    return word, (item["neuron"], item["last"], learn, relax, negative, toward if learn else None, away if learn else None)


def fields(payload: int, layout) -> tuple[Any, ...]:
    """An offer of the room in the same form."""
    found: Any = layout.from_bits(payload)
    learning = (found.negative, found.toward, found.away) if found.learn else (None, None, None)
    return (found.neuron, found.last, found.learn, found.relax, *learning)


@cocotb.test()
async def words_and_thresholds_are_those_of_the_contract(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    items, found_layout = item_layout(geometry), draw_layout(geometry)
    dut.prng_write.value = dut.settings__layer.value = dut.settings__relax_rate.value = 0
    dut.settings__enable.value = 1
    tables, source, sink = Source(dut, "table", random, 0.1), Source(dut, "items", random), Sink(dut, "draws", random)
    drawn = [0]

    async def count() -> None:
        while True:
            await dut.clk.rising_edge
            drawn[0] += int(dut.drawn.value)

    cocotb.start_soon(count())
    await dut.clk.rising_edge
    await dut.clk.rising_edge
    word = DEFAULT_PRNG
    assert int(dut.prng.value) == word, "after reset"
    layers = {layer: [(random.randrange(129), random.randrange(129)) for _ in range(ENTRIES)] for layer in range(4)}
    layers[1] = list(thresholds(0.35, 2.2))  # with pairs of zeros
    layers[2] = [random.choice(((0, 0), (0, 128), (1, 0), (128, 0))) for _ in range(ENTRIES)]
    await write_tables(dut, tables, layers, random)
    active = 0
    for i, rate in enumerate((*RATES, *random.choices(RATES, k=10))):
        layer = i % MAX_LAYERS
        if i == len(RATES):
            layers[layer] = [(random.randrange(129), random.randrange(129)) for _ in range(ENTRIES)]
            await write_tables(dut, tables, {layer: layers[layer]}, random)
        if random.random() < 0.4:
            word = random.choice((1, 2**32 - 1, random.randrange(1, 2**32)))
            await set_word(dut, word)
        dut.settings__layer.value, dut.settings__relax_rate.value = layer, rate
        batch = [random_item(random, items) for _ in range(60)]
        active += sum(item["active"] for item in batch)
        expected = []
        for item in batch:
            word, right = draw(item, word, layers[layer], rate)
            expected.append(right)
        source.send(items.const(item).as_bits() for item in batch)
        assert [fields(payload, found_layout) for payload in await sink.take(len(batch))] == expected
        assert int(dut.prng.value) == word
        assert drawn == [active]


@cocotb.test()
async def items_pass_as_their_errors_while_nothing_is_drawn(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    items, found_layout = item_layout(geometry), draw_layout(geometry)
    dut.prng_write.value = dut.settings__layer.value = dut.settings__enable.value = 0
    dut.settings__relax_rate.value = 65536
    tables, source, sink = Source(dut, "table", random, 0.1), Source(dut, "items", random), Sink(dut, "draws", random)
    await write_tables(dut, tables, {0: [random.choice(((0, 0), (1, 128))) for _ in range(ENTRIES)]}, random)
    batch = [random_item(random, items) for _ in range(60)]
    source.send(items.const(item).as_bits() for item in batch)
    for payload, item in zip(await sink.take(len(batch)), batch, strict=True):
        found: Any = found_layout.from_bits(payload)
        assert (found.neuron, found.last, found.learn, found.relax) == (item["neuron"], item["last"], item["active"], 0)
        assert not found.learn or found.negative == item["negative"]
    assert int(dut.prng.value) == DEFAULT_PRNG


@cocotb.test()
async def a_rate_relaxes_exactly_the_words_below_it(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    items, found_layout = item_layout(geometry), draw_layout(geometry)
    dut.prng_write.value = dut.settings__layer.value = 0
    dut.settings__enable.value = 1
    source, sink = Source(dut, "items", random), Sink(dut, "draws", random)
    for _ in range(40):
        word = random.randrange(1, 2**32)
        low = prng.step(word) & 0xFFFF
        await set_word(dut, word)
        rate = random.choice((low, low + 1))
        dut.settings__relax_rate.value = rate
        source.send([items.const({"neuron": 0, "active": 1}).as_bits()])
        (payload,) = await sink.take(1)
        assert fields(payload, found_layout)[3] == (low < rate)


@cocotb.test()
async def a_draw_is_made_in_every_cycle_and_comes_after_three(dut):
    random = await start(dut)
    geometry = geometry_of(bench_parameters()["shape"])
    items = item_layout(geometry)
    dut.prng_write.value = dut.settings__layer.value = dut.settings__relax_rate.value = dut.items__valid.value = 0
    dut.settings__enable.value = 1
    dut.draws__ready.value = 1
    await cycles(dut, LATENCY + 2)
    sent = [items.const(random_item(random, items)) for _ in range(40)]
    for i in range(len(sent) + LATENCY):
        dut.items__valid.value = int(i < len(sent))
        dut.items__payload.value = sent[min(i, len(sent) - 1)].as_bits()
        await dut.clk.rising_edge
        assert dut.items__ready.value == 1
        assert dut.draws__valid.value == (i >= LATENCY)
        if i >= LATENCY:
            found: Any = draw_layout(geometry).from_bits(int(dut.draws__payload.value))
            assert found.neuron == sent[i - LATENCY].neuron


@pytest.mark.parametrize("shape", GEOMETRIES, ids=lambda shape: "-".join(map(str, shape)))
def test_draws_follow_the_random_word(shape):
    run_bench(Draw(geometry_of(shape)), module=__name__, parameters={"shape": shape})
