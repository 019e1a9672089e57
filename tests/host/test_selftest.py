"""The self-test: a sound board passes, a broken one is told what is wrong first, and what a board has learned is safe."""

import re

import numpy as np
import pytest

from sw.cli.command_line import app
from sw.contract.frames import Frame
from sw.contract.network import Network
from sw.data.initial_weights import initial_weights
from sw.host import known_boards, simulated_board
from sw.host.device import connect
from sw.host.selftest import known_answers
from sw.host.selftest.known_answers import CASES, SAMPLES
from sw.host.serial_transport import SerialTransport
from sw.terminal.run import run
from tests.drivers.fake_board import SMALL, FakeBoard
from tests.drivers.fake_build import build_command
from tests.drivers.fake_port import FakePort, board_like

SMALL_BOARD = "columns=64,rows=32,grid_height=4,grid_width=1,synapses_per_cell=16,folds=1"
TINY_BOARD = "columns=16,rows=32,grid_height=1,grid_width=1,synapses_per_cell=16,folds=1"


def selftest(*words):
    return run(app, ["selftest", *words])


@pytest.fixture
def small_boards(monkeypatch):
    """A board of 64 columns under the name of the one that a fake port has."""
    known = known_boards.BOARDS["ulx3s-85f"]
    small = type(known)(**{**vars(known), "geometry": SMALL})
    monkeypatch.setitem(known_boards.BOARDS, "ulx3s-85f", small)


def test_the_answers_are_those_of_the_twin():
    with known_boards.find("twin").open(print) as twin:
        found = {name: known_answers.answers(twin, case) for name, case in CASES.items()}
    assert found == known_answers.known()


@pytest.mark.parametrize("name", CASES)
def test_the_cases_ask_for_more_than_one_thing(name):
    answers = known_answers.known()[name]
    assert 0 < answers["learned"] < answers["samples"] == SAMPLES
    assert len(set(answers["predictions"])) > 5 and len(set(answers["predictions_after"])) > 5
    assert answers["draws"] > 500


def test_a_board_on_a_port_is_sound_and_forgets_the_test(capsys):
    with FakePort(board_like("ulx3s-85f")) as port:
        assert selftest("--board", "ulx3s", "--port", port.name) == 0
        captured = capsys.readouterr()
        *report, verdict = captured.out.splitlines()
        assert verdict == "sound: 400 known samples in 2 networks; its weights were overwritten"
        assert report[0].startswith("metaplast ") and report[1] == f"board ulx3s-85f on {port.name} at 3000000 baud"
        assert "columns=784,rows=512" in report[3]
        assert "weight memory: 512 rows of 784 columns" in captured.err
        assert port.board.chip.samples == 0
    assert selftest("--board", "twin") == 0


def test_a_simulated_board_answers_what_fits_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(simulated_board, "BUILD", build_command(tmp_path))
    assert selftest("--board", "sim", "--geometry", SMALL_BOARD) == 0
    assert "sound: 200 known samples in 1 networks" in capsys.readouterr().out
    assert selftest("--board", "sim", "--geometry", TINY_BOARD) == 2
    assert "no known answers are for a board as small as sim" in capsys.readouterr().err


def test_what_a_board_has_learned_is_overwritten_only_when_asked(small_boards, capsys):
    network = Network.of(layers=(64, 20, 10))
    with FakePort(FakeBoard()) as port:
        with connect(SerialTransport(port.name, 9600), "the board") as device:
            device.configure(network)
            device.write_weights(initial_weights(network))
            device.train(np.ones((3, 64), np.uint8), np.zeros(3, int))
            before = device.read_weights()
        assert selftest("--board", "ulx3s", "--port", port.name) == 2
        told = capsys.readouterr().err
        assert re.fullmatch(r"error: the board has learned 3 samples and the test overwrites .*: give --yes .*\n", told)
        assert port.board.chip.samples == 3
        np.testing.assert_array_equal(port.board.chip.weights[:20, :64], before[0])
        assert selftest("--board", "ulx3s", "--port", port.name, "--yes") == 0


def loses_a_reply(board):
    """One reply never comes."""
    answer, count = board.answer, iter(range(10**9))
    board.answer = lambda piece: None if next(count) == 60 else answer(piece)


def stuck_register(board):
    """Bit 3 of the signature is always 0."""
    state = board.state

    def stuck(data, repeated):
        reply = state(data, repeated)
        return reply[:4] + bytes([reply[4] & ~8]) + reply[5:]

    board.state = stuck


def stuck_at(row, column):
    """Bit 2 of one weight is always 1."""

    def fault(board):
        write = board.write

        def written(data, *how):
            answer = write(data, *how)
            board.chip.weights[row, column] |= 4
            return answer

        board.write = written

    return fault


def no_byte_enables(board):
    """Whoever writes synapse 2 of a cell writes synapse 3 too."""
    write = board.write

    def written(data, *how):
        answer = write(data, *how)
        if len(data) - 2 == 19:
            board.chip.weights[data[0], 19] = board.chip.weights[data[0], 18]
        return answer

    board.write = written


def twin_rows(board):
    """Rows 0 and 16 are one: the address line that tells them apart is broken."""
    write, read = board.write, board.read
    board.write = lambda data, *how: write(bytes([data[0] % 16]) + data[1:], *how)
    board.read = lambda data, *how: read(bytes([data[0] % 16]) + data[1:], *how)


def reads_another_row(board):
    read = board.read
    board.read = lambda data, *how: read(bytes([3]) + data[1:] if data[0] == 19 else data, *how)


def swaps_pixels(board):
    images = board.images
    board.images = lambda data: images(data)[:, [*range(5), 6, 5, *range(7, board.chip.inputs)]]


def loses_a_pixel(board):
    images = board.images
    board.images = lambda data: images(data) * (np.arange(board.chip.inputs) != 17).astype(np.uint8)


def always_lit(board):
    images = board.images
    board.images = lambda data: images(data) | (np.arange(board.chip.inputs) == 17).astype(np.uint8)


def wrong_mean(board):
    """Neurons are compared with the mean and two: only hidden layers have one."""
    forward = board.chip.forward

    def above_the_mean(pixels):
        chip = board.chip
        bounds, chip.bounds = chip.bounds, lambda i, x: (bounds(i, x)[0] + 2, bounds(i, x)[1])
        result = forward(pixels)
        chip.bounds = bounds
        return result

    board.chip.forward = above_the_mean


def learns_dark_pixels(board):
    learn = board.chip._learn
    board.chip._learn = lambda i, row, x, d: learn(i, row, np.where(x == 0, 1, x), d)


def learns_backwards(board):
    learn = board.chip._learn
    board.chip._learn = lambda i, row, x, d: learn(i, row, x, -d)


def thresholds(board):
    table = board.chip.table_of
    board.chip.table_of = lambda i, u: [min(128, x + 1) for x in table(i, u)]


def counts(board):
    board.chip.count = lambda: setattr(board.chip, "samples", board.chip.samples + 1 + (board.chip.samples == 9))


def predicts(board):
    train = board.chip.train
    board.chip.train = lambda pixels, label: (train(pixels, label) + (board.chip.samples == 8)) % 10


FAULTS = {
    "a lost reply": (loses_a_reply, r"link: of 128 frames [1-9]\d* had to be sent again, and 0 came to the board damaged"),
    "a stuck bit of a register": (stuck_register, r"registers: the signature reads fffffff6, written fffffffe"),
    "a stuck bit in row 0": (
        stuck_at(0, 40),
        r"single weights: the weight of row 0, column 40 \(cell 2, synapse 8, fold 0\) reads 4, expected 0 \(1 of 64 differ\)",
    ),
    "no byte enables": (
        no_byte_enables,
        r"neighbours: writing columns 0 to 18 of row 18 also changed column 19 \(cell 1, synapse 3, fold 0\): it reads",
    ),
    "two rows that are one": (twin_rows, r"neighbours: writing columns .* of row 0 "),
    "a row that reads another": (reads_another_row, r"neighbours: writing columns 0 to 19 of row 19 "),
    "a stuck bit": (
        stuck_at(29, 63),
        r"whole memory: the weight of row 29, column 63 \(cell 3, synapse 15, fold 0\) reads .*, expected .* \(1 of 2048",
    ),
    "swapped pixels": (swaps_pixels, r"inputs: pixel 5 \(cell 0, synapse 5, fold 0\) alone, .* it arrives somewhere else"),
    "a lost pixel": (loses_a_pixel, r"inputs: pixel 17 \(cell 1, synapse 1, fold 0\) alone, .* predicted 0, .* not arrive"),
    "a pixel that is always on": (always_lit, r"inputs: a dark image, shown the first time, is predicted \d+, expected 0"),
    "a wrong mean": (wrong_mean, r"forward pass: small, 64-20-10: predictions_before of sample \d+ is \d, expected \d"),
    "dark pixels that learn": (
        learns_dark_pixels,
        r"learned row: row \d, the (label|rival)'s, column \d+, whose pixel is off: the weight was",
    ),
    "learning backwards": (learns_backwards, r"learned row: row \d, the (label|rival)'s, column \d+, whose pixel is on"),
    "a threshold one too high": (thresholds, r"known answers: small, 64-20-10: predictions of sample \d+ is \d, expected \d"),
    "a sample counted twice": (counts, r"known answers: small: .* has counted \d+ training samples, expected \d+:"),
    "a wrong prediction": (
        predicts,
        r"known answers: small, 64-20-10: predictions of sample 7 is \d, expected \d \(1 of 200 differ\)",
    ),
}


@pytest.mark.parametrize(("fault", "said"), FAULTS.values(), ids=FAULTS)
def test_a_broken_board_is_told_which_part_is_wrong_first(small_boards, capsys, fault, said):
    board = FakeBoard()
    fault(board)
    with FakePort(board) as port:
        assert selftest("--board", "ulx3s", "--port", port.name) == 1
    *_, verdict, advice = capsys.readouterr().out.splitlines()
    assert re.match(f"different: {said}", verdict)
    assert re.fullmatch(r"look at .* \(docs/first-light\.md\)", advice)


def test_the_stages_go_from_the_line_to_learning(small_boards, capsys):
    with FakePort(FakeBoard()) as port:
        assert selftest("--board", "ulx3s", "--port", port.name) == 0
    assert re.findall(r"^ok  ([^:]+):", capsys.readouterr().out, re.MULTILINE) == [
        "link",
        "registers",
        "single weights",
        "neighbours",
        "whole memory",
        "inputs",
        "forward pass",
        "learned row",
        "known answers",
    ]


def test_a_wrong_layer_is_named():
    right = known_answers.known()["small"]
    wrong = right | {"weights_crc32": [right["weights_crc32"][0], "00000000"]}
    told = known_answers.first_difference(wrong, right)
    assert told == f"weights_crc32 of layer 2 is 00000000, expected {right['weights_crc32'][1]} (1 of 2 differ)"
    assert known_answers.first_difference(right, right) is None


def test_a_port_that_damages_a_reply_is_an_error_and_no_verdict(small_boards, capsys):
    """Not sound and not different: the link failed, so nothing is known of the board."""
    board = FakeBoard()
    answer = board.answer

    def cut(piece):
        reply = answer(piece)
        return Frame(type=reply.type, sequence=reply.sequence, nonce=0, payload=reply.payload[:-1])

    with FakePort(board) as port:
        board.answer = lambda piece: cut(piece) if board.chip.network else answer(piece)
        assert selftest("--board", "ulx3s", "--port", port.name) == 2
    assert "bytes, expected" in capsys.readouterr().err
