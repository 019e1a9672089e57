"""Boards without a serial chip that wait for a bitstream on USB: which are there, and whether they may be opened."""

import os
from collections.abc import Iterator
from pathlib import Path

from sw.host.doctor.finding import Finding
from sw.host.doctor.serial_ports import install_rule
from sw.host.usb import BOOTLOADERS

DEVICES = Path("/sys/bus/usb/devices")
NODES = Path("/dev/bus/usb")


def bootloaders() -> Iterator[Finding]:
    """One for each bootloader of a board that Linux tells of in /sys; nothing elsewhere."""
    boards = {ids: board for board, several in BOOTLOADERS.items() for ids in several}
    for file in sorted(DEVICES.glob("*/idVendor")):
        try:
            beside = (file.with_name(name) for name in ("idProduct", "busnum", "devnum"))
            ids, bus, address = (path.read_text(encoding="utf-8") for path in beside)
            usb_id = int(file.read_text(encoding="utf-8"), 16), int(ids, 16)
            node = NODES / f"{int(bus):03}" / f"{int(address):03}"
        except (OSError, ValueError):
            continue
        if usb_id in boards:
            may = os.access(node, os.R_OK | os.W_OK)
            what = f"bootloader of {boards[usb_id]}, {usb_id[0]:04x}:{usb_id[1]:04x}, {file.parent.name}"
            yield Finding(what, "may be used" if may else "permission denied", "" if may else install_rule(), needed=False)
