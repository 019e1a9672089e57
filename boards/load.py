"""Puts a bitstream into the board that is meant: finds its USB device, looks whether somebody uses it, runs the loader."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from boards.error import BuildError, RequestError
from boards.port_users import user_of
from boards.target import Loader
from boards.tools import variable
from boards.usb_devices import UsbDevice, device_of, usb_devices

CHUNK = 65536


def find_loader(loader: Loader) -> str:
    """The program that loads: named by its variable, or on PATH. Raises `RequestError`, which says how to get it."""
    name = os.environ.get(variable(loader.tool)) or loader.tool
    found = shutil.which(name)
    if found is None:
        raise RequestError(f"{name} is missing ({loader.how_to_get}); or name it in the variable {variable(loader.tool)}")
    return found


def load(loader: Loader, bitstream: Path, port: str | None) -> None:
    """Run the loader on the board at `port`, or on the only one that can be meant.

    Raises `RequestError` if it is missing, where none or several can be meant, and while the board's serial port is in use;
    `BuildError` if it fails.
    """
    program = find_loader(loader)
    device = choose(loader, port, usb_devices())
    if device is not None:
        where, arguments, serial_ports = loader.at(device), loader.probes[device.ids], device.serial_ports
    else:
        arguments = next(iter(loader.probes.values()))
        where, serial_ports = ((loader.port, port), (port,)) if port is not None else ((), ())
    for each in serial_ports:
        if (user := user_of(each)) is not None:
            raise RequestError(f"{each} is in use by process {user}: end it, for loading breaks what goes over that port")
    status, output = run([program, *where, *arguments, str(loader.prepare(bitstream))], loader.forgives is not None)
    if status != 0 and not (loader.forgives is not None and loader.forgives(status, output)):
        hint = f"; {loader.hint}" if loader.hint else ""
        raise BuildError(f"{loader.tool} ended with status {status}: is the board connected, and may you open it?{hint}")


def choose(loader: Loader, port: str | None, devices: list[UsbDevice]) -> UsbDevice | None:
    """The device that is meant; None where only the loader can tell. Raises `RequestError` where it is none of the board's."""
    mine = [device for device in devices if device.ids in loader.probes]
    if port is None:
        if len(mine) > 1:
            raise RequestError(f"several USB devices may be the board, {listed(mine)}: give the path of one as PORT")
        return mine[0] if mine else None
    device = device_of(port, devices)
    if device is None:
        if port.startswith(("/", "COM")) and not loader.takes_serial_ports:
            raise RequestError(
                f"PORT is {port}, and this machine does not tell which USB device that is: {loader.tool} takes {loader.takes}"
            )
        return None
    if device not in mine:
        there = f"; what may be the board is {listed(mine)}" if mine else ""
        raise RequestError(f"PORT is {port}, the USB device {device}, which {loader.tool} cannot load the board through{there}")
    return device


def listed(devices: list[UsbDevice]) -> str:
    """Devices in a sentence."""
    return ", ".join(map(str, devices))


def run(command: list[str], kept: bool) -> tuple[int, str]:
    """Exit status and, if `kept`, what the program said, which is shown as it comes either way."""
    if not kept:
        return subprocess.run(command).returncode, ""
    said = bytearray()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        while piece := os.read(process.stdout.fileno(), CHUNK):
            said += piece
            sys.stdout.write(piece.decode(errors="replace"))
            sys.stdout.flush()
    return process.returncode, said.decode(errors="replace")
