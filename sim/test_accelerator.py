"""The whole accelerator, from byte to byte: every scenario, configured, trained and read back over the link.

Inside, the observer holds every sample against the twin: scores, means, errors, random word, all weights. From UART pin to UART
pin the same takes four times as long, for nothing but bits on wires: one scenario goes that way every time, all of them with
`make check`.
"""

import os
from collections import deque
from random import Random

import cocotb
import numpy as np
import pytest
from cobs import cobs
from cocotb.triggers import with_timeout

from hw.accelerator import Accelerator
from hw.array.array import CELL_MODULE
from hw.array.cell import Cell
from hw.link.uart import BaudRate
from hw.serial_accelerator import SerialAccelerator
from hw.verilog import to_verilog
from sim.bench import bench_parameters, run_bench, start
from sim.engine_observer import EngineObserver
from sim.scenario import SCENARIOS
from sim.stream_driver import Sink, Source
from sim.wire import WireSink, WireSource
from sw.contract import requests
from sw.contract.commands import Command
from sw.contract.frames import COUNTERS, PROGRESS, REPLY, Frame, Hello, pack_state, unpack_state
from sw.contract.requests import train_payload
from sw.contract.state import State
from sw.twin.engine import Twin

SEED = int(os.environ.get("SEED", "1"))
SAMPLES = 200
RATE = BaudRate(clock_hz=50_000_000, baud=12_000_000)
REPLY_TIMEOUT_US = 20_000
IN_FLIGHT = 6
ON_WIRES = 0  # the scenario of the fewest bytes


class Host:
    """Asks over bytes, or over the wire; one request at a time unless `send` and `reply` are called apart."""

    def __init__(self, dut, random: Random, over_wires: bool) -> None:
        if over_wires:
            ratio = RATE.clock_hz / RATE.baud
            self.source, self.sink = WireSource(dut, "rx", random, ratio), WireSink(dut, "tx", ratio)
        else:
            self.source, self.sink = Source(dut, "rx", random), Sink(dut, "tx", random)
        self.sequence, self.nonce = random.randrange(2**16), 0

    def send(self, command: Command, payload: bytes = b"") -> int:
        self.sequence = (self.sequence + 1) % 2**16
        frame = Frame(type=command, sequence=self.sequence, nonce=self.nonce, payload=payload)
        self.source.send(cobs.encode(frame.pack()) + b"\0")
        return self.sequence

    async def reply(self, command: Command, sequence: int) -> bytes:
        data = await with_timeout(self.sink.frame(), REPLY_TIMEOUT_US, "us")
        frame = Frame.unpack(cobs.decode(data))
        assert (frame.type, frame.sequence) == (command | REPLY, sequence), f"{command.name}: {frame}"
        return frame.payload

    async def ask(self, command: Command, payload: bytes = b"") -> bytes:
        return (await self.ask_all([(command, payload)]))[0]

    async def ask_all(self, asked: list[requests.Request]) -> list[bytes]:
        """Replies to several requests, a few of them on their way at a time."""
        replies, sent = [], deque()
        for command, payload in asked:
            if len(sent) == IN_FLIGHT:
                replies.append(await self.reply(*sent.popleft()))
            sent.append((command, self.send(command, payload)))
        return replies + [await self.reply(*one) for one in sent]


@cocotb.test()
async def accelerator_learns_like_the_twin(dut):
    random = await start(dut)
    dut.entropy.value = random.getrandbits(32)
    over_wires = bench_parameters()["over_wires"]
    scenario = SCENARIOS[bench_parameters()["scenario"]]
    geometry, network, weights = scenario.build(SEED)
    pixels, labels = scenario.samples(SEED, network, SAMPLES)
    host = Host(dut, random, over_wires)

    hello = Hello.unpack(await host.ask(Command.HELLO))
    host.nonce = hello.nonce
    assert {name: getattr(hello, name) for name in vars(geometry)} == vars(geometry)
    await host.ask_all([*requests.configure(network, geometry), *requests.write(weights)])
    begin = random.randrange(2**40)
    signature = random.getrandbits(32)
    await host.ask(Command.STATE, pack_state(State(network.prng, begin, signature)))

    twin, again = Twin.of(network), Twin.of(network)
    for each in (twin, again):
        each.load(weights, network.prng, begin, signature)
    engine = dut.accelerator.engine if over_wires else dut.engine
    observer = EngineObserver(engine, dut.clk, geometry, network, twin)
    observer.announce(pixels, labels)
    packed = np.packbits(pixels, axis=1, bitorder="little")
    predictions, expected, sent, done = [], [], [], 0
    while done < SAMPLES or sent:
        if done < SAMPLES and len(sent) < 2:  # one request on its way while one is computed
            count = min(random.randint(1, 24), SAMPLES - done)
            batch = slice(done, done + count)
            request = train_payload(begin + done, labels[batch].tolist(), packed[batch].tobytes())
            sent.append((host.send(Command.TRAIN, request), batch))
            done += count
        else:
            sequence, batch = sent.pop(0)
            reply = await host.reply(Command.TRAIN, sequence)
            predictions += np.frombuffer(reply[: -PROGRESS.size], "<u2").tolist()
            expected += again.train(pixels[batch], labels[batch])[0].tolist()
            assert PROGRESS.unpack(reply[-PROGRESS.size :]) == (again.signature(), begin + len(expected))
    assert predictions == expected

    assert unpack_state(await host.ask(Command.STATE)) == (again.prng(), begin + SAMPLES, again.signature())
    observer.finish()
    assert observer.compared == SAMPLES
    counters = np.frombuffer(await host.ask(Command.COUNTERS), "<u8").tolist()
    expected = {"bad_frames": 0} | again.counters()
    assert expected.items() <= dict(zip(COUNTERS, counters, strict=True)).items()
    learned = [values.tobytes() for layer in again.weights() for values in layer]
    assert await host.ask_all(list(requests.read(network))) == learned


def run_scenario(index: int, over_wires: bool) -> None:
    geometry, _, _ = SCENARIOS[index].build(SEED)
    if over_wires:
        accelerator = SerialAccelerator(geometry, RATE, cell_instances=True)
    else:
        accelerator = Accelerator(geometry, cell_instances=True)
    cell = to_verilog(Cell(geometry), CELL_MODULE)
    run_bench(accelerator, module=__name__, parameters={"scenario": index, "over_wires": over_wires}, sources=[cell])


every_scenario = pytest.mark.parametrize(
    "index", range(len(SCENARIOS)), ids=[s.name.replace(",", "").replace(" ", "-") for s in SCENARIOS]
)


@every_scenario
def test_accelerator(index):
    run_scenario(index, over_wires=False)


def test_a_scenario_from_pin_to_pin():
    run_scenario(ON_WIRES, over_wires=True)


@pytest.mark.check
@every_scenario
def test_every_scenario_from_pin_to_pin(index):
    run_scenario(index, over_wires=True)
