"""Learning rules that the contract does not have, to compare its own with before gateware is changed for one.

A rule is the compiled twin with a part of its text replaced, in an experiment and nowhere else. None of them runs on the
gateware.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sw.contract.network import Network
from sw.twin.compiled.device import CompiledDevice
from sw.twin.compiled.library import SOURCE

OFFSET_SHIFT, OFFSET_FREE = 15, 10  # samples of an offset's mean, as a power of two; what it leaves as it is


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`about`: what differs from the contract, with its clause; `edits`: text of the machine and what takes its place;
    `read_outs`: output neurons a class."""

    about: str
    edits: Mapping[str, str]
    read_outs: int = 1


# clause 6 and 7 with a score for each class, whatever its neurons are
_SCORES = {
    "int margin = 0, relax_floor = 1;": "int margin = 0, relax_floor = 1;\n    std::vector<int> scores;",
    "for (int c = 0; c < last.neurons; c++)\n            if (c != label && last.sums[c] > last.sums[rival]) rival = c;\n"
    "        if (last.sums[label] - last.sums[rival] >= margin)": "for (int c = 0; c < int(scores.size()); c++)\n"
    "            if (c != label && scores[c] > scores[rival]) rival = c;\n"
    "        if (scores[label] - scores[rival] >= margin)",
}
_PREDICTION = "return int(std::max_element(last.sums.begin(), last.sums.begin() + last.neurons) - last.sums.begin());"
_ERRORS = "last.errors[label] = 1;\n        last.errors[rival] = -1;"


def _summed(read_outs: int) -> Rule:
    scores = (
        f"scores.assign(last.neurons / {read_outs}, 0);\n"
        f"        for (int k = 0; k < last.neurons; k++) scores[k / {read_outs}] += last.sums[k];\n"
        "        return int(std::max_element(scores.begin(), scores.end()) - scores.begin());"
    )
    errors = (
        f"for (int e = 0; e < {read_outs}; e++)\n"
        f"            last.errors[label * {read_outs} + e] = 1, last.errors[rival * {read_outs} + e] = -1;"
    )
    return Rule(
        about=f"{read_outs} output neurons a class, whose sums are added (6); all of them have the class's error (7)",
        edits=_SCORES | {_PREDICTION: scores, _ERRORS: errors},
        read_outs=read_outs,
    )


def _best(read_outs: int) -> Rule:
    scores = (
        f"scores.assign(last.neurons / {read_outs}, 0);\n"
        "        for (int c = 0; c < int(scores.size()); c++) scores[c] = last.sums[best(c)];\n"
        "        return int(std::max_element(scores.begin(), scores.end()) - scores.begin());"
    )
    best = (
        "int best(int c) {\n"
        f"        auto first = layers.back().sums.begin(), own = first + c * {read_outs};\n"
        f"        return int(std::max_element(own, own + {read_outs}) - first);\n"
        "    }\n\n    int predict("
    )
    return Rule(
        about=f"{read_outs} output neurons a class, of which the largest speaks (6) and learns (7)",
        edits=_SCORES
        | {"int predict(": best, _PREDICTION: scores}
        | {_ERRORS: "last.errors[best(label)] = 1;\n        last.errors[best(rival)] = -1;"},
        read_outs=read_outs,
    )


_SECOND = """last.errors[rival] = -1;
        int second = -1;
        for (int c = 0; c < last.neurons; c++)
            if (c != label && c != rival && (second < 0 || last.sums[c] > last.sums[second])) second = c;
        if (second >= 0 && last.sums[label] - last.sums[second] < margin) last.errors[second] = -1;"""

_FOLLOW = """int prediction = predict(pixels);
        for (std::size_t i = 0; i + 1 < layers.size(); i++) layers[i].follow();"""
_OFFSETS = f"""std::vector<int> followed = std::vector<int>(neurons), offset = std::vector<int>(neurons);

    void follow() {{
        for (int j = 0; j < neurons; j++) {{
            followed[j] += sums[j] - mean - (followed[j] >> {OFFSET_SHIFT});
            int own = followed[j] >> {OFFSET_SHIFT};
            offset[j] = own > {OFFSET_FREE} ? own - {OFFSET_FREE} : own < -{OFFSET_FREE} ? own + {OFFSET_FREE} : 0;
        }}
    }}

    void forward() {{  // (4)"""

_NEAR = "bool near = std::abs(below.sums[j] - below.mean - below.gate) <= below.window;"
_HALVED = """int beyond = below.sums[j] - below.mean - below.gate;
            bool agrees = (beyond >= 0) == (backward[j] > 0);
            bool near = std::abs(beyond) <= (agrees ? below.window / 2 : below.window);"""

RULES: dict[str, Rule] = {
    "two-rivals": Rule(
        about="the second rival too has the error -1 where z_y - z is below the margin (7)",
        edits={"last.errors[rival] = -1;": _SECOND},
    ),
    "two-read-outs": _summed(2),
    "four-read-outs": _summed(4),
    "best-of-two": _best(2),
    "best-of-four": _best(4),
    "halved-window": Rule(
        about="a hidden neuron that is already on the side of its error has half the window (8)", edits={_NEAR: _HALVED}
    ),
    "own-threshold": Rule(
        about=f"a hidden neuron's threshold follows its own mean of 2^{OFFSET_SHIFT} samples, less {OFFSET_FREE} (5, 8)",
        edits={
            "void forward() {  // (4)": _OFFSETS,
            "sums[j] >= mean + gate ?": "sums[j] >= mean + gate + offset[j] ?",
            "below.sums[j] - below.mean - below.gate)": "below.sums[j] - below.mean - below.gate - below.offset[j])",
            "int prediction = predict(pixels);": _FOLLOW,
        },
    ),
    "silent-relax": Rule(
        about="relaxation moves only the columns that are not valid (10)",
        edits={"q[i] += (q[i] < -floor)": "if (!ternary[i]) q[i] += (q[i] < -floor)"},
    ),
    "signed-input": Rule(
        about="a pixel that is off is -1 and learns (3)",
        edits={
            # what lies beyond the last input counts -1 for every neuron, and so in their mean
            "first.valid[w] = top_bits(bytes);": "first.minus[w] = ~top_bits(bytes);\n            first.valid[w] = ~Word(0);"
        },
    ),
}


def text_of(rule: Rule) -> str:
    """The machine that learns by `rule`, in C++."""
    text = SOURCE.read_text(encoding="utf-8")
    for before, after in rule.edits.items():
        assert text.count(before) == 1, f"machine.cpp has {before!r} {text.count(before)} times"
        text = text.replace(before, after)
    return text


class OtherRule(CompiledDevice):
    """The compiled twin with one of `RULES`. Raises `CompilerError`, as it does."""

    def __init__(self, name: str) -> None:
        self._rule = RULES[name]
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "machine.cpp"
            source.write_text(text_of(self._rule), encoding="utf-8")
            super().__init__(source)

    def describe(self) -> str:
        """What differs, in one line."""
        return f"compiled twin, but {self._rule.about}"

    def configure(self, network: Network) -> None:
        """As `network` says, with the rule's output neurons: those of class c are c · read_outs and the next."""
        *others, classes = network.layers
        super().configure(replace(network, layers=(*others, classes * self._rule.read_outs)))
