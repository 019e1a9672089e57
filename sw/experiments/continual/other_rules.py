"""Learning rules that the contract does not have, to compare its own with before gateware is changed for one.

A rule is the compiled twin with another type in the place of the contract's, one header in `rules/` each, in an experiment
and nowhere else. None of them runs on the gateware. A new one is a header (`sw/twin/compiled/rule.h` says what it may
change) and a line of `RULES`.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from sw.contract.network import Network
from sw.twin.compiled.device import CompiledDevice
from sw.twin.compiled.library import RuleType

HEADERS = Path(__file__).with_name("rules")


@dataclass(frozen=True)
class Rule:
    """`header`: a file of `rules/`; `name`: the rule's type in it; `about`: what differs from the contract, with its clause."""

    header: str
    name: str
    about: str

    def type(self) -> RuleType:
        """For the compiler."""
        return RuleType(HEADERS / self.header, self.name)


_SUMMED = "output neurons a class, whose sums are added (6); all of them have the class's error (7)"
_BEST = "output neurons a class, of which the largest speaks (6) and learns (7)"
_BIAS = "a hidden neuron has a bias of 8 bits that steps as a weight of its row would (11)"
RULES = {
    "two-rivals": Rule(
        "two_rivals.h", "TwoRivals", "the second rival too has the error -1 where z_y - z is below the margin (7)"
    ),
    "two-read-outs": Rule("summed_read_outs.h", "SummedReadOuts<2>", f"2 {_SUMMED}"),
    "four-read-outs": Rule("summed_read_outs.h", "SummedReadOuts<4>", f"4 {_SUMMED}"),
    "best-of-two": Rule("best_read_out.h", "BestReadOut<2>", f"2 {_BEST}"),
    "best-of-four": Rule("best_read_out.h", "BestReadOut<4>", f"4 {_BEST}"),
    "halved-window": Rule(
        "halved_window.h", "HalvedWindow", "a hidden neuron that is already on the side of its error has half the window (8)"
    ),
    "own-threshold": Rule(
        "own_threshold.h",
        "OwnThreshold",
        "a hidden neuron's threshold follows its own mean of 2^15 samples, less 10 (5, 8)",
    ),
    "own-mean": Rule(
        "own_mean.h",
        "OwnMean<15, 10>",
        "a hidden sum is taken from its own mean of 2^15 samples, as far as that is beyond ±10 (4)",
    ),
    "own-quick-mean": Rule(
        "own_mean.h",
        "OwnMean<10, 10>",
        "a hidden sum is taken from its own mean of 2^10 samples, as far as that is beyond ±10 (4)",
    ),
    "small-bias": Rule("metaplastic_bias.h", "MetaplasticBias<3>", f"{_BIAS}, an eighth of which is added to its sum (4)"),
    "large-bias": Rule("metaplastic_bias.h", "MetaplasticBias<1>", f"{_BIAS}, half of which is added to its sum (4)"),
    "integrated-error": Rule(
        "integrated_error.h", "IntegratedError<2>", "a hidden neuron adds its errors up and has one at ±2 (8)"
    ),
    "four-thresholds": Rule("four_thresholds.h", "FourThresholds", "four slices of a row have thresholds of their own (11)"),
    "code-outputs": Rule(
        "code_outputs.h", "CodeOutputs", "3 output neurons a class, all of which have a sign in the code of each class (6, 7)"
    ),
    "silent-relax": Rule("silent_relax.h", "SilentRelax", "relaxation moves only the columns that are not valid (10)"),
    "signed-input": Rule("signed_input.h", "SignedInput", "a pixel that is off is -1 and learns (3)"),
}


class OtherRule(CompiledDevice):
    """The compiled twin with one of `RULES`. Raises `CompilerError`, as it does."""

    def __init__(self, name: str) -> None:
        self._rule = RULES[name]
        super().__init__(rule=self._rule.type())

    def describe(self) -> str:
        """What differs, in one line."""
        return f"compiled twin, but {self._rule.about}"

    def configure(self, network: Network) -> None:
        """As `network` says, with the rule's output neurons: those of class c are c · read_outs and the next."""
        *others, classes = network.layers
        super().configure(replace(network, layers=(*others, classes * self.read_outs)))
