"""Benches of hw/learning."""
