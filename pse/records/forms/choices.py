"""What can be chosen in a form: codes with their words in six languages, and the spots of the study."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pandas as pd

from pse.formulas import BLANKS, FORMULA_MARKS
from pse.labels import LANGUAGES
from pse.records.forms.build import SPOTS_FILE, Form
from pse.records.forms.questions import CHOICES
from pse.records.names import town_name
from pse.records.personal import personal_kinds
from pse.records.problems import Place, TableError
from pse.records.said import in_language, say
from pse.records.study import Study
from pse.records.tables import KPS

__all__ = [
    "Choice",
    "choice_words",
    "choices_of",
    "kp_words",
    "listed_spots",
    "spots_with_personal_names",
]

Choice = tuple[str, str, Mapping[str, str]]
"""List, code, and the words for it by language."""

_OPEN_LISTS = ("informant_type", "typology")  # any code may stand in these columns, so records may know more
_NOT_FIRST = FORMULA_MARKS + BLANKS


def choices_of(form: Form, study: Study) -> Iterator[Choice]:
    """Yield the choices of a form: mapped municipalities, the study's KPs, and the codes of fixed lists.

    Kinds of informants and spots that the records use already follow those of the list.

    Examples
    --------
    >>> import pse
    >>> from pse.records.forms.build import FORMS
    >>> found = choices_of(FORMS["level1"], pse.read_study(pse.sample_folder()))
    >>> next(words["sr-Cyrl"] for name, code, words in found if (name, code) == ("municipality", "peje"))
    'Пећ'
    """
    for name in form.lists:
        if name == "municipality":
            yield from _towns(study.municipalities)
        elif name == "kp":
            yield from ((name, code, _kp_names(code, study)) for code in study.kps)
        else:
            yield from ((name, code, choice_words(name, code)) for code in CHOICES[name])
            more = _used_codes(study, name) if name in _OPEN_LISTS else ()
            yield from ((name, code, dict.fromkeys(LANGUAGES, code)) for code in more)


def choice_words(name: str, code: str) -> dict[str, str]:
    """Return the words for a code of a fixed list, by language.

    Examples
    --------
    >>> choice_words("days", "fri")["mk"]
    'Петок'
    """
    key = f"{name}_{code.replace('-', '_').replace('+', '_plus')}"
    text = say(f"forms.c_{key}")
    return {lang: in_language(text, lang) for lang in LANGUAGES}


def _kp_names(code: str, study: Study) -> dict[str, str]:
    return kp_words(code) if code in KPS else dict.fromkeys(LANGUAGES, study.kp_names.get(code, code))


def kp_words(code: str) -> dict[str, str]:
    """Return the words for one of the usual KPs, by language.

    Examples
    --------
    >>> kp_words("PRIS")["en"]
    'People in prison (PRIS)'
    """
    text = say(f"forms.kp_{code}")
    return {lang: in_language(text, lang) for lang in LANGUAGES}


def _used_codes(study: Study, name: str) -> list[str]:
    tables = [table for table in (study.level1, study.level2) if name in table]
    return sorted({code for table in tables for code in table[name].dropna()} - set(CHOICES[name]))


def _towns(municipalities: pd.DataFrame) -> Iterator[Choice]:
    mapped = municipalities[municipalities["mapped"].astype(bool)]
    for row in mapped.to_dict("records"):
        yield "municipality", row["municipality"], {lang: town_name(row, lang) for lang in LANGUAGES}


def listed_spots(study: Study, *, without: Collection[str]) -> pd.DataFrame:
    """Return `name, label, municipality` of each spot, for the file that forms choose from.

    Parameters
    ----------
    study : Study
        Spots of level 1, and those that level 2 found.
    without : collection of str
        Codes to leave out: spots that nobody should be sent to, or that must not leave the organisation.

    Raises
    ------
    TableError
        If a code begins with a mark that a spreadsheet takes for a formula.

    Notes
    -----
    `name` is the code; the label has the name of the spot where the records have it and it does not look
    like personal data, as a telephone number does: see `spots_with_personal_names`.

    Examples
    --------
    >>> import pse
    >>> spots = listed_spots(pse.read_study(pse.sample_folder()), without=())
    >>> list(spots.columns), bool(spots["name"].is_unique)
    (['name', 'label', 'municipality'], True)
    """
    spots = _spots(study, without)
    _refuse_formulas(spots)
    labels = [_spot_label(row) for row in spots.to_dict("records")]
    table = pd.DataFrame({"name": spots["spot_id"], "label": labels, "municipality": spots["municipality"]})
    return table.sort_values(["municipality", "label", "name"], ignore_index=True)


def spots_with_personal_names(study: Study, *, without: Collection[str]) -> int:
    """Return how many spots of `listed_spots` stand there without their name, because it looks personal."""
    return sum(_looks_personal(name) for name in _spots(study, without)["spot_name"])


def _spots(study: Study, without: Collection[str]) -> pd.DataFrame:
    columns = ["spot_id", "municipality", "typology", "spot_name"]
    tables = (study.level1, study.level2)
    rows = pd.concat([table.reindex(columns=columns).astype(object) for table in tables])
    spots = rows.dropna(subset=["spot_id"]).groupby("spot_id", as_index=False).first()
    return spots[~spots["spot_id"].isin(list(without))]


def _looks_personal(name: object) -> bool:
    return isinstance(name, str) and bool(personal_kinds(name))


def _refuse_formulas(spots: pd.DataFrame) -> None:
    """Refuse codes that cannot stand in a list for phones as they are; a changed code would fit no record."""
    wrong = {
        code: int(spots[code].str.startswith(tuple(_NOT_FIRST)).sum()) for code in ("spot_id", "municipality")
    }
    found = [
        Place(SPOTS_FILE).error(
            "code_begins", say("code_begins", spots=count), column=code, remedy=say("give_other_code")
        )
        for code, count in wrong.items()
        if count
    ]
    if found:
        raise TableError(found)


def _spot_label(row: Mapping[Any, Any]) -> str:
    about = ", ".join(text for text in (row["typology"], row["spot_id"]) if isinstance(text, str))
    name = row["spot_name"]
    label = f"{name} ({about})" if isinstance(name, str) and not _looks_personal(name) else about
    return label.lstrip(_NOT_FIRST)
