"""The tables of docs/protocol.md, from what the code of the contract says.

    python -m sw.contract.protocol

writes them again between their marks.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from sw.contract import frames
from sw.contract.commands import Command
from sw.contract.frames import COUNTER_VALUES, CRC, HEADER, HELLO, OVERHEAD, PROGRESS, STATE, Reason
from sw.contract.payload import Part
from sw.contract.registers import REGISTERS, Registers
from sw.contract.sample_memory import MEMORY, PLAYED, REHEARSAL
from sw.contract.specification import CommandTable
from sw.contract.structure import Field, Structure

PAGE = Path(__file__).parent.parent.parent / "docs" / "protocol.md"

CONSTANTS = {
    "VERSION": "of the protocol",
    "WINDOW": "numbers before the expected one that are repetitions; requests in flight, at most",
    "RING": "predictions that are kept; training samples in flight, at most",
    "FIRST": "TRAIN tells its first sample modulo this",
}


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table of Markdown."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def tables() -> dict[str, str]:
    """Every table by its name."""
    header = [(field.name, field.kind) for field in HEADER]
    end = [("payload", "`length` bytes"), ("crc", f"u{8 * CRC.size}, CRC-32 of all before")]
    constants = [(f"`{name}`", getattr(frames, name), meaning) for name, meaning in CONSTANTS.items()]
    return {
        "frame": table(("field", "size"), [*header, *end]),
        "commands": command_table(Command),
        "structures": table(
            ("structure", "bytes", "fields"),
            [
                (told.name, told.size, _fields(told))
                for told in (HELLO, STATE, PROGRESS, COUNTER_VALUES, REHEARSAL, PLAYED, MEMORY)
            ],
        ),
        "registers": register_table(REGISTERS),
        "reasons": table(("reason", "name", "meaning"), [(int(r), f"`{r.name}`", r.meaning) for r in Reason]),
        "constants": table(
            ("constant", "value", "meaning"),
            [*constants, ("`OVERHEAD`", OVERHEAD, "bytes of a frame beside its payload, before COBS")],
        ),
    }


def command_table(commands: Iterable[CommandTable]) -> str:
    """The commands: what their requests and replies hold, what they need, what becomes of a repetition."""
    heads = ("type", "command", "request", "reply", "needs", "repeated")
    return table(heads, [_command(command) for command in commands])


def register_table(registers: Registers) -> str:
    """The registers: where they are in the payload of CONFIGURE (those of layer l = 1…4), how wide, what they say."""
    rows = [(str(registers.network.offset(r.name)), f"`{r.name}`", r.kind, r.about) for r in registers.network]
    begin, of_layer = registers.network.size, registers.layer
    rows += [(f"{begin + of_layer.offset(r.name)} + {of_layer.size}·(l−1)", f"`{r.name}`", r.kind, r.about) for r in of_layer]
    return table(("byte", "register", "size", "meaning"), rows)


def _command(command: CommandTable) -> tuple[object, ...]:
    spec = command.spec
    request = _parts(spec.front, *spec.rest)
    if spec.optional:
        request = f"–, or a {request} to set"
    needs = [name for name, needed in (("network", spec.needs_network), ("memory", spec.needs_memory)) if needed]
    return int(command), f"`{command.name}`", request, _parts(*spec.reply), ", ".join(needs) or "–", _again(command)


def _parts(*parts: Part) -> str:
    return ", ".join(_part(part) for part in parts if not isinstance(part, Structure) or part.fields) or "–"


def _part(part: Part) -> str:
    if isinstance(part, Structure):
        return part.name or _fields(part)
    return str(part)


def _fields(structure: Structure[Field]) -> str:
    limits = {field.name: f" ({field.limit.value})" if field.limit else "" for field in structure}
    return ", ".join(f"{field.name} {field.kind}{limits[field.name]}" for field in structure)


def _again(command: CommandTable) -> str:
    spec = command.spec
    if not spec.in_session:
        return "begins the session anew"
    if not spec.changes:
        return "done again"
    if spec.streams:
        return "predictions of then, Progress of now" if spec.reply_length is None else f"{_parts(*spec.reply)} of now"
    return "told again, not set again" if spec.optional else "answered, not done"


def written(page: str) -> str:
    """The page with its tables as they should be."""
    for name, text in tables().items():
        mark = rf"(<!-- {name}: [^\n]* -->\n).*?(<!-- end of {name} -->)"
        page = re.sub(mark, lambda marks, text=text: f"{marks[1]}{text}\n{marks[2]}", page, flags=re.DOTALL)
    return page


def main() -> None:
    """Write docs/protocol.md again."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
