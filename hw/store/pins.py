"""The pins of the SDRAM: a register in the cell of every pin, and the chip's clock half a cycle late."""

from typing import Any

from amaranth.hdl import ClockDomain, ClockSignal, Module, Signal
from amaranth.lib import io, wiring
from amaranth.lib.wiring import In, Out

from hw.store.bus import SdramBus
from hw.store.chip import BANKS, Chip

INVERTED = ("cs", "ras", "cas", "we")
"""Pins that are asserted by 0."""


class PinSignals(wiring.Signature):
    """The pins as signals, for whoever has a model of the chip; seen from the board, with the names of the data sheets."""

    def __init__(self, chip: Chip) -> None:
        super().__init__(
            {
                "clk": Out(1),
                "cke": Out(1),
                "cs_n": Out(1),
                "ras_n": Out(1),
                "cas_n": Out(1),
                "we_n": Out(1),
                "ba": Out(2),
                "a": Out(chip.row_bits),
                "dqm": Out(chip.width // 8),
                "dq_o": Out(chip.width),
                "dq_oe": Out(1),
                "dq_i": In(chip.width),
            }
        )


def pin_widths(chip: Chip) -> dict[str, int]:
    """Pins by the names that amaranth-boards gives them, and how many there are of each."""
    single = dict.fromkeys(("clk", "clk_en", *INVERTED), 1)
    return single | {"ba": BANKS.bit_length() - 1, "a": chip.row_bits, "dqm": chip.width // 8, "dq": chip.width}


class SdramPins(wiring.Component):
    """Registers between the controller and the chip, in the input and output cells of the FPGA.

    What is on `bus` in one cycle is on the pins in the next, and the chip takes it in the middle of that: its clock is the
    design's, inverted, so that all that it takes has half a cycle before the edge and half a cycle behind it.

    Parameters
    ----------
    chip : for the widths
    ports : the pins, as a platform gives them (`pin_widths`); without any, `signals` has them

    Members
    -------
    bus : of the controller
    signals : only without `ports`
    """

    def __init__(self, chip: Chip, ports: Any = None) -> None:
        self.chip, self.ports = chip, ports
        members = {"bus": In(SdramBus(chip))}
        super().__init__(members if ports else members | {"signals": Out(PinSignals(chip))})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        ports = self.ports or self._signal_ports(m)
        bus = self.bus
        ras, cas, we = bus.command
        values = {"clk_en": 1, "cs": 1, "ras": ras, "cas": cas, "we": we}
        values |= {"ba": bus.bank, "a": bus.address, "dqm": bus.mask.replicate(self.chip.width // 8)}
        for name, value in values.items():
            m.submodules[name] = pin = io.FFBuffer("o", getattr(ports, name))
            m.d.comb += pin.o.eq(value)
        falls = self.chip.taken_at_fall
        m.submodules.dq = dq = io.FFBuffer("io", ports.dq, i_domain="falling" if falls else "sync", o_domain="sync")
        m.d.comb += [dq.o.eq(bus.data), dq.oe.eq(bus.drive)]
        if falls:
            m.domains.falling = ClockDomain("falling", clk_edge="neg", reset_less=True, local=True)
            taken = Signal.like(dq.i, reset_less=True)
            m.d.comb += [ClockSignal("falling").eq(ClockSignal()), bus.sensed.eq(taken)]
            m.d.sync += taken.eq(dq.i)
        else:
            m.d.comb += bus.sensed.eq(dq.i)
        if platform is None:
            m.submodules.clk = clock = io.Buffer("o", ports.clk)
            m.d.comb += clock.o.eq(~ClockSignal())
        else:  # a clock leaves the fabric through the register of its pin: 0 in the first half of a cycle, 1 in the second
            m.submodules.clk = clock = io.DDRBuffer("o", ports.clk)
            m.d.comb += [clock.o[0].eq(0), clock.o[1].eq(1)]
        return m

    def _signal_ports(self, m: Module) -> Any:
        """Ports of the simulator, joined to `signals`."""
        signals = self.signals
        ports = {
            name: io.SimulationPort("io" if name == "dq" else "o", width, invert=name in INVERTED, name=name)
            for name, width in pin_widths(self.chip).items()
        }
        for name, port in ports.items():
            if name == "dq":
                m.d.comb += [signals.dq_o.eq(port.o), signals.dq_oe.eq(port.oe[0]), port.i.eq(signals.dq_i)]
            else:
                pin = "cke" if name == "clk_en" else f"{name}_n" if name in INVERTED else name
                m.d.comb += getattr(signals, pin).eq(port.o)
        return type("Ports", (), ports)
