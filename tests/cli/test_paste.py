"""Lines to paste: what the program prints for a shell runs there as it stands, whatever the names of files and folders."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sw.cli.command_line import app
from sw.host import checkpoint, invocation
from sw.host.doctor.serial_ports import install_rule
from sw.host.error import HostError
from sw.host.invocation import make, program, shell_line, shell_word
from sw.terminal.run import run
from tests.drivers.program import prepare

SCRIPT = Path(sys.executable).with_name("metaplast")
COUNT = 3000
START = ("train", "--board", "twin", "--config", "net.toml", "--images", "images", "--labels", "labels")


def shell(line, folder=None):
    return subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, check=False)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@given(st.lists(st.binary(max_size=12).map(lambda name: os.fsdecode(name.replace(b"\0", b"0"))), min_size=1, max_size=4))
def test_every_word_comes_through_a_shell_as_it_was(encoding, words):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), encoding))
        line = shell_line(words)
    assert line.isprintable() and line.encode(encoding)
    done = shell(f"printf '%s\\0' {line}")
    assert done.stdout == b"".join(os.fsencode(word) + b"\0" for word in words)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    """The checkpoint of a pass that nobody stops."""
    folder = tmp_path_factory.mktemp("whole")
    prepare(folder, COUNT)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run(app, [*START, "--save", "whole.npz"]) == 0
    return (folder / "whole.npz").read_bytes()


@pytest.mark.parametrize("name", ["a  b 'c' $d.npz", os.fsdecode(b"caf\xe9\n'x'.npz"), "é.npz"], ids=["quotes", "bytes", "é"])
def test_the_line_after_sigterm_goes_on_where_it_stopped(tmp_path, name, whole):
    prepare(tmp_path, COUNT)
    (tmp_path / "my tools").symlink_to(SCRIPT.parent)
    command = [f"my tools/{SCRIPT.name}", *START, "--save", name, "--checkpoint-every", "200"]
    bare = {**os.environ, "PATH": os.defpath}  # `metaplast` alone is not found: the line has to say where it stands
    process = subprocess.Popen(command, cwd=tmp_path, env=bare, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    with process:
        while not (tmp_path / name).exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        told = process.stderr.read() if process.stderr is not None else ""
    assert process.returncode == 143
    line = told.rstrip("\n").split("\n")[-1]
    assert line.startswith(f"  '{command[0]}' train --resume ")
    assert shell(line, tmp_path).returncode == 0
    assert checkpoint.load(tmp_path / name).samples == COUNT
    assert (tmp_path / name).read_bytes() == whole


@pytest.mark.parametrize(
    ("started", "path", "printed"),
    [
        (".venv/bin/metaplast", "", ".venv/bin/metaplast"),
        ("{folder}/.venv/bin/metaplast", "", "{folder}/.venv/bin/metaplast"),
        ("{folder}/.venv/bin/metaplast", "{folder}/.venv/bin", "metaplast"),
        ("other dir/metaplast", "{folder}/.venv/bin", "'other dir/metaplast'"),
        ("metaplast", "", "./metaplast"),
    ],
)
def test_the_program_is_named_as_it_was_started(tmp_path, monkeypatch, started, path, printed):
    for place in (".venv/bin", "other dir", "."):
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        (tmp_path / place / "metaplast").write_text("#!/bin/sh\nexit 7\n")
        (tmp_path / place / "metaplast").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ":".join(filter(None, [path.format(folder=tmp_path), "/usr/bin", "/bin"])))
    monkeypatch.setattr(sys, "argv", [started.format(folder=tmp_path), "train"])
    assert program() == printed.format(folder=tmp_path)
    assert shell(program()).returncode == 7


@pytest.mark.parametrize("beside", [True, False])
def test_a_program_that_was_started_otherwise_names_one_that_runs(tmp_path, monkeypatch, beside):
    """From a test, a notebook or `python -m`."""
    monkeypatch.setattr(sys, "argv", ["-c"])
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    if not beside:
        monkeypatch.setattr(invocation, "NAME", "none")
    assert program() == (shell_word(str(SCRIPT)) if beside else f"{shell_word(sys.executable)} -P -m sw.cli")
    assert shell(f"{program()} boards").returncode == 0


def test_blanks_in_a_line_of_an_error_stay(capsys):
    def fails(*given, **options):
        raise HostError("the link\n   has failed; go on with: metaplast train --save 'a  b.npz'")

    assert run(fails) == 2
    assert capsys.readouterr().err == "error: the link has failed; go on with: metaplast train --save 'a  b.npz'\n"


def test_make_is_told_where_the_makefile_is(tmp_path, monkeypatch):
    monkeypatch.chdir(invocation.ROOT)
    assert make("setup") == "make setup"
    monkeypatch.chdir(tmp_path)
    assert make("setup") == f"make -C {shell_word(str(invocation.ROOT))} setup"
    assert shell(f"{make('setup')} --dry-run").returncode == 0
    monkeypatch.setattr(invocation, "ROOT", tmp_path)
    assert make("setup") == "make setup"


def test_the_rule_for_udev_is_installed_from_any_folder(tmp_path, monkeypatch):
    rule = tmp_path / "it's\there" / "70-metaplast.rules"
    monkeypatch.setattr("sw.host.doctor.serial_ports.RULE", rule)
    words = shell(f"sudo() {{ printf '%s\\n' \"$@\"; }}; {install_rule()}").stdout.decode()
    assert words.startswith(f"cp\n{rule}\n/etc/udev/rules.d/\nudevadm\n")
