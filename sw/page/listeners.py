"""Who waits for news: a page is told that there is some, and asks for all of it when it has time."""

import asyncio
import threading


class Listeners:
    """Threads call `tell`, coroutines wait for it. Members: `version`, how often there was news."""

    def __init__(self) -> None:
        self.version = 0
        self._lock = threading.Lock()
        self._waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    def tell(self) -> None:
        """There is news; from any thread."""
        with self._lock:
            self.version += 1
            for event, loop in self._waiting.items():
                loop.call_soon_threadsafe(event.set)

    async def news(self, version: int, seconds: float) -> bool:
        """Wait until there is news since `version`, `seconds` at most; whether there is."""
        event = asyncio.Event()
        with self._lock:
            if self.version != version:
                return True
            self._waiting[event] = asyncio.get_running_loop()
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return False
        finally:
            with self._lock:
                del self._waiting[event]
        return True
