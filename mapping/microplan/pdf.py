"""A4 pages to print: blank calendars of peer educators, and their weekly rosters."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from mapping.labels import texts
from mapping.microplan.calendar import WEEKS, peer_calendar

_PAGE = """
#let data = json(bytes(sys.inputs.data))
#set document(title: "Microplan", author: (), date: none)
#set page(paper: "a4", flipped: data.wide, margin: 1.2cm, footer: context [
  #set text(7pt)
  #data.foot #h(1fr) #counter(page).display("1 / 1", both: true)
])
#set text(font: ("Libertinus Serif", "DejaVu Sans"), size: 9pt)
#for (n, sheet) in data.sheets.enumerate() [
  #if n > 0 { pagebreak() }
  = #sheet.title
  #sheet.note
  #v(4pt)
  #table(
    columns: sheet.widths.map(w => w * 1fr),
    inset: (x: 4pt, y: data.inset * 1pt),
    table.header(..sheet.head.map(h => strong(h))),
    ..sheet.cells.flatten()
  )
]
"""


_MEETING = ["municipality", "spot_id", "day", "block"]


def write_calendars(
    path: str | Path, *, lang: str, title: str, peers: list[str] | None = None, weeks: int = WEEKS
) -> Path:
    """Write one blank calendar page per peer educator as a PDF.

    Parameters
    ----------
    path : str or pathlib.Path
        The PDF.
    lang : str
        Language.
    title : str
        Title of the study, for the foot of the page.
    peers : list of str, optional
        Codes of peer educators (never names); without them one page without a code.
    weeks : int
        Rows.

    Notes
    -----
    Needs the extra `report` (typst); its own fonts hold Latin and Cyrillic letters.
    """
    text = texts("microplan", lang)
    form = peer_calendar(weeks=weeks)
    head = [text.get(f"col_{name}", name) for name in form.columns]
    cells = [[str(week), *[""] * (len(head) - 1)] for week in form["week"]]
    widths = [1, *[2] * (len(head) - 1)]
    sheets = [
        {
            "title": text["sheet_calendar"],
            "note": text["calendar_note"] if not code else f"{code}   {text['calendar_note']}",
            "head": head, "cells": cells, "widths": widths,
        }
        for code in (peers or [""])
    ]  # fmt: skip
    return _write(path, sheets, foot=title, wide=True, inset=9)


def write_rosters(path: str | Path, roster: pd.DataFrame, *, lang: str, title: str) -> Path:
    """Write the week of each peer educator as a PDF, one page each.

    Parameters
    ----------
    path : str or pathlib.Path
        The PDF.
    roster : pandas.DataFrame
        `peer, municipality, spot_id, kp, day, block, expected_people`, codes only. For the organisation
        itself: a roster says where outreach will be.
    lang, title : str
        Language; title of the study, for the foot of the page.
    """
    text, days = texts("microplan", lang), texts("days", lang)
    columns = ["day", "block", "municipality", "spot_id", "kp", "expected_people", "together"]
    head = [text.get(f"col_{name}", name) for name in columns]
    sheets = []
    for peer, rows in _with_partners(roster).groupby("peer", sort=True):
        people = rows["expected_people"].round().astype(int)
        cells = rows[columns].assign(expected_people=people, day=[days[day] for day in rows["day"]])
        sheets.append(
            {
                "title": f"{text['sheet_roster']}: {peer}",
                "note": text["note_register"],
                "head": head,
                "cells": cells.astype(str).to_numpy().tolist(),
                "widths": [1, 1, 2, 2, 1, 1, 2],
            }
        )
    return _write(path, sheets, foot=title, wide=False, inset=4)


def _with_partners(roster: pd.DataFrame) -> pd.DataFrame:
    """Return the roster with `together`: the other peer educators at the same spot at the same time."""
    codes = roster.groupby(_MEETING)["peer"].agg(set)
    others = [
        " ".join(sorted(codes[meeting] - {peer}))
        for meeting, peer in zip(
            roster[_MEETING].itertuples(index=False, name=None), roster["peer"], strict=True
        )
    ]
    return roster.assign(together=others)


def _write(path: str | Path, sheets: list[dict[str, Any]], *, foot: str, wide: bool, inset: int) -> Path:
    try:
        import typst
    except ImportError as error:
        raise ValueError(
            "PDF pages must have the extra report; it is not there. Run: pip install 'pse-toolkit[report]'"
        ) from error
    data = json.dumps({"sheets": sheets, "foot": foot, "wide": wide, "inset": inset}, ensure_ascii=False)
    path = Path(path)
    path.write_bytes(typst.compile(_PAGE.encode(), sys_inputs={"data": data}, ignore_system_fonts=True))
    return path
