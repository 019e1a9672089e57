"""The accelerator behind a serial line: what a board's top instantiates. It only connects."""

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from hw.accelerator import BUFFER_BYTES, Accelerator
from hw.link.escape import EscapeDecoder, EscapeEncoder
from hw.link.uart import BaudRate, UartReceiver, UartTransmitter
from hw.store.chip import Chip
from sw.contract.geometry import Geometry


class SerialAccelerator(wiring.Component):
    """`hw.accelerator.Accelerator` with a UART (8N1) at `rate`; `escaped` as in `sw.contract.board_table.Board`.

    A board with a sample memory gives `chip` and `memory_pins`, the `ports` of the accelerator.

    Members
    -------
    rx, tx : the wires, idle high; `rx` is asynchronous
    entropy, busy : see `Accelerator`
    """

    def __init__(
        self,
        geometry: Geometry,
        rate: BaudRate,
        *,
        build: int = 0,
        buffer_bytes: int = BUFFER_BYTES,
        cell_instances: bool = False,
        escaped: bool = False,
        chip: Chip | None = None,
        memory_pins: Any = None,
    ) -> None:
        self.rate = rate
        self.escaped = escaped
        self.accelerator = Accelerator(
            geometry,
            clock_hz=rate.clock_hz,
            build=build,
            buffer_bytes=buffer_bytes,
            cell_instances=cell_instances,
            chip=chip,
            ports=memory_pins,
        )
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1), "entropy": In(32), "busy": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.accelerator = accelerator = self.accelerator
        m.submodules.receiver = receiver = UartReceiver(self.rate)
        m.submodules.transmitter = transmitter = UartTransmitter(self.rate)
        received, sent = receiver.bytes, transmitter.bytes
        if self.escaped:
            m.submodules.decoder = decoder = EscapeDecoder()
            m.submodules.encoder = encoder = EscapeEncoder()
            connect(m, received, decoder.escaped)
            connect(m, encoder.escaped, sent)
            received, sent = decoder.plain, encoder.plain
        connect(m, received, accelerator.rx)
        connect(m, accelerator.tx, sent)
        m.d.comb += [
            receiver.pin.eq(self.rx),
            self.tx.eq(transmitter.pin),
            accelerator.entropy.eq(self.entropy),
            self.busy.eq(accelerator.busy),
        ]
        return m
