"""Boards: pins, clocks, bitstreams and what they take, with open tools."""

from sw.tree.extras import tell_what_is_lacking

tell_what_is_lacking()
