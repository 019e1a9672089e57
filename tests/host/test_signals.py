"""Signals: what asks a program to end saves first; what the caller ignores, and handlers of others, stay as they were."""

import ctypes
import fcntl
import os
import signal
import subprocess
import termios
import threading

import pytest

from sw.host import checkpoint, interruption
from sw.host.interruption import Interruption
from tests.drivers.program import TRAIN, prepare, start, wait_until_it_trains

MANY = 20_000
FEW = 1500


def saved(folder):
    return checkpoint.load(folder / "a.npz").samples


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGXCPU", "SIGUSR1", "SIGUSR2"])
def test_what_asks_a_program_to_end_finishes_the_batch_and_saves(tmp_path, name):
    prepare(tmp_path, MANY)
    number = signal.Signals[name]
    with start(tmp_path, *TRAIN, "--save", "a.npz", stderr=subprocess.PIPE, process_group=0) as process:
        wait_until_it_trains(process)
        os.killpg(process.pid, number)
        told = process.stderr.read()
    assert process.returncode == 128 + number
    assert 0 < saved(tmp_path) < MANY and saved(tmp_path) % 100 == 0
    assert f"interrupted after {saved(tmp_path)} of {MANY} samples, saved a.npz; go on with" in told


@pytest.mark.parametrize("first", [signal.SIGHUP, signal.SIGTERM])
def test_a_shell_that_passes_its_sighup_on_does_not_end_the_saving(tmp_path, first):
    prepare(tmp_path, MANY)
    with start(tmp_path, *TRAIN, "--save", "a.npz", stderr=subprocess.PIPE) as process:
        wait_until_it_trains(process)
        process.send_signal(first)
        while process.poll() is None:
            process.send_signal(signal.SIGHUP)
        told = process.stderr.read()
    assert (tmp_path / "a.npz").exists(), (process.returncode, told)
    assert 0 < saved(tmp_path) < MANY


def test_a_terminal_that_closes(tmp_path):
    """The kernel sends SIGHUP, and whatever is written from then on is an error."""
    prepare(tmp_path, MANY)
    master, slave = os.openpty()

    terminal = {"stdin": slave, "stdout": slave, "stderr": slave, "start_new_session": True}
    take = lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0)  # noqa: E731
    with start(tmp_path, *TRAIN, "--save", "a.npz", preexec_fn=take, **terminal) as process:
        os.close(slave)
        shown = b""
        while b"accuracy" not in shown:
            shown += os.read(master, 1000)
        os.close(master)
    assert process.returncode == 128 + signal.SIGHUP
    assert 0 < saved(tmp_path) < MANY


@pytest.mark.parametrize("ignored", ["INT", "HUP", "TERM"])
def test_what_the_caller_ignores_stays_ignored(tmp_path, ignored):
    prepare(tmp_path, FEW)
    shell = f"trap '' {ignored}"
    with start(tmp_path, *TRAIN, "--save", "a.npz", shell=shell, stderr=subprocess.PIPE) as process:
        wait_until_it_trains(process)
        process.send_signal(signal.Signals[f"SIG{ignored}"])
        process.stderr.read()
    assert process.returncode == 0
    assert saved(tmp_path) == FEW


def handlers():
    return {number: (signal.getsignal(number), ctypes.pythonapi.PyOS_getsig(number)) for number in signal.valid_signals()}


def test_handlers_are_as_they_were_also_those_in_c():
    called = []
    in_c = ctypes.CFUNCTYPE(None, ctypes.c_int)(called.append)
    set_below = ctypes.pythonapi.PyOS_setsig
    set_below.restype = ctypes.c_void_p
    set_below.argtypes = [ctypes.c_int, ctypes.c_void_p]
    ctypes.pythonapi.PyOS_getsig.restype = ctypes.c_void_p
    before = {number: set_below(number, ctypes.cast(in_c, ctypes.c_void_p)) for number in (signal.SIGINT, signal.SIGUSR1)}
    try:
        there = handlers()
        with Interruption() as first:
            pass
        assert handlers() == there
        with Interruption() as second:
            signal.raise_signal(signal.SIGUSR1)
            signal.raise_signal(signal.SIGHUP)
        assert handlers() == there
        signal.raise_signal(signal.SIGUSR1)
    finally:
        for number, handler in before.items():
            set_below(number, handler)
    assert (first.number, second.number) == (None, signal.SIGUSR1)
    assert called == [signal.SIGUSR1]


def test_what_comes_again_and_again_is_seen_once():
    """A handler that is called within itself, signal by signal, would end with Python's stack."""
    in_c = ctypes.pythonapi.PyOS_getsig
    in_c.restype = ctypes.c_void_p
    before = in_c(signal.SIGHUP)
    with Interruption() as asked:
        signal.raise_signal(signal.SIGTERM)
        assert in_c(signal.SIGHUP) == int(signal.SIG_IGN)
        signal.raise_signal(signal.SIGHUP)
    assert asked.number == signal.SIGTERM and in_c(signal.SIGHUP) == before


def test_a_handler_that_python_cannot_restore_is_left_alone(monkeypatch):
    """`getsignal` tells None for what a program has installed that Python is embedded in."""
    real, changed = signal.getsignal, []
    monkeypatch.setattr(signal, "getsignal", lambda number: None if number == signal.SIGINT else real(number))
    monkeypatch.setattr(signal, "signal", lambda number, handler: changed.append(number))
    with Interruption() as asked:
        pass
    assert set(changed) == set(interruption.SIGNALS) - {signal.SIGINT} and not asked.asked()


def test_in_another_thread_nothing_is_changed():
    there, found = handlers(), []

    def look():
        with Interruption() as asked:
            found.append((handlers() == there, asked.asked()))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [(True, False)]
