"""Microplans: from sizes to staff, commodities, places and days. Start reading at `tables.py`."""
