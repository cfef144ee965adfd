"""Forms as XLSForm workbooks, in six languages, with the list of spots that they choose from."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pse.labels import LANGUAGES, check_language
from pse.records.forms.build import FORMS, SPOTS_FILE, Form
from pse.records.forms.choices import choices_of, listed_spots
from pse.records.said import in_language, say
from pse.records.study import Study

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

__all__ = ["CALLED", "write_forms"]

CALLED = {
    "en": "English (en)",
    "sq": "Shqip (sq)",
    "sr-Latn": "Srpski (sr)",
    "sr-Cyrl": "Српски (sr)",
    "mk": "Македонски (mk)",
    "uk": "Українська (uk)",
}
"""How a form calls its languages: the name as speakers write it, with a code of two letters, as ODK asks."""

_EXPRESSIONS = ("constraint", "relevant", "calculation", "choice_filter", "repeat_count")
_VERSION_LETTERS = 10


def write_forms(
    folder: str | Path, *, study: Study, without: Collection[str], lang: str = "en"
) -> list[Path]:
    """Write the forms of a study: level 1, level 2, people at spots, virtual platforms.

    Parameters
    ----------
    folder : str or pathlib.Path
        A folder that is there.
    study : Study
        Its municipalities and KPs are the choices; its spots are the list for level 2. `read_prepared` reads
        one before field work.
    without : collection of str
        Codes of spots to leave out of the list: those that nobody should be sent to, or that must not leave
        the organisation.
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
    Limits and required answers are those of the declared tables, so a form does not accept what the check of
    the records refuses within a row. Codes of interviews, people and new spots are drawn at random by the
    phone. The version of a form changes with what stands in it and with nothing else.

    Examples
    --------
    >>> import tempfile, pse
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     paths = write_forms(folder, study=pse.read_study(pse.sample_folder()), without=())
    >>> [path.name for path in paths]
    ['level1.xlsx', 'level2.xlsx', 'people.xlsx', 'virtual.xlsx', 'spots.csv']
    """
    check_language(lang)
    folder = Path(folder)
    spots = listed_spots(study, without=without)
    paths = [_write_form(folder / f"{form.name}.xlsx", form, study, lang) for form in FORMS.values()]
    spots.to_csv(folder / SPOTS_FILE, index=False, encoding="utf-8")  # phones trip over a byte order mark
    return [*paths, folder / SPOTS_FILE]


def _write_form(path: Path, form: Form, study: Study, lang: str) -> Path:
    from xlsxwriter import Workbook

    survey, choices = list(_survey(form)), list(_choices(form, study))
    settings = _settings(form, study, lang)
    settings["version"] = _version([survey, choices, settings])
    with Workbook(path) as workbook:
        workbook.set_properties({"title": form.name, "created": datetime(2000, 1, 1)})
        _write_sheet(workbook, "survey", survey)
        _write_sheet(workbook, "choices", choices)
        _write_sheet(workbook, "settings", [settings])
    return path


def _version(sheets: object) -> str:
    return hashlib.sha256(repr(sheets).encode()).hexdigest()[:_VERSION_LETTERS]


def _write_sheet(workbook: Workbook, name: str, rows: list[dict[str, str]]) -> None:
    sheet = workbook.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    headings = list(dict.fromkeys(key for row in rows for key in row))
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading)
        for row, values in enumerate(rows, start=1):
            if values.get(heading):
                sheet.write_string(row, column, values[heading])


def _survey(form: Form) -> Iterator[dict[str, str]]:
    for question in form.questions:
        row = {"type": question.type, "name": question.name}
        row |= _in_all("label", question.label) | _in_all("hint", question.hint)
        row |= _in_all("constraint_message", question.message)
        row["required"] = "yes" if question.required else ""
        yield row | {name: getattr(question, name) for name in _EXPRESSIONS}


def _in_all(part: str, text: str | None) -> dict[str, str]:
    said = {lang: in_language(text, lang) if text else "" for lang in LANGUAGES}
    return {f"{part}::{CALLED[lang]}": words[:1].upper() + words[1:] for lang, words in said.items()}


def _choices(form: Form, study: Study) -> Iterator[dict[str, str]]:
    for name, code, words in choices_of(form, study):
        labels = {f"label::{CALLED[lang]}": text for lang, text in words.items()}
        yield {"list_name": name, "name": code} | labels


def _settings(form: Form, study: Study, lang: str) -> dict[str, str]:
    title = in_language(say(f"forms.title_{form.name}"), lang)
    return {
        "form_title": f"{study.title}: {title}",
        "form_id": f"pse_{form.name}",
        "default_language": CALLED[lang],
    }
