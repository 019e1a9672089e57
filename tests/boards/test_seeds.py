"""Several seeds of a board: the table grows as they come, what is known is not built again, a failure leaves the others."""

import json

import pytest

from boards import seeds
from boards.error import BuildError
from boards.identity import source_hash

BOARD = "ulx3s-25f"


def report(seed):
    return {
        "board": BOARD, "sources": source_hash(), "tools": {}, "seed": seed, "clock_mhz": 80.0 + seed, "asked_mhz": 80.0,
        "margin": 0.1, "logic_per_synapse": 60.0, "samples_per_second": 1000.0, "seconds": {"pack": 1.0}, "sha256": "0",
    }  # fmt: skip


@pytest.fixture
def built(tmp_path, monkeypatch):
    """The seeds that were built, in a folder of their own; seed 9 cannot be."""
    done = []

    def build(request, console):
        done.append((request.seed, console.quiet))
        if request.seed == 9:
            raise BuildError("nextpnr failed")
        if request.seed == 8:
            raise KeyboardInterrupt
        return report(request.seed)

    monkeypatch.setattr(seeds.build, "build", build)
    monkeypatch.setattr(seeds, "WORK", tmp_path / "build")
    monkeypatch.setattr(seeds, "REPORTS", tmp_path / "reports")
    return done


def table(tmp_path):
    return [entry["seed"] for entry in json.loads((tmp_path / "reports" / f"{BOARD}-seeds.json").read_text())["seeds"]]


def main(text):
    return seeds.main(["--board", BOARD, "--seeds", text, "--workers", "1"])


def test_what_is_known_is_not_built_again(built, tmp_path):
    folder = seeds.folder_of(BOARD, 2)
    folder.mkdir(parents=True)
    (folder / seeds.build.REPORT).write_text(json.dumps(report(2)))
    assert main("1,2,3") == 0
    assert built == [(1, False), (3, False)] and table(tmp_path) == [1, 2, 3]


def test_a_seed_that_fails_leaves_the_others(built, tmp_path, capsys):
    assert main("9,1") == 1
    assert table(tmp_path) == [1] and "error: nextpnr failed" in capsys.readouterr().err


def test_ctrl_c_leaves_what_is_done(built, tmp_path, capsys):
    assert main("1,8,2") == 130
    assert table(tmp_path) == [1] and "stopped: 1 of 3 seeds are done" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--workers", "0"], ["--workers", "2", "--scheduler", "tcp://a:1"], ["--seeds", "1,x"]])
def test_what_cannot_be_is_one_line(words, built, capsys):
    assert seeds.main(["--board", BOARD, *words]) == 2
    assert capsys.readouterr().err.startswith("error: ") and built == []
