"""What a bitstream holds: the accelerator, its clock, its serial line and a lamp. It only connects."""

from amaranth.hdl import ClockDomain, Elaboratable, Module, ResetSignal, Signal
from amaranth.lib import io

from boards.clocks import Clocks
from hw.serial_accelerator import SerialAccelerator


class Top(Elaboratable):
    """`accelerator` on the board's UART and lamp.

    The lamp is lit while the accelerator is busy; otherwise it flashes about once a second to show that the clock runs. In
    reset it is lit without a break, which needs no clock: a board whose PLL never locks says so.
    `uart` is the platform's resource with `rx` and `tx`; `lamp` names the resource and, where it has several, its part; `high`
    names resources that are driven to 1.
    """

    def __init__(
        self, accelerator: SerialAccelerator, clocks: Clocks, *, uart: str, lamp: tuple[str, ...], high: tuple[str, ...] = ()
    ) -> None:
        self.accelerator = accelerator
        self.clocks = clocks
        self.uart = uart
        self.lamp = lamp
        self.high = high

    def elaborate(self, platform) -> Module:
        m = Module()
        m.domains += ClockDomain("sync")
        m.submodules.clocks = self.clocks
        m.submodules.accelerator = accelerator = self.accelerator
        uart = platform.request(self.uart, 0, dir="-")
        lamp_port = platform.request(self.lamp[0], 0, dir="-")
        for part in self.lamp[1:]:
            lamp_port = getattr(lamp_port, part)
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.submodules.lamp = lamp = io.Buffer("o", lamp_port)
        second = Signal(self.accelerator.rate.clock_hz.bit_length())
        m.d.sync += second.eq(second + 1)
        m.d.comb += [
            accelerator.rx.eq(rx.i),
            tx.o.eq(accelerator.tx),
            # The boot nonce is caught at the first HELLO, whose cycle nobody knows: it needs no other entropy.
            accelerator.entropy.eq(0),
            lamp.o.eq(accelerator.busy | second[-3:].all() | ResetSignal("sync")),
        ]
        for name in self.high:
            m.submodules[name] = held = io.Buffer("o", platform.request(name, 0, dir="-"))
            m.d.comb += held.o.eq(1)
        return m
