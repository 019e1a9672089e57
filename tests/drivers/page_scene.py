"""A teaching page in this process: a board, a server in a thread, and a browser's requests without a browser."""

import http.client
import json
from contextlib import contextmanager

import numpy as np

from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.host.checkpoint import Checkpoint
from sw.host.device import connect
from sw.host.known_boards import SimulatedBoard
from sw.host.notebook import OpenBoard, open_board
from sw.page.address import Address
from sw.page.kept_board import KeptBoard
from sw.page.lesson import Lesson
from sw.page.serve import Opening, Page
from sw.wire.board import ModelBoard
from sw.wire.line import Line

SHAPE = Geometry(columns=784, rows=32, grid_height=7, grid_width=7, synapses_per_cell=16, folds=1)


def small(side=28, classes=6):
    """A network that learns in no time."""
    return Network.of(layers=(side * side, 16, classes), learning_rate=(1.0, 1.0), margin=40, window=(side,))


def drawings(count, side=28, seed=1):
    """Texts of random pixels: of every second one the upper half is full, of the others the lower one."""
    chance = np.random.default_rng(seed)
    pixels = chance.random((count, side * side)) < 0.1
    pixels[::2, : side * side // 2] |= chance.random((len(pixels[::2]), side * side // 2)) < 0.8
    pixels[1::2, side * side // 2 :] |= chance.random((len(pixels[1::2]), side * side // 2)) < 0.8
    return ["".join("01"[int(pixel)] for pixel in row) for row in pixels]


def bits(texts):
    return np.array([[int(pixel) for pixel in text] for text in texts], np.uint8)


class ModelOpener:
    """Opens a board in Python behind the bytes of the link; `model` is the board itself, for a test to reset."""

    def __init__(self, shape=SHAPE):
        self.model, self.shape, self.opened = ModelBoard(shape, buffer_bytes=4096), shape, 0

    def __call__(self):
        self.opened += 1
        device = connect(Line(self.model), "the board in Python", reply_timeout=0.2, resend_after=0.05)
        return OpenBoard(device, SimulatedBoard(name="sim", geometry=self.shape))


def compiled():
    return open_board("compiled", report=lambda line: None)


def lesson(network=None, open_board=compiled):
    """A lesson without a page."""
    return Lesson(KeptBoard(open_board, Checkpoint.initial(network or small())))


@contextmanager
def served(network=None, *, open_board=None, token=None, save=None, listen="0", start=None):
    """A page that answers; `page.url` says where."""
    address = Address.parse(listen, token)
    start = start or Checkpoint.initial(network or small())
    opening = Opening(name="compiled", report=lambda line: None)
    with (
        address.listen() as sock,
        Page(opening, address, sock, start, save=save, pause=0.0, open=open_board) as page,
        page.served(),
    ):
        yield page


def request(page, method, path, body=None, **headers):
    """Status, headers and body of one request."""
    host = page.url.removeprefix("http://").partition("/")[0]
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read()
    connection.close()
    return found


def ask(page, path, **given):
    """What the page answers to a press: the status and the object."""
    status, _, body = request(page, "POST", path, json.dumps(given))
    return status, json.loads(body)


def state(page):
    return json.loads(request(page, "GET", "/state")[2])
