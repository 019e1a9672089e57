"""Benches of hw/store."""
