"""Estimates into maps, tables and reports. Imports `pse`, never the other way."""
