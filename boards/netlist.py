"""A netlist of Yosys (`write_json`) or nextpnr (`--write`) without its hierarchy: cells on nets of one bit."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sw.contract.error import MetaplastError

LOW, HIGH = 0, 1


class NetlistError(MetaplastError):
    """The netlist is not one that this project can read; the message is one sentence."""


@dataclass(frozen=True)
class Cell:
    """A cell of the vendor's: `nets` of each connected pin, lowest bit first; parameters and attributes as they are written.

    `outputs` are the pins that drive nets.
    """

    name: str
    type: str
    parameters: dict[str, str]
    nets: dict[str, list[int]]
    netlist: "Netlist"
    attributes: dict[str, str] = field(default_factory=dict)
    outputs: frozenset[str] = frozenset()

    def text(self, parameter: str, default: str) -> str:
        """A parameter that is a string; Yosys writes a blank after one that looks like a number."""
        return self.parameters.get(parameter, default).strip()

    def number(self, parameter: str, default: int = 0) -> int:
        """A parameter that is a number; unknown bits are zeros."""
        text = self.parameters.get(parameter)
        if text is None:
            return default
        if text.strip("01xz "):
            raise NetlistError(f"{self.name}: the parameter {parameter} of {self.type} is {text!r}, expected bits")
        return int(text.replace("x", "0").replace("z", "0"), 2)

    def pin(self, name: str, default: int = LOW) -> int:
        """The net of a pin of one bit; `default` where it is left open."""
        return (self.nets.get(name) or [default])[0]

    def bus(self, name: str, width: int) -> list[int]:
        """The nets of a pin of `width` bits."""
        return (self.nets.get(name, []) + [LOW] * width)[:width]

    def pins(self, name: str, width: int) -> list[int]:
        """The nets of the pins `name0`, `name1`, …"""
        return [self.pin(f"{name}{i}") for i in range(width)]

    def out(self, name: str) -> int:
        """The net of an output; one that leads nowhere gets a net of its own."""
        return self.nets[name][0] if self.nets.get(name) else self.netlist.new()

    def require(self, **expected: str) -> None:
        """Raise `NetlistError` unless the parameters have these values or are not given."""
        for parameter, value in expected.items():
            if self.text(parameter, value) != value:
                raise NetlistError(
                    f"{self.name}: {self.type} with {parameter} = {self.text(parameter, value)} is not modelled, only {value}"
                )


class Netlist:
    """The design `top` of the text of Yosys' JSON, `design`, flattened.

    `cells` are those that no module of the design describes. Undefined constants are zeros and ones, drawn from `seed`.
    Nets are numbers; `LOW` and `HIGH` are the constants. `join` makes two nets one; `net` is what a net is then.
    """

    def __init__(self, design: dict[str, Any], top: str = "top", seed: int = 1) -> None:
        self._modules = {
            name: module
            for name, module in design["modules"].items()
            if not {"blackbox", "whitebox"} & module["attributes"].keys()
        }
        self._random = random.Random(seed)
        self._joined = [LOW, HIGH]
        self.cells: list[Cell] = []
        self.ports: list[tuple[str, str, int]] = []  # name of the bit, direction, net
        if top not in self._modules:
            raise NetlistError(f"the netlist has no module {top}")
        module = self._modules[top]
        local: dict[int | str, int] = {}
        for name, port in module["ports"].items():
            for i, bit in enumerate(port["bits"]):
                bit_name = name if len(port["bits"]) == 1 else f"{name}[{i}]"
                self.ports.append((bit_name, port["direction"], self._local(local, bit)))
        self._add(module, local, top)

    def new(self) -> int:
        """A net that nothing is connected to."""
        self._joined.append(len(self._joined))
        return len(self._joined) - 1

    def net(self, net: int) -> int:
        """The net that stands for all that were joined with it."""
        while self._joined[net] != net:
            self._joined[net] = self._joined[self._joined[net]]
            net = self._joined[net]
        return net

    def join(self, one: int, other: int) -> None:
        """Make two nets one; a constant wins."""
        one, other = self.net(one), self.net(other)
        if one == other:
            return
        low, high = sorted((one, other))
        if high == HIGH:
            raise NetlistError("a net is tied to both constants")
        self._joined[high] = low

    def _add(self, module: dict[str, Any], local: dict[int | str, int], path: str) -> None:
        for name, cell in module["cells"].items():
            drives = {pin for pin, direction in cell["port_directions"].items() if direction == "output"}
            nets = {
                pin: [self.new() if bit == "x" and pin in drives else self._local(local, bit) for bit in bits]
                for pin, bits in cell["connections"].items()
            }
            inner = self._modules.get(cell["type"])
            if inner is None:
                own = (cell["type"], cell["parameters"], nets, self, cell.get("attributes", {}), frozenset(drives))
                self.cells.append(Cell(f"{path}.{name}", *own))
                continue
            within: dict[int | str, int] = {}
            for pin, port in inner["ports"].items():
                for bit, net in zip(port["bits"], nets.get(pin, []), strict=False):
                    self.join(self._local(within, bit), net)
            self._add(inner, within, f"{path}.{name}")

    def _local(self, local: dict[int | str, int], bit: int | str) -> int:
        """The net of a bit of a module: a number, "0", "1" or an undefined constant."""
        if bit in ("0", "1"):
            return int(bit)
        if isinstance(bit, str):
            return self._random.randrange(2)
        if bit not in local:
            local[bit] = self.new()
        return local[bit]

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.cells)
