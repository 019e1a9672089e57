"""Values that know their stage: combining those of two stages of a pipeline is an error when a module is elaborated."""

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Module, Signal, Value, ValueLike
from amaranth.hdl._ast import SignalDict  # signals are no keys of a dict


class StageError(ValueError):
    """A value takes others of more than one stage, or is asked for in a stage in which it is not known yet."""


class Pipeline:
    """The stages of a module in which nothing waits: what is in stage n belongs to the token that came n cycles ago.

    An expression is of the stage of the signals in it, which is looked up wherever it gets a name or leaves:

        pipeline = Pipeline(m)
        token = pipeline.value("token", pipeline.arrives(self.token, stage=0))
        hit = pipeline.value("hit", token[0].cell == self.index)
        wrong = pipeline.value("wrong", hit[1] & token[0].last)

    raises StageError, "wrong combines stages: token is of stage 0, hit_1 of stage 1". `token[3]` is the token three cycles
    after it came; its registers are made once, whoever asks for them.

    Registers have no reset; they begin with zeros, or with `init`. `signals` has them by name, that of `hit` in stage 1 as
    `hit_1`.
    """

    def __init__(self, m: Module) -> None:
        self.m = m
        self.signals: dict[str, Signal] = {}
        self._stages = SignalDict()

    def arrives(self, value: Any, *, stage: int | None) -> Any:
        """`value`, whose signals come from elsewhere and are of `stage` from now on, or None: the same in all stages."""
        for signal in Value.cast(value)._rhs_signals():
            if self._stages.setdefault(signal, stage) != stage:
                raise StageError(f"{signal.name} is of stage {self._stages[signal]}, not of {stage}")
        return value

    def value(
        self, name: str, value: Any, *, zero: ValueLike = 0, when: "Staged | None" = None, init: int | None = None
    ) -> "Staged":
        """`value`, of whatever stage it is, and its registers in the stages after it.

        The first of them is zero where `zero`, of the same stage, is set. With `when` they hold what they have in cycles in
        which it is not set, which lets simulation skip them.
        """
        stage = self._stage_of(name, value, zero)
        if stage is None:
            raise StageError(f"{name} is the same in all stages")
        return Staged(pipeline=self, name=name, first=stage, values=[value], zero=zero, when=when, init=init)

    def state(self, name: str, width: int, *, stage: int) -> Signal:
        """A register that stays in its stage: what a token leaves there for those that follow. `load` changes it."""
        return self.arrives(self._register(name, width), stage=stage)

    def load(self, register: Signal, value: ValueLike, *, zero: ValueLike, when: ValueLike) -> None:
        """From the next cycle on `register`, of `state`, is zero where `zero` is set, or else `value` where `when` is."""
        self._stage_of(register.name, register, value, zero, when)
        self._load(register, value, zero, when)

    def drive(self, target: Any, **values: ValueLike) -> None:
        """The members of `target`, an interface or a component, that have these names are `values`, all of one stage."""
        self._stage_of(" with ".join(values), *values.values())
        self.m.d.comb += [getattr(target, name).eq(value) for name, value in values.items()]

    def _stage_of(self, name: str, *values: ValueLike) -> int | None:
        """The stage of all signals in `values`; None if there are none but such that are the same in all stages."""
        by_stage: dict[int, str] = {}
        for signal in (each for value in values for each in Value.cast(value)._rhs_signals()):
            if signal not in self._stages:
                raise StageError(f"{name} takes {signal.name}, which has no stage")
            if self._stages[signal] is not None:
                by_stage.setdefault(self._stages[signal], signal.name)
        if len(by_stage) > 1:
            (stage, signal), *others = sorted(by_stage.items())
            rest = "".join(f", {other} of stage {later}" for later, other in others)
            raise StageError(f"{name} combines stages: {signal} is of stage {stage}{rest}")
        return next(iter(by_stage), None)

    def _register(self, name: str, shape: Any, init: int | None = None) -> Any:
        self.signals[name] = Value.cast(register := Signal(shape, name=name, init=init, reset_less=True))
        return register

    def _load(self, register: Any, value: Any, zero: ValueLike, when: ValueLike) -> None:
        with self.m.If(zero):
            self.m.d.sync += Value.cast(register).eq(0)
        with self.m.Elif(when):
            self.m.d.sync += register.eq(value)


@dataclass(kw_only=True, eq=False)
class Staged:
    """A value that moves with its token: `value[n]` is what it is in stage n. Made by `Pipeline.value`."""

    pipeline: Pipeline
    name: str
    first: int
    values: list[Any]
    zero: ValueLike
    when: "Staged | None"
    init: int | None

    def __getitem__(self, stage: int) -> Any:
        if stage < self.first:
            raise StageError(f"{self.name} is of stage {self.first} and not known in stage {stage}")
        for last in range(self.first + len(self.values) - 1, stage):
            self.values.append(self._register_from(last))
        return self.values[stage - self.first]

    def _register_from(self, stage: int) -> Any:
        pipeline, value = self.pipeline, self.values[-1]
        later = pipeline._register(f"{self.name}_{stage + 1}", value.shape(), self.init)
        zero, when = self.zero if stage == self.first else 0, 1 if self.when is None else self.when[stage]
        pipeline._load(later, value, zero, when)
        return pipeline.arrives(later, stage=stage + 1)
