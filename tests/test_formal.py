"""The proofs of `formal`: two that take seconds, their planted bugs, and that no other planted bug has lost its place."""

from pathlib import Path

import pytest
from amaranth.back import rtlil

from formal.claim import Claim
from formal.prove import prove
from formal.run import CLAIMS
from formal.source import Bug, copy_of

BY_NAME = {claim.name: claim for claim in CLAIMS}
QUICK = [BY_NAME["cell-learn"], BY_NAME["register-slice"]]


@pytest.mark.parametrize("claim", QUICK, ids=lambda claim: claim.name)
def test_the_claim_is_proved(claim: Claim, tmp_path: Path):
    answer = prove(claim, None, tmp_path / "proof")
    assert answer.verdict == "PASS", answer.log


@pytest.mark.parametrize(
    ("claim", "number"), [pytest.param(each, i, id=f"{each.name}-{i}") for each in QUICK for i in range(len(each.bugs))]
)
def test_a_planted_bug_breaks_the_claim(claim: Claim, number: int, tmp_path: Path):
    answer = prove(claim, claim.bugs[number], tmp_path / "proof")
    assert answer.verdict == "FAIL", answer.log
    assert "Assert failed in harness" in answer.log


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_every_planted_bug_has_its_place(claim: Claim):
    """Given the text of hw as it is now, when a bug is planted, then its line is there once, and the harness differs."""
    right = rtlil.convert(claim.harness(None), ports=[], emit_src=False)
    assert claim.bugs
    for bug in claim.bugs:
        assert rtlil.convert(claim.harness(bug), ports=[], emit_src=False) != right


def test_a_bug_without_a_place_is_an_error():
    with pytest.raises(ValueError, match="0 times, expected once"):
        copy_of("hw.queue", Bug("hw.queue", "what is not there", ""))


def test_names_are_those_of_one_claim():
    assert len(BY_NAME) == len(CLAIMS)
