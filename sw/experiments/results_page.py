"""Writes the numbers of docs/results.md and docs/results-*.md from the files that the experiments left.

    python -m sw.experiments.results_page

The prose of the pages is written by hand; between a marker `<!-- result: NAME -->` and the next `<!-- end -->` lies what
`results/NAME/result.json` says: the command, the size, the table, a picture. `<!-- answer -->` has every aim beside what was
reached, `<!-- beyond -->` the same of the first settings. What has no file yet, or not a whole one, is called that.
"""

import re
import shlex
from pathlib import Path

from sw.experiments.program import main
from sw.experiments.results import RESULTS, is_there, known, path_of
from sw.experiments.results_aims import answer, beyond
from sw.experiments.results_plan import PLAN, words_of
from sw.experiments.results_tables import has_one_task, sizes, table_of
from sw.files.input import read_text
from sw.files.output import write_text

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted((ROOT / "docs").glob("results*.md"))
BEGIN = re.compile(r"<!-- (?:result: (?P<name>[a-z0-9-]+)|(?P<table>answer|beyond)) -->\n")
TABLES = {"answer": answer, "beyond": beyond}
END = "<!-- end -->"
SHOWN = ("result.png", "result-curves.png")


def replaced(text: str, folder: Path = ROOT / RESULTS) -> str:
    """`text` with what lies between its markers as the files in `folder` have it. Raises `ValueError` for an unknown
    name and for a marker without an end."""
    parts, place = [], 0
    for marker in BEGIN.finditer(text):
        name = marker["name"]
        if name is not None and name not in PLAN:
            raise ValueError(f"the page has a marker for {name}, expected one of {', '.join(PLAN)}")
        end = text.index(END, marker.end())
        parts += [text[place : marker.end()], section(name, folder) if name else TABLES[marker["table"]](folder), "\n"]
        place = end
    return "".join([*parts, text[place:]])


def section(name: str, folder: Path) -> str:
    """Command, size, table and picture of one result."""
    path = path_of(name, folder)
    result = known(path)
    if not is_there(path):
        return f"Not run yet: `metaplast experiment {shlex.join(words_of(name))}`\n"
    pictures = [] if has_one_task(result) else [picture for picture in SHOWN if path.with_name(picture).exists()]
    shown = [f"\n![{name}](../results/{name}/{picture})\n" for picture in pictures]
    return "\n".join([f"`{result['command']}`", "", sizes(result), "", *table_of(result), *shown])


def write() -> int:
    """Write the numbers of the pages again."""
    for page in PAGES:
        write_text(page, replaced(read_text(page)))
    return 0


if __name__ == "__main__":
    main(write)
