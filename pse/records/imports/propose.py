"""A column file proposed for files whose headings are not our own: for a person to look at, line by line."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pse.records.imports.columns import targets
from pse.records.imports.grid import Grid
from pse.records.imports.matching import best_guess
from pse.records.imports.repeats import Part
from pse.records.imports.submissions import SUBMISSION, is_system
from pse.records.said import in_language, say
from pse.records.tables import TABLES

__all__ = ["propose_columns"]


def propose_columns(open_ones: Sequence[tuple[Grid, Part]], *, lang: str = "en") -> str:
    """Return the text of a column file; empty when no sheet looks like a table at all.

    Parameters
    ----------
    open_ones : sequence of tuple
        Grids whose headings are not our own, with the columns of the grids above them.
    lang : str
        Language of the comments.
    """
    blocks = [_block(grid, part, lang) for grid, part in open_ones]
    if not any(blocks):
        return ""
    head = [f"# {line}" for line in in_language(say("imports.file_head"), lang).split("\n")]
    return "\n\n".join(["\n".join(head), *(block for block in blocks if block)]) + "\n"


def _block(grid: Grid, part: Part, lang: str) -> str:
    guess = best_guess(part, alike=True)
    if guess is None:
        return ""
    lines = ["[[part]]", f"file = {_quoted(grid.place.file)}"]
    if grid.place.sheet:
        lines.append(f"sheet = {_quoted(grid.place.sheet)}")
    lines.append(f"table = {_quoted(guess.table.name)}")
    known = ", ".join(targets(TABLES[guess.table.name]))
    told = [say("imports.to_find", column=name) for name in guess.missing]
    told.append(say("imports.choose_from", known=known))
    lines += [f"# {in_language(text, lang)}" for text in told]
    lines.append("[part.columns]")
    for heading in part.frame.columns:
        column = guess.columns.get(heading, "")
        if heading == SUBMISSION or (is_system(heading) and not column):
            continue
        lines.append(f"{_quoted(heading)} = {_quoted(column)}")
    if SUBMISSION in guess.columns:
        lines.append(f"{_quoted('_uuid')} = {_quoted(guess.columns[SUBMISSION])}")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
