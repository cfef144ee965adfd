"""Spots that must not leave the organisation, whatever the level of the others."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from pse.records.study import Study

WITHHELD_STATUSES = ("refused", "unsafe")


def withheld_spots(study: Study) -> frozenset[str]:
    """Return the codes of spots that any level-2 row marks `do_not_publish`, refused or unsafe.

    Parameters
    ----------
    study : pse.Study
        Checked records.

    Notes
    -----
    One such row is enough, also where another team found the same spot active.
    """
    level2 = study.level2
    where = level2["status"].isin(WITHHELD_STATUSES)
    return frozenset(level2.loc[where, "spot_id"].dropna().astype(str)) | unpublished_spots(level2)


def unpublished_spots(level2: pd.DataFrame) -> frozenset[str]:
    """Return the codes of spots that any row of level 2 marks `do_not_publish`."""
    if "do_not_publish" not in level2:
        return frozenset()
    return frozenset(level2.loc[level2["do_not_publish"].astype(bool), "spot_id"].dropna().astype(str))


def spots_of_programme(spots: pd.DataFrame, withheld: frozenset[str]) -> pd.DataFrame:
    """Return `spot_id, kp, typology, status, size_class` of the spots that partners may see.

    Parameters
    ----------
    spots : pandas.DataFrame
        `.spots` of the estimates.
    withheld : frozenset of str
        Codes from `withheld_spots`; refused and unsafe rows of `spots` are left out as well.

    Notes
    -----
    Sorted by code: the order of the estimates would give the municipality away. Spots without people have
    no size class.
    """
    from pse.spots.concentration import size_class

    keep = ~spots["spot_id"].astype(str).isin(withheld) & ~spots["status"].isin(WITHHELD_STATUSES)
    shown = spots[keep & ~spots["unsafe"].astype(bool)]
    table = pd.DataFrame(
        {name: shown[name].astype(object) for name in ("spot_id", "kp", "typology", "status")}
    )
    classes = pd.Series(size_class(shown["point"].to_numpy()), index=shown.index).astype(object)
    table["size_class"] = classes.where(shown["point"] > 0)
    return table.sort_values(["spot_id", "kp"], ignore_index=True)


def hide_kinds(
    shown: pd.DataFrame,
    *,
    kps: Collection[str],
    typologies: Collection[tuple[str, str]],
    classes: Collection[tuple[str, str]],
) -> pd.DataFrame:
    """Return the table of spots without what would give numbers away that are hidden elsewhere.

    Parameters
    ----------
    shown : pandas.DataFrame
        From `spots_of_programme`.
    kps : collection of str
        KPs whose people at spots are hidden, all together: typology and size class are blank.
    typologies : collection of (str, str)
        KP and typology of rows that are hidden in the table of typologies: the same.
    classes : collection of (str, str)
        KP and size class of rows that are hidden in the table of size classes: the class is blank.

    Notes
    -----
    The number of such spots and the limits of their size classes would bound the hidden number.
    """
    kp = shown["kp"].astype(str)
    kinds = zip(kp, shown["typology"].fillna("not recorded").astype(str), strict=True)
    gone = np.array([code in kps or (code, kind) in typologies for code, kind in kinds], dtype=bool)
    rare = np.array([key in classes for key in zip(kp, shown["size_class"], strict=True)], dtype=bool)
    return shown.assign(
        typology=shown["typology"].mask(gone), size_class=shown["size_class"].mask(gone | rare)
    )
