"""docs/protocol.md: its tables are those of the contract, and nothing is left out."""

import re

from sw.contract import protocol
from sw.contract.commands import Command
from sw.contract.frames import Reason


def test_the_page_has_the_tables_of_the_contract():
    page = protocol.PAGE.read_text(encoding="utf-8")
    assert protocol.written(page) == page, "run python -m sw.contract.protocol"
    for name, text in protocol.tables().items():
        assert f"-->\n{text}\n<!-- end of {name} -->" in page


def test_a_table_that_is_old_is_written_again():
    page = protocol.PAGE.read_text(encoding="utf-8")
    old = re.sub(r"\| 6 \| `TRAIN` .*\n", "", page)
    assert old != page and protocol.written(old) == page


def test_every_command_and_every_reason_is_told():
    commands, reasons = protocol.tables()["commands"], protocol.tables()["reasons"]
    assert all(f"| {int(each)} | `{each.name}` |" in commands for each in Command)
    assert all(f"| {int(each)} | `{each.name}` |" in reasons for each in Reason)
