"""The accelerator: link and engine, bytes in and bytes out. It only connects."""

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.engine import Engine
from hw.link.link import Link
from sw.contract.geometry import Geometry

CLOCK_HZ = 60_000_000
BUFFER_BYTES = 4096


class Accelerator(wiring.Component):
    """A whole learning machine that speaks the protocol of `sw.contract.frames` over byte streams.

    Parameters
    ----------
    geometry, clock_hz, build : what it is, and tells in HELLO (`build`: 64 bits, see `hw.generate.build_id`)
    buffer_bytes : room for requests that are not answered yet
    cell_instances : see `hw.array.array.SynapseArray`

    Members
    -------
    rx, tx : bytes of the wire
    entropy : mixed into the boot nonce
    busy : the engine computes, learns or moves weights
    """

    def __init__(
        self,
        geometry: Geometry,
        *,
        clock_hz: int = CLOCK_HZ,
        build: int = 0,
        buffer_bytes: int = BUFFER_BYTES,
        cell_instances: bool = False,
    ) -> None:
        self.link = Link(geometry, clock_hz, build, buffer_bytes)
        self.engine = Engine(geometry, cell_instances=cell_instances)
        super().__init__({"rx": In(stream.Signature(8)), "tx": Out(stream.Signature(8)), "entropy": In(32), "busy": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.link = link = self.link
        m.submodules.engine = engine = self.engine
        connect(m, flipped(self.rx), link.rx)
        connect(m, link.tx, flipped(self.tx))
        connect(m, link.engine, engine.link)
        m.d.comb += [link.entropy.eq(self.entropy), self.busy.eq(engine.link.busy)]
        return m
