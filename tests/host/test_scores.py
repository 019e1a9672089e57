"""Scores of all classes (clause 6) are those of the contract on every board, and no board is believed that predicts others."""

import numpy as np
import pytest

from sw.contract.commands import Command
from sw.contract.network import Network
from sw.host.checkpoint import Checkpoint
from sw.host.device import Device
from sw.host.error import LinkError
from sw.host.known_boards import TwinBoard
from sw.host.link import Link
from sw.host.notebook import OpenBoard
from sw.twin.compiled import CompiledDevice
from sw.twin.device import TwinDevice
from tests.drivers.link_partner import Partner
from tests.drivers.network_model import model_of

NETWORKS = [
    Network.of(layers=(12, 6, 5, 3), margin=4, init_range=128, activation=("gate", "sign"), gate=(2, 0)),
    Network.of(layers=(9, 2)),
    Network.of(layers=(60, 7, 9, 3), init_range=128, activation=("band", "gate"), gate=(6, 1), scaling=("root", "root")),
]


def samples(network, count=40):
    random = np.random.default_rng(3)
    return random.integers(0, 2, (count, network.layers[0]), dtype=np.uint8), random.integers(0, 2, count)


def on_a_line():
    return Device(Link(Partner(), "the board"))


@pytest.mark.parametrize("make", [on_a_line, TwinDevice, CompiledDevice])
@pytest.mark.parametrize("network", NETWORKS)
def test_scores_are_those_of_the_contract(make, network):
    pixels, labels = samples(network)
    model = model_of(network)
    with make() as device:
        Checkpoint.initial(network).put_on(device)
        for first in (0, 20):  # and after something has been learned
            found = device.scores(pixels)
            assert (found.dtype, found.shape) == (np.int32, (40, network.layers[-1]))
            assert found.tolist() == [model.forward(image.tolist()).sums[-1] for image in pixels]
            before = device.read_state()
            assert device.scores(pixels[:0]).shape == (0, network.layers[-1])
            assert device.read_state() == before
            device.train(pixels[first : first + 20], labels[first : first + 20])
            for image, label in zip(pixels[first : first + 20], labels[first : first + 20], strict=True):
                model.train(image.tolist(), int(label))


def test_a_board_s_weights_are_read_once_while_nothing_changes_them():
    partner, network = Partner(), NETWORKS[0]
    pixels, labels = samples(network)
    reads, act = [], partner.board.act
    partner.board.act = lambda frame: (reads.append(frame.type == Command.READ), act(frame))[1]
    device = Device(Link(partner, "the board"))
    Checkpoint.initial(network).put_on(device)
    for change in (
        lambda: device.train(pixels, labels),
        lambda: device.write_rows([(0, np.ones(12, np.int8))]),
        device.reconnect,
    ):
        reads.clear()
        for _ in range(2):
            device.scores(pixels)
            device.read_state()
        assert sum(reads) == network.row_count
        change()


def test_a_board_that_predicts_what_its_weights_do_not_say_is_refused():
    partner, network = Partner(), NETWORKS[0]
    device = Device(Link(partner, "the board"))
    Checkpoint.initial(network).put_on(device)
    partner.board.chip.infer = lambda pixels: 2
    with pytest.raises(LinkError, match="does not predict what its own weights say"):
        device.scores(samples(network)[0])


def test_from_python():
    pixels, _ = samples(NETWORKS[0])
    with OpenBoard(TwinDevice(), TwinBoard(name="twin", geometry=None)) as board:
        with pytest.raises(LinkError, match="no network"):
            board.scores(pixels)
        board.begin(NETWORKS[0])
        assert np.array_equal(board.scores(pixels.reshape(-1, 3, 4)).argmax(axis=1), board.predict(pixels))
