"""The accelerator: link and engine, bytes in and bytes out. It only connects."""

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.engine import Engine
from hw.link.arguments import COMMANDS, MEMORY_COMMANDS
from hw.link.link import Link
from hw.store.chip import Chip
from hw.store.pins import PinSignals
from hw.store.sample_store import SampleStore
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
    chip : of the SDRAM of a board with a sample memory; `ports` : its pins, as in `hw.store.sample_store.SampleStore`

    Members
    -------
    rx, tx : bytes of the wire
    pins : of the `chip`, without `ports`
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
        chip: Chip | None = None,
        ports: Any = None,
    ) -> None:
        commands = (*COMMANDS, *MEMORY_COMMANDS) if chip else COMMANDS
        self.link = Link(geometry, clock_hz, build, buffer_bytes, commands)
        self.engine = Engine(geometry, cell_instances=cell_instances)
        self.store = SampleStore(geometry, chip, clock_hz, ports) if chip else None
        members = {"rx": In(stream.Signature(8)), "tx": Out(stream.Signature(8)), "entropy": In(32), "busy": Out(1)}
        super().__init__(members | {"pins": Out(PinSignals(chip))} if chip and not ports else members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.link = link = self.link
        m.submodules.engine = engine = self.engine
        connect(m, flipped(self.rx), link.rx)
        connect(m, link.tx, flipped(self.tx))
        if self.store is None:
            connect(m, link.engine, engine.link)
        else:
            self._add_store(m, self.store)
        m.d.comb += [link.entropy.eq(self.entropy), self.busy.eq(engine.link.busy)]
        return m

    def _add_store(self, m: Module, store: SampleStore) -> None:
        """Samples go through the sample memory, and predictions back; of everything else the store knows nothing."""
        m.submodules.store = store
        link, engine = self.link.engine, self.engine.link
        connect(m, self.link.store, store.control)
        for name in ("sample", "pixels", "prediction"):
            asks, answers = (link, store.link) if name != "prediction" else (store.link, link)
            connect(m, getattr(asks, name), getattr(answers, name))
            asks, answers = (store.engine, engine) if name != "prediction" else (engine, store.engine)
            connect(m, getattr(asks, name), getattr(answers, name))
        for name, member in link.signature.members.items():
            if name in ("sample", "pixels", "prediction"):
                continue
            if member.is_signature:
                connect(m, getattr(link, name), getattr(engine, name))
            elif member.flow == Out:
                m.d.comb += getattr(engine, name).eq(getattr(link, name))
            else:
                m.d.comb += getattr(link, name).eq(getattr(engine, name))
        m.d.comb += store.last_pixel.eq(engine.network.last_pixel)
        if not store.ports:
            connect(m, store.pins, flipped(self.pins))
