"""What may leave the building: the one place that decides it, for tables, maps and reports alike."""

from mapping.release.levels import LEVELS, Level, check_level
from mapping.release.release import MapTables, Released, release
from mapping.release.text import safe_text
from mapping.release.withheld import withheld_spots

__all__ = [
    "LEVELS",
    "Level",
    "MapTables",
    "Released",
    "check_level",
    "release",
    "safe_text",
    "withheld_spots",
]
