"""Benches of hw/forward."""
