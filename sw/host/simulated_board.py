"""The simulated board: the same gateware compiled to native code, behind the same bytes as a serial port.

What `sim.native.build` promises: `python -m sim.native.build --geometry GEOMETRY`, where GEOMETRY is a board's name or
the numbers of a shape as `sw.contract.geometry_text` writes them, builds or finds in its cache a program that speaks the
bytes of the link on standard input and output and ends when its input ends. The last line of its standard output is
the program's path. Progress goes to standard error, line by line; where it fails it exits with another status than 0
after a line `error: SENTENCE`. It runs as a program of its own, so that the host needs no hardware library.
"""

import subprocess
import sys
from collections.abc import Callable

from sw.contract.frames import told_shape
from sw.contract.geometry import Geometry
from sw.contract.geometry_text import geometry_text
from sw.host.device import Device, connect
from sw.host.error import BoardError
from sw.host.process_transport import ProcessTransport

BUILD = (sys.executable, "-P", "-m", "sim.native.build")  # -P: no file of the folder that one stands in is taken for a module
FAILURE = "error: "
HELLO_TIMEOUT = 20.0
REPLY_TIMEOUT = 120.0  # a full-size board simulates some 600 samples a second, a shared machine fewer
RESEND_AFTER = 60.0  # nothing is lost in a pipe


def build(geometry: Geometry, report: Callable[[str], None]) -> str:
    """The path of the program for a geometry; `report` gets each line of progress. Raises `BoardError`."""
    command = [*BUILD, "--geometry", geometry_text(geometry)]
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        for line in map(str.strip, process.stderr):
            lines.append(line)
            if line and not line.startswith(FAILURE):
                report(line)
        printed = process.stdout.read().split("\n")
    path = next((line.strip() for line in reversed(printed) if line.strip()), "")
    if process.returncode == 0 and path:
        return path
    said = [line for line in lines if line]
    failures = [line.removeprefix(FAILURE) for line in said if line.startswith(FAILURE)]
    raise BoardError((failures or said or [f"{' '.join(command)} printed no path"])[-1])


def open_simulated(geometry: Geometry, report: Callable[[str], None]) -> Device:
    """The simulated board of a geometry as a device. Raises `HostError`."""
    transport = ProcessTransport([build(geometry, report)])
    timeouts = {"hello_timeout": HELLO_TIMEOUT, "reply_timeout": REPLY_TIMEOUT, "resend_after": RESEND_AFTER}
    device = connect(transport, "the simulated board", **timeouts)
    if told_shape(device.geometry) != told_shape(geometry):
        device.close()
        raise BoardError(f"the simulated board has the shape {device.geometry} and not the one asked for, {geometry}")
    return device
