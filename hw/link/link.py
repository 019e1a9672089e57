"""The link: bytes of a serial line on one side, the engine on the other. It only connects."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hw.engine_ports import EnginePorts
from hw.link.arguments import COMMANDS, CommandSet
from hw.link.commands import Commands
from hw.link.receiver import Receiver
from hw.link.transmitter import Transmitter
from hw.store.sample_store import StoreControl
from sw.contract.commands import Command
from sw.contract.frames import Hello, told_shape
from sw.contract.geometry import Geometry


class Link(Component):
    """Speaks the protocol of `sw.contract.frames`.

    Takes a byte every cycle, so that a serial line never has to wait; one whose requests are longer than
    `buffer_bytes` together, before they are answered, loses frames.

    Parameters
    ----------
    geometry, clock_hz, build : what HELLO tells: the array's shape, the clock, an identity of 64 bits
    buffer_bytes : room for requests, a power of two up to 32768; with header, without CRC
    commands : those that the board knows; it refuses others

    Members
    -------
    rx, tx : bytes from and to the wire
    entropy : for the boot nonce; a simulator ties it to a number of its own, a board to zero
    engine : `EnginePorts`
    store : of a board that knows MEMORY: its sample memory
    """

    def __init__(
        self,
        geometry: Geometry,
        clock_hz: int,
        build: int,
        buffer_bytes: int = 4096,
        commands: CommandSet = COMMANDS,
    ) -> None:
        self.hello = Hello(build=build, clock_hz=clock_hz, buffer_bytes=buffer_bytes, nonce=0, **told_shape(geometry))
        self.geometry, self.commands = geometry, commands
        super().__init__(
            {
                "rx": In(stream.Signature(8)),
                "tx": Out(stream.Signature(8)),
                "entropy": In(32),
                "engine": Out(EnginePorts(geometry)),
            }
            | ({"store": Out(StoreControl())} if Command.MEMORY in commands else {})
        )

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.receiver = receiver = Receiver(self.hello.buffer_bytes)
        m.submodules.commands = commands = Commands(self.geometry, self.hello, self.commands)
        m.submodules.transmitter = transmitter = Transmitter()
        connect(m, flipped(self.rx), receiver.encoded)
        connect(m, receiver.frames, commands.frames)
        connect(m, commands.reply, transmitter.header)
        connect(m, commands.reply_payload, transmitter.payload)
        connect(m, transmitter.encoded, flipped(self.tx))
        connect(m, commands.engine, flipped(self.engine))
        if commands.has_memory:
            connect(m, commands.store, flipped(self.store))
        bad_frame = Signal()  # a cycle late: the counter is far away
        m.d.comb += [
            commands.entropy.eq(self.entropy),
            transmitter.nonce.eq(commands.nonce),
            self.engine.bad_frame.eq(bad_frame),
        ]
        m.d.sync += bad_frame.eq(receiver.bad_frame)
        return m
