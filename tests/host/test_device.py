"""The device: what goes over the link makes a chip learn as the contract says; nothing wrong is ever sent."""

import os
import sys
import threading

import numpy as np
import pytest
import torch

from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.data.initial_weights import initial_weights
from sw.host.device import Device, connect
from sw.host.error import HostError, InputError, LinkError
from sw.host.link import Link
from sw.host.process_transport import ProcessTransport
from sw.host.serial_transport import SerialTransport
from sw.twin.device import TwinDevice
from tests.drivers.fake_board import FakeBoard
from tests.drivers.link_partner import Partner

NETWORKS = {
    "two layers": Network.of(layers=(64, 20, 10)),
    "one layer, margin never reached": Network.of(layers=(50, 7), margin=32767, init_range=128),
    "four layers, one gated": Network.of(
        layers=(33, 9, 8, 7, 5),
        activation=("sign", "gate", "sign"),
        gate=(0, -3, 0),
        window=(0, 1023, 2),
        relax_rate=(65536, 0, 300, 1),
        relax_floor=5,
        init_range=128,
        margin=6,
        prng=7,
    ),
    "always stepping": Network.of(layers=(16, 4, 2), learning_rate=(2.0, 2.0), metaplasticity=(0.0, 0.0), margin=4),
}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)  # tests run side by side


def samples(network, count, seed=1):
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 2, (count, network.layers[0]), dtype=np.uint8)
    return pixels, random.integers(0, network.layers[-1], count)


def device_on(board=None):
    return Device(Link(Partner(board), "the board"))


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_a_board_behind_the_link_equals_the_twin(network):
    board, twin = device_on(), TwinDevice()
    pixels, labels = samples(network, 120)
    for device in (board, twin):
        device.configure(network)
        device.write_weights(initial_weights(network))
        device.write_state(network.prng, 0)
    np.testing.assert_array_equal(board.train(pixels, labels), twin.train(pixels, labels))
    np.testing.assert_array_equal(board.infer(pixels), twin.infer(pixels))
    for ours, theirs in zip(board.read_weights(), twin.read_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert board.read_state() == twin.read_state()
    assert board.read_state()[1] == 120
    counted = board.counters()
    assert {name: counted[name] for name in twin.counters()} == twin.counters()
    assert counted["draws"] > 0


def test_predictions_come_back_with_the_documented_type():
    board = device_on()
    network = NETWORKS["two layers"]
    board.configure(network)
    predictions = board.infer(samples(network, 3)[0])
    assert predictions.dtype == np.uint16 and predictions.shape == (3,)
    assert board.infer(np.zeros((0, 64), np.uint8)).shape == (0,)
    assert [w.dtype for w in board.read_weights()] == [np.int8, np.int8]


def test_configure_sets_the_random_word_and_clears_the_count():
    board = device_on()
    network = Network.of(layers=(16, 4, 2), prng=99)
    board.configure(network)
    board.train(*samples(network, 9))
    assert board.read_state()[1] == 9
    board.configure(network)
    assert board.read_state() == (99, 0, 0)


@pytest.mark.parametrize("buffer_bytes", [66, 120, 600, 5000])
def test_batches_fill_the_buffer_with_two_frames_where_they_fit(buffer_bytes):
    board = device_on(FakeBoard(buffer_bytes=max(600, buffer_bytes)))
    network = Network.of(layers=(64, 4, 2))
    board.configure(network)
    board.conversation.hello = FakeBoard(buffer_bytes=buffer_bytes).hello
    size = board.batch_size()
    frame = 14 + 3 + size * 10
    assert size >= 1 and frame <= buffer_bytes
    if buffer_bytes >= 2 * 27:
        assert 2 * frame <= buffer_bytes
        assert size == 128 or 2 * (frame + 10) > buffer_bytes
    before = board.link.most_in_flight
    pixels, labels = samples(network, 4 * size)
    assert len(board.train(pixels, labels)) == 4 * size
    assert before <= board.link.most_in_flight <= max(600, buffer_bytes)


def test_a_buffer_too_small_for_one_sample():
    board = device_on(FakeBoard(buffer_bytes=600))
    network = Network.of(layers=(64, 4, 2))
    board.configure(network)
    board.conversation.hello = FakeBoard(buffer_bytes=20).hello
    with pytest.raises(LinkError, match="a sample has 10 bytes, too many for the buffer"):
        board.train(*samples(network, 1))


WRONG = {
    "pixels of another width": (lambda x, y: (x[:, :-1], y), "expected uint8 of shape \\(n, 64\\)"),
    "grey pixels": (lambda x, y: (x * 255, y), "pixels go up to 255"),
    "pixels of another type": (lambda x, y: (x.astype(float), y), "pixels are float64"),
    "fewer labels": (lambda x, y: (x, y[:-1]), "expected integers of shape \\(5,\\)"),
    "a label too high": (lambda x, y: (x, y * 0 + 10), "label 10 of sample 0 is not below 10"),
    "a label too low": (lambda x, y: (x, y * 0 - 1), "label -1 of sample 0"),
    "labels that are no integers": (lambda x, y: (x, y.astype(float)), "labels are float64"),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=WRONG)
def test_wrong_samples_are_refused_before_anything_is_sent(change, said):
    board = device_on()
    network = NETWORKS["two layers"]
    board.configure(network)
    sent = board.link.wire_bytes
    with pytest.raises(InputError, match=said):
        board.train(*change(*samples(network, 5)))
    assert board.link.wire_bytes == sent


def test_wrong_weights_are_refused_before_anything_is_sent():
    board = device_on()
    network = NETWORKS["two layers"]
    board.configure(network)
    sent = board.link.wire_bytes
    good = initial_weights(network)
    wrong: list = [good[:1], good[::-1], [w.astype(np.int16) for w in good]]
    for weights in wrong:
        with pytest.raises(InputError, match="expected int8 of shapes"):
            board.write_weights(weights)
    assert board.link.wire_bytes == sent


def test_a_network_that_does_not_fit_is_refused_before_anything_is_sent():
    board = device_on()
    sent = board.link.wire_bytes
    with pytest.raises(ContractError, match="take away 3 neurons"):
        board.configure(Network.of(layers=(64, 25, 10)))
    with pytest.raises(ContractError, match="take away 1 inputs"):
        board.configure(Network.of(layers=(65, 2)))
    assert board.link.wire_bytes == sent


def test_use_before_configure():
    with pytest.raises(LinkError, match="call configure first"):
        device_on().train(np.zeros((1, 64), np.uint8), np.zeros(1, int))


def test_a_board_with_a_shape_that_no_board_has():
    board = FakeBoard()
    board.hello = type(board.hello)(**{**vars(board.hello), "folds": 3})
    with pytest.raises(LinkError, match="a shape that no board has"):
        device_on(board)


def test_connect_closes_the_transport_of_a_board_that_does_not_answer():
    partner = Partner(damage=lambda data: b"")
    with pytest.raises(HostError):
        connect(partner, "the board", hello_timeout=0.05)
    assert partner.closed


def test_the_same_over_a_process():
    network = NETWORKS["two layers"]
    transport = ProcessTransport([sys.executable, "-m", "tests.drivers.fake_board"])
    with connect(transport, "the board", hello_timeout=30.0) as board, device_on() as direct:
        trains_alike(board, direct, network)
    assert transport._process.returncode == 0


def test_the_same_over_a_serial_port():
    import pty
    import tty

    master, slave = pty.openpty()
    tty.setraw(slave)
    fake = FakeBoard()

    def serve():
        try:
            while data := os.read(master, 4096):
                os.write(master, fake.feed(data))
        except OSError:
            return  # the port has been closed

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    with connect(SerialTransport(os.ttyname(slave), 115200), "the board") as board, device_on() as direct:
        trains_alike(board, direct, NETWORKS["two layers"])
    os.close(slave)
    server.join(5)
    os.close(master)


def trains_alike(board, direct, network):
    pixels, labels = samples(network, 50)
    for device in (board, direct):
        device.configure(network)
        device.write_weights(initial_weights(network))
    np.testing.assert_array_equal(board.train(pixels, labels), direct.train(pixels, labels))
    for ours, theirs in zip(board.read_weights(), direct.read_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
