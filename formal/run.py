"""`python -m formal.run [--only NAME] [--planted]`: every claim, or every planted bug, as a table."""

import argparse
import sys
from pathlib import Path

from formal import cell_step, cell_sum, crc, divide, draw, frame_buffer, issue, queue, register_slice
from formal.claim import Claim
from formal.prove import prove

BLOCKS = (cell_step, cell_sum, crc, divide, draw, frame_buffer, issue, queue, register_slice)
CLAIMS: tuple[Claim, ...] = tuple(claim for block in BLOCKS for claim in block.CLAIMS)
FOLDER = Path("build/formal")


def main() -> int:
    """Returns 0 if every claim was proved or, with --planted, every bug was found."""
    parser = argparse.ArgumentParser(prog="python -m formal.run", description=__doc__)
    parser.add_argument("--only", metavar="NAME", choices=[claim.name for claim in CLAIMS])
    parser.add_argument("--planted", action="store_true", help="plant each bug in turn, and expect that it is found")
    asked = parser.parse_args()
    claims = [claim for claim in CLAIMS if asked.only in (None, claim.name)]
    is_right = True
    for claim in claims:
        for number, bug in enumerate(claim.bugs if asked.planted else (None,)):
            folder = FOLDER / (claim.name if bug is None else f"{claim.name}-bug-{number}")
            answer = prove(claim, bug, folder)
            expected = "PASS" if bug is None else "FAIL"
            is_right &= answer.verdict == expected
            how = f"{'the first' if bug else 'induction,'} {claim.depth} cycles"
            what = claim.about if bug is None else f"{bug.module}: {on_one_line(bug.right)} -> {on_one_line(bug.wrong)}"
            result = ("proved" if bug is None else "found") if answer.verdict == expected else f"WRONG: {answer.verdict}"
            print(f"{claim.name:15} {how:20} {answer.seconds:5.1f} s  {result:8} {what}", flush=True)
            if answer.verdict != expected:
                print(f"{claim.name}: see {folder}/run/logfile.txt", file=sys.stderr)
    return not is_right


def on_one_line(text: str) -> str:
    return " ".join(text.split()) or "nothing"


if __name__ == "__main__":
    sys.exit(main())
