"""Exit statuses: the table of the documentation is the whole of it, and a reader that goes away is no difference."""

import errno
import os
import re
import subprocess

import pytest
import typer

from sw.cli import selftest, verify
from sw.cli.command_line import app
from sw.host import checkpoint
from sw.host.interruption import EXIT_STATUS, SIGNALS
from sw.terminal import run as exit_status
from sw.terminal.run import run
from sw.tree.sources import ROOT
from tests.drivers.program import GEOMETRY, TRAIN, prepare, start

DOCS = ROOT / "docs" / "host.md"
COUNT = 300


@pytest.fixture
def nobody():
    """The writing end of a pipe whose reader has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


def test_the_table_has_every_status_and_no_other():
    table = DOCS.read_text().partition("## Exit status")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([\d, ]+) \|", table, re.M)
    told = [int(number) for row in rows for number in row.split(", ")]
    signals = {EXIT_STATUS + number for number in SIGNALS}
    assert {verify.DIFFERENT, selftest.DIFFERENT} == {1}
    assert sorted(told) == sorted({0, 1, exit_status.WRONG, exit_status.FAULT, exit_status.UNREAD} | signals)


@pytest.mark.parametrize("words", [("boards",), ("--help",), ("train", "--help"), ("experiment", "--list"), ("doctor",)])
def test_a_reader_that_goes_away_before_it_is_told_all(tmp_path, nobody, words):
    with start(tmp_path, *words, stdout=nobody, stderr=subprocess.PIPE) as process:
        told = process.stderr.read()
    assert (process.returncode, told) == (141, "")


@pytest.mark.parametrize("streams", [("stdout",), ("stderr",), ("stdout", "stderr")])
def test_a_pass_that_nobody_reads_of_is_finished_and_saved(tmp_path, nobody, streams):
    prepare(tmp_path, COUNT)
    out, err = (nobody if name in streams else None for name in ("stdout", "stderr"))
    with start(tmp_path, *TRAIN, "--save", "a.npz", stdout=out, stderr=err) as process:
        pass
    assert process.returncode == 0
    assert checkpoint.load(tmp_path / "a.npz").samples == COUNT


@pytest.mark.parametrize("redirections", ["exec >&-", "exec 2>&-", "exec <&- >&- 2>&-", "exec >/dev/full", "exec 2>/dev/full"])
def test_a_pass_whose_output_goes_nowhere_is_finished_and_saved(tmp_path, redirections):
    prepare(tmp_path, COUNT)
    with start(tmp_path, *TRAIN, "--save", "a.npz", shell=redirections) as process:
        pass
    assert process.returncode == 0
    assert checkpoint.load(tmp_path / "a.npz").samples == COUNT


@pytest.mark.parametrize("words", [("boards",), ("--help",), ("experiment", "--list")])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_device_that_is_full_is_one_sentence(tmp_path, words, unbuffered):
    shell = f"export PYTHONUNBUFFERED={unbuffered}; exec >/dev/full"
    with start(tmp_path, *words, shell=shell, stderr=subprocess.PIPE) as process:
        told = process.stderr.read()
    assert (process.returncode, told) == (2, f"error: standard output cannot be written: {os.strerror(errno.ENOSPC)}\n")


def test_a_difference_is_1_whether_somebody_reads_it_or_not(tmp_path, nobody):
    words = ("verify", "--board", "sim", "--geometry", GEOMETRY, "--config", "net.toml", "--samples", 60, "--seed", 3)
    prepare(tmp_path, COUNT)
    wrong = "old = f.SmallChip.table_of; f.SmallChip.table_of = lambda c, i, u: [x + 1 for x in old(c, i, u)]"
    for change, status in ((wrong, 1), ("pass", 141)):
        with start(tmp_path, *words, change=change, stdout=nobody, stderr=subprocess.DEVNULL) as process:
            pass
        assert process.returncode == status


def test_a_fault_of_the_program_is_no_difference(capsys):
    application = typer.Typer(add_completion=False)

    @application.command()
    def broken() -> None:
        raise ZeroDivisionError("of the program")

    assert run(application, []) == 70
    told = capsys.readouterr().err
    assert "Traceback" in told and told.endswith("error: this is a fault of metaplast itself: please report the lines above\n")


def test_an_option_that_there_is_not_is_2(capsys):
    assert run(app, ["boards", "--colour"]) == 2
    assert capsys.readouterr().err.startswith("error: No such option: --colour")
