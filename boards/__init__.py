"""Boards: pins, clocks, bitstreams and what they take, with open tools."""
