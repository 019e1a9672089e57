"""Python as it is on Windows, as far as that can be played here: what POSIX adds is hidden from the project's modules.

    python -m tests.drivers.other_system [TEST …]

imports every module that the base needs, then runs these tests. Packages and the standard library have ports of their own, and
are left as they are: what they need of POSIX is imported before it is hidden.
"""

import builtins
import ctypes
import importlib
import os
import signal
import sys

import pytest
import serial.tools.list_ports
import serial.urlhandler.protocol_socket

from sw.tree.sources import ROOT, sources

BASE = ("metaplast", "sw/contract", "sw/files", "sw/tree", "sw/data", "sw/host", "sw/wire", "sw/terminal", "sw/cli")
OURS = ("metaplast", "sw", "sim")
MODULES = ("fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty")
SIGNALS = ("SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGXFSZ")
FUNCTIONS = ("fchmod", "fork", "killpg", "memfd_create", "mkfifo", "openpty", "sched_getaffinity", "setsid", "ttyname")


def hide():
    """From now on."""
    real = builtins.__import__

    def imported(name, scope=None, *given, **options):
        asking = (scope or {}).get("__name__", "").partition(".")[0]
        if asking in OURS and name.partition(".")[0] in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, scope, *given, **options)

    builtins.__import__ = imported
    for name in SIGNALS:
        delattr(signal, name)
    for name in (*FUNCTIONS, "O_DIRECTORY"):
        delattr(os, name)
    os.kill = refused
    load = ctypes.CDLL

    def loaded(name, *given, **options):
        if name is None:
            raise TypeError("bad argument type for built-in operation")
        return load(name, *given, **options)

    ctypes.CDLL = loaded


def refused(process, number):
    """On Windows, the end of the process."""
    raise AssertionError("os.kill was called")


def modules():
    """The names of the modules that a base installation has to import."""
    files = sources(*(f"{room}/**/*.py" for room in BASE), "sw/figures/table.py")
    names = [path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for path in files]
    return [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]


def main():
    assert serial.tools.list_ports and serial.urlhandler.protocol_socket
    early = [name for name in sys.modules if name.partition(".")[0] == "sw" and not name.startswith("sw.tree")]
    assert early in ([], ["sw"]), early
    hide()
    found = modules()
    for name in found:
        importlib.import_module(name)
    print(f"imported {len(found)} modules", flush=True)
    if sys.argv[1:]:
        sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
