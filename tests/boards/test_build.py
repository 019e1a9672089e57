"""Commands of the boards with small scripts in the place of the tools: what they leave, and what they say when it fails."""

import hashlib
import json
import shutil
import sys
import tomllib
import zlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from boards import build, fit, generate, program, report
from boards.budgets import BUDGETS, check_budgets
from boards.catalogue import TARGETS, find
from boards.error import BuildError, RequestError
from boards.identity import source_hash
from boards.loaders import with_dfu_suffix
from boards.target import Target
from boards.timing import readable
from boards.tools import find_tool
from sw.contract.board_table import BOARDS
from sw.contract.geometry import Geometry

SMALL = "columns=16,rows=8,grid_height=1,grid_width=1,synapses_per_cell=8,folds=2,slices=2"
LAYERS = "16,6,2"
WRITE = generate.write
PIN = "wifi_gpio0_0__io"
PADS = {PIN: {"direction": "output", "bits": ["1"]}, "sdram_0__clk__io": {"direction": "output", "bits": [12]}}


def made(kind: str, attributes: dict[str, str], outputs: str, **pins: int) -> dict:
    """A cell of Yosys' JSON."""
    directions = {pin: "output" if pin == outputs else "input" for pin in pins}
    nets = {pin: [net] for pin, net in pins.items()}
    kind_of = {"type": kind, "parameters": {"DIR": "OUTPUT"}, "attributes": attributes}
    return kind_of | {"port_directions": directions, "connections": nets}


# One pin of the memory, with its registers: without any, a rule would refuse the netlist.
MEMORY = {
    "pin": made("TRELLIS_IO", {}, "B", B=12, I=13, T=14),
    "clock": made("ODDRX1F", {}, "Q", SCLK=15, Q=13),
    "enable": made("TRELLIS_FF", {"syn_useioff": "1", "ioff_dir": "output"}, "Q", CLK=15, DI=16, Q=14),
}
NETLIST = repr({"attributes": {}, "ports": PADS, "cells": MEMORY})
# What the tools of ECP5 leave: the netlist and its cells; the routed design and its timing; the bitstream.
SCRIPTS = {
    "yosys": """
        files["top.json"] = json.dumps({"modules": {"top": CELLS}})
        files["synthesis.log"] = "Yosys"
        files["cells.json"] = json.dumps({"design": {"num_cells_by_type": {"LUT4": 7, "DP16KD": BLOCKS}}})
    """,
    "nextpnr-ecp5": """
        def end(name):
            return {"cell": name, "port": "Q"}
        path = [
            {"type": "clk-to-q", "delay": 0.5, "from": end("engine.draw.seed_TRELLIS_FF_Q_3"), "to": end("x")},
            {"type": "routing", "delay": 7.25, "from": end("x"), "to": end("y")},
            {"type": "setup", "delay": 2.0, "from": end("y"), "to": end("engine.learner.row_TRELLIS_FF_Q_DI_LUT4_Z")},
        ]
        timing = {
            "fmax": {"clk": {"achieved": CLOCK, "constraint": 80.0}},
            "critical_paths": [{"from": "posedge clk", "to": "posedge clk", "path": path}],
            "utilization": {
                "TRELLIS_COMB": {"used": 160, "available": 24288},
                "DP16KD": {"used": 2, "available": 56},
                "MULT18X18D": {"used": 0, "available": 28},
                "TBUF": {"used": 2, "available": 0},
            },
        }
        files["timing.json"] = json.dumps(timing)
        files["top.config"] = ""
        files["top.pnr.json"] = '''
              "cells": {
                "engine.draw.seed_TRELLIS_FF_Q_3": {
                  "type": "TRELLIS_FF",
                  "attributes": {
                    "NEXTPNR_BEL": "X4/Y2/SLICEA.FF0",
              "netnames": {
        '''
        cell = {"type": "TRELLIS_COMB", "attributes": {"NEXTPNR_BEL": "X1/Y2/SLICEA.K0"}}
        cells = {"accelerator.engine.draw.x": cell} | globals().get("placed", {})
        files["top.pnr.json"] = json.dumps({"modules": {"top": {"cells": cells}}}, indent=2)
        print("arguments", *sys.argv[1:])
    """,
    "ecppack": """
        files["top.bit"] = "bits"
    """,
    "ecpunpack": """
        files["unpacked.config"] = UNPACKED
    """,
}


@pytest.fixture(scope="module")
def written_once(tmp_path_factory) -> Callable[..., generate.Sources]:
    """`generate.write`, which takes seconds, once for each thing that is asked for: the files are copied."""

    known: dict[tuple[str, Geometry, int, float], tuple[Path, generate.Sources]] = {}

    def write(target: Target, geometry: Geometry, baud: int, asked_mhz: float, folder: Path) -> generate.Sources:
        what = (target.name, geometry, baud, asked_mhz)
        if what not in known:
            place = tmp_path_factory.mktemp("sources")
            known[what] = place, WRITE(target, geometry, baud, asked_mhz, place)
        place, sources = known[what]
        shutil.copytree(place, folder, dirs_exist_ok=True)
        return sources

    return write


@pytest.fixture
def tools(tmp_path, monkeypatch, written_once):
    """A function that puts a script in the place of a tool: its lines, then the usual ones unless it ends before."""
    monkeypatch.setattr(generate, "write", written_once)

    def put(tool: str, before: str = "", **numbers: float | str) -> None:
        file = tmp_path / "tools" / tool
        file.parent.mkdir(exist_ok=True)
        text = SCRIPTS.get(tool, "")
        for name, value in ({"BLOCKS": 2, "CLOCK": 88.0, "CELLS": NETLIST, "UNPACKED": "''"} | numbers).items():
            text = text.replace(name, str(value))
        lines = [line.removeprefix("        ") for line in text.splitlines()]
        start = f"#!{sys.executable}\nimport json, pathlib, sys\nif len(sys.argv) == 2: sys.exit(print('Version fake'))\n"
        end = "for name, text in files.items(): pathlib.Path(name).write_text(text)\n"
        file.write_text(f"{start}files = {{}}\n{before}\n" + "\n".join(lines) + "\n" + end)
        file.chmod(0o755)
        monkeypatch.setenv(tool.upper().replace("-", "_"), str(file))

    for tool in SCRIPTS:
        put(tool)
    return put


def command(folder: Path, *more: str) -> list[str]:
    return ["--board", "ulx3s-25f", "--output", str(folder), "--geometry", SMALL, "--layers", LAYERS, "--freq", "80", *more]


def error_of(capsys) -> str:
    """The one sentence on standard error; progress before it is not looked at."""
    lines = capsys.readouterr().err.splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("error: ")]
    assert len(starts) == 1
    assert not any("Traceback" in line for line in lines)
    return "\n".join(lines[starts[0] :]).removeprefix("error: ")


def test_a_build_leaves_bitstream_report_and_a_log_of_each_step(tools, tmp_path):
    assert build.main(command(tmp_path / "made", "--seed", "7")) == 0
    folder = tmp_path / "made"
    assert (folder / "top.bit").read_text() == "bits"
    assert {path.name for path in folder.glob("floorplan.*")} == {"floorplan.png", "floorplan.svg"}
    logs = {path.name for path in folder.glob("*.log")}
    assert logs == {"synthesis.log", "place-and-route.log", "pack.log", "unpack.log"}
    assert "--seed 7 --freq 80.000000 --timing-allow-fail" in (folder / "place-and-route.log").read_text()
    found = json.loads((folder / "report.json").read_text())
    expected = {
        "board": "ulx3s-25f", "clock_mhz": 88.0, "asked_mhz": 80.0, "margin": 0.1, "seed": 7, "layers": [16, 6, 2],
        "use": {"DP16KD": [2, 56], "TBUF": [2, 0], "TRELLIS_COMB": [160, 24288]}, "logic_per_synapse": 20.0,
        "synapses_per_cycle": 8,
        "cycles_per_sample": None, "samples_per_second": None, "baud": 3_000_000, "sources": source_hash(),
        "sha256": hashlib.sha256(b"bits").hexdigest(),
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    assert found["critical_path"] == {
        "from": "engine.draw.seed", "to": "engine.learner.row", "ns": 9.75, "logic_ns": 2.5, "routing_ns": 7.25
    }  # fmt: skip


def test_samples_a_second_are_those_at_the_clock_that_the_pll_makes(tools, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("boards.report.cycles_per_sample", lambda *board: 320.0)
    assert build.main(command(tmp_path)) == 0
    found = json.loads((tmp_path / "report.json").read_text())
    assert (found["asked_mhz"], found["clock_mhz"]) == (80.0, 88.0)
    assert (found["samples_per_second"], found["samples_per_second_allowed"]) == (250_000.0, 275_000.0)
    assert "250,000, 275,000 at the clock after routing" in capsys.readouterr().out


def block(reset: int | str) -> str:
    """A netlist with a block RAM, whose second reset is at a net."""
    pins = {"CLKA": [2], "CLKB": [2], "RSTA": ["0"], "RSTB": [reset], "CEA": ["1"], "CEB": ["1"]}
    cell = {"type": "DP16KD", "parameters": {}, "port_directions": dict.fromkeys(pins, "input"), "connections": pins}
    return repr({"attributes": {}, "ports": PADS, "cells": {"weights": cell} | MEMORY})


def test_a_netlist_that_breaks_a_rule_ends_the_build_before_it_is_placed(tools, tmp_path, capsys):
    tools("yosys", CELLS=block(3))
    assert build.main(command(tmp_path)) == 1
    assert error_of(capsys).startswith(
        "the netlist is refused by the rule block-ram-reset: RSTB of the cell top.weights is driven by a pin of the board, for "
    )
    assert not (tmp_path / "top.pnr.json").exists()


def test_bits_that_are_not_those_of_the_netlist_leave_no_bitstream(tools, tmp_path, capsys):
    tools("yosys", CELLS=block("0"))
    placed = {"weights": {"type": "DP16KD", "attributes": {"NEXTPNR_BEL": "X4/Y25/EBR0"}}}
    tools("nextpnr-ecp5", before=f"placed = {placed!r}")
    for reset, status in (("INV", 0), ("RSTB", 1)):
        lines = ["RSTAMUX INV", f"RSTBMUX {reset}", "OCEAMUX INV", "OCEBMUX INV", "WEAMUX INV", "WEBMUX INV"]
        text = ".tile MIB_R25C4:MIB_EBR0\n" + "".join(f"enum: EBR0.{line}\n" for line in lines)
        tools("ecpunpack", UNPACKED=repr(text))
        assert build.main(command(tmp_path)) == status
        assert (tmp_path / "top.bit").exists() == (tmp_path / "report.json").exists() == (status == 0)
    assert error_of(capsys) == (
        "the bitstream is refused by the rule ecp5-bits: RSTBMUX of the cell top.weights is RSTB in the bits, and the netlist "
        "asks for INV; the packer or its database is at fault"
    )


def test_an_unknown_board_is_refused_with_a_list_of_those_that_there_are(capsys):
    assert build.main(["--board", "ulx4"]) == 2
    assert error_of(capsys) == f"there is no board 'ulx4': choose one of {', '.join([*TARGETS, 'ulx3s'])}"


def test_a_network_that_does_not_fit_is_refused_with_what_is_too_much(capsys):
    assert build.main(["--board", "ulx3s", "--layers", "784,600,10"]) == 2
    assert error_of(capsys) == (
        "ulx3s-85f: the network needs 610 rows (one per neuron) and the board has 512: "
        "take away 98 neurons or choose a larger board"
    )


def test_layers_that_are_no_numbers_are_refused(capsys):
    assert build.main(["--board", "ulx3s", "--layers", "784,many"]) == 2
    assert error_of(capsys) == "layers is '784,many', expected sizes like 784,500,10"


def test_a_shape_whose_weights_do_not_fit_is_refused_with_the_blocks_that_are_missing(tools, tmp_path, capsys):
    shape = "columns=784,rows=512,grid_height=7,grid_width=7,synapses_per_cell=16,folds=1,slices=4"
    assert build.main(["--board", "ulx3s-25f", "--output", str(tmp_path), "--geometry", shape]) == 2
    assert error_of(capsys) == (
        "the weights of 49 cells of 16 synapses and 512 words need 196 blocks of DP16KD, and the LFE5U-25F has 56: 140 too many"
    )


def test_a_design_that_does_not_fit_is_refused_before_it_is_placed(tools, tmp_path, capsys):
    tools("yosys", BLOCKS=59)
    assert build.main(command(tmp_path)) == 2
    assert error_of(capsys).startswith("the whole design needs 59 blocks of DP16KD, and the LFE5U-25F has 56: 3 too many")
    assert not (tmp_path / "place-and-route.log").exists()


@pytest.mark.parametrize("name", ["ulx3s-85f", "ulx3s-45f", "ulx3s-25f"])
def test_the_weights_of_every_board_fit_it(name):
    target = find(name)
    fit.check_weights(BOARDS[name].geometry, target, target.platform().device)


def test_a_tool_that_a_variable_names_but_is_not_there_is_refused(tools, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NEXTPNR_ECP5", "/nowhere/nextpnr")
    assert build.main(command(tmp_path / "made")) == 2
    assert error_of(capsys) == "NEXTPNR_ECP5 names /nowhere/nextpnr, which is no program: name another one or unset it"
    assert not (tmp_path / "made").exists()


def test_a_tool_that_is_nowhere_is_refused_with_how_to_get_it(monkeypatch):
    monkeypatch.delenv("NEXTPNR_NOWHERE", raising=False)
    with pytest.raises(RequestError, match="^nextpnr-nowhere is missing: make setup installs it, or name one in"):
        find_tool("nextpnr-nowhere")


def test_a_tool_that_fails_is_reported_with_its_log_and_the_end_of_it(tools, tmp_path, capsys):
    tools("nextpnr-ecp5", before="for n in range(20): print('line', n)\nprint('ERROR: no room'); sys.exit(125)")
    assert build.main(command(tmp_path)) == 1
    log = tmp_path / "place-and-route.log"
    last = "".join(f"\n    line {n}" for n in range(13, 20)) + "\n    ERROR: no room"
    assert error_of(capsys) == (
        f"place and route failed: nextpnr-ecp5 ended with status 125; its log is {log} and ends with{last}"
    )
    assert "line 0\n" in log.read_text()
    assert not (tmp_path / "report.json").exists()


def test_a_design_with_too_much_logic_is_refused_with_how_much(tools, tmp_path, capsys):
    """The lines are nextpnr's own."""
    lines = ["Info: \\t       ICESTORM_LC:    6122/   5280   115%", "Info: \\t   SB_IO:      4/     96     4%", "ERROR: no"]
    tools("nextpnr-ecp5", before="".join(f"print('{line}')\n" for line in lines) + "sys.exit(125)")
    assert build.main(command(tmp_path)) == 2
    assert error_of(capsys) == "the whole design needs 6122 ICESTORM_LC, and the LFE5U-25F has 5280: 842 too many"


def test_a_tool_that_is_killed_is_said_to_be(tools, tmp_path, capsys):
    tools("ecppack", before="import os; os.kill(os.getpid(), 9)")
    assert build.main(command(tmp_path)) == 1
    assert error_of(capsys) == f"pack failed: ecppack was ended by signal 9; its log is {tmp_path / 'pack.log'}"


def test_a_clock_that_is_not_reached_is_an_error_after_report_and_bitstream(tools, tmp_path, capsys):
    tools("nextpnr-ecp5", CLOCK=70.0)
    assert build.main(command(tmp_path)) == 1
    assert error_of(capsys).startswith(
        "timing is not met: 70.0 of 80.0 MHz; the worst path goes from engine.draw.seed to engine.learner.row "
        "and takes 9.8 ns, 2.5 in logic and 7.2 in wires"
    )
    assert json.loads((tmp_path / "report.json").read_text())["margin"] == -0.125
    assert (tmp_path / "top.bit").exists()


def test_a_failed_build_leaves_no_bitstream_of_the_one_before(tools, tmp_path):
    assert build.main(command(tmp_path)) == 0
    tools("ecppack", before="sys.exit(1)")
    assert build.main(command(tmp_path)) == 1
    assert not (tmp_path / "top.bit").exists()
    assert not (tmp_path / "report.json").exists()


def test_every_sentence_of_a_missed_budget_names_value_and_limit(tmp_path):
    file = tmp_path / "budgets.toml"
    limits = {"clock_mhz": 90, "logic": 150, "memory": 2, "logic_per_synapse": 18.5, "cycles_per_sample": 700}
    file.write_text("[ulx3s-25f]\n" + "".join(f"{name} = {limit}\n" for name, limit in limits.items()))
    found = {
        "board": "ulx3s-25f", "clock_mhz": 88.0, "logic_per_synapse": 20.0, "cycles_per_sample": 700.5,
        "use": {"DP16KD": [2, 56], "TBUF": [2, 0], "TRELLIS_COMB": [160, 24288]},
    }  # fmt: skip
    family = TARGETS["ulx3s-25f"].family
    with pytest.raises(BuildError) as caught:
        check_budgets(found, family, file)
    assert str(caught.value) == (
        f"over budget ({file}): clock_mhz is 88, at least 90 allowed; logic is 160, at most 150 allowed; "
        "logic_per_synapse is 20, at most 18.5 allowed; cycles_per_sample is 700.5, at most 700 allowed"
    )
    within = found | {"clock_mhz": 90.0, "logic_per_synapse": 18.5, "cycles_per_sample": 700}
    check_budgets(within | {"use": {"DP16KD": [2, 56], "TRELLIS_COMB": [150, 24288]}}, family, file)


def test_every_board_has_pins_and_a_budget():
    assert set(TARGETS) == set(BOARDS)
    assert set(tomllib.loads(BUDGETS.read_text())) == set(BOARDS)


def test_the_cycles_of_another_network_are_not_taken(tmp_path, monkeypatch):
    shape = Geometry(columns=16, rows=8, grid_height=1, grid_width=1, synapses_per_cell=8, folds=2, slices=2)
    monkeypatch.setattr(report, "CYCLES", tmp_path / "cycles.json")
    entry = {"geometry": asdict(shape), "layers": [16, 6, 2], "cycles_per_sample": 123.5}
    report.CYCLES.write_text(json.dumps({"ulx3s-25f": entry}))
    assert report.cycles_per_sample("ulx3s-25f", shape, (16, 6, 2)) == 123.5
    assert report.cycles_per_sample("ulx3s-25f", shape, (16, 5, 2)) is None
    assert report.cycles_per_sample("ulx3s-12f", shape, (16, 6, 2)) is None


def test_names_with_brackets_are_renamed_and_slices_are_not():
    text = "wire width 8 \\data[1]\nwire \\data[1].sign\nconnect \\a [7:0] { \\data [1] $b$2[3] \\c }\n"
    assert generate.without_brackets(text) == (
        "wire width 8 \\data(1)\nwire \\data(1).sign\nconnect \\a [7:0] { \\data [1] $b$2(3) \\c }\n"
    )


def test_no_source_of_a_build_has_paths_or_names_with_brackets(tools, tmp_path, monkeypatch):
    monkeypatch.setattr(generate, "write", WRITE)
    assert build.main(command(tmp_path)) == 0
    for name in ("top.il", "cell.il", "synthesis.ys", "top.lpf"):
        text = (tmp_path / name).read_text()
        assert str(Path.cwd()) not in text
        assert str(tmp_path) not in text
        assert "\\src" not in text
    assert generate.without_brackets((tmp_path / "top.il").read_text()) == (tmp_path / "top.il").read_text()


@pytest.mark.parametrize(
    ("cell", "signal"),
    [
        ("clocks.ready_TRELLIS_FF_Q", "clocks.ready"),
        ("engine.count_TRELLIS_FF_Q_12_DI_LUT4_Z_1_B_CCU2C_S0", "engine.count"),
        ("array.cell_3.weights_0.0.0", "array.cell_3.weights_0"),
        ("plain", "plain"),
    ],
)
def test_cells_of_a_path_have_the_names_of_the_sources(cell, signal):
    assert readable(cell) == signal


@pytest.fixture
def loader(tmp_path, monkeypatch):
    """A loader that writes its arguments to a file; the project's build folder is a temporary one."""
    file, said = tmp_path / "openFPGALoader", tmp_path / "said"
    file.write_text(f'#!/bin/sh\necho "$@" > {said}\n')
    file.chmod(0o755)
    monkeypatch.setenv("OPENFPGALOADER", str(file))
    monkeypatch.setattr(program, "WORK", tmp_path / "build")
    folder = tmp_path / "build" / "ulx3s-25f"
    folder.mkdir(parents=True)
    (folder / "top.bit").write_text("bits")
    made = {"bitstream": "top.bit", "sources": source_hash(), "seed": 1, "margin": 0.1}
    (folder / "report.json").write_text(json.dumps(made))
    return said


def test_a_bitstream_of_these_sources_is_loaded_at_the_port(loader, tmp_path):
    assert program.main(["--board", "ulx3s-25f", "--port", "/dev/ttyUSB3"]) == 0
    bitstream = tmp_path / "build" / "ulx3s-25f" / "top.bit"
    assert loader.read_text() == f"--device /dev/ttyUSB3 --board ulx3s {bitstream}\n"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sources": "0"}, "the bitstream was made from other sources"),
        ({"seed": 3}, "the bitstream was made with seed 3"),
        ({"margin": -0.01}, "the bitstream does not reach its clock"),
        ({"bitstream": "gone.bit"}, "there is no bitstream yet"),
    ],
)
def test_a_bitstream_that_is_not_the_one_is_built_first(loader, tmp_path, monkeypatch, capsys, change, reason):
    file = tmp_path / "build" / "ulx3s-25f" / "report.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    built = []
    monkeypatch.setattr(build, "main", lambda arguments: built.append(arguments) or 0)
    assert program.main(["--board", "ulx3s-25f", "--seed", "1"]) == 0
    assert built == [["--board", "ulx3s-25f", "--seed", "1"]]
    assert capsys.readouterr().err == f"{reason}: building it\n"
    assert loader.exists()


def test_a_build_that_fails_is_not_loaded(loader, tmp_path, monkeypatch):
    (tmp_path / "build" / "ulx3s-25f" / "top.bit").unlink()
    monkeypatch.setattr(build, "main", lambda arguments: 1)
    assert program.main(["--board", "ulx3s-25f"]) == 1
    assert not loader.exists()


def test_a_missing_loader_is_refused_with_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setenv("DFU_UTIL", "nowhere")
    assert program.main(["--board", "orangecrab-25f"]) == 2
    assert error_of(capsys) == (
        "nowhere is missing (Debian, Ubuntu: sudo apt-get install dfu-util); or name it in the variable DFU_UTIL"
    )


def test_a_loader_that_fails_is_an_error(loader, tmp_path, monkeypatch, capsys):
    (tmp_path / "openFPGALoader").write_text("#!/bin/sh\nexit 3\n")
    assert program.main(["--board", "ulx3s-25f"]) == 1
    assert error_of(capsys) == "openFPGALoader ended with status 3: is the board connected, and may you open it?"


def test_the_suffix_of_a_firmware_file_is_that_of_the_standard(tmp_path):
    """Device firmware upgrade 1.1, appendix B: little-endian fields, and a CRC-32 that leaves no remainder over all."""
    (tmp_path / "top.bit").write_bytes(b"bits")
    found = with_dfu_suffix(tmp_path / "top.bit", 0x1209, 0x5AF0).read_bytes()
    assert found[:16] == b"bits" + bytes([0xFF, 0xFF, 0xF0, 0x5A, 0x09, 0x12, 0x00, 0x01]) + b"UFD\x10"
    assert zlib.crc32(found) == 0xFFFFFFFF
