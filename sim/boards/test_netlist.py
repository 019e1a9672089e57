"""The whole accelerator after synthesis, cell by cell, trained through its serial pins: equal to the twin in everything.

Faults that are planted in the netlist and in the models of its cells are found.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from boards.catalogue import find
from boards.netlist import Netlist, NetlistError
from hw.store.chip import MT48LC16M16A2
from sim.drivers.netlist_vectors import with_fault
from sim.netlist import build, run
from sim.netlist.writer import Writer
from sw.contract.network import Network
from sw.host.checkpoint import Checkpoint
from sw.host.comparison import devices_differ
from sw.host.device import connect
from sw.host.error import HostError
from sw.host.learning_device import LearningDevice
from sw.host.process_transport import ProcessTransport
from sw.twin.device import TwinDevice

SAMPLES, SEED = 100, 1
TRIED = ("ulx3s-12f", "tangnano9k", "icebreaker")
LAYERS = (210, 14, 12, 10)  # two folds of the ECP5, weights that go over the wire in a few seconds


@pytest.fixture(scope="module")
def boards() -> dict[str, Path]:
    """The netlists of the boards that are tried."""
    return {board: build.netlist(board, run.report) for board in TRIED}


@pytest.fixture
def ecp5(boards) -> Path:
    return boards["ulx3s-12f"]


@pytest.mark.timeout(1800)  # with the synthesis of every board that is tried
@pytest.mark.parametrize("board", TRIED)
def test_the_netlist_of_a_board_learns_like_the_twin(board, boards):
    result = run.compare(boards[board], run.network_for(LAYERS), SAMPLES, SEED)
    assert result["difference"] is None
    assert result["counters"]["bad_frames"] == 0
    assert min(result["counters"][name] for name in ("learned", "draws", "rows_learned")) > SAMPLES // 2


@pytest.mark.check
@pytest.mark.timeout(1800)
def test_the_netlist_of_a_board_plays_from_its_memory_like_the_twin(ecp5):
    """A chip at the pins, which refuses commands that come too early: records stored, learned, learned permuted, predicted."""
    program = build.simulator(run.report, MT48LC16M16A2, round(find("ulx3s-12f").clock_mhz * 1e6))
    network, random, count = run.network_for((43, 6, 3)), np.random.default_rng(SEED), 12
    pixels, labels = random.integers(0, 2, (count, 43), dtype=np.uint8), random.integers(0, 3, count)
    transport = ProcessTransport(build.command(ecp5, run.report, rate_error=run.RATE_ERROR, program=program))
    patience = {"hello_timeout": 60, "reply_timeout": 300, "resend_after": 300}
    with connect(transport, "the netlist", **patience) as device, TwinDevice() as twin:
        assert device.hello.sample_memory == MT48LC16M16A2.bytes
        told = [list(played(one, network, pixels, labels)) for one in (device, twin)]
        difference, memory = devices_differ(device, twin), device.memory
        assert memory is not None
        counters = memory.counters()
    assert told[0] == told[1] == [(count, told[0][0][1]), (count - 3, told[0][1][1]), (count, told[0][2][1])]
    assert difference is None
    assert (counters["records"], counters["failed"]) == (count, 0)
    assert counters["refreshes"] > 1000


def played(device: LearningDevice, network: Network, pixels: np.ndarray, labels: np.ndarray) -> Iterator[tuple[int, int]]:
    """Samples and how many of them were predicted right, of each of three plays."""
    Checkpoint.initial(network).put_on(device)
    memory, count = device.memory, len(labels)
    assert memory is not None
    memory.store(pixels, labels)
    memory.permute([(7 * pixel + 3) % pixels.shape[1] for pixel in range(pixels.shape[1])])
    for first, train, permuted in ((0, True, False), (3, True, True), (0, False, False)):
        stretches = list(memory.play(first, count - first, train=train, permuted=permuted))
        yield sum(stretch.samples for stretch in stretches), sum(stretch.correct for stretch in stretches)


def found(netlist: Path, layers: tuple[int, ...], samples: int, program: Path | None = None) -> bool:
    """Whether training tells a difference, or the board does not even answer as it should."""
    try:
        result = run.compare(netlist, run.network_for(layers), samples, SEED, program=program, patience=60)
    except HostError:
        return True
    return result["difference"] is not None


def test_a_wrong_table_in_front_of_the_weights_is_found(ecp5, tmp_path):
    """The table of one LUT, before the register before an address, enable or data pin of a wide block, is inverted."""
    lines = ecp5.read_text().split("\n")
    words = [line.split() or [""] for line in lines]
    luts = {word[2]: place for place, word in enumerate(words) if word[0] == "lut"}
    registers = {word[1]: word[2] for word in words if word[0] == "flipflop"}
    pins = (net for word in words if word[:2] == ["blockram", "24"] for net in word[3:35])
    place = next(luts[registers[net]] for net in pins if registers.get(net) in luts)
    kind, table, *rest = words[place]
    lines[place] = " ".join([kind, f"{int(table, 16) ^ 0xFFFF:x}", *rest])
    (tmp_path / "faulty").write_text("\n".join(lines))
    assert found(tmp_path / "faulty", (20, 4, 3), 5)


def test_a_block_that_writes_bytes_that_are_not_enabled_is_found(ecp5, tmp_path):
    right, wrong = "1 : address & ((1 << access.count) - 1)", "1 : (1 << access.count) - 1"
    program = with_fault(tmp_path, "memories.h", lambda text: text.replace(right, wrong))
    assert found(ecp5, (20, 4, 3), 5, program)


def test_a_pll_that_never_locks_is_found(ecp5, tmp_path):
    """What keeps the design in reset keeps it silent: the other end of the line says so."""
    program = with_fault(tmp_path, "cells.h", lambda text: text.replace("c.cycles() >= CYCLES)", "false)"))
    with pytest.raises(HostError, match="does not answer"):
        run.compare(ecp5, run.network_for((20, 4, 3)), 1, SEED, program=program, patience=5)


def cell(kind: str, parameters: dict[str, str] | None = None, **connections: int | str) -> dict:
    directions = {pin: "output" if pin in ("COUT", "Q", "S0", "S1", "Z") else "input" for pin in connections}
    nets = {pin: [bit] for pin, bit in connections.items()}
    return {"type": kind, "parameters": parameters or {}, "port_directions": directions, "connections": nets}


REFUSED = {
    "there is no model of the cell USRMCLK": {"a": cell("USRMCLK")},
    "its clock CLK is another one": {"a": cell("TRELLIS_FF", CLK=2, DI=3, Q=4), "b": cell("TRELLIS_FF", CLK=3, DI=2, Q=5)},
    "is driven by two cells": {"a": cell("LUT4", Z=4, A=2), "b": cell("LUT4", Z=4, A=3)},
    "CLKMUX = INV is not modelled": {"a": cell("TRELLIS_FF", {"CLKMUX": "INV"}, CLK=2, DI=3, Q=4)},
    "REGMODE_A = OUTREG is not modelled": {"a": cell("DP16KD", {"REGMODE_A": "OUTREG"}, CLKA=2)},
    "the pin WEB of a DP16KD is in use": {"a": cell("DP16KD", CLKA=2, WEB=3)},
    "that does not give 0, then 1 is not modelled": {"a": cell("ODDRX1F", SCLK=2, D0="1", D1="0", Q=4)},
    "the clock of the netlist is not one of its inputs": {"a": cell("LUT4", Z=4, A=2), "b": cell("TRELLIS_FF", CLK=4, Q=5)},
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_is_not_modelled_is_refused(sentence):
    ports = {name: {"direction": "input", "bits": [bit]} for name, bit in (("clk", 2), ("pin", 3))}
    design = {"modules": {"top": {"attributes": {}, "ports": ports, "cells": REFUSED[sentence]}}}
    with pytest.raises(NetlistError, match=sentence):
        Writer(Netlist(design), *build.FAMILIES["Ecp5"])


def test_outputs_that_are_left_open_are_nets_of_their_own():
    """An undefined constant at an output is what Yosys' JSON has for a pin that leads nowhere; at an input it is a value."""
    cells = {name: cell("CCU2C", CIN="x", COUT="x", S0="x") for name in ("a", "b")}
    design = {"modules": {"top": {"attributes": {}, "ports": {}, "cells": cells}}}
    netlist = Netlist(design)
    outputs = [one.nets[pin][0] for one in netlist for pin in ("COUT", "S0")]
    assert len(set(outputs)) == 4 and min(outputs) > 1
    assert {one.nets["CIN"][0] for one in netlist} <= {0, 1}


def test_an_output_of_ice40_that_can_be_switched_off_is_refused():
    parameters = {"PIN_TYPE": "101001"}
    ports = {name: {"direction": "input", "bits": [bit]} for name, bit in (("clk", 2), ("enable", 3), ("pad", 4))}
    for enable in ("1", 3):
        design = {"modules": {"top": {"attributes": {}, "ports": ports, "cells": {}}}}
        pad = cell("SB_IO", parameters, PACKAGE_PIN=5, D_OUT_0=4, OUTPUT_ENABLE=enable)
        design["modules"]["top"]["cells"] = {"pad": pad, "a": cell("SB_DFF", C=2, D=5, Q=6)}
        if enable == "1":
            Writer(Netlist(design), *build.FAMILIES["Ice40"])
        else:
            with pytest.raises(NetlistError, match="an SB_IO of the type 101001 is not modelled"):
                Writer(Netlist(design), *build.FAMILIES["Ice40"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--board", "nowhere"], "nowhere"),
        (["--board", "ulx3s-12f", "--placed"], "after place and route: choose a Tang Nano"),
        (["--samples", "0"], "samples is 0, expected 1 or more"),
        (["--seed", "-1"], "seed is -1, expected 0 or more"),
        (["--noise", "-1"], "noise is -1, expected 0 or more"),
        (["--layers", "784,many"], "expected sizes like 784,24,12,10"),
        (["--layers", "784,900,10"], "take away 782 neurons"),
    ],
)
def test_a_wrong_request_is_one_sentence(options, sentence, capsys):
    assert run.main(options) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and said.count("\n") == 1 and sentence in said


def test_the_board_that_is_tried_is_one_that_is_built():
    assert all(find(name).name == name for name in TRIED)
