"""Plants a sample of all possible faults, room by room, and writes who survives.

    python -m mutation.run [--room array] [--sample 60] [--seed 1]   # plant, run the tests of the file, count
    python -m mutation.run --again                                    # only the survivors that have no reason yet

A fault that no test finds is a survivor: either a test is missing or the fault changes nothing that can be seen, for which
`mutation/reasons.toml` gives the reason. The result lies in `results/mutation.json`; what is there of other rooms stays.
A run that is broken off is continued by the same command. Before its first fault the tests of a file are run without one.
Exit status 1: they fail, or the score is below the least.
"""

import argparse
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from mutation.change import Change, changes
from mutation.room import BY_NAME, ROOMS, Room
from mutation.trial import Tree
from sw.files.error import FileError
from sw.files.input import read_object
from sw.files.output import check_outputs, make_folder, write_json
from sw.files.streams import take_every_word

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "results" / "mutation.json"
REASONS = Path(__file__).parent / "reasons.toml"
SAMPLE = {"contract": 100, "twin": 30} | dict.fromkeys(
    ("array", "forward", "learning", "groups", "link", "store", "engine"), 40
)
LEAST_SCORE = 0.8
LEAST_LIMIT = 20  # seconds of processor time for the tests of a faulty file
MOST_LIMIT = 1800
Fault = tuple[str, Change]


def sample(room: Room, root: Path, count: int, seed: int) -> tuple[list[Fault], int]:
    """`count` faults of a room, drawn by `seed`, in the order of the files; and how many there are to draw from."""
    every = [(file, change) for file in room.members(root) for change in changes((root / file).read_text(encoding="utf-8"))]
    drawn = Random(f"{room.name} {seed}").sample(range(len(every)), min(count, len(every)))
    return [every[place] for place in sorted(drawn)], len(every)


def described(root: Path, file: str, change: Change) -> dict[str, Any]:
    """A survivor as the results name it."""
    text = (root / file).read_text(encoding="utf-8").splitlines()[change.line - 1].strip()
    return {"file": file, "line": change.line, "text": text, "change": f"{change.before} -> {change.after or 'nothing'}"}


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two descriptions are of the same fault, wherever its line is now."""
    return all(one[name] == other[name] for name in ("file", "text", "change"))


def reasons() -> list[dict[str, str]]:
    """The survivors of which it is known why nobody can see them."""
    return tomllib.loads(REASONS.read_text(encoding="utf-8")).get("survivor", []) if REASONS.exists() else []


def try_faults(room: Room, root: Path, tree: Tree, faults: list[Fault]) -> Iterator[dict[str, Any] | None]:
    """Plant one fault after another: None for one that was found, else its description.

    Raises `RuntimeError` if the tests fail without a fault.
    """
    limits: dict[tuple[str, ...], int] = {}
    for number, (file, change) in enumerate(faults, 1):
        tests = room.tests_of(file)
        if tests not in limits:
            right = tree.run(tests, MOST_LIMIT)
            if right.killed:
                raise RuntimeError(f"the tests of {file} fail without a fault: {right.by}")
            limits[tests] = max(LEAST_LIMIT, int(3 * right.seconds))
        verdict = tree.verdict(file, change, tests, limits[tests])
        what = described(root, file, change)
        place = f"{file}:{what['line']}: {' '.join(what['change'].split())}"
        fate = f"found by {verdict.by}" if verdict.killed else "SURVIVES"
        print(f"{room.name} {number}/{len(faults)} {verdict.seconds:5.1f} s  {place}  {fate}", flush=True)
        yield None if verdict.killed else what


def totalled(rooms: dict[str, dict[str, Any]], survivors: list[dict[str, Any]]) -> dict[str, Any]:
    """The whole result from the rooms' parts. A survivor whose line has gone since keeps the reason that it had."""
    known = reasons()
    for survivor in survivors:
        reason = next((each["reason"] for each in known if same(each, survivor)), "")
        survivor["reason"] = reason or ("" if _places(survivor) else survivor.get("reason", ""))
    mutants, killed = (sum(room[name] for room in rooms.values()) for name in ("mutants", "killed"))
    for room in rooms.values():
        room["score"] = round(room["killed"] / max(room["mutants"], 1), 3)
    return {
        "mutants": mutants,
        "killed": killed,
        "score": round(killed / max(mutants, 1), 3),
        "without_reason": sum(not survivor["reason"] for survivor in survivors),
        "rooms": rooms,
        "survivors": survivors,
    }


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    take_every_word()
    parser = argparse.ArgumentParser(prog="python -m mutation.run", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--room", action="append", choices=BY_NAME, help="only this room; may be given more than once")
    parser.add_argument("--sample", type=int, help="faults of each room, a number for each by default")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--again", action="store_true", help="only the survivors without a reason")
    parser.add_argument("--output", type=Path, default=RESULTS)
    given = parser.parse_args(arguments)
    if given.sample is not None and given.sample < 1:
        print(f"error: sample is {given.sample}, expected 1 or more", file=sys.stderr)
        return 2
    try:
        make_folder(given.output.parent)
        check_outputs({"--output": given.output})
        return _plant(given)
    except FileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _plant(given: argparse.Namespace) -> int:
    told = {"rooms": {}, "survivors": []} | (read_object(given.output) if given.output.is_file() else {})
    rooms, survivors = told["rooms"], told["survivors"]
    totalled(rooms, survivors)
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        tree = Tree(ROOT, Path(folder) / "tree")
        for room in ROOMS:
            if given.room and room.name not in given.room:
                continue
            if given.again:
                members = room.members(ROOT)
                open_ = [each for each in survivors if each["file"] in members and not each["reason"] and _places(each)]
                faults = [_places(each)[0] for each in open_]
            else:
                open_, faults = [], _begun(room, rooms, survivors, given.sample or SAMPLE[room.name], given.seed)
            try:
                for number, survivor in enumerate(try_faults(room, ROOT, tree, faults)):
                    if given.again and survivor is None:
                        survivors.remove(open_[number])
                        rooms[room.name]["killed"] += 1
                    elif not given.again:
                        rooms[room.name]["mutants"] += 1
                        rooms[room.name]["killed"] += survivor is None
                        survivors += [] if survivor is None else [survivor]
                    write_json(given.output, totalled(rooms, survivors))
            except RuntimeError as error:
                print(f"error: {error}", file=sys.stderr)
                return 1
    result = totalled(rooms, survivors)
    write_json(given.output, result)  # with the reasons that have been found since
    for name, room in rooms.items():
        print(f"{name:10} {room['killed']:4} of {room['mutants']:4} found, {room['score']:.1%}")
    print(f"{'all':10} {result['killed']:4} of {result['mutants']:4} found, {result['score']:.1%}; {given.output}")
    print(f"{result['without_reason']} survivors without a reason")
    return int(result["score"] < LEAST_SCORE)


def _begun(room: Room, rooms: dict[str, dict[str, Any]], survivors: list[dict[str, Any]], count: int, seed: int) -> list[Fault]:
    """The faults of a room that are left to try: all but those that a run which was broken off has tried."""
    faults, possible = sample(room, ROOT, count, seed)
    fresh = {"sample": len(faults), "possible": possible, "seed": seed}
    known = rooms.get(room.name, {})
    if fresh.items() <= known.items() and known["mutants"] < len(faults):
        return faults[known["mutants"] :]
    members = room.members(ROOT)
    survivors[:] = [each for each in survivors if each["file"] not in members]
    rooms[room.name] = fresh | {"mutants": 0, "killed": 0}
    return faults


def _places(survivor: dict[str, Any]) -> list[Fault]:
    """The fault of a survivor in the file as it is now, or nothing if it has gone."""
    if not (ROOT / survivor["file"]).is_file():
        return []
    every = changes((ROOT / survivor["file"]).read_text(encoding="utf-8"))
    found = [change for change in every if same(described(ROOT, survivor["file"], change), survivor)]
    nearest = sorted(found, key=lambda change: abs(change.line - survivor["line"]))[:1]
    return [(survivor["file"], change) for change in nearest]


if __name__ == "__main__":
    sys.exit(main())
