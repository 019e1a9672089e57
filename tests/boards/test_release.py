"""A release holds the bitstreams that the committed reports tell of, and no others."""

import hashlib
import io
import json
import tarfile
from importlib.metadata import version

import pytest

from boards import release
from boards.identity import source_hash
from sw.contract import CONTRACT_VERSION
from sw.contract.frames import VERSION

BITS = {"ulx3s-12f": ("top.bit", b"twelve"), "icebreaker": ("top.bin", b"ice")}
FOLDER = f"metaplast-{version('metaplast')}"


def report(name, content, **changes):
    return {
        "device": "LFE5U-12F", "layers": [784, 118, 10], "geometry": {"columns": 800}, "clock_mhz": 90.7, "asked_mhz": 80.0,
        "samples_per_second": 145_858.3, "baud": 3_000_000, "seed": 1, "tools": {"amaranth": "0.5.10"},
        "sources": source_hash(), "bitstream": name, "sha256": hashlib.sha256(content).hexdigest(),
    } | changes  # fmt: skip


@pytest.fixture
def gather(tmp_path, capsys):
    """Two boards that are built and have a report each; runs the command, gives its status and what it said."""
    for board, (name, content) in BITS.items():
        (tmp_path / "build" / board).mkdir(parents=True)
        (tmp_path / "build" / board / name).write_bytes(content)
        (tmp_path / "reports").mkdir(exist_ok=True)
        (tmp_path / "reports" / f"{board}.json").write_text(json.dumps(report(name, content)))

    def start(boards="ulx3s-12f,icebreaker", output="out"):
        words = ["--boards", boards, "--output", str(tmp_path / output)]
        status = release.main(words, builds=tmp_path / "build", reports=tmp_path / "reports")
        return status, capsys.readouterr().err

    return start


def test_a_release_has_bitstreams_reports_and_a_manifest(gather, tmp_path):
    assert gather() == (0, "")
    folder = tmp_path / "out" / FOLDER
    assert (folder / "ulx3s-12f.bit").read_bytes() == b"twelve" and (folder / "icebreaker.bin").read_bytes() == b"ice"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["contract"], manifest["protocol"]) == (CONTRACT_VERSION, VERSION)
    for board in BITS:
        told = manifest["boards"][board]
        assert hashlib.sha256((folder / told["bitstream"]).read_bytes()).hexdigest() == told["sha256"]
    held = [path for path in sorted(folder.iterdir()) if path.name != "SHA256SUMS"]
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in held]
    assert (folder / "SHA256SUMS").read_text().splitlines() == sums


def test_the_archive_holds_the_folder_and_is_the_same_every_time(gather, tmp_path):
    assert gather()[0] == gather(output="again")[0] == 0
    archive = (tmp_path / "out" / f"{FOLDER}.tar.gz").read_bytes()
    assert archive == (tmp_path / "again" / f"{FOLDER}.tar.gz").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(archive)) as read:
        held = {entry.name: read.extractfile(entry).read() for entry in read}
    assert held == {f"{FOLDER}/{path.name}": path.read_bytes() for path in (tmp_path / "out" / FOLDER).iterdir()}


def test_a_bitstream_that_is_not_the_one_of_its_report_is_refused(gather, tmp_path):
    (tmp_path / "build" / "icebreaker" / "top.bin").write_bytes(b"Ice")
    status, said = gather()
    assert status == 1 and "icebreaker/top.bin has the SHA-256" in said and said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_report_of_other_sources_is_refused(gather, tmp_path):
    (tmp_path / "reports" / "icebreaker.json").write_text(json.dumps(report("top.bin", b"ice", sources="0" * 64)))
    status, said = gather()
    assert status == 1 and said.startswith("error: the report of icebreaker is of other sources: python -m boards.build")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("gone", "said"),
    [("build/icebreaker/top.bin", "is missing: make bitstream BOARD=icebreaker"), ("reports/icebreaker.json", "has no report")],
)
def test_what_is_not_there_is_named(gather, tmp_path, gone, said):
    (tmp_path / gone).unlink()
    status, told = gather()
    assert status == 2 and said in told and not (tmp_path / "out").exists()
    assert gather("ulx3s-12f") == (0, "")


def test_a_board_that_there_is_not_is_named(gather):
    status, said = gather("ulx3s-12f,ulx4s")
    assert status == 2 and "there is no board 'ulx4s'" in said


def test_a_folder_with_something_else_in_it_is_left_alone(gather, tmp_path):
    (tmp_path / "out" / FOLDER).mkdir(parents=True)
    (tmp_path / "out" / FOLDER / "tangnano9k.fs").touch()
    status, said = gather()
    assert status == 2 and "tangnano9k.fs" in said
    assert [path.name for path in (tmp_path / "out" / FOLDER).iterdir()] == ["tangnano9k.fs"]
