"""What the link and the engine say to each other."""

from amaranth.hdl import unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.layouts import network_layout
from sw.contract import frames
from sw.contract.geometry import Geometry
from sw.contract.network import MAX_LAYERS
from sw.contract.table import ENTRIES

ROW_LAYOUT = data.StructLayout({"write": 1, "row": 16, "count": 16})
PIXELS_LAYOUT = data.StructLayout({"data": 8, "last": 1})
SAMPLE_LAYOUT = data.StructLayout({"train": 1, "label": 16})
THRESHOLDS_BYTES = MAX_LAYERS * ENTRIES * 2
TABLE_LAYOUT = data.StructLayout({"address": range(2 * THRESHOLDS_BYTES), "value": 8})
STATE_LAYOUT = data.StructLayout({"place": 4, "value": 8})
EVENTS_LAYOUT = data.StructLayout(dict.fromkeys(("samples", *frames.COUNTERS), 1))
"""What is counted, in the order of the counters' words."""

SIGNATURE_PLACE, SAMPLES_PLACE = frames.STATE.offset("signature"), frames.STATE.offset("samples")
"""Where the bytes of the state lie (`sw.contract.frames.STATE`); the random word comes before them."""

REPORT_ADDRESS_BITS = 6
SAMPLES_ADDRESS, COUNTERS_ADDRESS = 0, 4
PRNG_ADDRESS, SIGNATURE_ADDRESS = 60, 62
"""Where the words of the engine's report lie: samples and counters have four of 16 bits each, the others two.

Random word, signature and, around the end of the addresses, samples follow each other as in the state.
"""


class EnginePorts(wiring.Signature):
    """Seen from the link (the engine flips it).

    Members
    -------
    configuration : bytes of CONFIGURE, exactly `CONFIGURATION_BYTES`; the last one clears inputs, counters and samples
    table : one byte of a threshold table; address = (layer · 256 + entry) · 2 + (0 toward, 1 away), below `THRESHOLDS_BYTES`;
        or one of gates and windows (`sw.contract.bounds_table`), from there on
    row : a request to write or read columns 0 … count-1 of a row; its bytes follow on `row_write` or `row_read`
    sample : one sample, to train with (label < n_L) or to infer; its bytes follow on `pixels`, the last one marked
    prediction : one for each sample, in order
    prng_write : sets the random word
    state_write : sets byte `place` of the state, of the signature and the sample count
    report_read, report_address, report_word : 16 bits of what the engine tells, after two cycles of `report_read`; of what
        has happened up to `hw.counters.WALK` cycles before. `hw.counters.READS` of them at most while samples are trained
    configured, network : whether CONFIGURE has come, and what it said of the network as a whole
    busy : a sample, a row or a token is in flight: no CONFIGURE, TABLE, row or state access is allowed; the report tells
        signature and samples of a training sample whose prediction is offered, and no other is counted until it is taken
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
                "state_write": Out(stream.Signature(STATE_LAYOUT)),
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
