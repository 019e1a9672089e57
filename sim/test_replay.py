"""One recorded run, every engine: each reply, and at the end every weight, random word, sample count and counter, is equal.

The committed run has three layers, gated and not, with relaxation, and takes the count of samples past 2^64. A run with one
bit changed, or whose counters were not told right, is found to differ.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from sim.netlist.run import network_for
from sim.replay.__main__ import main
from sim.replay.engines import ENGINES
from sim.replay.long_runs import LONG_RUNS, run_all
from sim.replay.playing import play
from sim.replay.recorder import record
from sim.replay.run_file import Run, RunFileError, Step, first_difference, read, write
from sw.contract.board_table import BOARDS
from sw.contract.commands import Command
from sw.contract.error import ContractError
from sw.contract.frames import unpack_state
from sw.contract.network import Network
from sw.tree.sources import ROOT

COMMITTED = ROOT / "sim" / "replay" / "layers.run"
MOST_BYTES = 200_000


def silent(line: str) -> None:
    """No progress."""


@pytest.fixture(scope="module")
def run() -> Run:
    return read(COMMITTED)


@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine != "netlist"])
def test_the_committed_run_ends_alike(engine: str, run: Run):
    told = play(engine, run, COMMITTED, silent)
    assert told["difference"] is None
    assert told["sample_count_to"] == (told["sample_count_from"] + run.samples) % 2**64 < run.samples


@pytest.mark.timeout(1800)  # with the synthesis of the board
def test_the_netlist_of_a_board_ends_alike():
    run = record(BOARDS["ulx3s-12f"].geometry, network_for((20, 6, 5, 3)), 20, seed=3, begin=2**64 - 10)
    assert play("netlist", run, None, silent)["difference"] is None


def test_the_committed_run_is_small_and_has_every_feature(run: Run):
    assert COMMITTED.stat().st_size < MOST_BYTES
    assert run.network.depth == 3
    assert set(run.network.activation) == {"sign", "band"}
    assert min(run.network.relax_rate) > 0
    assert {step.command for step in run.steps} == set(Command) - {Command.HELLO, Command.RESET} - later_commands()


def later_commands() -> set[Command]:
    """Commands that came after the recorded ones."""
    return {command for command in Command if command > Command.RESET}


def test_the_committed_run_is_what_its_seed_gives(run: Run, tmp_path: Path):
    begin = unpack_state(next(step.payload for step in run.steps if step.command == Command.STATE)).samples
    again = record(run.geometry, run.network, run.samples, run.seed, begin=begin)
    write(again, tmp_path / "again.run")
    assert (tmp_path / "again.run").read_text() == COMMITTED.read_text()


@pytest.mark.check
@pytest.mark.parametrize("name", LONG_RUNS)
def test_a_long_run_in_short_is_equal_on_the_native_engine(name: str, tmp_path: Path):
    assert run_all(name, 300, silent, tmp_path / "replay.json") == 0
    assert not (tmp_path / "replay.json").exists()  # of short runs there are no results


def test_long_runs_pass_the_ends_of_counters():
    wraps, million = LONG_RUNS["wraps"], LONG_RUNS["million"]
    assert wraps.begin < 2**64 < wraps.begin + wraps.samples
    assert wraps.most == 1 and wraps.samples > 2**16  # a sequence number for each request
    assert million.begin < 2**32 < million.begin + million.samples
    assert LONG_RUNS["layers"].samples >= 60_000 and LONG_RUNS["layers"].network.depth == 3


def changed(run: Run, command: Command, which: int, **fields: object) -> Run:
    """The run with a step of a command, the `which`-th, changed."""
    places = [place for place, step in enumerate(run.steps) if step.command == command]
    steps = list(run.steps)
    steps[places[which]] = replace(steps[places[which]], **fields)
    return replace(run, steps=tuple(steps))


def flipped(data: bytes, place: int = -1) -> bytes:
    """One bit changed."""
    changed_ = bytearray(data)
    changed_[place] ^= 1
    return bytes(changed_)


@pytest.mark.parametrize("command", [Command.TRAIN, Command.INFER, Command.READ, Command.STATE, Command.COUNTERS])
def test_one_bit_of_a_reply_is_found(command: Command, run: Run):
    right = next(step for step in reversed(run.steps) if step.command == command)
    wrong = changed(run, command, -1, reply=flipped(right.reply))
    difference = play("twin", wrong, COMMITTED, silent)["difference"]
    assert difference is not None and command.name in difference


def test_another_image_ends_with_other_weights_on_the_native_engine(run: Run):
    """The engine is given one more lit pixel than the record, and its weights are not those of the record."""
    first = next(step for step in run.steps if step.command == Command.TRAIN)
    wrong = changed(run, Command.TRAIN, 0, payload=flipped(first.payload))
    assert play("native", wrong, None, silent)["difference"] is not None


def test_a_reply_that_is_missing_too_long_or_too_short_is_a_difference(run: Run):
    replies = [step.reply for step in run.steps]
    assert first_difference(run, replies) is None
    assert "there is no reply" in str(first_difference(run, replies[:-1]))
    state = next(place for place, step in enumerate(run.steps) if step.command == Command.STATE)
    for wrong in (replies[state] + b"\0", replies[state][:-1]):
        assert "bytes, expected 16" in str(first_difference(run, [*replies[:state], wrong, *replies[state + 1 :]]))
    beginning = Step(command=Command.COUNTERS, reply=b"ab", whole=False)
    assert beginning.difference(b"abc") is None
    assert beginning.difference(b"a") == "the reply has 1 bytes, expected 2"


def test_the_twin_refuses_frames_that_are_not_of_its_network(run: Run):
    for command in (Command.CONFIGURE, Command.TABLE):
        right = next(step for step in run.steps if step.command == command)
        with pytest.raises(ContractError, match=f"{command.name} is not of the run's network"):
            play("twin", changed(run, command, 0, payload=flipped(right.payload)), COMMITTED, silent)


DAMAGED = {
    "metaplast replay 2\n": "does not begin with",
    "": "does not begin with",
    "metaplast replay 1\n{}\nsha256 00\n": "is damaged",
}


@pytest.mark.parametrize("text", DAMAGED)
def test_what_is_no_run_is_refused_in_one_sentence(text: str, tmp_path: Path, capsys):
    (tmp_path / "wrong.run").write_text(text)
    assert main(["play", "--engine", "twin", str(tmp_path / "wrong.run")]) == 2
    said = capsys.readouterr().err
    assert DAMAGED[text] in said and said.startswith("error: ") and said.count("\n") == 1


def test_a_damaged_file_is_refused(tmp_path: Path):
    text = COMMITTED.read_text()
    place = text.index("TRAIN ") + 10
    (tmp_path / "wrong.run").write_text(text[:place] + ("1" if text[place] == "0" else "0") + text[place + 1 :])
    with pytest.raises(RunFileError, match="its last line is not the sha256 of the others"):
        read(tmp_path / "wrong.run")


def test_the_command_line_records_and_plays(tmp_path: Path, capsys):
    file = tmp_path / "one.run"
    geometry = "columns=8,rows=8,grid_height=1,grid_width=1,synapses_per_cell=8,folds=1"
    assert main(["record", str(file), "--geometry", geometry, "--layers", "6,3", "--samples", "9", "--most", "2"]) == 0
    assert main(["play", str(file), "--engine", "twin"]) == 0
    assert capsys.readouterr().out.endswith("equal: 9 samples on twin\n")
    assert read(file).network == Network.of(layers=(6, 3), relax_rate=[2000], relax_floor=3, init_range=100)
    assert main(["record", str(file), "--geometry", geometry, "--layers", "9,3", "--samples", "9"]) == 2
    assert main(["record", str(file), "--geometry", "none", "--layers", "6,3", "--samples", "9"]) == 2
    assert capsys.readouterr().err.count("error: ") == 2
