"""Boards from Python: the example of the documentation runs as it is printed, and errors are exceptions that say the same."""

import copy
import os
import pickle
import re
import signal
import threading

import numpy as np
import pytest
import torch

from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.host import OpenBoard, checkpoint, open_board, ports, streaming
from sw.host.checkpoint import Checkpoint
from sw.host.error import BoardError, BusyError, HostError, InputError, LinkError, TransportError
from sw.tree.sources import ROOT
from tests.drivers.fake_board import SMALL, FakeBoard
from tests.drivers.fake_port import FakePort, board_like, usb_port
from tests.drivers.link_partner import Partner

DOCS = ROOT / "docs" / "host.md"
NETWORK = Network.of(layers=(64, 20, 10))


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)  # tests run side by side


@pytest.fixture
def board(monkeypatch):
    """A small fake board that is open."""
    from sw.host import known_boards
    from sw.host.device import connect

    class Fake(known_boards.Board):
        def open(self, report):
            return connect(Partner(FakeBoard()), "the board")

    monkeypatch.setattr(known_boards, "find", lambda name, port, geometry: Fake(name="fake", geometry=SMALL))
    with open_board("fake") as opened:
        yield opened


def samples(count=250, seed=1):
    random = np.random.default_rng(seed)
    return random.integers(0, 2, (count, 64), dtype=np.uint8), random.integers(0, 10, count)


def test_the_example_of_the_documentation(tmp_path, monkeypatch, capsys):
    (example,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    random = np.random.default_rng(2)
    images, labels = random.integers(0, 256, (60, 28, 28), dtype=np.uint8), random.integers(0, 10, 60)
    monkeypatch.chdir(tmp_path)
    with FakePort(board_like("ulx3s-85f")) as port:
        found = [usb_port(port.name, 0x0403, 0x6015, "ULX3S FPGA 85K v3.0.8")]
        monkeypatch.setattr(ports.list_ports, "comports", lambda: found)
        exec(compile(example, str(DOCS), "exec"), {"images": images, "labels": labels})
    told = r"\d+\.\d% right before learning, 60 samples learned\n\d+\.\d% right now\n"
    told += r"\d+ of 60 right before learning, rehearsed by the board\n\d+ right now\n"
    assert re.fullmatch(told, capsys.readouterr().out)
    assert checkpoint.load(tmp_path / "trained.npz").samples == 60


def test_what_comes_back_is_what_the_twin_gives(board, tmp_path):
    pixels, labels = samples()
    board.begin(NETWORK)
    ours = board.train(pixels, labels)
    with open_board_of_the_twin() as twin:
        twin.begin(layers=(64, 20, 10))
        np.testing.assert_array_equal(ours, twin.train(pixels, labels))
        np.testing.assert_array_equal(board.predict(pixels), twin.predict(pixels))
        for a, b in zip(board.weights, twin.weights, strict=True):
            np.testing.assert_array_equal(a, b)
        assert board.samples == twin.samples == 250
        assert board.counters()["draws"] == twin.counters()["draws"] > 0
    assert ours.dtype == np.uint16 and ours.shape == (250,)
    assert board.geometry == SMALL and board.network == NETWORK


def open_board_of_the_twin():
    from sw.host.known_boards import TwinBoard

    twin = TwinBoard(name="twin", geometry=None)
    return OpenBoard(twin.open(print), twin)


def test_shapes_and_types_that_are_taken_are_alike(board):
    pixels, labels = samples(30)
    found = []
    images = pixels.reshape(30, 8, 8)
    for given in (pixels, pixels.astype(bool), images, images.astype(bool), images.astype(np.int64), images.tolist()):
        board.begin(NETWORK)
        found.append(board.train(given, labels).tolist())
    for given in (labels.astype(np.uint8), labels.tolist()):
        board.begin(NETWORK)
        found.append(board.train(pixels, given).tolist())
    assert found.count(found[0]) == len(found) == 8
    assert board.train(pixels[:0], labels[:0]).shape == (0,)


def test_networks_of_numpy_s_numbers_are_taken(board, tmp_path):
    board.begin(layers=(64, 20, np.int64(10)), learning_rate=np.array([0.5, 0.25], np.float32), window=[np.int16(4)])
    assert board.network == Network.of(layers=(64, 20, 10), learning_rate=(0.5, 0.25), window=(4,))
    board.train(*samples(30))
    board.save(tmp_path / "a.npz")
    assert checkpoint.load(tmp_path / "a.npz").network == board.network


def test_a_saved_board_goes_on_bit_identically(board, tmp_path):
    pixels, labels = samples()
    board.begin(NETWORK)
    board.train(pixels, labels)
    whole = board.weights
    board.begin(NETWORK)
    board.train(pixels[:120], labels[:120])
    board.save(tmp_path / "half.npz")
    board.begin(layers=(64, 7, 2))
    board.load(str(tmp_path / "half.npz"))
    board.train(pixels[120:], labels[120:])
    for ours, right in zip(board.weights, whole, strict=True):
        np.testing.assert_array_equal(ours, right)


def test_errors_are_exceptions_with_a_sentence(board, tmp_path):
    pixels, labels = samples(3)
    with pytest.raises(LinkError, match="the board has no network: call begin or load first"):
        board.train(pixels, labels)
    with pytest.raises(LinkError, match="no network"):
        _ = board.weights
    with pytest.raises(ContractError, match="take away 3 neurons"):
        board.begin(layers=(64, 25, 10))
    with pytest.raises(ContractError, match="unknown field momentum"):
        board.begin(momentum=1)
    with pytest.raises(InputError, match="either a network or the fields"):
        board.begin(NETWORK, margin=3)
    board.begin(NETWORK)
    with pytest.raises(InputError, match="apply a threshold first"):
        board.train(pixels * 255, labels)
    with pytest.raises(InputError, match="pixels go from -1 to 0, expected 0 and 1"):
        board.train(-pixels.astype(np.int64), labels)
    with pytest.raises(InputError, match="pixels are float64 of shape"):
        board.train(pixels / 1, labels)
    with pytest.raises(InputError, match=r"labels are int64 of shape \(3, 1\), expected integers of shape \(3,\)"):
        board.train(pixels, labels[:, None])
    with pytest.raises(HostError, match="cannot be read"):
        board.load(tmp_path / "none.npz")
    assert board.samples == 0


def test_boards_that_cannot_be_opened(monkeypatch):
    monkeypatch.setattr(ports.list_ports, "comports", list)
    with pytest.raises(BoardError, match="there is no board ulx9s"):
        open_board("ulx9s")
    with pytest.raises(BoardError, match="plug the board in or give --port"):
        open_board("ulx3s")
    with FakePort(board_like("ulx3s-85f")) as port, open_board("ulx3s", port=port.name):
        with pytest.raises(TransportError, match="another program uses it"):
            open_board("ulx3s", port=port.name)


def test_ctrl_c_acts_between_two_batches(board, monkeypatch):
    pixels, labels = samples()
    board.begin(NETWORK)
    with_signals(monkeypatch, board, signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        board.train(pixels, labels)
    assert board.samples == 2 * streaming.BATCH
    assert Checkpoint.of(board.device, NETWORK).samples == 2 * streaming.BATCH


def with_signals(monkeypatch, board, *numbers, fails=False):
    """These signals come while the second batch is made."""
    stream, left = board.device.stream, list(numbers)

    def interrupted(batches):
        for i, batch in enumerate(batches):
            while i == 1 and left:
                signal.raise_signal(left.pop(0))
            yield batch
        if fails:
            raise LinkError("the cable is out")

    monkeypatch.setattr(board.device, "stream", lambda batches: stream(interrupted(batches)))


def test_where_a_handler_returns_training_goes_on_and_the_handler_may_ask_the_board(board, monkeypatch):
    pixels, labels = samples()
    board.begin(NETWORK)
    right = board.train(pixels, labels).tolist()
    board.begin(NETWORK)
    with_signals(monkeypatch, board, signal.SIGUSR1)
    found = []
    before = signal.signal(signal.SIGUSR1, lambda *_: found.append((board.samples, board.predict(pixels[:3]).shape)))
    try:
        assert board.train(pixels, labels).tolist() == right
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert found == [(2 * streaming.BATCH, (3,))] and board.samples == 250


def test_a_signal_is_not_lost_where_the_link_fails(board, monkeypatch):
    pixels, labels = samples()
    board.begin(NETWORK)
    with_signals(monkeypatch, board, signal.SIGINT, fails=True)
    with pytest.raises(KeyboardInterrupt):
        board.train(pixels, labels)


def test_a_handler_that_python_cannot_restore_is_left_alone_and_the_predictions_come_back(board, monkeypatch):
    pixels, labels = samples()
    board.begin(NETWORK)
    monkeypatch.setattr(signal, "getsignal", lambda number: None)  # as in a program in C that Python is embedded in
    assert board.train(pixels, labels).shape == (250,)


def test_a_handler_in_the_middle_of_a_batch_is_refused_at_once(board, monkeypatch):
    pixels, labels = samples()
    board.begin(NETWORK)
    with_signals(monkeypatch, board, signal.SIGALRM)
    before = signal.signal(signal.SIGALRM, lambda *_: board.samples)
    try:
        with pytest.raises(BusyError, match="in the middle of a call"):
            board.train(pixels, labels)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert board.samples <= 250


def test_threads_take_turns_each_call_as_a_whole():
    pixels, labels = samples(600)
    with open_board_of_the_twin() as twin:
        twin.begin(NETWORK)
        right = twin.train(pixels, labels).tolist()
        at_the_end = twin.predict(pixels).tolist()
        twin.begin(NETWORK)
        at_the_beginning = twin.predict(pixels).tolist()
    with FakePort(board_like("ulx3s-85f")) as port, open_board("ulx3s", port=port.name) as board:
        board.begin(NETWORK)
        answers, errors = {}, []

        def ask(name, call):
            try:
                answers[name] = call()
            except Exception as error:
                errors.append(error)

        calls = {f"predict {i}": lambda: board.predict(pixels).tolist() for i in range(3)}
        calls |= {"train": lambda: board.train(pixels, labels).tolist(), "samples": lambda: board.samples}
        calls |= {"weights": lambda: len(board.weights), "counters": lambda: len(board.counters()) > 2}
        threads = [threading.Thread(target=ask, args=both, daemon=True) for both in calls.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert errors == [] and set(answers) == set(calls)
        assert answers["train"] == right and answers["samples"] in (0, 600)
        assert all(answers[f"predict {i}"] in (at_the_beginning, at_the_end) for i in range(3))
        assert board.predict(pixels).tolist() == at_the_end


def test_ctrl_c_ends_the_wait_for_a_turn(board):
    board.begin(NETWORK)
    goes_on = threading.Event()
    taken = threading.Event()

    def hold():
        with board._turns:
            taken.set()
            goes_on.wait(30)

    report = threading.Thread(target=hold)
    report.start()
    assert taken.wait(30)
    timer = threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            _ = board.samples
    finally:
        goes_on.set()
        report.join(30)
    assert board.samples == 0


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_process_that_is_forked_off_is_refused_and_harms_nothing(board):
    pixels, labels = samples()
    board.begin(NETWORK)
    child = os.fork()
    if child == 0:
        try:
            board.train(pixels, labels)
        except BusyError as error:
            os._exit("forked" in str(error))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert board.samples == 0


@pytest.mark.parametrize("copies", [pickle.dumps, copy.copy, copy.deepcopy])
def test_an_open_board_is_not_copied(board, copies):
    with pytest.raises(TypeError, match="an open board cannot be copied or sent to another process: open it where it is used"):
        copies(board)


def test_another_thread_may_train(board):
    pixels, labels = samples()
    board.begin(NETWORK)
    thread = threading.Thread(target=board.train, args=(pixels, labels))
    thread.start()
    thread.join()
    assert board.samples == 250
