"""Sample sizes before fieldwork, from simulated exercises; `pse.design` is the way in."""
