"""Sheets that donors and statistical systems ask for, from the numbers of a microplan and no others."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mapping.microplan.begin import covered
from mapping.microplan.dhis2 import read_mapping, write_dhis2
from mapping.microplan.people import BOUNDS, of_country
from mapping.microplan.tables import Microplan
from mapping.microplan.whole import nearest
from mapping.output import write_csv, write_receipt
from mapping.release import Released
from pse import checks
from pse.records.study import Study

METHOD = "programmatic mapping (key informants and spot visits)"
SUBGROUPS = {
    "FSW": "Sex workers (female)",
    "MSM": "Men who have sex with men",
    "PWID": "People who inject drugs",
    "TG": "Transgender people",
    "PRIS": "People in prisons",
}
"""How the sheets call a KP; another one keeps its code."""


def gam_sheet(
    released: Released, *, year: int, country: str, definitions: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return the sizes as Global AIDS Monitoring asks for them, one row per KP.

    Parameters
    ----------
    released : Released
        What may be shown.
    year, country : int, str
        Of the study.
    definitions : mapping of str to str, optional
        KP code -> who was counted, in the words of the survey.

    Returns
    -------
    pandas.DataFrame
        `population, country, year, estimate, lower, upper, range_is, definition, method, sites, areas,
        comment`; people to whole ones. `sites`: how many municipalities were mapped; `areas`: their names.

    Notes
    -----
    The headings follow what the form asks for (definition, method, sites, range, year); they are ours. The
    range is that of the informants, and `range_is` says so: the form has one field for all kinds of range.
    """
    places = released.tables["municipalities"]
    rows = []
    for row in released.tables["national"].to_dict("records"):
        kp = str(row["kp"])
        areas = sorted(places.loc[places["kp"].astype(str).eq(kp), "name"].astype(str))
        point, lower, upper = (float(nearest(row[name])) for name in ("point", "lower", "upper"))
        rows.append(
            {
                "population": SUBGROUPS.get(kp, kp),
                "kp": kp,
                "country": country,
                "year": year,
                "estimate": point,
                "lower": lower,
                "upper": upper,
                "range_is": "" if pd.isna(row["interval"]) else str(row["interval"]),
                "definition": (definitions or {}).get(kp, ""),
                "method": METHOD,
                "sites": len(areas),
                "areas": "; ".join(areas),
                "comment": "Mapped municipalities only; not extrapolated to the rest of the country.",
                "hidden": bool(row["hidden"]),
            }
        )
    return _whole(pd.DataFrame(rows), ["estimate", "lower", "upper"])


def gap_row(*, need: float, target: float, covered: float, financed: float) -> dict[str, float]:
    """Return the lines A to G of a programmatic gap table.

    Parameters
    ----------
    need : float
        A: people in need.
    target : float
        B: people that the country plans to reach.
    covered : float
        C: people covered by what is there already.
    financed : float
        E: people that the allocation will reach.

    Returns
    -------
    dict
        `A ... G`: D = A - C, F = C + E, G = A - F, none under 0.

    Raises
    ------
    ValueError
        If a number is negative, or more people are covered than are in need: the size or the count is wrong.

    Notes
    -----
    After the programmatic gap tables of the Global Fund. Check the letters against the form of your year.

    Examples
    --------
    >>> gap_row(need=1000, target=900, covered=400, financed=300)
    {'A': 1000, 'B': 900, 'C': 400, 'D': 600, 'E': 300, 'F': 700, 'G': 300}
    """
    checks.non_negative(need=need, target=target, covered=covered, financed=financed)
    if covered + financed > need:
        raise ValueError(
            f"coverage must not be above 100 % of the people in need ({need:g}); got {covered + financed:g}. "
            "Count people and not visits, or look at the size again."
        )
    reached = covered + financed
    return {
        "A": need, "B": target, "C": covered, "D": need - covered, "E": financed, "F": reached,
        "G": need - reached,
    }  # fmt: skip


def global_fund_gap(plan: Microplan, *, financed: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Return the programmatic gap of the country, one row per KP and bound of the size.

    Parameters
    ----------
    plan : Microplan
        Its table `gap` holds the counts of the programme.
    financed : mapping of str to float, optional
        KP -> people that the allocation will reach; 0 without it.

    Returns
    -------
    pandas.DataFrame
        `kp, size` (low, central, high), `A ... G` in whole people, `covered_by` (the step counted as
        covered), `adds_up` (yes where D + C = A, F = C + E and G + F = A as shown) and `note`. Where
        nothing is counted, or more is counted than the size, C to G are blank and the note says why.
    """
    counts = _covered(plan)
    rows = []
    for row in of_country(plan.people).to_dict("records"):
        kp = str(row["kp"])
        step, counted = counts.get(kp, ("", np.nan))
        covered, paid = float(nearest(counted)), float(nearest((financed or {}).get(kp, 0.0)))
        for bound in BOUNDS:
            need = float(nearest(row[bound]))
            target = float(nearest(row[bound] * plan.norms.value("reach", kp)))
            line = {"A": need, "B": target, **dict.fromkeys("CDEFG", np.nan)}
            note = "hidden" if row["hidden"] else "" if step else "nothing counted"
            if step and not row["hidden"]:
                try:
                    line = gap_row(need=need, target=target, covered=covered, financed=paid)
                except ValueError as error:
                    note = str(error)
            checked = "" if np.isnan(line["D"]) else "yes" if _adds_up(line) else "no"
            rows.append(
                {"kp": kp, "size": bound, **line, "covered_by": step, "adds_up": checked, "note": note}
            )
    return _whole(pd.DataFrame(rows), list("ABCDEFG"))


def _whole(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    return table.astype(dict.fromkeys(columns, "Int64"))


def _covered(plan: Microplan) -> dict[str, tuple[str, float]]:
    """Return for each KP the strictest step that is counted, and the people of the country at it."""
    if "gap" not in plan.tables:
        return {}
    return {kp: found for (_, kp), found in covered(of_country(plan.tables["gap"])).items()}


def _adds_up(line: Mapping[str, float]) -> bool:
    a, c, d, e, f, g = (line[letter] for letter in "ACDEFG")
    return bool(d + c == a and c + e == f and g + f == a)


def kp_atlas(plan: Microplan, *, year: int, country: str, source: str) -> pd.DataFrame:
    """Return the sizes in the long shape of the UNAIDS Key Populations Atlas, one row per number shown.

    Returns
    -------
    pandas.DataFrame
        `Indicator, Unit, Subgroup, Area, Area ID, Time Period, Source, Data Value, Formatted, Footnote`.
        Hidden sizes have no row. The country comes first, then municipalities.
    """
    titles = {"central": "estimate", "low": "lower estimate", "high": "upper estimate"}
    rows = []
    shown = plan.people[~plan.people["hidden"]]
    for row in shown.to_dict("records"):
        kp = str(row["kp"])
        for bound, title in titles.items():
            value = int(nearest(row[bound]))
            rows.append(
                {
                    "Indicator": f"{SUBGROUPS.get(kp, kp)}: Size estimate",
                    "Unit": "Number",
                    "Subgroup": title,
                    "Area": row["name"] or country,
                    "Area ID": row["municipality"],
                    "Time Period": year,
                    "Source": source,
                    "Data Value": value,
                    "Formatted": f"{value:,}".replace(",", " "),
                    "Footnote": "Mapped area; range of informants, not a confidence interval",
                }
            )
    return pd.DataFrame(rows)


def write_donors(
    plan: Microplan, study: Study, folder: Path, *, mapping_file: Path | None = None
) -> list[Path]:
    """Write the donor sheets as CSV, and with a mapping file the data values for DHIS2.

    Parameters
    ----------
    plan : Microplan
        From `microplan`.
    study : Study
        For country and year.
    folder : pathlib.Path
        A folder that is there.
    mapping_file : pathlib.Path, optional
        From `read_mapping`: definitions, people financed and the codes of DHIS2.

    Returns
    -------
    list of pathlib.Path
        `gam_sizes.csv, global_fund_gap.csv, kp_atlas.csv, receipt.txt` and, where mapped,
        `dhis2_values.json, dhis2_values.csv`.
    """
    given: dict[str, Any] = {} if mapping_file is None else read_mapping(mapping_file)
    about: dict[str, Any] = {"year": study.year, "country": study.country}
    tables = {
        "gam_sizes": gam_sheet(plan.released, definitions=given.get("definitions"), **about),
        "global_fund_gap": global_fund_gap(plan, financed=given.get("financed")),
        "kp_atlas": kp_atlas(plan, source=study.title, **about),
    }
    paths = []
    for name, table in tables.items():
        paths.append(folder / f"{name}.csv")
        write_csv(table, paths[-1])
    if "dhis2" in given:
        paths += write_dhis2(plan, given["dhis2"], folder)
    return [*paths, write_receipt(plan.released, folder)]
