"""Forms as XLSForm workbooks, in six languages, with the list of spots that they choose from."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pse.labels import LANGUAGES, check_language
from pse.records.forms.build import FORMS, SPOTS_FILE, Form
from pse.records.forms.choices import choices_of, listed_spots
from pse.records.said import in_language, say
from pse.records.study import Study

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

__all__ = ["CALLED", "is_as_written", "write_forms"]

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
_VERSION = "version"
_VERSION_LETTERS = 10

Grid = list[list[str]]


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

    sheets = {
        "survey": _grid(list(_survey(form))),
        "choices": _grid(list(_choices(form, study))),
        "settings": _grid([_settings(form, study, lang)]),
    }
    version = _version(sheets)
    for row, cell in zip(sheets["settings"], (_VERSION, version), strict=True):
        row.append(cell)
    with Workbook(path) as workbook:
        workbook.set_properties({"title": form.name, "created": datetime(2000, 1, 1)})
        for name, grid in sheets.items():
            _write_sheet(workbook, name, grid)
    return path


def is_as_written(path: Path) -> bool:
    """Return whether a workbook is a form as `write_forms` wrote it: no export, and changed by nobody."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(path)
        sheets = {name: _texts(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names}
        version = [row.pop() for row in sheets["settings"]]
    except (CalamineError, OSError, ValueError, LookupError):
        return False
    return version == [_VERSION, _version(sheets)]


def _texts(cells: list[list[Any]]) -> Grid:
    return [[str(cell) for cell in row] for row in cells]


def _version(sheets: Mapping[str, Grid]) -> str:
    """Return a text that changes with any cell that holds something."""
    cells = [
        (name, row, column, cell)
        for name, grid in sheets.items()
        for row, values in enumerate(grid)
        for column, cell in enumerate(values)
        if cell
    ]
    return hashlib.sha256(repr(cells).encode()).hexdigest()[:_VERSION_LETTERS]


def _grid(rows: list[dict[str, str]]) -> Grid:
    headings = list(dict.fromkeys(key for row in rows for key in row))
    return [headings, *([row.get(heading, "") for heading in headings] for row in rows)]


def _write_sheet(workbook: Workbook, name: str, grid: Grid) -> None:
    sheet = workbook.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for row, values in enumerate(grid):
        for column, cell in enumerate(values):
            if cell:
                sheet.write_string(row, column, cell)


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
        labels = {f"label::{CALLED[lang]}": _without_references(text) for lang, text in words.items()}
        yield {"list_name": name, "name": code} | labels


def _settings(form: Form, study: Study, lang: str) -> dict[str, str]:
    title = in_language(say(f"forms.title_{form.name}"), lang)
    return {
        "form_title": _without_references(f"{study.title}: {title}"),
        "form_id": f"pse_{form.name}",
        "default_language": CALLED[lang],
    }


def _without_references(text: str) -> str:
    """Return a text of the study in which nothing is taken for an answer of the form, as `${name}` is."""
    return text.replace("${", "$ {")
