"""News wakes whoever waits for it, at once, and is never missed."""

import asyncio
from threading import Timer

from sw.page.listeners import Listeners

FOR_EVER = 3600.0


def wait(listeners, version, seconds):
    return asyncio.run(asyncio.wait_for(listeners.news(version, seconds), 30))


def test_it_wakes_who_waits():
    listeners = Listeners()
    telling = Timer(0.2, listeners.tell)
    telling.start()
    assert wait(listeners, 0, FOR_EVER)
    telling.join()


def test_what_was_told_before_is_not_missed():
    listeners = Listeners()
    listeners.tell()
    assert wait(listeners, 0, FOR_EVER) and not wait(listeners, 1, 0.05)


def test_nobody_is_left_behind():
    listeners = Listeners()
    assert not wait(listeners, 0, 0.05)
    listeners.tell()  # the loop of who waited is closed: telling it would raise an error
    assert listeners.version == 1
