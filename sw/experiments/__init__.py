"""Named experiments: each leaves a JSON file in `results/` and pictures beside it."""

from sw.tree.extras import tell_what_is_lacking

tell_what_is_lacking()
