"""Benches of hw/array."""
