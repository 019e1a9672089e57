"""`make bench` on boards in Python: every number beside its bound, one benchmark at a time, faults found."""

import json
import sys
import time

import pytest
import torch
import typer
from cobs import cobs

from boards.catalogue import find
from sw.contract.board_table import ECP5_85F
from sw.contract.commands import Command
from sw.contract.frames import OVERHEAD, REPLY, Frame
from sw.contract.network import Network
from sw.experiments import bench
from sw.experiments.benchmarks import area, compiled, growth, host, link, memory, memory_runs, passes, simulated, twin
from sw.experiments.benchmarks.boards import boards as board_speeds
from sw.experiments.benchmarks.playing import Played
from sw.experiments.learning import Pass
from sw.host import simulated_board
from sw.host.error import BoardError
from sw.terminal.run import run
from sw.wire.board import ModelBoard
from sw.wire.paced import PacedLine
from tests.drivers.fake_build import build_command


@pytest.fixture
def boards(tmp_path, monkeypatch):
    """Fake boards, short benchmarks; a function that puts a fault into the boards."""
    monkeypatch.chdir(tmp_path)
    for module, samples in ((twin, 50), (compiled, 200), (simulated, 30), (link, 100), (growth, 20)):
        monkeypatch.setattr(module, "SAMPLES", samples)

    def play(change="pass"):
        monkeypatch.setattr(simulated_board, "BUILD", build_command(tmp_path, change))

    play()
    return play


def benchmark(*words):
    application = typer.Typer(add_completion=False)
    application.command()(bench.experiment)
    return run(application, list(words))


def test_one_benchmark_leaves_the_others_as_they_are(boards, tmp_path):
    assert benchmark("--only", "twin") == 0
    assert benchmark("--only", "simulated", "--json", "results/bench.json") == 0
    found = json.loads((tmp_path / "results/bench.json").read_text())
    names = {"twin_samples_per_second", "simulated_samples_per_second", "cycles_per_training_sample", "samples_compared"}
    assert names <= set(found)
    for entry in found.values():
        assert set(entry) == {"value", "unit", "bound", "bound_is", "command"}
        assert isinstance(entry["value"], int | float)
    assert found["samples_compared"]["value"] == 30
    # 510 rows one after the other: a sample that comes alone has no group
    assert found["lone_sample_cycles_inference"]["bound"] > 510


def test_every_path_of_the_compiled_twin_is_measured_beside_its_bound(boards, tmp_path):
    assert benchmark("--only", "compiled") == 0
    found = json.loads((tmp_path / "results/bench.json").read_text())
    assert set(found) == {
        f"{name}_{work}_samples_per_second" for name in ("compiled", "compiled_plain") for work in ("training", "inference")
    }
    assert all(entry["value"] > 0 and entry["bound"] > 0 for entry in found.values())
    assert "path plain" in found["compiled_plain_training_samples_per_second"]["unit"]
    training, inference = (found[f"compiled_{work}_samples_per_second"] for work in ("training", "inference"))
    assert training["bound"] == inference["value"]


def test_a_wrong_board_has_no_benchmark(boards, tmp_path, capsys):
    boards("f.SmallChip.count = lambda c: None")
    assert benchmark("--only", "simulated") == 2
    assert "has counted 0 training samples, expected 7" in capsys.readouterr().err
    assert not (tmp_path / "results/bench.json").exists()


TICKS = (
    "old, new = f.SmallChip.train, f.SmallChip.infer; "
    "f.SmallChip.train = lambda c, *a: (c.tick(), c.tick(), old(c, *a))[2]; "
    "f.SmallChip.infer = lambda c, *a: (c.tick(), new(c, *a))[1]"
)


@pytest.fixture
def short_passes(boards, monkeypatch):
    """A pass of 60 samples, of which the board learns two times ten."""
    examples = [path for path in passes.EXAMPLES if path.stem in ("band-even-odd", "narrow")]
    for name, value in {"SAMPLES": 60, "STRETCHES": 2, "OF_A_STRETCH": 10, "PASSES": (1, 3), "EXAMPLES": examples}.items():
        monkeypatch.setattr(passes, name, value)
    return boards


def test_passes_are_measured_at_several_places_by_term(short_passes, tmp_path):
    short_passes(TICKS)
    assert benchmark("--only", "passes") == 0
    found = json.loads((tmp_path / "results/bench.json").read_text())
    totals = {name: entry for name, entry in found.items() if name.startswith("pass_cycles_training_sample_")}
    told = {"defaults_pass_1", "defaults_pass_3", "band_even_odd", "narrow"}
    assert {name.removeprefix("pass_cycles_training_sample_") for name in totals} == told
    assert all(entry["value"] == 14.0 and "mean of 20 from" in entry["unit"] for entry in totals.values())
    terms = [entry["value"] for name, entry in found.items() if name.endswith("_narrow") and name not in totals]
    assert sum(terms) == 14.0
    assert totals["pass_cycles_training_sample_narrow"]["bound"] < totals["pass_cycles_training_sample_band_even_odd"]["bound"]
    assert (tmp_path / "results/bench-passes.png").exists()


def test_a_board_that_predicts_otherwise_in_a_pass_has_no_figures(short_passes):
    short_passes(f"{TICKS}; right = f.SmallChip.train; f.SmallChip.train = lambda c, *a: right(c, *a) ^ 1")
    with pytest.raises(BoardError, match="differs from the compiled twin: the prediction of sample 10 is"):
        passes.passes()


def test_boards_have_the_speed_of_their_reports():
    found = board_speeds()
    assert len(found) == 10
    assert all(entry.value is not None and entry.bound is not None and entry.value < entry.bound for entry in found.values())


def test_an_unknown_benchmark(boards, capsys):
    assert benchmark("--only", "speed") == 2
    assert (
        "choose one of twin, compiled, simulated, passes, memory, link, host, growth, area, boards" in capsys.readouterr().err
    )


PLAYS = (
    "old, new = f.SmallChip.train, f.SmallChip.infer; "
    "f.SmallChip.train = lambda c, *a: (c.tick(), old(c, *a))[1]; f.SmallChip.infer = lambda c, *a: (c.tick(), new(c, *a))[1]; "
    "make = f.FakeBoard; f.FakeBoard = lambda *g, **o: make(*g, **(o | {'sample_memory': 1 << 20}))"
)


@pytest.fixture
def short(boards, monkeypatch):
    """Short runs of networks that the fake boards hold."""
    for name, value in {"SAMPLES": 30, "BEGIN": 10, "OF_A_TASK": 5, "OF_A_TEST": 2, "TASKS": 3, "SMALL_SAMPLES": 9}.items():
        monkeypatch.setattr(memory_runs, name, value)
    monkeypatch.setattr(memory, "PASS", 100)
    monkeypatch.setattr(memory, "TASKS", 3)
    return boards


def test_playback_is_measured_beside_the_array(short):
    short(PLAYS)
    found = memory.memory()
    assert found["playback_samples_compared"].value == 30
    # a sample takes the fake board 7 cycles of work and 5 of waiting
    for name in ("", "_permuted", "_smallest"):
        assert found[f"playback_share_of_array{name}"].value == pytest.approx(7 / 12)
        assert (found[f"playback_cycles_per_sample{name}"].value, found[f"playback_cycles_per_sample{name}"].bound) == (12, 7)
    assert found["epoch_seconds"].value == pytest.approx(100 * 12 / memory.PLL_HZ)
    # after the first one there is one to be rehearsed
    assert found["rehearsal_times"].value == pytest.approx(19 / 10)
    sent = 8 * (2 * 784 + 14) * 10 / 3e6
    seconds = (3 * 100 + 9 * 10_000) * 12 / memory.PLL_HZ + sent
    assert found["permuted_tasks_seconds"].value == pytest.approx(seconds)
    assert found["permuted_tasks_samples_per_second"].value == pytest.approx(90_300 / seconds)
    assert found["sample_memory_waiting_share"].value == pytest.approx(5 / 12)


def test_playback_is_told_at_the_clock_that_the_board_asks_for():
    assert find(memory.BOARD).clock_mhz * 1e6 == memory.PLL_HZ


def test_a_board_that_plays_wrongly_or_has_no_memory_has_no_figures(short):
    with pytest.raises(BoardError, match="has no sample memory to play from"):
        memory.memory()
    skipping = "p = f.board.SampleMemory.play; f.board.SampleMemory.play = lambda s, slot, **o: p(s, max(slot, 1), **o)"
    short(f"{PLAYS}; {skipping}")
    with pytest.raises(BoardError, match="ends otherwise than in the compiled twin"):
        memory.memory()


def test_what_the_memory_does_is_told_in_shares():
    done = Played(samples=10, working=900, waiting=100, read=600, written=200, refreshes=5)
    found = memory.of_traffic(done + done)
    assert found["sample_memory_bus_share"].value == 0.4  # words of 16 bits, one a cycle
    assert found["sample_memory_refresh_share"].value == 5 * 4 / 1000  # 66 ns at 60 MHz
    assert found["sample_memory_waiting_share"].value == 0.1


def test_link_efficiency_counts_the_bytes_that_were_sent(boards):
    (entry,) = link.link().values()
    # the fake board's buffer of 1568 bytes takes two frames of 7 samples; 100 samples make 15 frames
    payload = 15 + 100 * 100
    least = payload + 15 * (OVERHEAD + 2)  # a code byte of COBS and the delimiter
    assert entry.value is not None and entry.bound == 1.0
    sent = 100 * 100 / entry.value
    assert least <= sent <= least + 15 * 4
    assert entry.unit.endswith("7 samples a frame")


def test_growth_holds_every_plan_against_the_formula(boards, tmp_path):
    boards(TICKS)
    found = growth.growth()
    assert len(found) == 2 * len(list(growth.plans())) == 32
    assert found["cycles_per_inference_folds_4"].value == 7.0
    assert found["cycles_per_training_sample_folds_4"].value == 14.0
    by_folds = [found[f"cycles_per_inference_folds_{folds}"].bound or 0 for folds in (1, 2, 4)]
    assert by_folds[2] - by_folds[1] > by_folds[1] - by_folds[0] > 64 - 10
    # 129 cycles to begin layer 1 and to read its rows, once for the group
    by_group = [found[f"cycles_per_inference_group_{group}"].bound or 0 for group in (1, 2, 4, 8)]
    assert by_group[0] - by_group[1] > 129 / 2 and by_group[1] - by_group[2] > 129 / 4 and by_group[2] - by_group[3] > 129 / 8
    assert (tmp_path / "results/bench-growth.png").exists()


def test_area_tells_primitives_beside_the_blocks_that_weights_need(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        area, "synthesise", lambda g: {"LUT4": 100 * g.cells, "TRELLIS_FF": 7, "DP16KD": area.weight_blocks(g) + 3}
    )
    found = area.area()
    assert found["luts_folds_1"].value == 800 and found["luts_folds_4"].value == 200
    # 2 cells of 16 synapses, 1024 rows of 4 folds: 4 blocks a cell for the width, 8 for the depth
    assert found["block_rams_neurons_1024"].bound == 2 * 4 * 8
    assert found["block_rams_neurons_1024"].value == 67
    assert (tmp_path / "results/bench-area.png").exists()


def test_a_tool_that_is_missing_or_fails_is_one_sentence(tmp_path):
    with pytest.raises(BoardError, match="/no/yosys cannot be started"):
        area._run(["/no/yosys"], str(tmp_path))
    with pytest.raises(BoardError, match=r"has failed: ERROR: no such file$"):
        area._run([sys.executable, "-c", "import sys; sys.exit('warning\\nERROR: no such file')"], str(tmp_path))


def test_cycles_leave_out_the_wait_for_the_link():
    counters = {"learned": 5, "cycles_forward": 1000, "cycles_learn": 40, "cycles_starved": 900}
    done = Pass(predictions=torch.zeros(10).numpy(), seconds=2.0, counters=counters)
    assert done.cycles() == {"cycles_forward": 100.0, "cycles_learn": 4.0, "cycles_starved": 90.0}
    assert done.cycles_per_sample == 104.0
    assert done.samples_per_second == 5.0
    entries = simulated.entries_of(
        Pass(predictions=done.predictions, seconds=1.0, counters=counters | {"rows_learned": 60}), Network.of()
    )
    # 49 + 32 words; rows; half of the samples learn: CLEAR, two rows, 32 words of signs, for each slice; six rows change
    least = (49 + 32) + (500 / ECP5_85F.group + 10) + 0.5 * ECP5_85F.slices * (1 + 2 + 32) + 6 * ECP5_85F.slices
    assert entries["cycles_per_training_sample"].bound == least


def test_the_host_is_held_against_the_line(monkeypatch):
    monkeypatch.setattr(host, "SAMPLES", 90)
    monkeypatch.setattr(host, "SHORT", 30)
    monkeypatch.setattr(host, "BATCHES", (2,))
    entries = host.host()
    assert {name.removesuffix("_samples_per_second") for name in entries if name.endswith("second")} == {
        *host.LATENCIES,
        *(f"{name}_batch_2" for name in host.LATENCIES),
    }
    for name, entry in entries.items():
        assert entry.value is not None and entry.bound is not None and entry.value > 0
        if name.endswith(("_samples_per_second", "_line_efficiency")):
            assert entry.value < entry.bound  # no byte goes faster than the line
        if name.endswith("_milliseconds_median"):
            assert entry.value > entry.bound


def test_a_paced_line_takes_its_time_in_both_directions():
    line = PacedLine(ModelBoard(), baud=100_000, latency=0.01)
    wire = cobs.encode(Frame(type=Command.HELLO, sequence=1, nonce=0).pack()) + b"\0"
    began = time.monotonic()
    line.write(wire)
    assert line.read(1000, 0.0) == b""
    reply = line.read(1000, 5.0)
    assert time.monotonic() - began >= (len(wire) + len(reply)) * 10 / 100_000 + 0.01
    assert Frame.unpack(cobs.decode(reply[:-1])).type == Command.HELLO | REPLY
    assert line.read(1000, 0.001) == b""
