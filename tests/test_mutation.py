"""Planted faults: which there are, that tests which find one are told from those that don't, and a sample of the real ones."""

import json
from pathlib import Path

import pytest

from mutation import run
from mutation.change import changes
from mutation.room import BY_NAME, ROOMS, Room
from mutation.trial import Tree
from sw.tree.sources import ROOT

LIMIT = 60  # seconds of processor time

CHANGES = {
    "x = a < b": ["<="],
    "x = a == b and not c": ["!=", "or", ""],
    "x = a + 5": ["-", "4", "6"],
    "if ready:\n    send(1)": ["not (ready)", "pass", "0", "2"],
    "m.d.sync += [a.eq(b), c.eq(d)]": ["*()", "*()"],
    "m.d.comb += a.eq(b & ~c)": ["pass", "|", ""],
    "with m.If(a):\n    pass": ["(a) == 0"],
    "x = Mux(a, b, c)": ["c, b"],
    "count -= step": ["pass"],
    "x = True": ["False"],
    "raise ValueError": ["pass"],
    "def f(a: int = 1) -> 'text': ...": ["0", "2"],
    "class Port(Component):\n    data: In(1)": ["0", "2"],
}
SPARED = (
    '"""A docstring of 3 words."""',
    "x: Literal[3] = name",
    "@dataclass(frozen=True)\nclass Point:\n    x: int",
    "assert a < 3",
    "def main():\n    return 3",
    'if __name__ == "__main__":\n    pass',
    'x = f"{a + 1} is too large"',
    'x = "many " + "words"',
)


@pytest.mark.parametrize("text", CHANGES)
def test_the_changes_of_a_piece_of_text(text: str):
    assert sorted(change.after for change in changes(text)) == sorted(CHANGES[text])


@pytest.mark.parametrize("text", SPARED)
def test_what_is_only_said_is_left_alone(text: str):
    assert changes(text) == []


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_changes_of_a_room_compile(room: Room):
    for file in room.members(ROOT):
        text = (ROOT / file).read_text()
        for change in changes(text)[:: 1 + len(text) // 400]:
            changed = change.applied(text)
            assert changed != text
            compile(changed, file, "exec")


def test_every_file_has_tests():
    for room in ROOMS:
        assert room.members(ROOT)
        for file in room.members(ROOT):
            assert [test for test in room.tests_of(file) if not (ROOT / test).exists()] == [], file


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Room]:
    """A project of one function, `low`, with a test of it."""
    root = tmp_path / "project"
    (root / "sw").mkdir(parents=True)
    (root / "tests").mkdir()
    (root / "sw" / "__init__.py").touch()
    (root / "sw" / "limit.py").write_text("def low(x):\n    return x if x < 7 else 7\n\n\ndef unused(x):\n    return x + x\n")
    (root / "tests" / "test_limit.py").write_text(
        "from sw.limit import low\n\n\ndef test_low():\n    assert [low(x) for x in (6, 7, 8, 9)] == [6, 7, 7, 7]\n"
    )
    return root, Room(name="small", files=("sw/*.py",), tests="tests/test_{}.py")


def test_a_fault_that_shows_is_found_and_one_that_cannot_is_a_survivor(small, tmp_path: Path, capsys):
    """With `<=`, and below 8, 7 gives 7 as well, and nothing calls `unused`: these survive by construction."""
    root, room = small
    tree = Tree(root, tmp_path / "tree")
    faults, possible = run.sample(room, root, 100, seed=1)
    assert len(faults) == possible == 7
    survivors = [survivor for survivor in run.try_faults(room, root, tree, faults) if survivor]
    found = {(survivor["line"], survivor["change"]) for survivor in survivors}
    assert found == {(2, "< -> <="), (2, "7 -> 8"), (6, "+ -> -")}
    assert (tree.folder / "sw" / "limit.py").read_text() == (root / "sw" / "limit.py").read_text()
    assert capsys.readouterr().out.count("SURVIVES") == 3


def test_a_fault_that_never_ends_is_found(small, tmp_path: Path):
    root, _ = small
    (root / "sw" / "limit.py").write_text("def low(x):\n    while x > 7:\n        x -= 1\n    return x\n")
    tree = Tree(root, tmp_path / "tree")
    endless = next(change for change in changes((root / "sw" / "limit.py").read_text()) if change.before == "x -= 1")
    verdict = tree.verdict("sw/limit.py", endless, ["tests/test_limit.py"], 3)
    assert (verdict.killed, verdict.by) == (True, "no end within 3 s")


def test_tests_that_fail_without_a_fault_are_an_error(small, tmp_path: Path):
    root, room = small
    (root / "tests" / "test_limit.py").write_text("def test_low():\n    assert False\n")
    with pytest.raises(RuntimeError, match="the tests of sw/limit.py fail without a fault"):
        list(run.try_faults(room, root, Tree(root, tmp_path / "tree"), run.sample(room, root, 1, seed=1)[0]))


def test_a_sample_of_the_contract_s_faults_is_found(tmp_path: Path):
    """Of the arithmetic of hidden weights, where nothing is without effect."""
    file = "sw/contract/hidden_weight.py"
    every = changes((ROOT / file).read_text())
    tree = Tree(ROOT, tmp_path / "tree")
    for change in every[:: len(every) // 5]:
        verdict = tree.verdict(file, change, BY_NAME["contract"].tests_of(file), LIMIT)
        assert verdict.killed, f"{file}:{change.line}: {change.before} -> {change.after}"


def test_a_sample_is_the_same_for_a_seed():
    room = BY_NAME["twin"]
    one, other = (run.sample(room, ROOT, 20, seed)[0] for seed in (1, 2))
    assert run.sample(room, ROOT, 20, 1)[0] == one != other


def test_the_results_count_what_they_list():
    """Every survivor that is committed has a reason, which names a place that is still there."""
    told = json.loads(run.RESULTS.read_text())
    assert told["mutants"] == told["killed"] + len(told["survivors"])
    assert told["score"] == round(told["killed"] / told["mutants"], 3) >= run.LEAST_SCORE
    assert [survivor for survivor in told["survivors"] if not survivor["reason"]] == []


def test_bad_input_is_one_sentence(capsys):
    assert run.main(["--sample", "0"]) == 2
    assert capsys.readouterr().err == "error: sample is 0, expected 1 or more\n"


def test_a_survivor_keeps_its_reason_when_its_line_has_gone_and_only_then():
    file = "mutation/run.py"
    change = changes((ROOT / file).read_text())[0]
    there = run.described(ROOT, file, change) | {"reason": "none of the file's"}
    gone = there | {"text": "nobody wrote this", "reason": "it was seen"}
    left = run.totalled({}, [dict(gone), dict(gone, file="gone.py"), there])["survivors"]
    assert [survivor["reason"] for survivor in left] == ["it was seen", "it was seen", ""]
