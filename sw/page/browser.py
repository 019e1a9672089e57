"""A browser that a program drives: Debian's chromium through Playwright, which brings none of its own."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import sync_playwright

from sw.host.error import HostError

NAME = "chromium"
# No graphics card, and room in memory that a container's /dev/shm does not have.
WORDS = ("--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb")

Point = tuple[float, float]


@contextmanager
def browser() -> Iterator[Any]:
    """A browser of Playwright's without a window. Raises `HostError` where there is no chromium."""
    path = shutil.which(NAME)
    if path is None:
        raise HostError(f"there is no {NAME}: install it (Debian, Ubuntu: sudo apt-get install {NAME})")
    # Chromium's own sandbox asks for what root of a container has not.
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=list(WORDS), chromium_sandbox=os.geteuid() != 0)
        try:
            yield opened
        finally:
            opened.close()


def draw(page: Any, strokes: Sequence[Sequence[Point]]) -> None:
    """Draw with the mouse: points of each stroke from 0 to 1, from the left and from the top."""
    canvas = page.locator("#canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for stroke in strokes:
        for number, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
            if number == 0:
                page.mouse.down()
        page.mouse.up()
