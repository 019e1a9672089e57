"""`make check`: what its result says is what pytest told, and it is not written where a test has failed."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sw.tree.sources import sources
from tests import check

REPORT = """<testsuites><testsuite>
<testcase classname="sim.test_a" name="test_quick" time="0.04"/>
<testcase classname="sim.test_a" name="test_slow" time="61.26"/>
<testcase classname="sim.test_a" name="test_wrong" time="1"><failure message="no"/></testcase>
<testcase classname="tests.test_b" name="test_broken" time="2"><error message="no"/></testcase>
<testcase classname="tests.test_b" name="test_left" time="0"><skipped message="no"/></testcase>
</testsuite></testsuites>"""
ALONE = ("-q", "-c", "/dev/null", "-p", "no:cacheprovider", "-p", "no:xdist")


def test_the_summary_counts_what_the_report_has(monkeypatch):
    monkeypatch.setattr(check, "LONGEST", 2)
    told = check.summary(ElementTree.fromstring(REPORT))
    assert (told["tests"], told["failed"], told["skipped"]) == (5, 2, 1)
    assert told["longest"] == {"sim.test_a.test_slow": 61.3, "tests.test_b.test_broken": 2.0}


@pytest.mark.parametrize("right", [True, False])
def test_a_result_is_written_only_if_nothing_failed(right: bool, tmp_path: Path, capfd):
    tests, result = tmp_path / "test_it.py", tmp_path / "check.json"
    tests.write_text(f"def test_it():\n    assert {right}\n")
    assert check.check([*ALONE, str(tests)], result) == int(not right)
    assert result.exists() == right
    if right:
        told = json.loads(result.read_text())
        assert (told["tests"], told["failed"], told["skipped"]) == (1, 0, 0)
        assert told["versions"]["amaranth"] and len(told["sources"]) == 64
        assert told["processor_seconds"] > 0
    else:
        assert "check.json stays as it was" in capfd.readouterr().err


def test_the_hash_is_over_every_room():
    rooms = {path.relative_to(check.ROOT).parts[0] for path in sources(*check.SOURCES)}
    assert rooms == {"boards", "formal", "hw", "mutation", "sim", "sw", "tests"}
