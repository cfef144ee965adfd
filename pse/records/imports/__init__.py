"""Imports: exports of Kobo and ODK and tables of any locale become a study, their problems told by row."""

from pse.records.imports.columns import ColumnFile, read_columns
from pse.records.imports.grid import Grid, Sources
from pse.records.imports.private import read_private
from pse.records.imports.results import Decisions, Imported
from pse.records.imports.source import read_sources
from pse.records.imports.study import import_records

__all__ = [
    "ColumnFile",
    "Decisions",
    "Grid",
    "Imported",
    "Sources",
    "import_records",
    "read_columns",
    "read_private",
    "read_sources",
]
