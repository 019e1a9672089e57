"""What CONFIGURE tells: the network's registers, and those of its layers, of which one at a time is at work."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.layouts import layer_layout, network_layout
from hw.memory import add_memory, read_word
from sw.contract.geometry import Geometry
from sw.contract.network import MAX_LAYERS
from sw.contract.registers import LAYER_REGISTERS, NETWORK_REGISTERS

NETWORK_BYTES = sum(register.width for register in NETWORK_REGISTERS) // 8
LAYER_BYTES = sum(register.width for register in LAYER_REGISTERS) // 8
WORDS = 8  # places for a layer's words of 16 bits; one is free
LAYER_CYCLES = WORDS + 2
"""Cycles from `select` until all registers of the layer are there."""


class Configuration(wiring.Component):
    """Takes exactly `CONFIGURATION_BYTES` bytes from `source`; `loaded` pulses after the last one.

    The layers' registers lie in a memory of 16 bits. Those of one layer are fetched when it is selected.

    Members
    -------
    configured : from then on, until `reset`
    network : the registers of the network
    select, index : one cycle: fetch the registers of a layer (0…3). The first one's are fetched after `loaded`
    layer, settled : its registers; all of them `LAYER_CYCLES` cycles after `select`, until when the old ones disappear
        one after another, none of them in the first two cycles
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "source": In(stream.Signature(8)),
                "reset": In(1),
                "configured": Out(1),
                "loaded": Out(1),
                "network": Out(network_layout(geometry)),
                "select": In(1),
                "index": In(range(MAX_LAYERS)),
                "layer": Out(layer_layout(geometry)),
                "settled": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        network, byte = self.network, self.source.payload
        # Nobody looks at a layer's registers before they have been fetched: a reset would cost each of them its enable's LUT.
        layer = Signal(layer_layout(self.geometry), reset_less=True)
        m.d.comb += self.layer.eq(layer)
        memory = add_memory(m, "words", shape=data.ArrayLayout(8, 2), depth=WORDS * MAX_LAYERS)
        write = memory.write_port(granularity=1)

        # bytes come: first the network's own, then layer by layer
        own = Signal(8 * NETWORK_BYTES, reset_less=True)  # the margin as its complement (`hw.complement`)
        in_layers, number, place = Signal(), Signal(range(MAX_LAYERS)), Signal(range(LAYER_BYTES))
        low = Signal(8)
        neurons = Cat(low, byte)
        m.d.comb += [
            self.source.ready.eq(1),
            network.layers.eq(own[:8]),
            network.last_pixel.eq(own[8:24]),
            network.margin.eq(~own[24:40]),
            network.relax_floor.eq(own[40:]),
            write.addr.eq(Cat(place[1:], number)),
            write.data.eq(byte.replicate(2)),
            write.en.eq(Mux(self.source.valid & in_layers, Mux(place[0], 0b10, 0b01), 0)),
        ]
        m.d.sync += self.loaded.eq(0)
        with m.If(self.source.valid):
            m.d.sync += [place.eq(place + 1), low.eq(byte)]
            with m.If(~in_layers):
                m.d.sync += [own.eq(Cat(own[8:24], ~own[24:32], own[32:40], ~own[40:], byte)), network.rows.eq(0)]
                with m.If(place == NETWORK_BYTES - 1):
                    m.d.sync += [place.eq(0), in_layers.eq(1)]
            with m.Else():
                with m.If(place == 1):
                    m.d.sync += network.rows.eq(network.rows + neurons)
                    with m.If(network.layers == number + 1):
                        m.d.sync += network.classes.eq(neurons)
                with m.If(place == LAYER_BYTES - 1):
                    m.d.sync += [place.eq(0), number.eq(number + 1)]
                    with m.If(number == MAX_LAYERS - 1):
                        m.d.sync += [in_layers.eq(0), self.configured.eq(1), self.loaded.eq(1)]
        with m.If(self.loaded):
            m.d.sync += own[8:24].eq(own[8:24] - 1)  # of the number of pixels the last one is needed
        with m.If(self.reset):
            m.d.sync += [self.configured.eq(0), in_layers.eq(0), number.eq(0), place.eq(0)]

        # the registers of the layer at work, one word after another; the last one is the first of the layer below
        done = WORDS + 1
        # `select` is decided far away: it only sets a flip-flop, and the next cycle is the first step.
        selected, asked = Signal(), Signal.like(self.index)
        m.d.sync += [selected.eq(self.select | self.loaded), asked.eq(Mux(self.loaded, 0, self.index))]
        index, step = Signal.like(self.index), Signal(range(done + 1), init=done)
        now, at = Signal.like(step), Signal.like(index)
        m.d.comb += [now.eq(Mux(selected, 0, step)), at.eq(Mux(selected, asked, index))]
        below = now == WORDS - 1
        address = Cat(now[:3] & ~below.replicate(3), (at - below)[: len(at)])
        word = read_word(m, memory, address=address).as_value()
        m.d.comb += self.settled.eq(~selected & (step == done))
        with m.If(~self.settled):
            m.d.sync += [step.eq(now + 1), index.eq(at)]
        unused = Signal(8 - len(layer.folds))
        fields = (
            layer.neurons,
            layer.base,
            Cat(layer.folds, unused, layer.gated),
            layer.gate,
            layer.window,
            layer.relax_rate[:16],
            layer.relax_rate[16:],
            layer.inputs,
        )
        with m.Switch(now):
            for i, field in enumerate(fields):
                with m.Case(i + 1):  # its address was there a cycle ago
                    m.d.sync += field.eq(word)
        return m
