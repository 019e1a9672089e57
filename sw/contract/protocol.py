"""The tables of docs/protocol.md, from what the code of the contract says.

    python -m sw.contract.protocol

writes them again between their marks.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from sw.contract import frames
from sw.contract.frames import (
    CHANGES,
    CRC,
    HEADER_FIELDS,
    HELLO,
    OVERHEAD,
    PROGRESS,
    STATE,
    TABLE_BYTES,
    Command,
    Hello,
    Reason,
)
from sw.contract.registers import CONFIGURATION_BYTES

PAGE = Path(__file__).parent.parent.parent / "docs" / "protocol.md"

PAYLOADS = {
    Command.HELLO: ("–", f"Hello, {HELLO.size} bytes"),
    Command.CONFIGURE: (f"the registers, {CONFIGURATION_BYTES} bytes", "–"),
    Command.TABLE: (f"layer u8 (0…L−1), {TABLE_BYTES} bytes of thresholds", "–"),
    Command.WRITE: ("row u16, hidden weights i8 of columns 0, 1, …", "–"),
    Command.READ: ("row u16, count u16", "hidden weights i8 × count"),
    Command.TRAIN: ("first u16, count u8, labels u16 × count, images × count", "predictions u16 × count, Progress"),
    Command.INFER: ("count u8, images × count", "predictions u16 × count"),
    Command.STATE: ("–, or a State to set", "State"),
    Command.COUNTERS: ("–", f"u64 × {len(frames.COUNTERS)}"),
    Command.RESET: ("–", "–"),
}
REASONS = {
    Reason.VERSION: "it has another version of the protocol",
    Reason.TYPE: "there is no such command",
    Reason.NONCE: "the board has been reset since it told its nonce, or has told none yet",
    Reason.LENGTH: "the payload has another length than the command asks for",
    Reason.UNCONFIGURED: "there is no network yet",
    Reason.RANGE: "a row, a count of columns, a layer or a label is outside the network; a random word of 0",
    Reason.GAP: "its number is neither the expected one nor one of the window before it",
    Reason.SAMPLE: "TRAIN does not begin with the board's next sample; of a repeated one, a prediction is not kept any more",
}
CONSTANTS = {
    "VERSION": "of the protocol",
    "WINDOW": "numbers before the expected one that are repetitions; requests in flight, at most",
    "RING": "predictions that are kept; training samples in flight, at most",
    "FIRST": "TRAIN tells its first sample modulo this",
}
SIZES = {"Q": "u64", "I": "u32", "H": "u16", "B": "u8"}


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table of Markdown."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def tables() -> dict[str, str]:
    """Every table by its name."""
    header = [(name, f"u{bits}") for name, bits in HEADER_FIELDS.items()]
    end = [("payload", "`length` bytes"), ("crc", f"u{8 * CRC.size}, CRC-32 of all before")]
    hello = zip(Hello.__dataclass_fields__, HELLO.format.strip("<"), strict=True)
    commands = [(int(command), f"`{command.name}`", *PAYLOADS[command], _when_repeated(command)) for command in Command]
    return {
        "frame": table(("field", "size"), [*header, *end]),
        "commands": table(("type", "command", "request", "reply", "repeated"), commands),
        "structures": table(
            ("structure", "bytes", "fields"),
            [
                ("Hello", HELLO.size, ", ".join(f"{name} {SIZES[size]}" for name, size in hello)),
                ("State", STATE.size, "random word u32, signature u32, samples u64"),
                ("Progress", PROGRESS.size, "signature u32, samples u64"),
            ],
        ),
        "reasons": table(("reason", "name", "meaning"), [(int(r), f"`{r.name}`", REASONS[r]) for r in Reason]),
        "constants": table(
            ("constant", "value", "meaning"),
            [*((f"`{name}`", getattr(frames, name), meaning) for name, meaning in CONSTANTS.items()),
             ("`OVERHEAD`", OVERHEAD, "bytes of a frame beside its payload, before COBS")],
        ),
    }  # fmt: skip


def _when_repeated(command: Command) -> str:
    if command is Command.HELLO:
        return "begins the session anew"
    if command is Command.STATE:
        return "told again, not set again"
    if command is Command.TRAIN:
        return "predictions of then, Progress of now"
    return "answered, not done" if command in CHANGES else "done again"


def written(page: str) -> str:
    """The page with its tables as they should be."""
    for name, text in tables().items():
        mark = rf"(<!-- {name}: [^\n]* -->\n).*?(<!-- end of {name} -->)"
        page = re.sub(mark, lambda found, text=text: f"{found[1]}{text}\n{found[2]}", page, flags=re.DOTALL)
    return page


def main() -> None:
    """Write docs/protocol.md again."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
