"""What the payload of a request or of a reply is made of, part after part."""

from dataclasses import dataclass

from sw.contract.frames import image_bytes
from sw.contract.structure import Field, Structure


@dataclass(frozen=True)
class Bytes:
    """Always so many bytes."""

    what: str
    length: int

    def __str__(self) -> str:
        return f"{self.what}, {self.length} bytes"


@dataclass(frozen=True)
class Items:
    """As many as the argument `count` says: numbers of `width` bits or, where it is 0, images of the network's inputs."""

    what: str
    width: int = 0
    signed: bool = False

    def __str__(self) -> str:
        return f"{self.what} {Field('', self.width, self.signed).kind} × count" if self.width else f"{self.what} × count"

    def length(self, inputs: int) -> int:
        """Bytes of one of them."""
        return self.width // 8 or image_bytes(inputs)


@dataclass(frozen=True)
class Columns:
    """A byte for each of the columns 0, 1, … of a row, as far as the payload goes."""

    what: str

    def __str__(self) -> str:
        return f"{self.what} i8 of columns 0, 1, …"


@dataclass(frozen=True)
class Pixels:
    """A number of `width` bits for each pixel of the network: of 1 bit packed as an image, of 16 bits one after another."""

    what: str
    width: int

    def __str__(self) -> str:
        return f"{self.what} u{self.width} × n_0" if self.width > 1 else self.what

    def length(self, inputs: int) -> int:
        """Bytes of all of them."""
        return image_bytes(inputs) if self.width == 1 else self.width // 8 * inputs


Part = Structure[Field] | Bytes | Items | Columns | Pixels


def fixed_length(*parts: Part) -> int | None:
    """Bytes of parts that always have as many together, None where one of them has not."""
    length = 0
    for part in parts:
        if isinstance(part, Items | Columns | Pixels):
            return None
        length += part.size if isinstance(part, Structure) else part.length
    return length
