"""The faults that benches plant in a room are those that the verification plan tells of."""

import re

from sim.forward import test_group_sums
from sim.learning import test_learning_sequence, test_reread
from sw.tree.sources import ROOT

BENCHES = {
    "sim/forward/test_group_sums.py": test_group_sums,
    "sim/learning/test_reread.py": test_reread,
    "sim/learning/test_learning_sequence.py": test_learning_sequence,
}


def test_the_plan_tells_name_file_and_bench_of_each():
    plan = (ROOT / "docs" / "verification.md").read_text(encoding="utf-8")
    section = plan.partition("## Faults that were planted in rooms")[2].partition("\n## ")[0]
    told = re.findall(r"^\| (.*?) \| `(.*?)` \| `(.*?)` \|$", section, re.MULTILINE)
    planted = [
        (name, bug.module.replace(".", "/") + ".py", file)
        for file, bench in BENCHES.items()
        for name, bug in bench.FAULTS.items()
    ]
    assert told == planted
