"""The receipt: what was hidden, by which rules, how much, and what is not promised; in six languages."""

import textwrap
from collections.abc import Mapping, Sequence

import pandas as pd

from mapping.labels import LANGUAGES, number, texts
from mapping.release.coarse import bound_step
from mapping.release.hide import Sight
from mapping.release.levels import LEVELS, THRESHOLDS
from pse.spots.results import StudyEstimates

SECTION = "release"
WIDTH = 78


def receipt_text(
    municipalities: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    seen: Sight,
    *,
    spots: str,
    about: Sequence[str] = (),
    reason: str = "",
    earlier: int | None = None,
    lang: str = "en",
) -> str:
    """Return the receipt of one release, wrapped to 78 characters.

    Parameters
    ----------
    municipalities : pandas.DataFrame
        The municipal table before hiding.
    tables : mapping of str to pandas.DataFrame
        The tables that go out, each with `hidden`.
    seen : Sight
        What may be seen.
    spots : str
        A sentence on the table of spots.
    about : sequence of str
        Sentences on random intervals and on people at unlisted spots, from `about_texts`.
    reason : str
        Why the threshold is not that of the level.
    earlier : int, optional
        With how many earlier releases this one was compared; None without a ledger.
    lang : str
        One of `mapping.labels.LANGUAGES`.

    Notes
    -----
    It never says which hidden cells are sensitive themselves and which protect others, nor how many of each,
    nor the parameters of the rule on single spots.
    """
    words = texts(SECTION, lang)
    first = words["level"].format(level=seen.level)
    if seen.level == "restricted":
        return _wrapped([first, words["restricted"], *about, spots])
    parts = [first]
    if seen.threshold != THRESHOLDS[seen.level]:
        parts.append(stamp_text(seen, reason, lang))
    limit = _people(seen.threshold, lang)
    parts += [words["rule_size"].format(threshold=limit), words["rule_spots"], words["rule_partners"]]
    parts += [
        words["audited"],
        words["no_ledger"] if earlier is None else words["ledger"].format(releases=number(earlier, lang)),
        words["not_in"],
        *about,
        _counts(municipalities, tables, lang),
        spots,
        words["limits"],
    ]
    return _wrapped(parts)


def about_texts(
    sizes: StudyEstimates,
    tables: Mapping[str, pd.DataFrame],
    *,
    level: str,
    threshold: float,
    lang: str,
) -> list[str]:
    """Return sentences on what random intervals and unlisted spots add to a release, and what of it stays.

    Parameters
    ----------
    sizes : pse.StudyEstimates
        The estimates.
    tables : mapping of str to pandas.DataFrame
        The tables that go out.
    level, threshold, lang
        As for `release`.
    """
    words = texts(SECTION, lang)
    if level == "restricted":
        return [] if sizes.draws is None else [words["draws_inside"]]
    found = [words["unlisted"]] if "unlisted" in tables else []
    found += [words["attendance"]] if "attendance" in tables else []
    if sizes.draws is not None:
        step = number(bound_step(threshold), lang)
        found += [words["draws"], words["bounds"].format(step=step)]
    return found


def stamp_text(seen: Sight, reason: str, lang: str) -> str:
    """Return the sentence that stands on every page when the threshold is not that of the level."""
    words = texts(SECTION, lang)
    limit, usual = _people(seen.threshold, lang), _people(THRESHOLDS[seen.level], lang)
    text = words["override"].format(threshold=limit, usual=usual, level=seen.level)
    return f"{text} {words['reason'].format(reason=reason)}" if reason else text


def spots_text(lang: str, *, level: str, shown: int | None, left_out: int = 0) -> str:
    """Return the sentence on the table of spots; `shown` is None where there is no table."""
    words = texts(SECTION, lang)
    if level == "restricted":
        return ""
    if shown is None:
        return words["spots_none" if level == "public" else "spots_unknown"]
    counts = {"shown": number(shown, lang), "left_out": number(left_out, lang)}
    return words["spots_shown"].format(**counts)


def level_of_receipt(text: str) -> str:
    """Return the level that a receipt names in its first line, in any language; empty if there is none."""
    first = text.partition("\n")[0].strip()
    for lang in LANGUAGES:
        template = texts(SECTION, lang)["level"]
        found = next((level for level in LEVELS if first == template.format(level=level)), "")
        if found:
            return found
    return ""


def _wrapped(parts: list[str]) -> str:
    return "\n".join(textwrap.fill(part, WIDTH) for part in parts if part) + "\n"


def _people(value: float, lang: str) -> str:
    return number(value, lang, decimals=0 if float(value).is_integer() else 1)


def _counts(municipalities: pd.DataFrame, tables: Mapping[str, pd.DataFrame], lang: str) -> str:
    words = texts(SECTION, lang)
    hidden = tables["municipalities"]["hidden"].to_numpy(dtype=bool)
    elsewhere = sum(
        int(t["hidden"].sum()) for name, t in tables.items() if name != "municipalities" and "hidden" in t
    )
    counts = {"hidden": int(hidden.sum()), "cells": len(hidden), "rows": elsewhere}
    text = words["counts"].format(**{name: number(value, lang) for name, value in counts.items()})
    people = municipalities["point"].to_numpy(dtype=float)
    if not len(hidden) or people.sum() <= 0:
        return text
    shares = {"cells": float((~hidden).mean()), "people": float(people[~hidden].sum() / people.sum())}
    shown = words["shown"].format(**{name: _percent(share, lang) for name, share in shares.items()})
    return f"{text} {shown}"


def _percent(share: float, lang: str) -> str:
    """Return a share in whole percent; 99.6 % is not called 100 % and 0.4 % is not called 0 %."""
    words = texts(SECTION, lang)
    if 0 < share < 0.01:
        return words["under_one"]
    if 0.99 < share < 1:
        return words["over_99"]
    return words["percent"].format(share=number(100 * share, lang))
