"""What the link and the engine say to each other."""

from amaranth.hdl import unsigned
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out, Signature

from hw.layouts import network_layout
from sw.contract import frames
from sw.contract.geometry import Geometry
from sw.contract.network import MAX_LAYERS
from sw.contract.table import ENTRIES

ROW_LAYOUT = data.StructLayout({"write": 1, "row": 16, "count": 16})
PIXELS_LAYOUT = data.StructLayout({"data": 8, "last": 1})
SAMPLE_LAYOUT = data.StructLayout({"train": 1, "label": 16})
TABLE_LAYOUT = data.StructLayout({"address": range(MAX_LAYERS * ENTRIES * 2), "value": 8})
SAMPLES_LAYOUT = data.StructLayout({"place": 3, "value": 8})
EVENTS_LAYOUT = data.StructLayout(dict.fromkeys(("samples", *frames.COUNTERS), 1))
"""What is counted, in the order of the counters' words."""

REPORT_ADDRESS_BITS = 6
SAMPLES_ADDRESS, COUNTERS_ADDRESS = 0, 4
PRNG_ADDRESS = 62
"""Where the words of the engine's report lie: samples and counters have four of 16 bits each, the random word two."""


class EngineSignature(Signature):
    """Seen from the link (the engine flips it).

    Members
    -------
    configuration : bytes of CONFIGURE, exactly `CONFIGURATION_BYTES`; the last one clears inputs, counters and samples
    table : one byte of a threshold table; address = (layer · 256 + entry) · 2 + (0 toward, 1 away)
    row : a request to write or read columns 0 … count-1 of a row; its bytes follow on `row_write` or `row_read`
    sample : one sample, to train with (label < n_L) or to infer; its bytes follow on `pixels`, the last one marked
    prediction : one for each sample, in order
    prng_write : sets the random word
    samples_write : sets byte `place` of the sample count
    report_read, report_address, report_word : 16 bits of what the engine tells, one cycle after `report_read`; of what
        has happened up to `hw.counters.WALK` cycles before
    configured, network : whether CONFIGURE has come, and what it said of the network as a whole
    busy : a sample, a row or a token is in flight: no CONFIGURE, TABLE, row, state or report access is allowed
    reset : one cycle: forgets the configuration, clears all counters
    bad_frame : one cycle: a frame was dropped, for its counter
    """

    def __init__(self, geometry: Geometry) -> None:
        super().__init__(
            {
                "configuration": Out(stream.Signature(8)),
                "table": Out(stream.Signature(TABLE_LAYOUT)),
                "row": Out(stream.Signature(ROW_LAYOUT)),
                "row_write": Out(stream.Signature(8)),
                "row_read": In(stream.Signature(8)),
                "sample": Out(stream.Signature(SAMPLE_LAYOUT)),
                "pixels": Out(stream.Signature(PIXELS_LAYOUT)),
                "prediction": In(stream.Signature(unsigned(16))),
                "prng_write": Out(stream.Signature(32)),
                "samples_write": Out(stream.Signature(SAMPLES_LAYOUT)),
                "report_read": Out(1),
                "report_address": Out(REPORT_ADDRESS_BITS),
                "report_word": In(16),
                "configured": In(1),
                "network": In(network_layout(geometry)),
                "busy": In(1),
                "reset": Out(1),
                "bad_frame": Out(1),
            }
        )
