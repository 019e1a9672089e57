"""Pipeline: values of two stages do not meet, in one sentence that names both; delays are made once and last as they say."""

import gc
from collections.abc import Callable, Iterator

import pytest
from amaranth.hdl import Cat, Fragment, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import Out
from amaranth.sim import Simulator

from hw.array.cell import Cell
from hw.array.pipeline import Pipeline, StageError
from sim.drivers.array_model import geometry_of

PAIR = data.StructLayout({"low": 4, "high": 4})
PERIOD = 1e-6
pytestmark = pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Amaranth complains of a half-made module when it is collected."""
    yield
    gc.collect()


class Scene:
    """A pipeline with what arrives: `early` in stage 0, a pair in stage 1, `steady` in all."""

    def __init__(self) -> None:
        self.m = Module()
        self.pipeline = Pipeline(self.m)
        self.early, self.pair, self.steady = Signal(4, name="early"), Signal(PAIR, name="pair"), Signal(4)
        self.a = self.pipeline.value("a", self.pipeline.arrives(self.early, stage=0))
        self.b = self.pipeline.value("b", self.pipeline.arrives(self.pair, stage=1))
        self.pipeline.arrives(self.steady, stage=None)

    def run(self, outputs: list[Value], inputs: list[tuple[int, int]]) -> list[list[int]]:
        """What `outputs` are in each cycle in which `early` and the pair are `inputs`."""
        told: list[list[int]] = []

        async def bench(ctx) -> None:
            for early, pair in inputs:
                ctx.set(self.early, early)
                ctx.set(self.pair.as_value(), pair)
                told.append([ctx.get(each) for each in outputs])
                await ctx.tick()

        simulator = Simulator(self.m)
        simulator.add_clock(PERIOD)
        simulator.add_testbench(bench)
        simulator.run()
        return told


COMBINATIONS: dict[str, Callable[[Scene], object]] = {
    "sum combines stages: early is of stage 0, pair of stage 1": lambda s: s.pipeline.value("sum", s.a[0] + s.b[1].low),
    "sum combines stages: pair is of stage 1, a_2 of stage 2": lambda s: s.pipeline.value("sum", Mux(s.b[1].low[0], s.a[2], 1)),
    "sum combines stages: early is of stage 0, pair of stage 1, a_3 of stage 3": lambda s: s.pipeline.value(
        "sum", Cat(s.a[3], s.b[1], s.a[0])
    ),
    "c combines stages: early is of stage 0, a_1 of stage 1": lambda s: s.pipeline.value("c", s.a[1], zero=s.a[0] == 3),
    "b is of stage 1 and not known in stage 0": lambda s: s.b[0],
    "c takes alien, which has no stage": lambda s: s.pipeline.value("c", s.a[0] & Signal(4, name="alien")),
    "c is the same in all stages": lambda s: s.pipeline.value("c", s.steady + 1),
    "early is of stage 0, not of 1": lambda s: s.pipeline.arrives(s.early, stage=1),
    "count combines stages: a_1 is of stage 1, count of stage 2": lambda s: s.pipeline.load(
        s.pipeline.state("count", 4, stage=2), s.a[1], zero=0, when=1
    ),
    "count combines stages: a_1 is of stage 1, count of stage 2, a_3 of stage 3": lambda s: s.pipeline.load(
        s.pipeline.state("count", 4, stage=2), s.a[2], zero=s.a[1][0], when=s.a[3][0]
    ),
    "low with high combines stages: early is of stage 0, a_1 of stage 1": lambda s: s.pipeline.drive(
        wiring.Signature({"low": Out(4), "high": Out(4)}).create(), low=s.a[0], high=s.a[1]
    ),
}


@pytest.mark.parametrize("sentence", COMBINATIONS)
def test_what_is_of_two_stages_is_refused(sentence: str):
    with pytest.raises(StageError) as refusal:
        COMBINATIONS[sentence](Scene())
    assert str(refusal.value) == sentence


def test_what_holds_comes_no_later_than_what_is_held():
    scene = Scene()
    late = scene.pipeline.value("late", scene.b[2].low[0])
    held = scene.pipeline.value("held", scene.a[1], when=late)
    with pytest.raises(StageError, match="late is of stage 2 and not known in stage 1"):
        held[2]


def test_a_cell_that_takes_the_sum_a_stage_early_is_not_elaborated(monkeypatch: pytest.MonkeyPatch):
    """Given a cell whose sum were to arrive in stage 2, when it is elaborated, then a sentence says what does not fit."""
    arrives = Pipeline.arrives

    def early(pipeline: Pipeline, value: Value, *, stage: int | None) -> Value:
        return arrives(pipeline, value, stage=2 if stage == 3 and value is cell.sum_in else stage)

    cell = Cell(geometry_of((1, 2, 8, 1, 2, 4)))
    monkeypatch.setattr(Pipeline, "arrives", early)
    with pytest.raises(StageError, match=r"^sum combines stages: sum_in is of stage 2, contribution_3 of stage 3$"):
        Fragment.get(cell, None)


def test_a_value_comes_as_many_cycles_later_as_its_stage_is_behind():
    scene = Scene()
    numbers = [(cycle, 16 * cycle + 1) for cycle in range(16)]
    for delay, pair in enumerate(scene.run([scene.a[3], scene.b[1].low, scene.b[3].high], numbers)):
        assert pair == [max(delay - 3, 0), 1, max(delay - 2, 0)]


def test_delays_are_shared():
    scene = Scene()
    assert scene.a[3] is scene.a[3]
    assert scene.a[2] is scene.a[2]
    assert list(scene.pipeline.signals) == ["a_1", "a_2", "a_3"]
    assert all(signal.reset_less for signal in scene.pipeline.signals.values())


def test_the_first_register_is_zero_where_it_is_asked_to_be():
    scene = Scene()
    c = scene.pipeline.value("c", scene.a[0] | 8, zero=scene.a[0] == 5, init=3)
    told = scene.run([c[1], c[2]], [(number, 0) for number in (4, 5, 6, 7, 0)])
    assert told == [[3, 3], [12, 3], [0, 12], [14, 0], [15, 14]]


def test_a_held_value_stands_in_every_stage():
    scene = Scene()
    when = scene.pipeline.value("when", scene.a[0][0])
    c = scene.pipeline.value("c", scene.a[0], when=when)
    told = scene.run([c[1], c[2]], [(number, 0) for number in (1, 2, 4, 7, 6, 0, 0)])
    assert told == [[0, 0], [1, 0], [1, 1], [1, 1], [7, 1], [7, 7], [7, 7]]


def test_a_state_stays_until_it_is_loaded():
    scene = Scene()
    count = scene.pipeline.state("count", 4, stage=0)
    scene.pipeline.load(count, count + scene.a[0], zero=scene.a[0] == 9, when=scene.a[0][0])
    told = scene.run([count], [(number, 0) for number in (1, 2, 3, 9, 5, 0)])
    assert told == [[0], [1], [1], [4], [0], [5]]


def test_what_is_driven_is_of_one_stage():
    scene = Scene()
    target = wiring.Signature({"low": Out(4), "high": Out(4)}).create()
    scene.pipeline.drive(target, low=scene.a[1], high=scene.b[1].high + scene.steady)
    assert scene.run([target.low, target.high], [(3, 0x70), (0, 0)]) == [[0, 7], [3, 0]]
