"""The receipt: what was hidden, by which rule, how much of it, and what is not promised."""

import textwrap
from collections.abc import Mapping

import pandas as pd

from mapping.release.hide import Sight

MARK = "Release level: "
"""How the first line of every receipt begins."""

_RULE = (
    "Sizes under {threshold} people by municipality and KP are hidden (judged before rounding), with every "
    "number made from them. A municipality that was mapped with nobody found is hidden in the same way. "
    "So are rows of the other tables under {threshold} people, and rows that show the size of single spots."
)
_LIMITS = (
    "Not yet protected: a hidden number may still be worked out from the totals and from other tables. "
    "Complementary suppression and its audit are not built yet. Look before you publish."
)
_RESTRICTED = (
    "Nothing is hidden: spot codes, sizes of single spots and small numbers are here. These files are for "
    "the organisation itself. Do not pass them on."
)


def receipt_text(
    municipalities: pd.DataFrame, tables: Mapping[str, pd.DataFrame], seen: Sight, spots: str
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
    """
    parts = [f"{MARK}{seen.level}"]
    if seen.level == "restricted":
        return _wrapped([*parts, _RESTRICTED, spots])
    parts += [_RULE.format(threshold=seen.threshold), _counts(municipalities, tables), spots, _LIMITS]
    return _wrapped(parts)


def level_of_receipt(text: str) -> str:
    """Return the level that a receipt names in its first line; empty if there is none."""
    first = text.partition("\n")[0].strip()
    return first.removeprefix(MARK) if first.startswith(MARK) else ""


def _wrapped(parts: list[str]) -> str:
    return "\n".join(textwrap.fill(part, 78) for part in parts if part) + "\n"


def _counts(municipalities: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> str:
    hidden = tables["municipalities"]["hidden"].to_numpy()
    others = [t for name, t in tables.items() if name != "municipalities" and "hidden" in t]
    text = f"Hidden: {int(hidden.sum()):,} of {len(hidden):,} municipality x KP cells"
    text += f", and {sum(int(t['hidden'].sum()) for t in others):,} rows of other tables."
    people = municipalities["point"].to_numpy(dtype=float)
    if len(hidden) and people.sum() > 0:
        cells, shown = (~hidden).mean(), people[~hidden].sum() / people.sum()
        text += f" Shown: {_percent(cells)} of the cells and {_percent(shown)} of the people."
    return text


def _percent(share: float) -> str:
    """Return a share in whole percent; 99.6 % is not called 100 % and 0.4 % is not called 0 %."""
    if 0 < share < 0.01 or 0.99 < share < 1:
        return "under 1 %" if share < 0.5 else "over 99 %"
    return f"{100 * share:.0f} %"
