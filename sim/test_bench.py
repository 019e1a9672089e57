"""What the runner of benches refuses."""

from pathlib import Path

import pytest

from sim.bench import refuse_for_make


@pytest.mark.parametrize("name", ["a b", "a:b", "a#b", "a$b", "a'b", "a%b", "a(b)"])
def test_a_path_that_make_cannot_name_is_refused_for_verilator(name):
    with pytest.raises(AssertionError, match="GNU make takes no path"):
        refuse_for_make(Path("/good"), Path("/tmp") / name)


def test_other_paths_are_not():
    refuse_for_make(Path("/home/é/meta-plast_2.0+x/build"))
