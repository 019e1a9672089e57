"""docs/verification.md is true: every proof, bench, test and command that it names is there, and no other kind of evidence."""

import ast
import json
import re
from pathlib import Path

import pytest

from formal.run import CLAIMS
from sw.tree.sources import ROOT, sources

PLAN = ROOT / "docs" / "verification.md"
STATES = ("proved", "CI", "proved, CI", "check", "long")
RESULTS = {name: f"{name}.json" for name in ("bench", "coverage", "replay", "mutation", "soak")}


def rows(text: str) -> list[list[str]]:
    """Feature, failure, evidence and state of each row of the tables."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    plan = [row for row in cells if len(row) != 3 and row[0] != "feature"]
    return [row for row in plan if set("".join(row)) != {"-"}]


def wrong(row: list[str]) -> list[str]:
    """What is not as the row says."""
    if len(row) != 4 or row[3] not in STATES:
        return [f"{row} is no row of the plan"]
    found = []
    for evidence in re.findall(r"`([^`]*)`", row[2]) or [""]:
        first, _, second = evidence.partition(" ")
        if first == "formal":
            is_there = second in {claim.name for claim in CLAIMS} and "proved" in row[3]
        elif first == "make":
            is_there = bool(re.search(rf"^{second}:", (ROOT / "Makefile").read_text(), re.M)) and row[3] == "long"
        else:
            is_there = bool(re.fullmatch(r"(sim|tests)/(\w+/)*test_\w+\.py", first)) and (ROOT / first).exists()
            is_there = is_there and (not second or second in functions(ROOT / first))
            is_there = is_there and ("check" if second in checked(ROOT / first) else "CI") in row[3]
        if not is_there:
            found.append(f"{evidence!r} is not there or not {row[3]}")
    return found


def functions(path: Path) -> set[str]:
    """The functions and coroutines at the top of a file."""
    body = ast.parse(path.read_text()).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def checked(path: Path) -> set[str]:
    """The functions of a file that only `make check` runs."""
    body = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    return {node.name for node in body if any(ast.unparse(mark) == "pytest.mark.check" for mark in node.decorator_list)}


def test_what_make_test_leaves_out_is_in_the_plan():
    """A row for each: nothing is left out in silence."""
    named = {evidence for row in rows(PLAN.read_text()) for evidence in re.findall(r"`([^`]*)`", row[2])}
    left_out = {
        f"{path.relative_to(ROOT).as_posix()} {name}"
        for path in sources("sim/**/test_*.py", "tests/**/test_*.py")
        for name in checked(path)
    }
    assert left_out and left_out <= named
    assert '-m "not check"' in (ROOT / "Makefile").read_text()


def test_every_row_names_what_is_there():
    plan = rows(PLAN.read_text())
    assert len(plan) > 40
    assert [sentence for row in plan for sentence in wrong(row)] == []


def test_every_claim_is_in_the_plan_and_proved():
    named = {name for row in rows(PLAN.read_text()) for name in re.findall(r"`formal ([^`]*)`", row[2])}
    assert named == {claim.name for claim in CLAIMS}
    told = {entry["property"]: entry for entry in json.loads((ROOT / "results" / "formal.json").read_text())}
    assert set(told) == named
    for entry in told.values():
        assert entry["status"] == "proved" and entry["planted_bug_found"] and entry["depth"] > 0


def figures() -> list[str]:
    """The rows of the table of results, from what the commands left."""
    formal, check, coverage, replay, mutation, soak = (
        json.loads((ROOT / "results" / f"{name}.json").read_text())
        for name in ("formal", "check", "coverage", "replay", "mutation", "soak")
    )
    lines = soak["sections"]
    bad_lines = [
        f"{soak['frames_fuzzed']:,} damaged or forged frames, {soak['wrong_updates'] + soak['hangs']} wrong updates or hangs",
        f"{lines['acknowledgements']['batches']:,} batches with {soak['acknowledgement_faults']:,} faults",
        f"{lines['resets']['resets']} resets, {lines['cable']['cables']} cables, {soak['differences']} differences",
        f"{soak['identical_resumes']} of {soak['kills']} killed hosts with identical ends",
    ]
    memory = {name: lines[f"playback{name}"] for name in ("", "-rtl", "-resets", "-flips", "-kills")}
    on_memories = [
        f"{memory['']['stays']} stays on the board in Python and {memory['-rtl']['stays']} on the gateware, "
        f"{memory['']['records_played'] + memory['-rtl']['records_played']:,} records, "
        f"{memory['']['frame_faults'] + memory['-rtl']['frame_faults']:,} faults",
        f"{memory['-resets']['resets']} resets, {memory['-flips']['bits_flipped']} flipped bits, "
        f"{sum(each.get('differences', 0) for each in memory.values())} differences",
        f"{memory['-kills']['identical_resumes']} of {memory['-kills']['kills']} killed hosts with identical ends",
    ]
    rooms = [f"{name} {room['killed']} of {room['mutants']}" for name, room in mutation["rooms"].items()]
    runs = [f"{run['samples']:,}" for run in replay.values() if run["equal"]]
    return [
        f"| claims proved | {len(formal)} | `make formal` |",
        f"| planted bugs that break them, all found | {sum(claim['planted_bugs'] for claim in formal)} | `make formal` |",
        f"| tests and benches | {check['tests']:,}, {check['failed']} failed, {check['skipped']} skipped | `make check` |",
        f"| bins of coverage met | {coverage['hit']} of {coverage['bins']} | `make coverage` |",
        f"| faults found | {mutation['killed']} of {mutation['mutants']} ({', '.join(rooms)}) | `make mutation` |",
        f"| samples of the long runs, equal on the native board | {' and '.join(runs)} | `make replay` |",
        f"| bad lines | {'; '.join(bad_lines)} | `make soak` |",
        f"| the same while a board plays and rehearses | {'; '.join(on_memories)} | `make soak` |",
    ]


def test_the_results_are_those_of_the_files():
    text = PLAN.read_text()
    assert [figure for figure in figures() if figure not in text] == []


@pytest.mark.parametrize("target", RESULTS)
def test_a_long_command_has_left_its_result(target: str):
    assert json.loads((ROOT / "results" / RESULTS[target]).read_text())


@pytest.mark.parametrize(
    "row",
    [
        ["a", "b", "`formal nothing`", "proved"],
        ["a", "b", "`formal crc`", "CI"],
        ["a", "b", "`make nothing`", "long"],
        ["a", "b", "`sim/array/test_cell.py nothing`", "CI"],
        ["a", "b", "`sim/test_nothing.py`", "CI"],
        ["a", "b", "`sw/twin/update.py`", "CI"],
        ["a", "b", "by looking at it", "CI"],
        ["a", "b", "`sim/array/test_cell.py`", "done"],
        ["a", "b", "`sim/array/test_cell.py`", "check"],
        ["a", "b", "`sim/boards/test_bitstreams.py test_two_builds_give_the_same_bitstream`", "CI"],
        ["a", "b"],
    ],
)
def test_a_row_that_is_not_true_is_found(row: list[str]):
    assert wrong(row)
