"""What a command says comes out whole: under any encoding, with any name of a file, on a terminal of any width."""

import io
import os
import subprocess
import sys

import pytest
from rich.console import Console
from rich.table import Table

from sw.cli.command_line import app
from sw.contract import CONTRACT_VERSION
from sw.contract.board_table import ALIASES
from sw.contract.frames import VERSION
from sw.experiments.registry import EXPERIMENTS
from sw.figures.table import show
from sw.files.streams import take_every_word
from sw.host.known_boards import names
from sw.terminal.run import run
from sw.tree.sources import ROOT

COMMANDS = ("init", "train", "evaluate", "verify", "selftest", "boards", "doctor", "simulate", "page", "experiment")
METAPLAST = "from sw.cli.command_line import main; main()"


def started(program, *words, **environment):
    """A Python program in a process of its own, with its standard output in bytes."""
    given = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHONIO"))}
    command = [sys.executable, *program, *words]
    return subprocess.run(command, capture_output=True, env=given | environment, cwd=environment.get("PWD", ROOT), check=False)


@pytest.mark.parametrize("words", [(), *((command,) for command in COMMANDS), *(("experiment", name) for name in EXPERIMENTS)])
def test_help_is_in_ascii_and_names_every_option_whole(words, capsys, monkeypatch):
    """So no encoding lacks a letter of it, whatever typer writes it to."""
    shown = []
    for width in ("40", "200"):
        monkeypatch.setenv("COLUMNS", width)
        assert run(app, [*words, "--help"]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0].isascii() and "--help" in shown[0]
    options = [{word for word in text.split() if word.startswith("--")} for text in shown]
    assert {option.strip(",.") for option in options[1]} <= {option.strip(",.") for option in options[0]}


PROGRAMS = ["hw.generate", "boards.build", "sim.replay", "sim.native.build", "sw.data.pack", "mutation.run"]


@pytest.mark.parametrize("module", PROGRAMS)
def test_programs_say_what_they_are_for_under_any_encoding(module):
    ran = started(["-m", module], "--help", PYTHONIOENCODING="ascii")
    assert ran.returncode == 0, ran.stderr.decode()
    assert ran.stdout.decode("ascii").startswith("usage: ")


@pytest.mark.parametrize(
    "environment", [{"LC_ALL": "C"}, *({"PYTHONIOENCODING": encoding} for encoding in ("ascii", "latin-1", "cp437"))]
)
def test_the_boards_are_listed_under_any_encoding(environment):
    ran = started(["-c", METAPLAST], "boards", **environment)
    assert ran.returncode == 0 and b"tangnano20k" in ran.stdout


def test_a_name_that_is_no_text_is_said_and_the_file_is_written(tmp_path):
    """Given a strict output, when a checkpoint has a byte in its name that is no UTF-8, then all is well."""
    name = os.fsdecode(b"caf\xe9.npz")
    (tmp_path / "net.toml").write_text("[network]\nlayers = [8, 2]\n")
    words = ("init", "--config", str(tmp_path / "net.toml"), "--save", str(tmp_path / name))
    ran = started(["-c", METAPLAST], *words, PYTHONIOENCODING="utf-8:strict")
    assert ran.returncode == 0 and ran.stderr == b""
    assert ran.stdout.decode("utf-8").startswith(f"{tmp_path}/caf\\xe9.npz: 8-2, no samples")
    assert (tmp_path / name).exists()
    refused = started(["-c", METAPLAST], *words[:-1], str(tmp_path / name / "a"), PYTHONIOENCODING="utf-8:strict")
    assert refused.returncode == 2 and b"caf\\xe9.npz/a cannot be written: Not a directory" in refused.stderr


def test_what_an_encoding_lacks_is_written_in_ascii(monkeypatch):
    for encoding, errors, expected in (
        ("ascii", "strict", b"naive ... - \\u03bc \\xe9".replace(b"naive", b"na\\xefve")),
        ("latin-1", "strict", b"na\xefve ... - \\u03bc \\xe9"),
        ("utf-8", "strict", "naïve … – μ \\xe9".encode()),
        ("ascii", "replace", b"na?ve ? ? ? ?"),
    ):
        written = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding, errors=errors, write_through=True))
        take_every_word()
        print("naïve … – μ \udce9", end="")
        assert written.getvalue() == expected


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_the_names_of_boards_are_never_cut(width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    assert run(app, ["boards"]) == 0
    words = capsys.readouterr().out.split()
    assert {*names(), *ALIASES} <= set(words)


def test_a_table_that_is_too_wide_is_a_list(capsys):
    table = Table("board", "", title="all")
    table.add_row("a-very-long-name-of-a-board", "seconds and more")
    show(table, Console(width=24, file=sys.stdout))
    assert capsys.readouterr().out == "all\na-very-long-name-of-a-board\n  seconds and more\n"
    show(table, Console(width=60, file=sys.stdout))
    assert "┃" in capsys.readouterr().out


def test_the_versions_are_told(capsys):
    """Of program, contract and protocol, those of the documentation."""
    import tomllib

    assert run(app, ["--version"]) == 0
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert capsys.readouterr().out == f"metaplast {project}, contract {CONTRACT_VERSION}, protocol {VERSION}\n"
    for page, number in (("contract", CONTRACT_VERSION), ("protocol", VERSION)):
        title = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8").split("\n")[0]
        assert title == f"# The {page}, version {number}"
