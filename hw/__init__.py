"""The gateware, in Amaranth: the systolic array, what feeds it and the link. It imports `sw.contract` for every number."""

from sw.tree.extras import tell_what_is_lacking

tell_what_is_lacking()
