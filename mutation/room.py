"""Which tests have to find the faults of which file.

One name opens every room: the faults of `hw/array/cell.py` are for `sim/array/test_cell.py`. The tables below name what
differs, and the tests that are asked afterwards, when the first have found nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sw.tree.sources import sources


@dataclass(frozen=True, kw_only=True)
class Room:
    """Files and their tests.

    Parameters
    ----------
    name : of the room in the results
    files : patterns of its files
    tests : the file of tests of a file, with the name of that in the place of {}
    instead : other tests, by the file
    after : tests that are asked when those have found nothing
    without : files in which nothing is planted
    """

    name: str
    files: tuple[str, ...]
    tests: str
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def members(self, root: Path) -> list[str]:
        """The files in which faults are planted, below `root`."""
        found = sorted(path.relative_to(root).as_posix() for path in sources(*self.files, root=root))
        return [file for file in found if file not in self.without and not file.endswith("__init__.py")]

    def tests_of(self, file: str) -> tuple[str, ...]:
        """The tests that a fault in `file` is put to, the quickest first."""
        stem = Path(file).stem
        first = self.instead.get(stem, (self.tests.format(stem),))
        return (*first, *(test for test in self.after if test not in first))


LINK = ("sim/link/test_once.py", "sim/link/test_commands.py", "sim/link/test_refusals.py", "sim/link/test_flow.py")
WHOLE = "sim/test_pysim_accelerator.py"
OF_GROUPS = (
    "hw/array/pixel_lane.py",
    "hw/forward/group_sequence.py",
    "hw/forward/group_sums.py",
    "hw/group_buffer.py",
    "hw/learning/reread.py",
)

ROOMS = (
    Room(
        name="contract",
        files=("sw/contract/*.py",),
        tests="tests/contract/test_{}.py",
        instead={
            "board_table": ("tests/boards/test_boards.py", "tests/contract/test_geometry.py"),
            "error": (
                "tests/contract/test_network.py",
                "tests/contract/test_configuration.py",
                "tests/contract/test_numbers.py",
            ),
            "frames": ("tests/contract/test_frames.py", "tests/contract/test_protocol.py"),
            "geometry_text": ("tests/contract/test_geometry.py",),
            "parsing": ("tests/files/test_input.py",),
            "payload": ("tests/contract/test_commands.py",),
            "rehearsal": ("tests/host/test_rehearsal.py",),
            "requests": ("tests/host/test_device.py", "tests/contract/test_frames.py"),
            "specification": ("tests/contract/test_commands.py", "sim/test_declared_once.py"),
            "state": ("tests/contract/test_contract_model.py",),
            "tokens": ("tests/contract/test_tokens.py", "sim/array/test_cell.py"),
        },
    ),
    Room(
        name="twin",
        files=("sw/twin/*.py",),
        tests="tests/twin/test_rooms.py",
        instead={
            "device": ("tests/twin/test_device.py",),
            "sample_memory": ("tests/host/test_sample_memory.py",),
            "update": ("tests/twin/test_update.py",),
        },
        after=("tests/twin/test_engine.py", "tests/twin/test_twin.py"),
        without=("sw/twin/bench.py",),
    ),
    Room(
        name="array",
        files=("hw/array/*.py",),
        tests="sim/array/test_{}.py",
        instead={
            **dict.fromkeys(("choose", "decode", "input_memory", "lane", "match_sum", "popcount"), ("sim/array/test_cell.py",)),
            **dict.fromkeys(("update", "weight_memory"), ("sim/array/test_cell.py",)),
        },
        after=("sim/array/test_array.py",),
        without=OF_GROUPS,
    ),
    Room(
        name="forward",
        files=("hw/forward/*.py",),
        tests="sim/forward/test_{}.py",
        instead={
            "bounds": ("sim/forward/test_normalise.py",),
            "bounds_table": ("sim/forward/test_normalise.py",),
            "fold_sum": ("sim/array/test_array.py",),
            **dict.fromkeys(("match_store", "mean"), ("sim/forward/test_normalise.py",)),
            "sequence": (WHOLE, "sim/test_engine.py"),
        },
        after=(WHOLE,),
        without=OF_GROUPS,
    ),
    Room(
        name="learning",
        files=("hw/learning/*.py",),
        tests="sim/learning/test_{}.py",
        instead={
            **dict.fromkeys(("error_scan", "error_store"), ("sim/learning/test_errors.py",)),
            "sequence": ("sim/learning/test_learning_sequence.py",),
        },
        after=(WHOLE,),
        without=OF_GROUPS,
    ),
    Room(
        name="groups",
        files=OF_GROUPS,
        tests="sim/test_{}.py",
        instead={
            "pixel_lane": ("sim/array/test_cell.py", "sim/array/test_array.py"),
            "group_sums": ("sim/forward/test_group_sums.py",),
            "reread": ("sim/learning/test_reread.py",),
            "group_sequence": ("sim/test_groups.py", "sim/test_engine.py"),
        },
        after=("sim/test_groups.py",),
    ),
    Room(
        name="link",
        files=("hw/link/*.py",),
        tests="sim/link/test_{}.py",
        instead={
            "commands": (*LINK, "sim/test_sample_memory.py"),
            **dict.fromkeys(("answer", "orders", "predictions", "report", "request", "samples", "link"), LINK),
            **dict.fromkeys(("argument_check", "decision"), ("sim/test_declared_once.py", *LINK[2::-1])),
            "arguments": ("sim/test_declared_once.py", *LINK),
            "boot_nonce": LINK,
            "crc": ("sim/link/test_receiver.py", "sim/link/test_transmitter.py"),
            "frame_layouts": ("sim/link/test_cobs.py",),
            "header_check": ("sim/link/test_receiver.py", *LINK),
            "memory_check": ("sim/link/test_memory_check.py", "sim/test_sample_memory.py"),
            **dict.fromkeys(("memory_orders", "traffic"), ("sim/test_sample_memory.py",)),
            "receiver": ("sim/link/test_receiver.py",),
            "sample_lock": ("sim/link/test_session.py", *LINK),
            "transmitter": ("sim/link/test_transmitter.py",),
        },
    ),
    Room(
        name="store",
        files=("hw/store/*.py",),
        tests="sim/store/test_{}.py",
        instead={
            **dict.fromkeys(("bus", "pins", "sdram"), ("sim/store/test_controller.py",)),
            **dict.fromkeys(("record_memory", "record_reader", "sample_buffer"), ("sim/store/test_records.py",)),
            **dict.fromkeys(("conductor", "mixer", "permuter", "sample_tags"), ("sim/store/test_sample_store.py",)),
        },
    ),
    Room(
        name="engine",
        files=("hw/*.py",),
        tests="sim/test_{}.py",
        instead={
            **dict.fromkeys(("accelerator", "engine", "engine_report", "sequencer", "serial_accelerator"), (WHOLE,)),
            "complement": ("sim/link/test_session.py", "sim/forward/test_classify.py", "sim/forward/test_normalise.py"),
            "engine_ports": ("sim/test_counters.py",),
            "layouts": ("sim/test_configuration.py", "sim/test_issue.py", "sim/array/test_array.py"),
            "memory": ("sim/test_queues.py", "sim/test_counters.py", "sim/array/test_cell.py"),
            "multiply": ("sim/test_configuration.py",),
            "pixel_words": ("sim/test_input_buffer.py",),
            "queue": ("sim/test_queues.py",),
            "register_slice": ("sim/test_queues.py",),
            "misr": ("sim/link/test_session.py",),
        },
        after=(WHOLE,),
        without=(*OF_GROUPS, "hw/generate.py", "hw/verilog.py"),  # the last two write what the benches read
    ),
)
BY_NAME = {room.name: room for room in ROOMS}
