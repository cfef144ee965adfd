"""Forms as XLSForm workbooks, in six languages, with the list of spots that they choose from."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pse.labels import LANGUAGES
from pse.records.forms.build import FORMS, SPOTS_FILE, Form
from pse.records.forms.questions import CHOICES
from pse.records.names import in_script, place_code, place_name
from pse.records.said import in_language, say
from pse.records.study import Study
from pse.records.tables import KPS

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

__all__ = ["write_forms"]

CALLED = {
    "en": "English (en)",
    "sq": "Shqip (sq)",
    "sr-Latn": "Srpski (sr-Latn)",
    "sr-Cyrl": "Српски (sr-Cyrl)",
    "mk": "Македонски (mk)",
    "uk": "Українська (uk)",
}
"""How a form calls its languages: the name as its speakers write it, with the code."""

_SURVEY = ("type", "name", "required", "constraint", "relevant", "calculation", "choice_filter", "repeat_count")


def write_forms(folder: str | Path, *, study: Study, lang: str = "en") -> list[Path]:
    """Write the forms of a study: level 1, level 2, people at spots, virtual platforms.

    Parameters
    ----------
    folder : str or pathlib.Path
        A folder that is there.
    study : Study
        Its municipalities and KPs are the choices; its spots are the list for level 2.
    lang : str
        Language that a form opens in.

    Returns
    -------
    list of pathlib.Path
        `level1.xlsx`, `level2.xlsx`, `people.xlsx`, `virtual.xlsx` (XLSForm) and `spots.csv`, the media file
        of level 2 and people. `spots.csv` holds codes, and names where the records have them, so it is for
        the field teams only.

    Notes
    -----
    Limits and required answers are those of the declared tables, so a form cannot accept what the check of
    the records refuses. Codes of interviews, people and new spots are drawn at random by the phone.
    """
    folder = Path(folder)
    paths = [_write_form(folder / f"{form.name}.xlsx", form, study, lang) for form in FORMS.values()]
    return [*paths, _write_spots(folder / SPOTS_FILE, study)]


def _write_form(path: Path, form: Form, study: Study, lang: str) -> Path:
    from xlsxwriter import Workbook

    with Workbook(path, {"strings_to_formulas": False, "strings_to_numbers": False}) as workbook:
        workbook.set_properties({"title": form.name, "created": datetime(2000, 1, 1)})
        _write_sheet(workbook, "survey", list(_survey(form)))
        _write_sheet(workbook, "choices", list(_choices(form, study)))
        _write_sheet(workbook, "settings", [_settings(form, study, lang)])
    return path


def _write_sheet(workbook: Workbook, name: str, rows: list[dict[str, str]]) -> None:
    sheet = workbook.add_worksheet(name)
    headings = list(dict.fromkeys(key for row in rows for key in row))
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading)
        for row, values in enumerate(rows, start=1):
            if values.get(heading):
                sheet.write_string(row, column, values[heading])


def _survey(form: Form) -> Iterator[dict[str, str]]:
    for question in form.questions:
        row = {"type": question.type, "name": question.name}
        for part, text in (("label", question.label), ("hint", question.hint)):
            row |= _in_all(part, text)
        row |= _in_all("constraint_message", question.message)
        row["required"] = "yes" if question.required else ""
        row |= {name: getattr(question, name) for name in _SURVEY[3:]}
        yield row


def _in_all(part: str, text: str | None) -> dict[str, str]:
    return {f"{part}::{CALLED[lang]}": in_language(text, lang) if text else "" for lang in LANGUAGES}


def _choices(form: Form, study: Study) -> Iterator[dict[str, str]]:
    for name in form.lists:
        if name == "municipality":
            for row in study.municipalities.itertuples(index=False):
                if row.mapped:
                    yield _choice(name, row.municipality, _town_names(row.name))
        elif name == "kp":
            for code in study.kps:
                yield _choice(name, code, {lang: _kp_name(code, lang) for lang in LANGUAGES})
        else:
            for code in CHOICES[name]:
                text = say(f"forms.{name}_{code.replace('-', '_').replace('+', '_plus')}")
                yield _choice(name, code, {lang: in_language(text, lang) for lang in LANGUAGES})


def _choice(list_name: str, code: str, names: Mapping[str, str]) -> dict[str, str]:
    return {"list_name": list_name, "name": code} | {f"label::{CALLED[k]}": text for k, text in names.items()}


def _town_names(name: str) -> dict[str, str]:
    """Return a municipality in each language: from the gazetteer, else as it was entered."""
    code = place_code(name)
    if code is not None:
        return {lang: place_name(code, lang) for lang in LANGUAGES}
    return {lang: in_script(name, "Cyrl") if lang == "sr-Cyrl" else name for lang in LANGUAGES}


def _kp_name(code: str, lang: str) -> str:
    return in_language(say(f"forms.kp_{code}"), lang) if code in KPS else code


def _settings(form: Form, study: Study, lang: str) -> dict[str, str]:
    return {
        "form_title": f"{study.title}: {in_language(say(f'forms.title_{form.name}'), lang)}",
        "form_id": f"pse_{form.name}",
        "version": "1",
        "default_language": CALLED[lang],
        "allow_choice_duplicates": "no",
    }


def _write_spots(path: Path, study: Study) -> Path:
    """Write the list that level 2 and people choose from: code, label and municipality of each spot."""
    named = study.level1[study.level1["spot_id"].notna()].drop_duplicates("spot_id")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "label", "municipality"])
        for row in named.itertuples(index=False):
            label = getattr(row, "spot_name", None)
            text = f"{label} ({row.typology}, {row.spot_id})" if isinstance(label, str) else f"{row.typology}, {row.spot_id}"
            writer.writerow([row.spot_id, text, row.municipality])
    return path
