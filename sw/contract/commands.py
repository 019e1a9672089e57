"""The commands of the link, each declared once: number, request, reply, when it may come.

To add one is to add an entry here, with a new number, and what the board does: in `hw/link/orders.py` where its bytes go, in
`hw/link/report.py` or `hw/link/answer.py` where its reply comes from.
"""

from sw.contract.frames import COUNTER_VALUES, HELLO, PROGRESS, STATE, TABLE_BYTES
from sw.contract.payload import Bytes, Columns, Items, Pixels
from sw.contract.registers import CONFIGURATION_BYTES
from sw.contract.sample_memory import MEMORY, PLAYED, REHEARSAL
from sw.contract.specification import CommandTable, Specification
from sw.contract.structure import Field, Limit, Structure

ROW, COUNT = Field("row", 16, limit=Limit.ROW), Field("count", 8)
SLOT = Field("slot", 32, signed=True, limit=Limit.SLOT)
FIRST, RECORD = Field("first", 16), Field("record", 32, limit=Limit.STORED)
HOW = Field("how", 8, limit=Limit.HOW)
LABELS, IMAGES, PREDICTIONS = Items("labels", 16), Items("images"), Items("predictions", 16)
WEIGHTS = "hidden weights"


class Command(CommandTable):
    """Types of requests."""

    HELLO = 1, Specification(reply=(HELLO,), in_session=False)
    # takes on a network; clears all inputs, counters and the sample count
    CONFIGURE = 2, Specification(rest=(Bytes("the registers", CONFIGURATION_BYTES),), changes=True)
    # 0…L-1: the thresholds of a layer (`sw.contract.table.table_bytes`); from 4 on: gates and windows, 128 entries each
    # (`sw.contract.bounds_table`)
    TABLE = (
        3,
        Specification(
            front=Structure("", Field("table", 8, limit=Limit.TABLE)),
            rest=(Bytes("its content", TABLE_BYTES),),
            needs_network=True,
            changes=True,
        ),
    )
    WRITE = 4, Specification(front=Structure("", ROW), rest=(Columns(WEIGHTS),), needs_network=True, changes=True)
    READ = (
        5,
        Specification(
            front=Structure("", ROW, Field("count", 16, limit=Limit.COLUMNS)),
            reply=(Items(WEIGHTS, 8, signed=True),),
            needs_network=True,
        ),
    )
    # `first`: the training samples before it, modulo `FIRST`
    TRAIN = (
        6,
        Specification(
            front=Structure("", FIRST, COUNT),
            rest=(LABELS, IMAGES),
            reply=(PREDICTIONS, PROGRESS),
            streams=True,
            needs_network=True,
            changes=True,
        ),
    )
    INFER = (
        7,
        Specification(
            front=Structure("", COUNT),
            rest=(IMAGES,),
            reply=(PREDICTIONS,),
            streams=True,
            needs_network=True,
        ),
    )
    # tells the state, after it has been set if there is one; the random word alone can be wrong
    STATE = 8, Specification(front=STATE, arguments=1, optional=True, reply=(STATE,), changes=True)
    COUNTERS = 9, Specification(reply=(COUNTER_VALUES,))
    # forgets configuration and counters; a new nonce
    RESET = 10, Specification(changes=True)
    # writes samples to the slots from `slot` on; the library ends behind them, or is left as it is by those of the reservoir
    STORE = (
        11,
        Specification(
            front=Structure("", SLOT, COUNT),
            rest=(LABELS, IMAGES),
            needs_network=True,
            needs_memory=True,
            changes=True,
        ),
    )
    # what lies in a slot
    RECALL = (
        12,
        Specification(
            front=Structure("", SLOT),
            reply=(Structure("", Field("label", 16)), Pixels("image", 1)),
            needs_network=True,
            needs_memory=True,
        ),
    )
    # network pixel i is stored pixel p[i] from now on, where playback permutes
    PERMUTE = 13, Specification(rest=(Pixels("p", 16),), needs_network=True, needs_memory=True, changes=True)
    # trains on `count` records of the library, or predicts them, and counts
    PLAY = (
        14,
        Specification(
            front=Structure("", FIRST, RECORD, HOW, Field("count", 16)),
            reply=(PLAYED,),
            streams=True,
            needs_network=True,
            needs_memory=True,
            changes=True,
        ),
    )
    # the same, as if they had come with TRAIN or INFER
    RECITE = (
        15,
        Specification(
            front=Structure("", FIRST, RECORD, HOW, COUNT),
            reply=(PREDICTIONS, PROGRESS),
            streams=True,
            needs_network=True,
            needs_memory=True,
            changes=True,
        ),
    )
    # tells settings and state of rehearsal, after they have been set if there are any
    REHEARSE = (
        16,
        Specification(
            front=REHEARSAL,
            arguments=2,
            optional=True,
            reply=(REHEARSAL,),
            needs_network=True,
            needs_memory=True,
            changes=True,
        ),
    )
    MEMORY = 17, Specification(reply=(MEMORY,), needs_memory=True)
