"""The documentation: every link leads somewhere, every page is in the index, and the front page stays short and true."""

import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest

from sw.contract import CONTRACT_VERSION
from sw.contract.frames import VERSION
from sw.experiments import measured
from sw.tree.sources import ROOT

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), *(ROOT / "sw").rglob("*.md")])
FEWEST_WORDS, MOST_WORDS = 600, 800

FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(([^()\s]+)[^()]*\)")
HEADING = re.compile(r"^#{1,6} +(.*?) *#*$", re.MULTILINE)


def prose(text: str) -> str:
    """What is no code: a link in code is none, and a # there begins no heading."""
    return INLINE.sub("``", FENCED.sub("", text))


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    found: dict[str, int] = {}
    told = set()
    for heading in HEADING.findall(FENCED.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        told.add(f"{slug}-{found[slug]}" if slug in found else slug)
        found[slug] = found.get(slug, 0) + 1
    return told


def dead(page: Path, text: str) -> list[str]:
    """The links of a page that lead nowhere, those to other sites left aside."""
    lost = []
    for link in LINK.findall(prose(text)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        there = target.is_relative_to(ROOT) and target.exists()
        if there and anchor:
            body = text if target == page else target.read_text(encoding="utf-8")
            there = target.suffix == ".md" and anchor in anchors(body)
        if not there:
            lost.append(link)
    return lost


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path):
    assert dead(page, page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("[a](docs/contract.md) and [b](docs/contract.md#what-hides-bugs)", []),
        ("![picture](docs/accelerator.svg), [site](https://amaranth-lang.org), [mail](mailto:a@b.c)", []),
        ("# Two words\n[here](#two-words)", []),
        ("# Twice\n# Twice\n[second](#twice-1)", []),
        ("`[code](nowhere.md)`\n```\n[code](nowhere.md)\n```", []),
        ("[![badge](docs/nowhere.svg)](docs/boards.md)", ["docs/nowhere.svg"]),
        ("[a](docs/nowhere.md)", ["docs/nowhere.md"]),
        ("[a](docs/contract.md#nothing-of-the-kind)", ["docs/contract.md#nothing-of-the-kind"]),
        ("# Here\n[a](#there)", ["#there"]),
        ("```\n# In code\n```\n[a](#in-code)", ["#in-code"]),
        ("[out](../elsewhere/README.md)", ["../elsewhere/README.md"]),
    ],
)
def test_a_link_that_leads_nowhere_is_found(text: str, lost: list[str]):
    assert dead(ROOT / "README.md", text) == lost


def test_every_page_is_in_the_index():
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    linked = {link.partition("#")[0] for link in LINK.findall(text)}
    assert {page.name for page in DOCS.glob("*.md")} - {"index.md"} <= linked


def test_the_front_page_is_short():
    words = len((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert FEWEST_WORDS <= words <= MOST_WORDS


@pytest.mark.parametrize(("page", "chosen"), [(measured.README, measured.GREETING), (measured.PAGE, measured.ROWS)])
def test_the_measured_figures_are_those_of_the_files(page: Path, chosen: tuple[measured.Row, ...]):
    text = page.read_text(encoding="utf-8")
    assert measured.replaced(text, chosen) == text, "run python -m sw.experiments.measured"


def test_the_front_page_has_five_of_them():
    assert len(measured.GREETING) == 5


def test_the_example_for_your_own_design_is_the_one_that_a_bench_trains():
    page = (DOCS / "your-design.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```verilog\n(.*?)```", page, re.DOTALL)
    assert shown == (ROOT / "examples" / "on_a_bus.v").read_text(encoding="utf-8")


def test_the_newest_changes_tell_the_versions():
    first = next(line for line in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines() if line.startswith("## "))
    package, *_ = first.removeprefix("## ").partition(",")
    assert package == tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert first.endswith(f": contract {CONTRACT_VERSION}, protocol {VERSION}")
