"""Which of the reasons to refuse a request counts, in two cycles."""

from collections.abc import Mapping, Sequence

from amaranth.hdl import Cat, Module, Signal, Value

from sw.contract.frames import Reason
from sw.contract.specification import CommandTable


def decide(
    m: Module,
    finished: Signal,
    *,
    kind: Value,
    refusals: Mapping[CommandTable, Sequence[tuple[Value, Reason]]],
    done: Signal,
    reason: Signal,
) -> tuple[Signal, dict[CommandTable, Signal]]:
    """Two cycles after `finished` comes `done`, and with it `reason`, which is 0 or that of the first condition that holds.

    Conditions are registered in the first cycle, in which `finished` is high: they may take all of it. They are listed for each
    type of request.

    Returns what is high in the cycle between, and the registered conditions.
    """
    decides = Signal()
    m.d.sync += [decides.eq(finished), done.eq(decides)]
    conditions = {command: Signal(len(own), name=f"refuses_{command.name.lower()}") for command, own in refusals.items() if own}
    for command, holds in conditions.items():
        m.d.sync += holds.eq(Cat(condition for condition, _ in refusals[command]))
    with m.If(decides):
        m.d.sync += reason.eq(0)
        with m.Switch(kind):
            for command, holds in conditions.items():
                with m.Case(command):
                    for i, (_, counts) in enumerate(refusals[command]):
                        with m.Elif(holds[i]) if i else m.If(holds[i]):
                            m.d.sync += reason.eq(counts)
    return decides, conditions
