"""Our own forms, filled by a phone, as Kobo and ODK Central export them, with every column that they add.

Both write a column for a note and for every choice of several; Kobo writes the groups before the names.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from openpyxl import Workbook

from pse.records.forms.build import Form
from pse.records.forms.choices import choice_words, kp_words
from pse.records.forms.questions import CHOICES, Question
from pse.records.said import in_language
from pse.records.tables import KPS
from tests.records.forms.phone import Filled
from tests.records.imports.exports import uuid

Table = list[list[object]]

_GROUPS = ("begin_group", "begin_repeat", "end_group", "end_repeat")
_PLACE = {"/": ("latitude", "longitude", "altitude", "precision"),
          "-": ("Latitude", "Longitude", "Altitude", "Accuracy")}  # fmt: skip


def kobo_xlsx(form: Form, filled: Sequence[Filled], path: Path, *, first: int) -> Path:
    """A sheet for the form and one for its repeat; `first` is the number of the first submission."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in _kobo(form, filled, first):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def kobo_labels(form: Form, filled: Sequence[Filled], path: Path, *, first: int, lang: str) -> Path:
    """The workbook of Kobo with labels in one language, for headings and for what was chosen."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in _kobo_labels(form, filled, first, lang):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def kobo_labels_csv(form: Form, filled: Sequence[Filled], path: Path, *, first: int, lang: str) -> Path:
    """The form as Kobo's CSV with labels in one language: every cell in quotation marks, no repeat."""
    _, rows = next(_kobo_labels(form, filled, first, lang))
    path.write_text(_text(rows, ";", quoting=csv.QUOTE_ALL), encoding="utf-8", newline="")
    return path


def _kobo_labels(form: Form, filled: Sequence[Filled], first: int, lang: str) -> Iterator[tuple[str, Table]]:
    texts = {q.name: in_language(q.label, lang) for q in form.questions if q.label}
    lists = {q.name: q.type.split()[1] for q in form.questions if q.type.startswith("select_")}
    for name, (headings, *rows) in _kobo(form, filled, first):
        names = [str(heading) for heading in headings]
        asked = [lists.get(heading.rpartition("/")[2], "") for heading in names]
        told: Table = [[_label_heading(heading, texts, lists, lang) for heading in names]]
        for row in rows:
            told.append([_labels(cell, choices, lang) for cell, choices in zip(row, asked, strict=True)])
        yield name, told


def _label_heading(heading: str, texts: dict[str, str], lists: dict[str, str], lang: str) -> str:
    """Return the label of a question; of a choice behind it, and of the parts of a place."""
    before, _, last = heading.rpartition("/")
    question = before.rpartition("/")[2]
    if question in lists:
        return f"{texts[question]}/{_label(last, lists[question], lang)}"
    for name in (name for name in texts if heading.startswith("_") and name in heading):
        return heading.replace(name, texts[name])
    return texts.get(last, heading)


def _labels(cell: object, choices: str, lang: str) -> object:
    return " ".join(_label(code, choices, lang) for code in str(cell).split()) if cell and choices else cell


def _label(code: str, choices: str, lang: str) -> str:
    """Return the label of a code; one of a list of the study, such as municipalities, stays."""
    if choices == "kp":
        return kp_words(code)[lang]
    return choice_words(choices, code)[lang] if choices in CHOICES else code


def kobo_csv(form: Form, filled: Sequence[Filled], path: Path, *, first: int) -> Path:
    """The form as Kobo's CSV, which has no place for a repeat: semicolons and a byte order mark."""
    path.write_text(_text(next(_kobo(form, filled, first))[1], ";"), encoding="utf-8-sig", newline="")
    return path


def odk_zip(form: Form, filled: Sequence[Filled], path: Path, *, first: int) -> Path:
    """A zip with a file for the form and one for its repeat, joined by keys."""
    main, repeat = _headings(form, "-")
    system = ["meta-instanceID", "KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent",
              "AttachmentsExpected", "Status", "ReviewState", "DeviceID", "Edits", "FormVersion"]  # fmt: skip
    rows: Table = [["SubmissionDate", *(heading for heading, _ in main), *system]]
    spots: Table = [[*(heading for heading, _ in repeat), "PARENT_KEY", "KEY"]]
    for number, (answers, passes) in enumerate(filled, start=first):
        key = f"uuid:{uuid(number)}"
        given = [key, key, "7", "team", 0, 0, "", "", "", 0, "v1"]
        rows.append(["2026-02-03T12:00:00.000Z", *_cells(main, answers), *given])
        spots += [
            [*_cells(repeat, inner), key, f"{key}/interview/spots[{i}]"] for i, inner in enumerate(passes, 1)
        ]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(f"pse_{form.name}.csv", _text(rows))
        if repeat:
            package.writestr(f"pse_{form.name}-spots.csv", _text(spots))
    return path


def _kobo(form: Form, filled: Sequence[Filled], first: int) -> Iterator[tuple[str, Table]]:
    main, repeat = _headings(form, "/")
    title = f"Towns: {form.name}"
    system = ["__version__", "_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status",
              "_submitted_by", "_tags", "meta/rootUuid", "_index"]  # fmt: skip
    rows: Table = [[*(heading for heading, _ in main), *system]]
    below = ["_index", "_parent_table_name", "_parent_index", "_submission__id", "_submission__uuid"]
    spots: Table = [[*(heading for heading, _ in repeat), *below]]
    for index, (answers, passes) in enumerate(filled, start=1):
        own = uuid(first + index - 1)
        given = ["v1", 500 + index, own, "2026-02-03T12:00:00", "", "", "submitted_via_web", "", "",
                 f"uuid:{own}", index]  # fmt: skip
        rows.append([*_cells(main, answers), *given])
        for inner in passes:
            spots.append([*_cells(repeat, inner), len(spots), title, index, 500 + index, own])
    yield title.replace(":", "")[:31], rows
    if repeat:
        yield "spots", spots


def _headings(
    form: Form, mark: str
) -> tuple[list[tuple[str, tuple[str, str]]], list[tuple[str, tuple[str, str]]]]:
    """Return heading, and question with its part, for the form and for its repeat."""
    main: list[tuple[str, tuple[str, str]]] = []
    repeat: list[tuple[str, tuple[str, str]]] = []
    groups: list[str] = []
    inside = False
    for question in form.questions:
        if question.type in _GROUPS:
            inside = question.type == "begin_repeat" or (inside and question.type != "end_repeat")
            groups = [*groups, question.name] if question.type.startswith("begin") else groups[:-1]
            continue
        within = [] if inside and mark == "-" else groups  # Central writes paths from the repeat on
        (repeat if inside else main).extend(_columns(question, mark.join([*within, question.name]), mark))
    return main, repeat


def _columns(question: Question, heading: str, mark: str) -> Iterator[tuple[str, tuple[str, str]]]:
    if question.type == "geopoint" and mark == "-":
        yield from ((f"{heading}-{part}", (question.name, f"#{i}")) for i, part in enumerate(_PLACE[mark]))
        return
    yield heading, (question.name, "")
    if question.type == "geopoint":
        yield from ((f"_{heading}_{part}", (question.name, f"#{i}")) for i, part in enumerate(_PLACE[mark]))
    kind, _, name = question.type.partition(" ")
    if kind == "select_multiple":
        codes = KPS if name == "kp" else CHOICES[name]
        yield from ((f"{heading}/{code}", (question.name, code)) for code in codes)


def _cells(columns: list[tuple[str, tuple[str, str]]], answers: dict[str, str]) -> list[object]:
    return [_cell(answers.get(name, ""), part) for _, (name, part) in columns]


def _cell(text: str, part: str) -> object:
    if not text:
        return None
    if part.startswith("#"):
        return text.split()[int(part[1:])]
    return int(part in text.split()) if part else text


def _text(rows: Table, separator: str = ",", quoting: int = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, quoting=quoting)
    writer.writerows([["" if v is None else v for v in row] for row in rows])
    return text.getvalue()
