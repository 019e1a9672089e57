"""Loading: the USB device that is meant, in the words of each loader; a port in use; what a loader says at the end."""

import os
import pty
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from boards import load, loaders, port_users, usb_devices
from boards.catalogue import TARGETS, find
from boards.error import BuildError, RequestError
from boards.loaders import FT231X, FT2232H, FT4232H, ORANGECRAB, has_gone_after_loading, with_dfu_suffix
from boards.port_users import user_of
from boards.usb_devices import device_of
from sw.host.usb import usb_ids

MODEM = (0x1234, 0x0001)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Plug devices into a machine of its own: path, ids, product name, serial ports (by the number of their interface)."""
    monkeypatch.setattr(usb_devices, "SYSFS", tmp_path / "sys")
    tree = tmp_path / "sys/bus/usb/devices"
    (tree / "usb1").mkdir(parents=True)

    def plug(path, ids, name=None, ports=(), address=5):
        device = tree / path
        device.mkdir()
        about = {"idVendor": f"{ids[0]:04x}", "idProduct": f"{ids[1]:04x}", "busnum": path[0], "devnum": str(address)}
        for file, content in (about | ({"product": name} if name else {})).items():
            (device / file).write_text(content + "\n")
        (tree / f"{path}:1.0").mkdir()  # interfaces lie beside the devices too
        for number, port in enumerate(ports):
            under = f"{path}:1.{number}/tty/{port}" if "ACM" in port else f"{path}:1.{number}/{port}/tty/{port}"
            (device / under).mkdir(parents=True)

    return plug


@pytest.fixture
def loading(tmp_path, monkeypatch):
    """Load a bitstream into a board with loaders that only write down what they are told; what they were told, or the error."""

    def run(board, port=None, script=""):
        loader, said = find(board).loader, tmp_path / "said"
        said.unlink(missing_ok=True)
        program = tmp_path / loader.tool
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {said}\n{script}\n')
        program.chmod(0o755)
        monkeypatch.setenv(load.variable(loader.tool), str(program))
        (tmp_path / "top.bit").write_text("bits")
        load.load(loader, tmp_path / "top.bit", port)
        *told, bitstream = said.read_text().splitlines()
        assert Path(bitstream).parent == tmp_path
        return " ".join(told)

    return run


def test_the_only_device_that_may_be_the_board_is_named_to_every_loader(machine, loading):
    machine("1-1", MODEM, "Modem", ["ttyACM0"])
    machine("1-4.2", FT231X, "ULX3S FPGA 85K v3.0.8", ["ttyUSB0"], address=17)
    assert loading("ulx3s-85f") == "--busdev-num 1:17 --board ulx3s"
    machine("3-2", FT2232H, "iCEBreaker V1.0e", ["ttyUSB1", "ttyUSB2"], address=8)
    assert loading("icebreaker") == "-d d:003/008"
    machine("2-1", ORANGECRAB[1], "OrangeCrab r0.2 DFU Bootloader v3.1")
    assert loading("orangecrab-25f") == "--device 1209:5bf2 --path 2-1 --alt 0 --download"


def test_a_serial_port_is_translated_for_every_loader(machine, loading):
    machine("1-1", FT2232H, "Dual RS232-HS", ["ttyUSB0", "ttyUSB1"], address=3)
    machine("1-2", FT2232H, "Dual RS232-HS", ["ttyUSB2", "ttyUSB3"], address=4)
    assert loading("icebreaker", "/dev/ttyUSB3") == "-d d:001/004"
    assert loading("tangnano9k", "/dev/ttyUSB1") == "--busdev-num 1:3 --board tangnano9k"
    assert loading("tangnano20k", "1-2") == "--busdev-num 1:4 --cable ft2232"  # openFPGALoader 0.10 does not know its name


def test_both_revisions_of_the_ecpix5(machine, loading):
    machine("1-1", FT2232H, "Dual RS232-HS", ["ttyUSB0", "ttyUSB1"])
    machine("1-2", FT4232H, "Quad RS232-HS", ["ttyUSB2", "ttyUSB3", "ttyUSB4", "ttyUSB5"], address=6)
    assert loading("ecpix5-45f", "/dev/ttyUSB1") == "--busdev-num 1:5 --board ecpix5"
    assert loading("ecpix5-45f", "/dev/ttyUSB4") == "--busdev-num 1:6 --cable ft4232"


def test_several_devices_are_listed(machine, loading):
    machine("1-1", FT2232H, "iCEBreaker V1.0e", ["ttyUSB0", "ttyUSB1"])
    machine("1-2", FT2232H)
    with pytest.raises(RequestError) as caught:
        loading("icebreaker")
    assert str(caught.value) == (
        "several USB devices may be the board, 1-1 (iCEBreaker V1.0e, 0403:6010, /dev/ttyUSB0, /dev/ttyUSB1), "
        "1-2 (0403:6010): give the path of one as PORT"
    )
    assert caught.value.status == 2


def test_a_port_of_something_else_is_refused_with_what_may_be_meant(machine, loading):
    machine("1-1", FT231X, "FT231X USB UART", ["ttyUSB0"])  # the adapter on the OrangeCrab's UART pins
    machine("1-2", ORANGECRAB[0], "OrangeCrab r0.2 DFU Bootloader v3.1")
    with pytest.raises(RequestError) as caught:
        loading("orangecrab-85f", "/dev/ttyUSB0")
    assert str(caught.value) == (
        "PORT is /dev/ttyUSB0, the USB device 1-1 (FT231X USB UART, 0403:6015, /dev/ttyUSB0), which dfu-util cannot load the "
        "board through; what may be the board is 1-2 (OrangeCrab r0.2 DFU Bootloader v3.1, 1209:5af0)"
    )
    assert loading("orangecrab-85f", "1-2") == "--device 1209:5af0 --path 1-2 --alt 0 --download"


@pytest.mark.parametrize(
    ("board", "takes"), [("icebreaker", "iceprog takes d:BUS/DEVICE"), ("orangecrab-25f", "dfu-util takes the path")]
)
def test_where_the_system_tells_nothing_a_serial_port_is_refused_with_what_to_give(machine, loading, board, takes):
    with pytest.raises(RequestError, match=f"^PORT is /dev/ttyUSB0, and this machine does not tell .*: {takes}"):
        loading(board, "/dev/ttyUSB0")


def test_where_the_system_tells_nothing_the_loaders_own_words_are_passed_on(machine, loading):
    assert loading("ulx3s-85f", "/dev/ttyUSB0") == "--device /dev/ttyUSB0 --board ulx3s"
    assert loading("icebreaker", "i:0x0403:0x6010:1") == "-d i:0x0403:0x6010:1"
    assert loading("orangecrab-25f", "1-1.4") == "--path 1-1.4 --alt 0 --download"
    assert loading("ecpix5-45f") == "--board ecpix5"


def test_a_link_names_a_port_too(machine, tmp_path):
    machine("1-1", FT231X, None, ["ttyUSB7"])
    machine("1-2", MODEM, "A\x1b[2Jmodem", ["ttyACM0"])
    devices = usb_devices.usb_devices()
    link = tmp_path / "by-id"
    link.symlink_to("/dev/ttyUSB7")
    assert device_of(str(link), devices) == devices[0]
    assert device_of("/dev/ttyACM0", devices) == devices[1] and devices[1].name == "A[2Jmodem"
    assert device_of("/dev/ttyUSB1", devices) is None


@pytest.fixture
def port_pair():
    """(master, name of the slave)."""
    master, slave = pty.openpty()
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


def test_a_port_that_a_host_has_open_is_refused(loading, machine, port_pair):
    _, port = port_pair
    program = "import sys; from sw.host.serial_transport import SerialTransport as S; port = S(sys.argv[1], 9600)"
    take = [sys.executable, "-c", f"{program}; print(flush=True); input()", port]
    assert loading("ulx3s-85f", port) == f"--device {port} --board ulx3s"
    with subprocess.Popen(take, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as host:
        assert host.stdout is not None and host.stdout.readline() == b"\n"
        with pytest.raises(RequestError, match=f"^{port} is in use by process {host.pid}: end it, for loading breaks"):
            loading("ulx3s-85f", port)
        host.kill()
    assert user_of(port) is None


def test_a_lock_of_somebody_else_is_seen_where_his_files_are_not(tmp_path):
    file = tmp_path / "port"
    file.touch()
    there = file.stat()
    place = f"{os.major(there.st_dev):02x}:{os.minor(there.st_dev):02x}:{there.st_ino}"
    locks = f"1: POSIX  ADVISORY  READ 77 {place}1 0 EOF\n2: FLOCK  ADVISORY  WRITE 4321 {place} 0 EOF\n3: -> broken\n"
    (tmp_path / "locks").write_text(locks)
    assert user_of(str(file), tmp_path) == 4321
    (tmp_path / "locks").write_text(f"1: FLOCK  ADVISORY  WRITE {os.getpid()} {place} 0 EOF\n")
    assert user_of(str(file), tmp_path) is None
    assert user_of(str(tmp_path / "gone"), tmp_path) is None
    assert user_of(str(file), tmp_path / "gone") is None


def test_every_port_of_the_device_is_looked_at(machine, loading, monkeypatch):
    machine("1-1", FT2232H, None, ["ttyUSB0", "ttyUSB1"])
    monkeypatch.setattr(load, "user_of", lambda port: 99 if port == "/dev/ttyUSB1" else None)
    with pytest.raises(RequestError, match="^/dev/ttyUSB1 is in use by process 99"):
        loading("tangnano20k")


DONE = "Download\t[=========================] 100%  99405 bytes\\nDownload done.\\n"
MANIFEST = "DFU state(7) = dfuMANIFEST, status(0) = No error condition is present\\n"
GONE = "dfu-util: unable to read DFU status after completion (LIBUSB_ERROR_NO_DEVICE)\\n"


def test_a_bootloader_that_goes_before_it_answers_has_loaded(loading, machine, capsys):
    loading("orangecrab-25f", script=f"printf %b '{DONE}{MANIFEST}'; printf %b '{GONE}' >&2; exit 74")
    shown = capsys.readouterr().out
    assert "Download done." in shown and "LIBUSB_ERROR_NO_DEVICE" in shown


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("dfu-util: No DFU capable USB device available\\n", 74),
        (DONE + GONE, 1),
        (DONE + "DFU state(10) = dfuERROR, status(3) = Programmed memory failed verification\\n", 74),
        ("Download\t[============             ]  50%  50000 bytes\\ndfu-util: Error during download\\n", 74),
    ],
)
def test_every_other_end_of_dfu_util_is_an_error_with_what_to_do(loading, machine, said, status):
    with pytest.raises(
        BuildError, match=f"dfu-util ended with status {status}: .*hold the board's button while you plug it in"
    ):
        loading("orangecrab-25f", script=f"printf %b '{said}'; exit {status}")


def test_only_dfu_util_is_forgiven(loading, machine):
    assert not has_gone_after_loading(0, "") and not has_gone_after_loading(74, "")
    with pytest.raises(BuildError, match="iceprog ended with status 74"):
        loading("icebreaker", script=f"printf %b '{DONE}'; exit 74")


def test_both_bootloaders_take_the_file(tmp_path):
    """0xFFFF in the suffix stands for any product: 5af0 or 5bf2."""
    (tmp_path / "top.bit").write_bytes(b"bits")
    prepared = find("orangecrab-25f").loader.prepare(tmp_path / "top.bit").read_bytes()
    assert prepared[4:12] == bytes([0xFF, 0xFF, 0xFF, 0xFF, 0x09, 0x12, 0x00, 0x01])
    assert zlib.crc32(prepared) == 0xFFFFFFFF
    assert with_dfu_suffix(tmp_path / "top.bit", 0x1209, 0x5AF0).read_bytes()[6:8] == bytes([0xF0, 0x5A])


def test_doctor_and_loaders_know_the_same_devices():
    probes = {ids for target in TARGETS.values() for ids in target.loader.probes}
    assert probes <= set(usb_ids()) and set(loaders.ORANGECRAB) <= probes
    assert Path("/proc") == port_users.PROC and Path("/sys") == usb_devices.SYSFS
