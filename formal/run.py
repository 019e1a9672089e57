"""`python -m formal.run [--only NAME]`: proves every claim, plants every bug, and says what was found as a table.

What was proved goes into `results/formal.json`: for each claim its name (`property`), what it says, `status` (proved, or
fail), `depth` of the induction in cycles, `planted_bugs` and `planted_bug_found` (all of them), `seconds`. With `--only` the
other claims' entries stay.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from formal import (
    bounds,
    cell_step,
    cell_sum,
    checks,
    cobs,
    complement,
    crc,
    divide,
    draw,
    escape,
    frame_buffer,
    frame_check,
    group_sums,
    groups,
    issue,
    once,
    playback,
    queue,
    register_slice,
    sequencer,
)
from formal.claim import Claim
from formal.prove import prove
from formal.source import Bug
from sw.files.error import FileError
from sw.files.input import read_json
from sw.files.output import check_outputs, make_folder, write_json
from sw.files.streams import take_every_word

BLOCKS = (
    *(bounds, cell_step, cell_sum, cobs, complement, crc, divide, draw, escape),
    *(frame_buffer, frame_check, group_sums, groups, issue, once, checks, playback, queue, register_slice, sequencer),
)
CLAIMS: tuple[Claim, ...] = tuple(claim for block in BLOCKS for claim in block.CLAIMS)
FOLDER = Path("build/formal")
RESULTS = Path("results/formal.json")


def main() -> int:
    """Returns 0 if every claim was proved and every bug was found."""
    take_every_word()
    parser = argparse.ArgumentParser(prog="python -m formal.run", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", metavar="NAME", choices=[claim.name for claim in CLAIMS])
    parser.add_argument("--no-bugs", action="store_true", help="the proofs alone, without the planted bugs")
    asked = parser.parse_args()
    try:
        return _prove(asked)
    except FileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _prove(asked: argparse.Namespace) -> int:
    if not asked.no_bugs:
        make_folder(RESULTS.parent)
        check_outputs({"the results": RESULTS})
    entries = [entry(claim, not asked.no_bugs) for claim in CLAIMS if asked.only in (None, claim.name)]
    if not asked.no_bugs:
        told = read_json(RESULTS) if RESULTS.exists() else []
        by_name = {each["property"]: each for each in (*told, *entries)}
        write_json(RESULTS, [by_name[each.name] for each in CLAIMS if each.name in by_name])
    return not all(each["status"] == "proved" and each["planted_bug_found"] for each in entries)


def entry(claim: Claim, with_bugs: bool) -> dict[str, Any]:
    """Prove one claim and, if asked, plant its bugs; the claim's part of the results."""
    seconds = 0.0
    verdicts: list[bool] = []
    for number, bug in enumerate((None, *claim.bugs) if with_bugs else (None,)):
        is_as_expected, taken = attempt(claim, bug, number)
        verdicts.append(is_as_expected)
        seconds += taken
    return {
        "property": claim.name,
        "says": claim.about,
        "status": "proved" if verdicts[0] else "fail",
        "depth": claim.depth,
        "planted_bugs": len(verdicts) - 1,
        "planted_bug_found": all(verdicts[1:]),
        "seconds": round(seconds, 1),
    }


def attempt(claim: Claim, bug: Bug | None, number: int) -> tuple[bool, float]:
    """One run of the prover, with its line of the table; whether it said what it should, and the seconds it took."""
    folder = FOLDER / (claim.name if bug is None else f"{claim.name}-bug-{number}")
    answer = prove(claim, bug, folder)
    is_as_expected = answer.verdict == ("PASS" if bug is None else "FAIL")
    how = f"the first {max(claim.depth, claim.bug_depth)} cycles" if bug else f"induction, {claim.depth} cycles"
    what = claim.about if bug is None else f"{bug.module}: {on_one_line(bug.right)} -> {on_one_line(bug.wrong)}"
    result = ("proved" if bug is None else "found") if is_as_expected else f"WRONG: {answer.verdict}"
    print(f"{claim.name:15} {how:20} {answer.seconds:5.1f} s  {result:8} {what}", flush=True)
    if not is_as_expected:
        print(f"{claim.name}: see {folder}/run/logfile.txt", file=sys.stderr)
    return is_as_expected, answer.seconds


def on_one_line(text: str) -> str:
    return " ".join(text.split()) or "nothing"


if __name__ == "__main__":
    sys.exit(main())
