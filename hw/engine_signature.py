"""What the link and the engine say to each other."""

from amaranth.hdl import unsigned
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out, Signature

from hw.layouts import CONFIGURATION_LAYOUT
from sw.contract import frames
from sw.contract.network import MAX_LAYERS
from sw.contract.table import ENTRIES

ROW_LAYOUT = data.StructLayout({"write": 1, "row": 16, "count": 16})
SAMPLE_LAYOUT = data.StructLayout({"train": 1, "label": 16})
TABLE_LAYOUT = data.StructLayout({"address": range(MAX_LAYERS * ENTRIES * 2), "value": 8})
STATE_LAYOUT = data.StructLayout({"prng": 32, "samples": 64})
COUNTERS_LAYOUT = data.StructLayout(dict.fromkeys(frames.COUNTERS[1:], frames.COUNTER_BITS))  # bad_frames: the link's
EVENTS_LAYOUT = data.StructLayout(dict.fromkeys(frames.COUNTERS[1:], 1))


class EngineSignature(Signature):
    """Seen from the link (the engine flips it).

    Members
    -------
    configuration : bytes of CONFIGURE, exactly `CONFIGURATION_BYTES`; the last one clears inputs, counters and samples
    table : one byte of a threshold table; address = (layer · 256 + entry) · 2 + (0 toward, 1 away)
    row : a request to write or read columns 0 … count-1 of a row; its bytes follow on `row_write` or `row_read`
    sample : one sample, to train with (label < n_L) or to infer; its `image_bytes(n_0)` bytes follow on `pixels`
    prediction : one for each sample, in order
    state_write : sets the random word and the sample count; `state` shows them
    configured, registers : whether CONFIGURE has come, and its values
    busy : a sample, a row or a token is in flight: no CONFIGURE, TABLE, row, state access is allowed, `counters` move
    reset : one cycle: forgets the configuration
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "configuration": Out(stream.Signature(8)),
                "table": Out(stream.Signature(TABLE_LAYOUT)),
                "row": Out(stream.Signature(ROW_LAYOUT)),
                "row_write": Out(stream.Signature(8)),
                "row_read": In(stream.Signature(8)),
                "sample": Out(stream.Signature(SAMPLE_LAYOUT)),
                "pixels": Out(stream.Signature(8)),
                "prediction": In(stream.Signature(unsigned(16))),
                "state_write": Out(stream.Signature(STATE_LAYOUT)),
                "state": In(STATE_LAYOUT),
                "configured": In(1),
                "registers": In(CONFIGURATION_LAYOUT),
                "counters": In(COUNTERS_LAYOUT),
                "busy": In(1),
                "reset": Out(1),
            }
        )
