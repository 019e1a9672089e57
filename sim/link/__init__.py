"""Benches of hw/link."""
