"""From pin to pin: a live stream over the wire, which the board rehearses out of its SDRAM, ends as in the twin."""

from itertools import pairwise

import cocotb
import numpy as np
from amaranth.hdl import Module
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hw.accelerator import Accelerator
from hw.link.uart import BaudRate, UartReceiver, UartTransmitter
from hw.store.chip import MT48LC16M16A2, Chip
from hw.store.pins import PinSignals
from sim.drivers.bench import run_bench, start
from sim.drivers.cocotb_host import over_wires
from sim.drivers.sdram_chip import SdramChip
from sim.store.test_controller import BOARDS, quick
from sim.store.test_records import SMALL
from sw.contract.network import Network
from sw.contract.rehearsal import Rehearsal
from sw.contract.sample_memory import reservoir_slot
from sw.contract.state import State
from sw.data.initial_weights import initial_weights
from sw.data.reservoir import Reservoir
from sw.host.checkpoint import Checkpoint
from sw.host.memory_conversation import MemoryConversation
from sw.twin.device import TwinDevice

NETWORK = Network.of(layers=(43, 4), margin=9)  # few bytes on the wire: tables and weights take most of the time
REHEARSAL = Rehearsal(size=7, every=2, per=3, horizon=20, prng=9)
RATE = BaudRate(clock_hz=60_000_000, baud=14_000_000)
SAMPLES, MOST = 30, 9


class Wires(Component):
    """A board with a sample memory: the wires of its line, and the pins of its SDRAM."""

    def __init__(self, chip: Chip) -> None:
        self.chip = chip
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1), "entropy": In(32), "pins": Out(PinSignals(chip))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.accelerator = accelerator = Accelerator(SMALL, clock_hz=RATE.clock_hz, chip=self.chip)
        m.submodules.receiver = receiver = UartReceiver(RATE)
        m.submodules.transmitter = transmitter = UartTransmitter(RATE)
        connect(m, receiver.bytes, accelerator.rx)
        connect(m, accelerator.tx, transmitter.bytes)
        connect(m, accelerator.pins, flipped(self.pins))
        m.d.comb += [receiver.pin.eq(self.rx), self.tx.eq(transmitter.pin), accelerator.entropy.eq(self.entropy)]
        return m


@cocotb.test()
async def a_live_stream_is_rehearsed_by_the_board(dut):
    random = await start(dut)
    dut.entropy.value = random.getrandbits(32)
    SdramChip(dut, quick(MT48LC16M16A2), RATE.clock_hz, random)
    generator = np.random.default_rng(random.getrandbits(32))
    pixels = generator.integers(0, 2, (SAMPLES, 43), dtype=np.uint8)
    labels = generator.integers(0, 4, SAMPLES)
    cuts = [0]
    while cuts[-1] < SAMPLES:
        cuts.append(min(cuts[-1] + random.randint(1, MOST), SAMPLES))
    batches = [slice(*pair) for pair in pairwise(cuts)]

    host = over_wires(dut, random, random.randrange(2**16), RATE.clock_hz / RATE.baud)
    conversation = await host.begin(SMALL)
    for part in conversation.put(NETWORK, initial_weights(NETWORK), State(NETWORK.prng, 0, 0)):
        await host.ask(part)
    memory = MemoryConversation(conversation)
    await host.ask(memory.rehearse(Reservoir.empty(REHEARSAL, 43)))
    asked = conversation.train((pixels[batch], labels[batch]) for batch in batches)
    predictions = [told.tolist() async for told in host.answers(asked) if told is not None]

    twin = TwinDevice()
    Checkpoint.initial(NETWORK).put_on(twin)
    twin.memory.rehearse(Reservoir.empty(REHEARSAL, 43))
    assert predictions == [twin.train(pixels[batch], labels[batch]).tolist() for batch in batches]
    expected = twin.memory.reservoir()
    assert expected is not None
    assert await host.ask([memory.read_rehearsal()]) == [(SAMPLES, expected.prng)]
    records = await host.ask(memory.recall(map(reservoir_slot, range(REHEARSAL.size))))
    assert [(label, image.tolist()) for label, image in records] == [
        (label, image.tolist()) for label, image in zip(expected.labels.tolist(), expected.pixels, strict=True)
    ]
    assert await host.ask([conversation.read_state()]) == [twin.read_state()]
    rows = [row.tobytes() for layer in twin.read_weights() for row in layer]
    assert [row.tobytes() for row in await host.ask(conversation.read_weights())] == rows
    (told,) = await host.ask([memory.tell()])
    assert (told["failed"], told["played"]) == (0, 0) and told["refreshes"] > 0


def test_a_live_stream_from_pin_to_pin_with_rehearsal():
    run_bench(Wires(quick(BOARDS["ulx3s"])), module=__name__)
