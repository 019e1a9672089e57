"""The page in a real browser: what a person does with mouse, finger and keyboard, on a board that learns."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from sw.contract.network import Network
from sw.page.body import MOST_UPLOADED
from sw.page.browser import browser, draw
from tests.drivers.page_scene import ModelOpener, served

SYMBOLS = {
    "bar": [[(0.2, 0.5), (0.5, 0.5), (0.8, 0.5)]],
    "pole": [[(0.5, 0.2), (0.5, 0.5), (0.5, 0.8)]],
    "corner": [[(0.2, 0.2), (0.2, 0.8), (0.8, 0.8)]],
}
NETWORK = Network.of(layers=(784, 32, 6), learning_rate=(1.0, 1.0), init_range=4, margin=40, window=(28,))
LONGEST = 30_000  # milliseconds: a machine with other work is slow

expect.set_options(timeout=LONGEST)


@pytest.fixture(scope="module")
def chromium():
    with browser() as opened:
        yield opened


@pytest.fixture
def visit(chromium):
    """Open a page in a browser of its own; what goes wrong in it fails the test."""
    contexts, wrong = [], []

    def opened(address, **options):
        context = chromium.new_context(**options)
        context.set_default_timeout(LONGEST)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
        page.goto(address)
        expect(page.locator("#lamp")).to_have_class("lamp on")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def new(page, name):
    """Draw a symbol and give it its name."""
    draw(page, SYMBOLS[name])
    page.locator("#name").fill(name)
    page.locator("#add").click()
    expect(page.locator("#answer")).to_contain_text(f"A new symbol: {name}")


def teach(page, name):
    draw(page, SYMBOLS[name])
    page.get_by_role("button", name=f"Teach: this is {name}").click()
    expect(page.locator("#clear")).to_be_disabled()


def thinks(page, name):
    draw(page, SYMBOLS[name])
    expect(page.locator("#answer")).to_have_text(f"It thinks: {name}")
    page.locator("#clear").click()


def taught(page):
    """Three symbols, each drawn three times."""
    for name in SYMBOLS:
        new(page, name)
    for name in (*SYMBOLS, *SYMBOLS):
        teach(page, name)


def knows(page):
    expect(page.locator("#known")).to_have_text("3")
    for name in SYMBOLS:
        thinks(page, name)


def test_three_symbols_are_taught_and_known_after_a_reload(visit):
    with served(NETWORK) as server:
        page = visit(server.url)
        expect(page.locator("#answer")).to_contain_text("It knows nothing yet")
        taught(page)
        knows(page)
        expect(page.locator("#accuracy")).to_have_text(re.compile(r"\d+\.\d%"))
        expect(page.locator("#lately")).to_contain_text("of 9 samples")
        expect(page.locator("#symbols .kept").first).to_contain_text("3 of 3")
        expect(page.locator("#what")).to_contain_text("not a chip")
        draw(page, SYMBOLS["pole"])
        expect(page.locator("#symbols .score b").last).to_have_text(re.compile(r"-?\d+"))  # the answer has come
        scores = [int(text) for text in page.locator("#symbols .score b").all_text_contents()]
        assert int(np.argmax(scores)) == 1
        assert server.lesson.save().samples == 9
        page.reload()
        knows(page)
        with page.expect_download() as download:
            page.locator("#save").click()
        page.on("dialog", lambda dialog: dialog.accept())
        page.locator("#anew").click()
        expect(page.locator("#known")).to_have_text("0")
        page.locator("#file").set_input_files({"name": "a.npz", "mimeType": "", "buffer": download.value.path().read_bytes()})
        knows(page)
        assert server.lesson.save().samples == 9


def test_a_board_that_is_reset_while_the_page_is_open_still_knows_them(visit):
    opener = ModelOpener()
    small = Network.of(layers=(784, 26, 6), learning_rate=(1.0, 1.0), init_range=4, margin=40, window=(28,))
    with served(small, open_board=opener) as server:
        page = visit(server.url)
        taught(page)
        opener.model.reset()
        thinks(page, "corner")
        expect(page.get_by_role("alert")).to_contain_text("it has its network again, with everything that was taught")
        knows(page)
        teach(page, "bar")
        assert server.lesson.save().samples == 10


def test_two_pages_at_once_are_one_lesson_and_one_may_close_in_the_middle(visit):
    with served(NETWORK) as server:
        one, other = visit(server.url), visit(server.url)
        new(one, "bar")
        expect(other.get_by_role("button", name="Teach: this is bar")).to_be_visible()
        new(other, "pole")
        new(one, "corner")
        for _ in range(2):
            for page in (one, other):
                for name in SYMBOLS:
                    teach(page, name)
        draw(one, SYMBOLS["bar"])
        one.get_by_role("button", name="Teach: this is bar").click(no_wait_after=True)
        one.close()
        knows(other)
        expect(other.locator("#lately")).to_contain_text("of 16 samples")


def test_the_keyboard_is_enough(visit):
    with served(NETWORK) as server:
        page = visit(server.url)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Go to the drawing")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.locator("#canvas")).to_be_focused()

        def line(key):
            page.keyboard.press("Space")
            for _ in range(10):
                page.keyboard.press(key)
            page.keyboard.press("Space")

        def until_focused(name):
            for _ in range(20):
                page.keyboard.press("Tab")
                if page.locator(name).evaluate("it => it === document.activeElement"):
                    return
            raise AssertionError(f"Tab does not lead to {name}")

        for name, key in (("bar", "ArrowRight"), ("pole", "ArrowDown")):
            line(key)
            until_focused("#name")
            page.keyboard.type(name)
            page.keyboard.press("Enter")
            expect(page.locator("#answer")).to_contain_text(f"A new symbol: {name}")
            expect(page.locator("#canvas")).to_be_focused()
        for number, key in ((1, "ArrowLeft"), (2, "ArrowUp"), (1, "ArrowRight"), (2, "ArrowDown")):
            line(key)
            page.keyboard.press(str(number))
            expect(page.locator("#clear")).to_be_disabled()
        line("ArrowLeft")
        expect(page.locator("#answer")).to_have_text("It thinks: bar")
        page.keyboard.press("Backspace")
        expect(page.locator("#undo")).to_be_disabled()
        assert server.lesson.save().samples == 6


def test_everything_that_can_be_used_has_a_name(visit):
    with served(NETWORK) as server:
        page = visit(server.url)
        taught(page)
        nameless = page.locator("button, input, a, canvas, [role=img], svg").evaluate_all(
            """all => all.filter(it => !it.closest("[aria-hidden=true]") && !it.getAttribute("aria-label")
               && !it.textContent.trim() && !it.labels?.length).map(it => it.outerHTML.slice(0, 90))"""
        )
        assert nameless == []


def test_a_phone_shows_all_of_it_and_takes_a_finger(visit):
    with served(NETWORK) as server:
        page = visit(server.url, viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
        expect(page.locator("#keys")).not_to_be_in_viewport()
        taught(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.locator("#canvas").tap()
        expect(page.locator("#clear")).to_be_enabled()
        small = page.locator("button:visible, .button:visible").evaluate_all(
            "all => all.map(it => it.getBoundingClientRect()).filter(box => box.height < 40 || box.width < 40).length"
        )
        assert small == 0


def test_the_stream_plays_two_networks_beside_each_other(visit):
    with served(NETWORK) as server:
        page = visit(server.url)
        new(page, "bar")
        page.locator("#samples").fill("200")
        page.locator("#play").click()
        expect(page.locator("#stream-at")).to_have_text("done")
        expect(page.locator("#sides figure")).to_have_count(2)
        expect(page.locator("#sides figcaption").last).to_contain_text("on another compiled")
        expect(page.locator("#sides polyline")).to_have_count(6)
        thinks(page, "bar")
        page.locator("#digits").click()
        expect(page.get_by_role("alert")).to_contain_text("There is room for 6 symbols")


def test_a_wrong_token_is_told_and_the_right_one_opens_the_page(visit, chromium):
    with served(NETWORK, token="right1") as server:
        page = chromium.new_page()
        page.goto(server.url.replace("right1", "wrong1"))
        expect(page.locator("body")).to_contain_text("this page needs its token")
        page.close()
        page = visit(server.url)
        assert "token" not in page.url
        new(page, "bar")


def test_a_file_that_is_too_large_or_none_is_told_and_nothing_changes(visit, tmp_path):
    with served(NETWORK) as server:
        page = visit(server.url)
        new(page, "bar")
        with (tmp_path / "large.npz").open("wb") as file:
            file.truncate(MOST_UPLOADED + 1)
        (tmp_path / "none.npz").write_bytes(b"nothing of the kind")
        for name, words in (
            ("large.npz", "The file large.npz is too large: at most 64 MiB"),
            ("none.npz", "The file is no checkpoint"),
        ):
            page.locator("#file").set_input_files(tmp_path / name)
            expect(page.get_by_role("alert")).to_contain_text(words)
        assert server.lesson.save().samples == 1
        thinks(page, "bar")
