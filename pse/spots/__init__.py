"""Programmatic mapping: one file per step, `chain.py` runs them."""
