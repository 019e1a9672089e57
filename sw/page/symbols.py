"""The symbols that a network knows by name: one for each output neuron that has been given a meaning, in their order."""

from collections import deque
from dataclasses import dataclass, field

from sw.contract.error import shown
from sw.host.error import InputError
from sw.host.learning_device import Bits
from sw.host.meaning import Label, Meaning

LONGEST_NAME = 24  # characters
DRAWINGS = 8  # the last ones of each symbol that are looked at again


@dataclass
class Symbol:
    """A name, how often it was taught and was right before it was told, and its last drawings, uint8 of shape (n_0,)."""

    name: str
    taught: int = 0
    right: int = 0
    still: int | None = None  # of the drawings, how many are still known; None before they were looked at
    drawings: deque[Bits] = field(default_factory=lambda: deque(maxlen=DRAWINGS))


class Symbols:
    """The symbols of a network with `room` outputs, as `meaning` names them. A new network (`is_new`) has none yet."""

    def __init__(self, meaning: Meaning, room: int, *, is_new: bool) -> None:
        self._labels: tuple[Label, ...] | None = meaning.labels
        self.room = room
        named = () if is_new and self._labels is None else range(room) if self._labels is None else self._labels
        self.known = [Symbol(str(label)) for label in named]
        self._first = [symbol.name for symbol in self.known]

    def __len__(self) -> int:
        return len(self.known)

    def number(self, value: object) -> int:
        """The output neuron that a page means. Raises `InputError`."""
        if type(value) is not int or not 0 <= value < len(self.known):
            raise InputError(f"there is no symbol {shown(value)}: load the page again")
        return value

    def add(self, value: object) -> int:
        """Give the next output neuron a name; its number. Raises `InputError` for no name, a known one, and without room."""
        name = " ".join(value.split()) if isinstance(value, str) else ""
        if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
            raise InputError(f"the name of a symbol has 1 to {LONGEST_NAME} characters: give it another one")
        if any(symbol.name == name for symbol in self.known):
            raise InputError(f"there is a symbol {name} already: press its button, or give another name")
        if len(self.known) == self.room:
            raise InputError(f"the network has {self.room} outputs and all have names: begin with a network of more outputs")
        Meaning(labels=(*(symbol.name for symbol in self.known), name)).check_is_short()
        self.known.append(Symbol(name))
        return len(self.known) - 1

    def number_of(self, name: str) -> int:
        """The output neuron of a name, a new one where there is none yet. Raises `InputError`."""
        names = [symbol.name for symbol in self.known]
        return names.index(name) if name in names else self.add(name)

    def meaning(self, before: Meaning) -> Meaning:
        """What a checkpoint keeps: the labels as they were read, where no name has come since; else the names."""
        names = [symbol.name for symbol in self.known]
        labels = self._labels if names == self._first else tuple(names)
        return Meaning(encoder=before.encoder, labels=labels)
