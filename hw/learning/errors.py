"""The errors of a sample: where they are kept, and the scan that finds them again. It only connects."""

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.array.array import result_layout
from hw.learning.error_scan import ErrorScan, item_layout
from hw.learning.error_store import ErrorStore, LayerJob, NearFlags, neuron_bits
from sw.contract.geometry import Geometry


class ErrorControl(wiring.Signature):
    """What the sequencer and the errors say to each other, seen from the sequencer.

    Members
    -------
    label : of the sample
    output : write the errors of the output layer
    unload : receive the signs of a layer's column counters
    scan : read a layer's errors, in ascending order
    """

    def __init__(self, geometry: Geometry) -> None:
        label = Out(neuron_bits(geometry))
        super().__init__({"label": label, "output": Out(LayerJob()), "unload": Out(LayerJob()), "scan": Out(LayerJob())})


class Errors(wiring.Component):
    """`ErrorStore` and `ErrorScan`.

    Members
    -------
    control : of the sequencer
    near : near flags of hidden neurons
    rival : of the sample (`hw.forward.classify`)
    result : from the array
    items : what a scan finds
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "control": In(ErrorControl(geometry)),
                "near": In(NearFlags(geometry)),
                "rival": In(neuron_bits(geometry)),
                "result": In(result_layout(geometry)),
                "items": Out(stream.Signature(item_layout(geometry))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.store = store = ErrorStore(self.geometry)
        m.submodules.scan = scan = ErrorScan(self.geometry)
        connect(m, flipped(self.near), store.near)
        connect(m, flipped(self.control.output), store.output)
        connect(m, flipped(self.control.unload), store.unload)
        connect(m, flipped(self.control.scan), scan.job)
        connect(m, scan.store, store.read)
        connect(m, scan.items, flipped(self.items))
        m.d.comb += [store.label.eq(self.control.label), store.rival.eq(self.rival), store.result.eq(self.result)]
        return m
