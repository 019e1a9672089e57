"""The session behind every page: one board, one lock, samples in the order in which they come; a page may come and go."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

import numpy as np

from sw.contract.rehearsal import Rehearsal
from sw.host.checkpoint import Checkpoint
from sw.host.error import BusyError, InputError, LinkError, TransportError
from sw.host.learning_device import Bits, Labels
from sw.host.notebook import OpenBoard
from sw.page import digits, look
from sw.page.drawing import bits_of, text_of
from sw.page.kept_board import KeptBoard
from sw.page.listeners import Listeners
from sw.page.starting import side_of
from sw.page.symbols import Symbols
from sw.page.tally import Tally

NOT_YET = "the board tells its prediction alone, and its weights have not been read back since it learned"
FROM_WEIGHTS = "the board tells its prediction; the scores are worked out on this computer, from the weights read back from it"


class Lesson:
    """What is taught, by whomever, on `kept`; `told` is all that a page shows of it, ready at any time.

    Members: `kept`, `symbols`, `tally`; `listeners`, told of every change; `is_stale`, whether something was learned since the
    last look; `last_used`, when a person last asked for something.
    Calls from several threads take turns. Every method raises a `MetaplastError` and then nothing has changed; a board that
    was reset has its network again before the answer comes, and pages are told so.
    """

    def __init__(self, kept: KeptBoard) -> None:
        self.kept = kept
        self.listeners = Listeners()
        self.is_stale = False
        self.last_used = time.monotonic()
        self._turn = RLock()
        self._taken: str | None = None
        self._notes, self._note = 0, ""
        self._begin(kept.kept)
        self.tell()

    def think(self, drawing: object) -> dict[str, Any]:
        """What the board makes of a drawing: `prediction`, an output neuron, `scores` of each or None, and `why` so."""
        with self.action():
            pixels = bits_of(drawing, self._inputs)
            (prediction,) = self.kept.predict(pixels).tolist()
            scores = self.kept.scores(pixels)
            why = NOT_YET if scores is None else "" if self.kept.tells_scores else FROM_WEIGHTS
            return {"prediction": prediction, "scores": None if scores is None else scores[0].tolist(), "why": why}

    def teach(self, drawing: object, number: object) -> dict[str, Any]:
        """One training sample: the drawing is of that symbol; the `prediction` before it was told."""
        with self.action():
            output = self.symbols.number(number)
            pixels = bits_of(drawing, self._inputs)
            (prediction,) = self.learn(pixels, np.array([output]))
            symbol = self.symbols.known[output]
            symbol.drawings.append(pixels[0])
            return {"prediction": prediction, "symbol": output}

    def name(self, name: object) -> dict[str, Any]:
        """A new symbol takes the next output neuron; which one."""
        with self.action():
            return {"symbol": self.symbols.add(name)}

    def rehearse(self, rehearsal: Rehearsal) -> None:
        """From now on learn past samples again, out of a reservoir that is empty yet, or no more (of size 0)."""
        with self.action():
            if rehearsal != self.kept.kept.rehearsal:
                self.kept.rehearse(rehearsal)

    @property
    def state(self) -> Checkpoint:
        """The network when it was last looked at, with the names of its symbols."""
        with self._turn:
            state = self.kept.kept
            return state.named(self.symbols.meaning(state.meaning))

    def save(self) -> Checkpoint:
        """The network as it is now; while the board is lent, as it will be afterwards."""
        with self._turn:
            if self._taken is None:
                self.look()
            return self.state

    def begin(self, state: Checkpoint) -> None:
        """Another network in the place of this one, with the names that it brings."""
        with self.action():
            side_of(state)
            self.kept.put(state)
            self._begin(state)

    def digit_outputs(self) -> list[int]:
        """The output neurons of the symbols 0 … 9, which are made where there are none. Raises `InputError`."""
        if self._inputs != digits.PIXELS:
            raise InputError(f"the network has {self._inputs} inputs, the digits have {digits.PIXELS}: begin anew")
        missing = [name for name in digits.NAMES if name not in (symbol.name for symbol in self.symbols.known)]
        if len(self.symbols) + len(missing) > self.symbols.room:
            raise InputError(f"there is room for {self.symbols.room} symbols, the digits need {len(missing)} more: begin anew")
        return [self.symbols.number_of(name) for name in digits.NAMES]

    def learn(self, pixels: Bits, outputs: Labels) -> list[int]:
        """Learn samples; the predictions before. For who is in the middle of an `action`."""
        began = time.monotonic()
        predictions = self.kept.learn(pixels, outputs).tolist()
        answers = [was == output for was, output in zip(predictions, outputs.tolist(), strict=True)]
        self.tally.count(answers, time.monotonic() - began)
        for output, is_right in zip(outputs.tolist(), answers, strict=True):
            symbol = self.symbols.known[output]
            symbol.taught, symbol.right = symbol.taught + 1, symbol.right + is_right
        self.is_stale = True
        return predictions

    def look(self) -> None:
        """Read the hidden weights back, if something was learned since; and see which of the last drawings are still known."""
        with self.action(is_use=False):
            if not self.is_stale:
                return
            before, self._seen = self._seen, self.kept.keep().weights
            self._flipped = look.flips(before, self._seen)
            self._flips += self._flipped
            self._levels = look.levels(self._seen)
            for output, symbol in enumerate(self.symbols.known):
                if symbol.drawings:
                    symbol.still = int((self.kept.predict(np.stack(symbol.drawings)) == output).sum())
            self.is_stale = False

    @contextmanager
    def action(self, *, is_use: bool = True) -> Iterator[None]:
        """A turn on the board; pages are told of what comes of it. Raises `BusyError` while the board is lent."""
        with self._turn:
            if self._taken is not None:
                raise BusyError(f"{self._taken}: wait for its end, or stop it")
            restored = self.kept.restored
            try:
                yield
            except (LinkError, TransportError) as error:
                self.say(f"{error}; what was taught is kept, and goes on the board again with the next press")
                raise
            finally:
                if self.kept.restored > restored:
                    self.say("the board was reset or lost: it has its network again, with everything that was taught")
                if is_use:
                    self.last_used = time.monotonic()
                self.tell()

    def say(self, note: str) -> None:
        """Tell every page something that nobody asked for."""
        self._notes, self._note = self._notes + 1, note
        self.tell()

    @contextmanager
    def lent(self, why: str) -> Iterator[OpenBoard]:
        """The board for another network; this one is put on it again afterwards. Until then actions are refused, for `why`."""
        with self._turn:
            with self.action():
                self.look()
            self._taken = why
            self.tell()
        try:
            yield self.kept.board
        finally:
            with self._turn:
                self._taken = None
                with self.action(is_use=False):
                    self.kept.put(self.kept.kept)

    @property
    def _inputs(self) -> int:
        return self.kept.kept.network.layers[0]

    def _begin(self, state: Checkpoint) -> None:
        self.symbols = Symbols(state.meaning, state.network.layers[-1], is_new=state.samples == 0)
        self.tally = Tally()
        self._seen, self._levels = state.weights, look.levels(state.weights)
        self._flips = self._flipped = 0
        self.is_stale = False

    def tell(self) -> None:
        """Prepare `told` anew, and wake the pages."""
        state = self.kept.kept
        rehearsal = state.rehearsal
        self.told: dict[str, Any] = {
            "side": side_of(state),
            "layers": state.network.layers,
            "room": self.symbols.room,
            "symbols": [
                {
                    "name": symbol.name,
                    "taught": symbol.taught,
                    "right": symbol.right,
                    "still": symbol.still,
                    "drawings": len(symbol.drawings),
                    "last": text_of(symbol.drawings[-1]) if symbol.drawings else None,
                }
                for symbol in self.symbols.known
            ],
            "tally": self.tally.told(),
            "rehearsal": rehearsal.fields,
            "weights": {"levels": self._levels, "flips": self._flips, "flipped": self._flipped, "stale": self.is_stale},
            "taken": self._taken,
            "note": {"number": self._notes, "text": self._note},
        }
        self.listeners.tell()
