"""Populations and field exercises with known truth; `pse.simulate` is the way in."""
