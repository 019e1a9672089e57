"""The soak, in short: nothing is wrong, and a board that is wrong is found."""

import json
import struct

import pytest

from sw.contract.sample_memory import LABEL
from sw.experiments import soak
from sw.experiments.soaking import crowds, frames, lines, memories
from sw.experiments.soaking.scene import begun
from sw.terminal.run import run
from sw.wire import board as wire_board
from sw.wire import sample_memory as wire_memory
from sw.wire.board import ModelBoard
from sw.wire.line import Line


def test_bad_frames_change_nothing():
    found = frames.on_the_model(0.005, 2)
    assert (found["frames_fuzzed"], found["good_frames"]) == (4500, 9)
    assert not found["wrong_updates"] and not found["hangs"]


@pytest.mark.parametrize("reason", ["NONCE", "GAP", "SAMPLE", "LENGTH", "RANGE"])
def test_a_board_that_does_not_refuse_is_found(monkeypatch, reason):
    """One check left out: something is learned that should not be, or the board is lost."""
    check = wire_board.check

    def careless(condition, why):
        return None if why.name == reason else check(condition, why)

    monkeypatch.setattr(wire_board, "check", careless)
    line = Line(ModelBoard())
    try:
        found = frames.fuzz(begun(line), line, 3000, 1)
    except (ValueError, IndexError, AttributeError, struct.error) as error:
        assert reason in ("LENGTH", "RANGE"), error  # the board in Python falls over what it should have refused
        return
    assert found["wrong_updates"]


def test_acknowledgements_that_are_lost_repeated_and_late():
    found = lines.acknowledgements(0.002, 2)
    assert found["batches"] == 200 and found["acknowledgement_faults"] > 100 and all(found["by_kind"].values())
    assert found["differences"] == 0


def test_boards_that_are_reset():
    found = lines.resets(0.02, 2)
    assert (found["resets"], found["restored"], found["differences"]) == (4, 4, 0)


def test_a_cable_that_is_out(monkeypatch):
    monkeypatch.setattr(lines, "OUT_SECONDS", 0.5)
    assert lines.cable(0.1, 2)["differences"] == 0


def test_two_hosts_and_a_full_disk():
    found = crowds.ports(0.1, 2)
    assert (found["second_hosts"], found["full_disks"], found["not_refused"], found["lost"]) == (5, 5, 0, 0)


def test_a_memory_behind_a_bad_line():
    found = memories.playback(0.02, 2)
    assert found["stays"] == 2 and found["records_played"] > 50 and found["frame_faults"] > 20
    assert found["differences"] == 0


def test_a_board_that_rehearses_nothing_is_found(monkeypatch):
    def forgetting(draws):
        draws.seen += 1
        return [], None

    monkeypatch.setattr(wire_memory, "Draws", type("Draws", (wire_memory.Draws,), {"next": forgetting}))
    assert memories.playback(0.01, 2)["differences"] == 1


def test_boards_that_are_reset_or_forget_while_they_play():
    found = memories.resets(0.04, 2)
    assert (found["resets"], found["restored"], found["lost"], found["differences"]) == (2, 2, 0, 0)
    found = memories.flips(0.04, 2)
    assert (found["bits_flipped"], found["lost"], found["differences"]) == (4, 0, 0) and found["restored"] >= 2


def test_a_memory_that_gives_what_is_damaged_is_found(monkeypatch):
    def trusting(slot, data, inputs):
        size = LABEL.size + -(-inputs // 8)
        return int.from_bytes(data[: LABEL.size], "little") % 3, data[LABEL.size : size]

    monkeypatch.setattr(wire_memory, "unpack_record", trusting)
    assert memories.flips(0.04, 2)["lost"] == 2


def test_the_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(soak.SECTIONS, "frames", lambda scale, seed: {"frames_fuzzed": 5, "wrong_updates": seed - 1})
    for seed, status, said in ((1, 0, "nothing wrong"), (2, 1, "WRONG")):
        path = tmp_path / f"{seed}.json"
        words = ["--only", "frames", "--json", str(path), "--seed", str(seed)]
        application = soak.typer.Typer()
        application.command()(soak.experiment)
        assert run(application, words) == status
        assert said in capsys.readouterr().out
        result = json.loads(path.read_text())
        assert (result["frames_fuzzed"], result["wrong_updates"], result["kills"]) == (5, seed - 1, 0)
        assert result["sections"]["frames"]["seed"] == seed
    assert run(application, ["--only", "nothing"]) == 2
    assert "there is no section nothing: choose one of frames," in capsys.readouterr().err
