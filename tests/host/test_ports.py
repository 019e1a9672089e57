"""Ports: the only one that can be meant is taken; none or several are told in one sentence with what there is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sw.cli.command_line import app
from sw.contract.board_table import BOARDS
from sw.host import detached, known_boards, ports
from sw.host.doctor.serial_ports import RULE
from sw.host.error import BoardError
from sw.host.known_boards import SerialBoard
from sw.host.ports import SerialPort, find_port
from sw.host.usb import BOOTLOADERS, FAMILIES, REVISIONS, SIZES, family, usb_ids, usb_serial
from sw.terminal.run import run
from tests.drivers.fake_port import usb_port

FT231X = (0x0403, 0x6015)
FT2232H = (0x0403, 0x6010)
FT4232H = (0x0403, 0x6011)
MODEM = usb_port("/dev/ttyACM0", 0x1234, 0x0001, "Modem")
ON_BOARD = usb_port("/dev/ttyS0")


@pytest.fixture
def plugged(monkeypatch):
    """Make these the ports of the machine."""

    def plug(*found):
        monkeypatch.setattr(ports.list_ports, "comports", lambda: list(found))

    return plug


def test_the_only_matching_port_is_taken(plugged):
    plugged(ON_BOARD, MODEM, usb_port("/dev/ttyUSB0", *FT231X, "FT231X USB UART", "1-1"))
    for name in ("ulx3s", "ulx3s-45f"):
        found = known_boards.find(name)
        assert isinstance(found, SerialBoard) and found.port == "/dev/ttyUSB0"


def test_a_given_port_is_taken_without_looking(plugged):
    plugged()
    found = known_boards.find("ulx3s", port="/dev/ttyUSB7")
    assert isinstance(found, SerialBoard) and found.port == "/dev/ttyUSB7"


def test_several_are_listed(plugged):
    plugged(*(usb_port(f"/dev/ttyUSB{i}", *FT231X) for i in (1, 0)), MODEM)
    with pytest.raises(BoardError) as caught:
        find_port("ulx3s-85f")
    asks = "the board ulx3s-85f needs --port with a device or a serial number"
    assert re.fullmatch(rf"{asks}: it can be on any of /dev/ttyUSB0 \(.*\), /dev/ttyUSB1 \(.*\)", str(caught.value))
    assert "ACM0" not in str(caught.value)


def alike(device, serial, **options):
    return usb_port(device, *FT231X, "ULX3S FPGA 85K v3.0.8", serial=serial, **options)


def test_two_that_are_alike_are_told_apart_and_named_by_their_serial_numbers(plugged, tmp_path, monkeypatch, capsys):
    by_id = tmp_path / "by-id"
    by_id.mkdir()
    (by_id / "usb-FER-ULX3S_K002-if00-port0").symlink_to("/dev/ttyUSB1")
    monkeypatch.setattr(ports, "BY_ID", by_id)
    plugged(alike("/dev/ttyUSB0", "K001"), alike("/dev/ttyUSB1", "K002"))
    with pytest.raises(BoardError, match=r"USB0 \(.*, serial number K001, ulx3s-85f\), .*USB1 \(.*, serial number K002, "):
        find_port("ulx3s-85f")
    for serial, device in (("K001", "/dev/ttyUSB0"), ("K002", "/dev/ttyUSB1")):
        found = known_boards.find("ulx3s", port=serial)
        assert isinstance(found, SerialBoard) and found.port == device
    with pytest.raises(BoardError, match="no port K003 and none with that serial number: the USB serial ports here are /dev"):
        known_boards.find("ulx3s", port="K003")
    assert run(app, ["boards"]) == 0
    assert capsys.readouterr().out.endswith(
        "  /dev/ttyUSB0 (ULX3S FPGA 85K v3.0.8, serial number K001, ulx3s-85f)\n"
        "  /dev/ttyUSB1 (ULX3S FPGA 85K v3.0.8, serial number K002, ulx3s-85f)\n"
        f"    {by_id}/usb-FER-ULX3S_K002-if00-port0\n"
    )


def test_of_several_ports_with_a_serial_number_the_one_of_the_uart_is_meant(plugged, tmp_path, monkeypatch):
    plugged(*(usb_port(f"/dev/ttyUSB{i}", *FT2232H, "iCEBreaker V1.0e", f"3-2:1.{i}", "ib7") for i in (0, 1)))
    assert ports.named("ib7", "icebreaker") == "/dev/ttyUSB1"
    plugged(alike("/dev/ttyUSB0", "none"), alike("/dev/ttyUSB1", "none"))
    with pytest.raises(BoardError, match=r"the serial number none is that of /dev/ttyUSB0 \(.*\), .*: give --port the device"):
        known_boards.find("ulx3s", port="none")
    plugged(alike("/dev/ttyUSB0", "K001"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "K001").touch()  # a file of that name changes nothing
    assert ports.named("K001", "ulx3s-85f") == "/dev/ttyUSB0"
    plugged(usb_port("COM3", *FT231X))
    assert ports.named("COM3") == "COM3"
    for device in ("/dev/none", "socket://localhost:1", "/dev/serial/by-id/usb-x"):
        assert ports.named(device, "ulx3s-85f") == device


def usb_device(folder, name, ids, interfaces):
    """A device as /sys/bus/usb/devices has it; of each interface what is in its folder."""
    (folder / name).mkdir(parents=True)
    for file, number in zip(("idVendor", "idProduct"), ids, strict=True):
        (folder / name / file).write_text(f"{number:04x}\n")
    for number, inside in enumerate(interfaces):
        (folder / f"{name}:1.{number}").mkdir()
        for path in inside:
            (folder / f"{name}:1.{number}" / path).mkdir(parents=True)


@pytest.mark.parametrize(
    ("board", "ids", "interfaces", "without"),
    [
        ("ulx3s-85f", FT231X, [[]], "1-2:1.0"),
        ("ulx3s-85f", FT231X, [["driver", "ttyUSB0/tty/ttyUSB0"]], None),
        ("icebreaker", FT2232H, [["driver", "ttyUSB0"], []], "1-2:1.1"),
        ("icebreaker", FT2232H, [[], ["driver", "ttyUSB1"]], None),
        ("ulx3s-85f", FT2232H, [[], []], None),
        ("colorlight-i9", (0x0D28, 0x0204), [["driver"], [], ["driver"]], "1-2:1.1"),
        ("colorlight-i9", (0x0D28, 0x0204), [["driver"], ["driver", "tty/ttyACM0"], ["driver"]], None),
    ],
)
def test_a_board_whose_driver_was_detached_is_told_from_one_that_is_not_there(
    plugged, monkeypatch, tmp_path, board, ids, interfaces, without
):
    plugged()
    usb_device(tmp_path, "1-2", ids, interfaces)
    usb_device(tmp_path, "usb1", (0x1D6B, 2), [["driver"]])
    monkeypatch.setattr(detached, "DEVICES", tmp_path)
    if board not in BOARDS:
        chip = usb_serial(board)
        assert chip is not None and detached.detached(chip) == without
        return
    with pytest.raises(BoardError) as caught:
        find_port(board)
    again = rf"without a serial port: give it its driver back \(echo {without} \| sudo tee .*\), or unplug it and plug it in ag"
    assert re.search(again if without else "plug the board in or give --port", str(caught.value))


def test_none_says_what_is_there_and_what_to_do(plugged):
    plugged(ON_BOARD)
    with pytest.raises(BoardError, match=r"FT231X \(0403:6015\) of the board .* no USB serial port is here: plug"):
        find_port("ulx3s-85f")
    plugged(MODEM)
    with pytest.raises(BoardError, match=r"here, /dev/ttyACM0 \(Modem\), have others: plug the board in or give --port"):
        find_port("ulx3s-85f")


def test_a_board_without_a_serial_chip_asks_for_the_adapter(plugged):
    plugged(ON_BOARD, usb_port("/dev/ttyUSB0", *FT231X, "Adapter"))
    with pytest.raises(BoardError, match=r"needs --port, the adapter .*: the USB serial ports here are /dev/ttyUSB0"):
        find_port("orangecrab-25f")


def test_the_size_in_the_product_name_tells_which_ulx3s(plugged):
    plugged(
        usb_port("/dev/ttyUSB0", *FT231X, "ULX3S FPGA 12K v3.0.3"),
        usb_port("/dev/ttyUSB1", *FT231X, "ULX3S FPGA 85K v3.1.7"),
    )
    assert find_port("ulx3s-12f") == "/dev/ttyUSB0"
    assert find_port("ulx3s-85f") == "/dev/ttyUSB1"
    with pytest.raises(BoardError, match="have others"):
        find_port("ulx3s-45f")


def test_the_interface_of_the_uart_is_taken_and_not_the_one_for_programming(plugged):
    plugged(*(usb_port(f"/dev/ttyUSB{i}", *FT2232H, "Dual RS232-HS", f"3-2:1.{i}") for i in (0, 1)))
    assert ports.serial_ports()[0].may_be() == []
    for name in ("ecpix5-45f", "ecpix5-85f", "icebreaker"):
        if name in BOARDS:
            assert find_port(name) == "/dev/ttyUSB1"


def test_both_revisions_of_the_ecpix5_are_found_each_on_its_own_channel(plugged):
    plugged(*(usb_port(f"/dev/ttyUSB{i}", *FT4232H, "Quad RS232-HS", f"1-4:1.{i}") for i in range(4)))
    assert find_port("ecpix5-45f") == "/dev/ttyUSB2"
    assert [port.may_be() for port in ports.serial_ports()] == [[], [], ["ecpix5-45f"], []]
    with pytest.raises(BoardError, match="no port with the FT2232H .0403:6010. of the board icebreaker was found"):
        find_port("icebreaker")
    plugged(*(usb_port(f"/dev/ttyUSB{i}", *FT2232H, "Dual RS232-HS", f"1-4:1.{i}") for i in range(2)))
    assert find_port("ecpix5-45f") == "/dev/ttyUSB1"
    plugged()
    with pytest.raises(
        BoardError, match=r"no port with the FT2232H \(0403:6010\) or FT4232H \(0403:6011\) of the board ecpix5"
    ):
        find_port("ecpix5-45f")


def test_bootloaders_are_of_boards_that_there_are():
    assert all(any(family(board) == known for board in BOARDS) for known in (*BOOTLOADERS, *REVISIONS))


@pytest.mark.parametrize("board", BOARDS)
def test_every_board_is_in_the_table(board):
    assert family(board) is not None


def test_a_product_name_of_another_board_with_the_same_chip_excludes_it():
    breaker = SerialPort(device="a", description="iCEBreaker V1.0e", usb=FT2232H, interface=1)
    assert [name for name in breaker.may_be() if not name.startswith("icebreaker")] == []


def test_sizes_are_of_boards_that_there_are():
    assert set(SIZES) <= set(BOARDS)


def test_the_rule_for_udev_has_the_ids_of_the_table_and_no_others():
    text = RULE.read_text()
    found = re.findall(r'ATTRS\{idVendor\}=="(\w{4})", ATTRS\{idProduct\}=="(\w{4})"', text)
    assert sorted((int(vendor, 16), int(product, 16)) for vendor, product in found) == usb_ids()
    assert int(RULE.name.split("-")[0]) < 73  # where uaccess is applied
    chips = {chip.chip for chip in FAMILIES.values() if chip is not None}
    assert len(chips) >= 4 and usb_serial("ulx3s-85f") is not None


@given(st.text(max_size=300))
def test_what_a_usb_device_says_cannot_reach_the_terminal(text):
    shown = str(ports._port(usb_port("/dev/ttyUSB0", *FT231X, text)))
    assert shown.isascii() and shown.isprintable() and len(shown) < 200


def test_boards_lists_the_ports_with_what_they_may_be(plugged, capsys):
    plugged(usb_port("/dev/ttyUSB0", *FT231X, "ULX3S FPGA 45K v3.0.8"), MODEM, ON_BOARD)
    assert run(app, ["boards"]) == 0
    out = capsys.readouterr().out
    assert "  /dev/ttyUSB0 (ULX3S FPGA 45K v3.0.8, ulx3s-45f)\n" in out
    assert "  /dev/ttyACM0 (Modem)\n" in out and "  /dev/ttyS0\n" in out
    plugged()
    assert run(app, ["boards"]) == 0
    assert "serial ports: none" in capsys.readouterr().out
