"""The doctor: what is missing is named with the command that mends it; the exit status says whether it is needed."""

import os
import shlex

import pytest

from sw.cli.command_line import app
from sw.data.error import DataError
from sw.host import detached, latency, ports
from sw.host.doctor import bootloaders, serial_ports, software
from sw.host.doctor.software import TOOLS, where
from sw.terminal.run import run
from tests.drivers.fake_board import FakeBoard
from tests.drivers.fake_port import FakePort, board_like, usb_port


@pytest.fixture(autouse=True)
def no_ports(monkeypatch):
    monkeypatch.setattr(ports.list_ports, "comports", list)


@pytest.fixture
def doctor(capsys):
    """Run it: (status, standard output, standard error)."""

    def look(*words):
        status = run(app, ["doctor", *words])
        captured = capsys.readouterr()
        assert captured.err.count("\n") == (status != 0)
        return status, captured.out, captured.err

    return look


def without(monkeypatch, *names):
    real = software.shutil.which
    monkeypatch.setattr(software.shutil, "which", lambda name, path=None: None if name in names else real(name, path=path))


def test_a_machine_that_has_everything(doctor):
    status, out, _ = doctor()
    assert status == 0
    assert out.endswith("everything that is needed is there\n")
    assert "ok        MNIST, one bit a pixel: 10000 test images" in out
    assert "missing  " not in out


def test_a_tool_that_is_needed(doctor, monkeypatch):
    without(monkeypatch, "g++")
    status, out, err = doctor()
    assert status == 2
    assert "missing   g++, compiles the simulated board and the twin: missing\n" in out
    assert "sudo apt-get install g++" in out and "sudo apt-get install g++" in err
    assert "everything" not in out


def test_a_tool_that_only_some_commands_need(doctor, monkeypatch):
    without(monkeypatch, "openFPGALoader")
    status, out, _ = doctor()
    assert status == 0
    assert "optional  openFPGALoader, puts a bitstream on a board: missing\n" in out
    assert "to do: install it (Debian, Ubuntu: sudo apt-get install openfpgaloader)" in out


def test_one_of_several_programs_is_enough(monkeypatch):
    tool = next(tool for tool in TOOLS if len(tool.names) == 2)
    without(monkeypatch, tool.names[0])
    monkeypatch.setattr(software.shutil, "which", lambda name, path=None: f"/bin/{name}" if name == tool.names[1] else None)
    assert where(tool) == f"/bin/{tool.names[1]}"


def test_data_that_is_damaged(doctor, monkeypatch):
    def damaged(which):
        raise DataError("the archive is damaged; get it again")

    monkeypatch.setattr(software, "load_packed", damaged)
    status, out, _ = doctor()
    assert status == 2 and "to do: the archive is damaged; get it again" in out


def test_a_board_that_is_asked_for_and_not_there(doctor):
    status, out, err = doctor("--board", "ulx3s")
    assert status == 2
    assert "no port with the FT231X" in err and "plug the board in" in err
    assert doctor("--board", "sim")[2].startswith("error: sim is no board with a port: choose one of ulx3s-85f")
    assert "there is no such port" in doctor("--port", "/dev/none")[2]


def test_the_board_on_a_port_says_what_it_is(doctor, monkeypatch):
    with FakePort(board_like("ulx3s-85f")) as port:
        status, out, _ = doctor("--port", port.name)
        assert status == 0
        told = next(line for line in out.split("\n") if f"the board on {port.name}" in line)
        assert "ulx3s-85f" in told and ": build 0000000000000001, 512 rows of 784 columns" in told
        assert "50 MHz, buffer of 4096 bytes, no sample memory: the host rehearses" in told
        monkeypatch.setattr(ports.list_ports, "comports", lambda: [usb_port(port.name, 0x0403, 0x6015)])
        assert doctor("--board", "ulx3s")[0] == 0
        status, _, err = doctor("--board", "ulx3s-45f", "--port", port.name)
        assert status == 2 and "it is no ulx3s-45f: give another --board or program it again" in err


def test_a_board_of_an_unknown_shape_and_something_that_is_no_board(doctor):
    with FakePort(FakeBoard()) as port:
        status, out, _ = doctor("--port", port.name)
        assert status == 0 and "a board of another shape" in out
    with FakePort(answer=lambda data: b"login: ") as port:
        status, _, err = doctor("--port", port.name)
        assert status == 2 and "answers, but not as a metaplast board does" in err


@pytest.mark.parametrize("product", ["5af0", "5bf2"])
def test_a_bootloader_that_may_not_be_opened_gets_the_rule(doctor, monkeypatch, tmp_path, product):
    """dfu-util's own rules leave both of the OrangeCrab's out."""
    for path, about in {"1-4": ("1209", product, "1", "7"), "1-5": ("1209", "0001", "1", "8"), "1-6": ("12",)}.items():
        (tmp_path / path).mkdir()
        for name, text in zip(("idVendor", "idProduct", "busnum", "devnum"), about, strict=False):
            (tmp_path / path / name).write_text(f"{text}\n")
    monkeypatch.setattr(bootloaders, "DEVICES", tmp_path)
    monkeypatch.setattr(bootloaders, "NODES", tmp_path)
    status, out, _ = doctor()
    assert status == 0  # only loading needs it
    assert f"optional  bootloader of orangecrab, 1209:{product}, 1-4: permission denied\n" in out
    assert out.count("bootloader of") == 1 and "70-metaplast.rules" in out
    (tmp_path / "001").mkdir()
    (tmp_path / "001" / "007").touch()
    assert f"ok        bootloader of orangecrab, 1209:{product}, 1-4: may be used\n" in doctor()[1]


def test_a_board_that_a_loader_has_detached(doctor, monkeypatch, tmp_path):
    for number in ("idVendor", "idProduct"):
        (tmp_path / "1-2").mkdir(exist_ok=True)
        (tmp_path / "1-2" / number).write_text("0403" if number == "idVendor" else "6015")
    (tmp_path / "1-2:1.0").mkdir()
    monkeypatch.setattr(detached, "DEVICES", tmp_path)
    status, out, _ = doctor()
    assert status == 0
    assert "optional  USB interface 1-2:1.0, FT231X: no serial port\n" in out
    assert "echo 1-2:1.0 | sudo tee /sys/bus/usb/drivers_probe" in out and "unplug it and plug it in again" in out
    status, _, err = doctor("--board", "ulx3s")
    assert status == 2 and "unplug it and plug it in again after programming" in err


def test_a_port_may_be_named_by_its_serial_number(doctor, monkeypatch):
    with FakePort(board_like("ulx3s-85f")) as port:
        monkeypatch.setattr(ports.list_ports, "comports", lambda: [usb_port(port.name, 0x0403, 0x6015, serial="K001")])
        status, out, _ = doctor("--port", "K001")
        assert status == 0 and f"the board on {port.name}: ulx3s-85f" in out
    assert doctor("--port", "K002")[2].startswith("error: there is no port K002 and none with that serial number")


def test_permission_is_needed_only_for_the_port_that_is_asked_for(doctor, monkeypatch, tmp_path):
    device = tmp_path / "ttyUSB0"
    device.touch()
    monkeypatch.setattr(ports.list_ports, "comports", lambda: [usb_port(str(device), 0x0403, 0x6015, "ULX3S FPGA 85K")])
    real = os.access
    monkeypatch.setattr(serial_ports.os, "access", lambda path, mode: path != device and real(path, mode))
    status, out, _ = doctor()
    assert status == 0
    assert f"optional  port {device} (ULX3S FPGA 85K, ulx3s-85f): permission denied" in out
    status, out, err = doctor("--port", str(device))
    assert status == 2 and "permission denied" in err
    todo = out[out.rindex("to do: sudo cp") :].split("\n")[0]
    words = shlex.split(todo.removeprefix("to do: ").split(", then")[0])
    assert words == [
        *("sudo", "cp", str(serial_ports.RULE), "/etc/udev/rules.d/", "&&", "sudo", "udevadm", "control", "--reload"),
        *("&&", "sudo", "udevadm", "trigger"),
    ]
    assert "usermod -aG dialout" in todo


@pytest.mark.parametrize(("text", "mark"), [("16\n", "optional"), ("1\n", "ok"), ("fast\n", None)])
def test_the_latency_timer_of_ftdi(doctor, monkeypatch, tmp_path, text, mark):
    device, timer = tmp_path / "ttyUSB0", tmp_path / "sys" / "ttyUSB0" / "latency_timer"
    device.touch()
    timer.parent.mkdir(parents=True)
    timer.write_text(text)
    monkeypatch.setattr(latency, "SYSFS", tmp_path / "sys")
    monkeypatch.setattr(ports.list_ports, "comports", lambda: [usb_port(str(device), 0x0403, 0x6015)])
    status, out, _ = doctor()
    assert status == 0
    if mark is None:
        assert "latency timer" not in out
        return
    assert f"{mark:<9} latency timer of {device}: {text.strip()} ms" in out
    assert (f"to do: echo 1 | sudo tee {timer}" in out) == (mark == "optional")
