"""What a build shows while it runs, from lines that tools really print; a run of seeds that goes on where it stopped."""

import json
import shutil

import pytest

from boards import build, seeds
from boards.identity import source_hash
from boards.progress import phase


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("3.24.7. Executing MEMORY_SHARE pass (consolidating $memrd/$memwr cells).", "MEMORY_SHARE"),
        ("Info: Packing carries...", "Packing carries"),
        (
            "Info:     at iteration #12, type ALL: wirelen solved = 137937, spread = 503553, legal = 728330; time = 7.42s",
            "placing, iteration 12",
        ),
        ("Info: Routing..", "routing"),
        (
            "Info:     135000 |    36870      97638 |  177   808 |     71670|       2.28     438.48|",
            "routing, 71670 left",
        ),
        ("Info: Checksum: 0x268f64de", None),
    ],
)
def test_a_line_tells_where_a_tool_is(line, shown):
    assert phase(line) == shown


@pytest.fixture
def builds(tmp_path, monkeypatch):
    """Seeds are built by a function that notes them; everything is written to a temporary folder."""
    monkeypatch.setattr(seeds, "WORK", tmp_path / "build")
    monkeypatch.setattr(seeds, "REPORTS", tmp_path / "reports")
    built = []

    def fake(request, console):
        built.append(request.seed)
        report = {
            "board": request.target.name, "seed": request.seed, "clock_mhz": 90.0 - request.seed, "asked_mhz": 80.0,
            "margin": 0.1, "logic_per_synapse": 30.0, "samples_per_second": 1000.0, "seconds": {"pack": 2.0},
            "sha256": "00", "sources": source_hash(), "tools": {},
        }  # fmt: skip
        request.folder.mkdir(parents=True)
        (request.folder / build.REPORT).write_text(json.dumps(report))
        return report

    monkeypatch.setattr(build, "build", fake)
    return built


def test_the_table_of_seeds_has_the_worst_clock(builds, tmp_path):
    assert seeds.main(["--board", "ulx3s-25f", "--seeds", "1,4,2", "--workers", "1"]) == 0
    table = json.loads((tmp_path / "reports" / "ulx3s-25f-seeds.json").read_text())
    assert builds == [1, 4, 2]
    assert [row["seed"] for row in table["seeds"]] == [1, 4, 2]
    assert table["worst_clock_mhz"] == 86.0
    assert table["command"] == "python -m boards.seeds --board ulx3s-25f --seeds 1,4,2"


def test_a_seed_that_was_built_from_these_sources_is_not_built_again(builds, tmp_path):
    assert seeds.main(["--board", "ulx3s-25f", "--seeds", "1,2", "--workers", "1"]) == 0
    shutil.rmtree(tmp_path / "build" / "ulx3s-25f-seed-2")
    assert seeds.main(["--board", "ulx3s-25f", "--seeds", "1,2,3", "--workers", "1"]) == 0
    assert builds == [1, 2, 2, 3]


def test_a_report_of_other_sources_is_not_taken(tmp_path):
    (tmp_path / build.REPORT).write_text(json.dumps({"sources": "others"}))
    assert seeds.known_report(tmp_path) is None
    (tmp_path / build.REPORT).write_text(json.dumps({"sources": source_hash()}))
    assert seeds.known_report(tmp_path) == {"sources": source_hash()}


def test_seeds_that_are_no_numbers_are_refused(capsys):
    assert seeds.main(["--seeds", "1,two"]) == 2
    assert capsys.readouterr().err == "error: seeds is '1,two', expected numbers like 1,2,3\n"
