"""`release`: from estimates with everything in them to what may be shown at one level."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from mapping.labels import check_language
from mapping.release.audit import audit
from mapping.release.coarse import coarse_bounds
from mapping.release.hide import Sight, hide
from mapping.release.ledger import PastRelease, earlier_of
from mapping.release.levels import THRESHOLDS, Level, check_level, check_threshold, clean_reason
from mapping.release.protect import Earlier, Hidden, numbers_of, protect
from mapping.release.receipt import about_texts, receipt_text, spots_text, stamp_text
from mapping.release.rules import RULES
from mapping.release.shape import duplication_weights, tables_at
from mapping.release.system import System
from mapping.release.withheld import hide_kinds, spots_of_programme
from pse.spots.results import StudyEstimates


@dataclass(frozen=True)
class MapTables:
    """The tables that `write_maps` draws, of the KPs that have something to draw."""

    municipalities: pd.DataFrame
    days: pd.DataFrame
    steps: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Released:
    """Tables that may be shown at one level; each is an attribute too, such as `.national`.

    Attributes
    ----------
    level : {"public", "programme", "restricted"}
        Level of release.
    tables : dict of str to pandas.DataFrame
        By the name that their CSV file has. `hidden` (bool) marks rows whose numbers are blank because
        they are too small to show, or stand beside one that is. `spots` is there at `programme` (code, KP,
        typology, status and size class only) and at `restricted`. `steps` is by KP at `public` and
        `programme`, by municipality and KP at `restricted`, where `national_steps` stands beside it.
    receipt : str
        What was hidden, by which rules and how much, and what is not promised; it goes with every export.
    hidden : int
        Number of municipality x KP cells that are hidden.
    threshold : float
        Sizes under so many people are hidden.
    stamp : str
        A sentence for every page when the threshold is not that of the level; else empty.
    sight : Sight
        What was decided and why: restricted, for the audit; no output holds it.
    """

    level: Level
    tables: dict[str, pd.DataFrame] = field(repr=False)
    receipt: str = field(repr=False)
    hidden: int
    threshold: float = 0
    stamp: str = ""
    sight: Sight | None = field(default=None, repr=False)

    def __getattr__(self, name: str) -> Any:
        tables = self.__dict__.get("tables", {})
        if name in tables:
            return tables[name]
        level = self.__dict__.get("level", "")
        raise AttributeError(f"a release at level {level!r} has no table {name!r}")

    @property
    def unmapped_kps(self) -> list[str]:
        """KPs that no map shows, because their whole size is hidden."""
        national = self.tables["national"]
        return list(national.loc[national["hidden"], "kp"])

    def for_maps(self) -> MapTables:
        """Return what `write_maps` draws: the waterfall is national, summed before anything was hidden.

        A hidden step is left out, so that its change is part of the next bar.
        """
        steps = self.tables.get("national_steps", self.tables["steps"])
        named = {"municipalities": self.tables["municipalities"], "days": self.tables["days"], "steps": steps}
        shown = {
            name: table[~table["kp"].isin(self.unmapped_kps)].reset_index(drop=True)
            for name, table in named.items()
        }
        steps = shown["steps"]
        return MapTables(
            shown["municipalities"], shown["days"], steps[~steps["hidden"]].reset_index(drop=True)
        )


def release(
    sizes: StudyEstimates,
    level: Level = "public",
    *,
    sensitivity: pd.DataFrame | None = None,
    withheld: Collection[str] | None = None,
    threshold: float | None = None,
    reason: str | None = None,
    lang: str = "en",
    ledger: list[PastRelease] | None = None,
) -> Released:
    """Return what may be shown of the estimates at one level. The one place that decides it.

    Parameters
    ----------
    sizes : pse.StudyEstimates
        Estimates with every number; they are not changed.
    level : {"public", "programme", "restricted"}
        `public` hides sizes under 10 people and has no spots; `programme` hides those under 5 and has spots
        by code, typology and size class; `restricted` hides nothing.
    sensitivity : pandas.DataFrame, optional
        From `pse.sensitivity_table`; it goes out under the same rules.
    withheld : collection of str, optional
        Codes of spots that never leave the organisation, from `withheld_spots(study)`. At `programme`
        the table of spots goes out only when this is given.
    threshold : float, optional
        Another threshold than that of the level; a lower one needs a `reason`.
    reason : str, optional
        One written sentence, printed in the receipt.
    lang : str
        Language of the receipt, one of `mapping.labels.LANGUAGES`.
    ledger : list of PastRelease, optional
        What went out before, from `read_ledger`.

    Returns
    -------
    Released
        Copies of the tables, with a column `hidden`.

    Raises
    ------
    ValueError
        For an unknown level or language, a lower threshold without a reason, or, with a ledger, the same
        sizes by other municipalities (`LedgerError`).

    Notes
    -----
    Hidden are sizes under the threshold, zero included; parts in which one or two spots would show their own
    size; and, at the smallest loss, so many other cells that none of them can be worked out (`protect`).
    Totals stay true and are shown unless they are small themselves, or nothing else protects a cell. `audit`
    sees the finished tables only and proves it.

    Examples
    --------
    >>> import pse
    >>> sizes = pse.estimate_study(pse.read_study(pse.sample_folder()))
    >>> "spots" in release(sizes).tables
    False
    """
    level, lang = check_level(level), check_language(lang)
    limit = check_threshold(level, threshold, reason)
    whole = tables_at(sizes, level, tuple(RULES))
    if sensitivity is not None:
        whole["sensitivity"] = sensitivity
    tables, seen = _sight(whole, sizes, level, limit, ledger or [])
    shown = _spots(sizes.spots, tables, seen, withheld)
    left_out = 0 if shown is None else len(sizes.spots) - len(shown)
    sentence = spots_text(lang, level=level, shown=None if shown is None else len(shown), left_out=left_out)
    if shown is not None:
        tables["spots"] = shown
    why = clean_reason(reason)
    return Released(
        level,
        tables,
        receipt_text(
            sizes.municipalities,
            tables,
            seen,
            spots=sentence,
            about=about_texts(sizes, tables, level=level, threshold=limit, lang=lang),
            reason=why,
            earlier=None if ledger is None else len(ledger),
            lang=lang,
        ),
        int(tables["municipalities"]["hidden"].sum()),
        limit,
        "" if limit == THRESHOLDS[level] else stamp_text(seen, why, lang),
        seen,
    )


def _sight(
    tables: dict[str, pd.DataFrame],
    sizes: StudyEstimates,
    level: Level,
    threshold: float,
    ledger: list[PastRelease],
) -> tuple[dict[str, pd.DataFrame], Sight]:
    """Return the tables with everything hidden that must be, and what was decided.

    Where the audit of the finished tables finds a number of a KP that is not protected, less is printed of
    this KP, until nothing is left.
    """
    if level == "restricted":
        seen = Sight(level, threshold, {})
        return {name: hide(name, table, seen) for name, table in tables.items()}, seen
    linked = {**tables, "weights": duplication_weights(sizes.steps)}
    studies = [_study_of(linked, sizes.spots, kp, level, ledger) for kp in sizes.national["kp"].astype(str)]
    less = dict.fromkeys((one.kp for one in studies), 0)
    chosen = {one.kp: _protect(one, threshold, 0) for one in studies}
    while True:
        seen = Sight(level, threshold, chosen)
        hidden = {name: hide(name, table, seen) for name, table in tables.items()}
        partly = [kp for kp, found in chosen.items() if found.units]
        hidden = {name: coarse_bounds(table, partly, threshold=threshold) for name, table in hidden.items()}
        reasons = {kp: found.reasons for kp, found in seen.kps.items()}
        audited = audit(
            hidden, threshold=threshold, reasons=reasons, true=tables, weights=linked["weights"], whole=False
        )
        failed = set(audited.loc[~audited["protected"], "kp"])
        if not failed:
            return hidden, seen
        for one in studies:
            if one.kp in failed:
                less[one.kp] += 1
                chosen[one.kp] = _protect(one, threshold, less[one.kp])


@dataclass(frozen=True)
class _OfKP:
    """What decides on one KP: its numbers, its spots, and what its readers have already."""

    kp: str
    system: System
    spots: pd.DataFrame
    earlier: Earlier
    public: bool


def _study_of(
    tables: dict[str, pd.DataFrame], spots: pd.DataFrame, kp: str, level: Level, ledger: list[PastRelease]
) -> _OfKP:
    earlier = earlier_of(tables, ledger, kp, level=level) if ledger else Earlier()
    own = spots[spots["kp"].astype(str).eq(kp)]
    return _OfKP(kp, numbers_of(tables, kp), own, earlier, level == "public")


def _protect(one: _OfKP, threshold: float, less: int) -> Hidden:
    """Return what is hidden of one KP; what partners may not see is not public either."""
    earlier = one.earlier
    if one.public:
        limit = min(threshold, THRESHOLDS["programme"])
        partners = protect(one.system, one.spots, threshold=limit, less=less)
        if partners.whole:
            return partners
        earlier = replace(earlier, hidden=earlier.hidden | partners.units)
    return protect(one.system, one.spots, threshold=threshold, earlier=earlier, less=less)


def _spots(
    spots: pd.DataFrame, tables: dict[str, pd.DataFrame], seen: Sight, withheld: Collection[str] | None
) -> pd.DataFrame | None:
    """Return the table of spots, if there may be one."""
    if seen.level == "restricted":
        return spots.copy()
    if seen.level == "public" or withheld is None:
        return None
    kinds, classes = tables["typologies"], tables["size_classes"]
    kinds, classes = kinds[kinds["hidden"] & kinds["component"].eq("spots")], classes[classes["hidden"]]
    return hide_kinds(
        spots_of_programme(spots, frozenset(withheld)),
        kps={kp for kp in seen.kps if seen.spots_gone(kp)},
        typologies=set(zip(kinds["kp"].astype(str), kinds["typology"].astype(str), strict=True)),
        classes=set(zip(classes["kp"].astype(str), classes["size_class"].astype(str), strict=True)),
    )
