"""Calendars and rosters to print: A4, one page each, in Latin and Cyrillic letters, without names."""

import shutil
import subprocess

import pandas as pd
import pytest

from mapping.labels import LANGUAGES, texts
from mapping.microplan.calendar import peer_calendar
from mapping.microplan.pdf import write_calendars, write_rosters

pytest.importorskip("typst", reason="the extra report (typst) is not installed")
needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler is not on this machine")

ROSTER = pd.DataFrame(
    {
        "peer": ["P2", "P1", "P1"],
        "municipality": "prizren",
        "spot_id": ["S9", "S1", "S2"],
        "kp": "FSW",
        "day": ["mon", "fri", "sat"],
        "block": "20-24",
        "expected_people": [3.4, 8.0, 10.2],
    }
)


def text_of(path):
    return subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True
    ).stdout


@needs_poppler
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_calendar_has_a_page_for_each_code_in_its_language(tmp_path, lang):
    path = write_calendars(tmp_path / "c.pdf", lang=lang, title="T", peers=["P1", "P2"], weeks=13)
    text = text_of(path)
    assert text.count("\f") == 2
    assert texts("microplan", lang)["sheet_calendar"] in text
    assert texts("microplan", lang)["col_referral"] in text
    assert "P2" in text
    info = subprocess.run(["pdfinfo", path], capture_output=True, check=True, text=True).stdout
    assert "A4" in info and "841.89 x 595.276" in info
    assert "Author" not in info and "CreationDate" not in info


@needs_poppler
def test_a_roster_has_a_page_for_each_peer_educator(tmp_path):
    text = text_of(write_rosters(tmp_path / "r.pdf", ROSTER, lang="en", title="T"))
    first, second = text.split("\f")[:2]
    assert texts("days", "en")["fri"] in first
    assert "P1" in first and "S1" in first and "S9" not in first
    assert "P2" in second and "S9" in second
    assert texts("microplan", "en")["note_register"] in first


@needs_poppler
def test_a_roster_names_who_else_is_at_the_spot_at_the_time(tmp_path):
    pair = pd.concat([ROSTER, ROSTER[ROSTER["spot_id"].eq("S9")].assign(peer="P7")], ignore_index=True)
    text = text_of(write_rosters(tmp_path / "r.pdf", pair, lang="en", title="T"))
    first, second, third = text.split("\f")[:3]
    assert "P7" in second and "P2" in third
    assert "P2" not in first and "P7" not in first


def test_a_calendar_refuses_a_year_with_too_many_weeks():
    with pytest.raises(ValueError, match="weeks must be"):
        peer_calendar(weeks=60)
    assert len(peer_calendar(weeks=4)) == 4
