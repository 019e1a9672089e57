"""The pictures of the page in docs/page.md and README.md, of a page that a program has taught a few symbols.

    python -m sw.page.screenshots

writes docs/page.png (a desktop), docs/page-phone.png and docs/page-stream.png.
"""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import expect

from sw.contract.error import MetaplastError
from sw.files.output import write_bytes
from sw.files.streams import take_every_word
from sw.host.checkpoint import Checkpoint
from sw.page.address import Address
from sw.page.browser import Point, browser, draw
from sw.page.serve import Opening, Page
from sw.page.starting import teaching_network
from sw.terminal.speech import say
from sw.tree.sources import ROOT

DOCS = ROOT / "docs"
BOARD = "compiled"
SEED = 1
TAUGHT = 4  # times each symbol is drawn
DESKTOP = {"width": 1200, "height": 1120}
PHONE = {"width": 390, "height": 1180}

Curve = Callable[[float], Point]


def curve(of: Curve, points: int = 40) -> list[Point]:
    """Points of a curve over 0 … 1."""
    return [of(i / (points - 1)) for i in range(points)]


def circle(x: float, y: float, radius: float, begin: float = 0.0, turn: float = 1.0) -> list[Point]:
    """A part of a circle, in turns; from the right, clockwise."""

    def at(t: float) -> Point:
        angle = 2 * math.pi * (begin + turn * t)
        return x + radius * math.cos(angle), y + radius * math.sin(angle)

    return curve(at)


def heart(t: float) -> Point:
    """The curve that everybody draws for a heart."""
    angle = 2 * math.pi * t
    y = 13 * math.cos(angle) - 5 * math.cos(2 * angle) - 2 * math.cos(3 * angle) - math.cos(4 * angle)
    return 0.5 + 0.33 * math.sin(angle) ** 3, 0.46 - y * 0.022


def star(t: float) -> Point:
    """Five straight lines."""
    corners = [(0.5 + 0.38 * math.sin(4 * math.pi * i / 5), 0.5 - 0.38 * math.cos(4 * math.pi * i / 5)) for i in range(6)]
    place = min(t * 5, 4.999)
    (x0, y0), (x1, y1) = corners[int(place)], corners[int(place) + 1]
    return x0 + (x1 - x0) * (place % 1), y0 + (y1 - y0) * (place % 1)


SYMBOLS: dict[str, list[list[Point]]] = {
    "heart": [curve(heart)],
    "star": [curve(star, 60)],
    "smile": [
        circle(0.5, 0.5, 0.38),
        circle(0.5, 0.52, 0.2, 0.08, 0.34),
        [(0.38, 0.36), (0.38, 0.44)],
        [(0.62, 0.36), (0.62, 0.44)],
    ],
    "house": [[(0.2, 0.85), (0.2, 0.45), (0.5, 0.15), (0.8, 0.45), (0.8, 0.85), (0.2, 0.85)], [(0.2, 0.45), (0.8, 0.45)]],
    "spiral": [curve(lambda t: (0.5 + 0.36 * t * math.cos(15 * t), 0.5 + 0.36 * t * math.sin(15 * t)), 80)],
}


def by_hand(strokes: list[list[Point]], chance: np.random.Generator) -> list[list[Point]]:
    """The same symbol drawn by another hand: turned, stretched and a little uneven."""
    angle, wide, tall = chance.normal(0, 0.09), chance.normal(1, 0.08), chance.normal(1, 0.08)
    moved = []
    for stroke in strokes:
        points = (
            (np.array(stroke) - 0.5)
            * (0.85 * wide, 0.85 * tall)
            @ [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]
        )
        points += 0.5 + chance.normal(0, 0.0015, points.shape)
        moved.append([(float(x), float(y)) for x, y in np.clip(points, 0.02, 0.98)])
    return moved


@contextmanager
def served() -> Iterator[Page]:
    """A page on any free port."""
    address = Address.parse("0", None)
    with (
        address.listen() as sock,
        Page(Opening(name=BOARD, report=say), address, sock, Checkpoint.initial(teaching_network(None))) as page,
        page.served(),
    ):
        yield page


def taught(page: Any, chance: np.random.Generator) -> None:
    """Teach every symbol a few times, in turn, with rehearsal."""
    page.locator("#rehearsal").check()
    for turn in range(TAUGHT):
        for number, (name, strokes) in enumerate(SYMBOLS.items()):
            draw(page, by_hand(strokes, chance))
            if turn == 0:
                page.locator("#name").fill(name)
                page.locator("#add").click()
            else:
                page.locator("#symbols button").nth(number).click()
            expect(page.locator("#clear")).to_be_disabled()
    draw(page, by_hand(SYMBOLS["smile"], chance))
    expect(page.locator("#answer")).to_contain_text("It thinks")


def main() -> int:
    """The command above; the exit status."""
    take_every_word()
    chance = np.random.default_rng(SEED)
    try:
        with served() as server, browser() as opened:
            desktop = opened.new_context(viewport=DESKTOP, color_scheme="light").new_page()
            desktop.goto(server.url)
            taught(desktop, chance)
            desktop.wait_for_timeout(1500)
            keep(DOCS / "page.png", desktop.screenshot())
            phone = opened.new_context(viewport=PHONE, is_mobile=True, has_touch=True, device_scale_factor=1.5).new_page()
            phone.goto(server.url)
            phone.wait_for_selector("#symbols button")
            draw(phone, by_hand(SYMBOLS["star"], chance))
            expect(phone.locator("#answer")).to_contain_text("It thinks")
            keep(DOCS / "page-phone.png", phone.screenshot())
            desktop.locator("#play").click()
            expect(desktop.locator("#stream-at")).to_have_text("done", timeout=120_000)
            keep(DOCS / "page-stream.png", desktop.locator(".stream").screenshot())
    except MetaplastError as error:
        say(f"error: {error}")
        return 2
    return 0


def keep(path: Path, picture: bytes) -> None:
    """Write a picture."""
    write_bytes(path, picture)
    say(f"{path.relative_to(ROOT)}: {len(picture) >> 10} KiB")


if __name__ == "__main__":
    sys.exit(main())
