"""All tables of a microplan, in the order of the workbook."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from mapping.microplan.begin import municipality_priorities, spot_priorities
from mapping.microplan.calendar import peer_calendar
from mapping.microplan.commodities import commodities
from mapping.microplan.gap import opportunity_gap, people_at_spots, release_coverage
from mapping.microplan.norms import Norms, check_needed
from mapping.microplan.people import KEYS, of_country, of_municipalities, people_table
from mapping.microplan.register import site_load, spot_register
from mapping.microplan.services import oamt, services
from mapping.microplan.stock import stock
from mapping.microplan.targets import targets
from mapping.microplan.workforce import shared_workforce, workforce
from mapping.release import Released
from pse.records.study import Study


@dataclass(frozen=True)
class Microplan:
    """Everything that a workbook, CSV files and donor sheets are written from.

    Attributes
    ----------
    released : Released
        Level, receipt and stamp.
    norms : Norms
        The norms used.
    people : pandas.DataFrame
        Sizes, from `people_table`.
    tables : mapping of str to pandas.DataFrame
        By name. A column `how` says by which formula a row is computed, `hidden` marks rows without numbers.
    """

    released: Released
    norms: Norms
    people: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]


def microplan(
    released: Released,
    norms: Norms,
    *,
    coverage: pd.DataFrame | None = None,
    study: Study | None = None,
) -> Microplan:
    """Return all tables of a microplan.

    Parameters
    ----------
    released : Released
        From `mapping.release.release`; a hidden size leaves every number made from it blank.
    norms : Norms
        From `read_norms`.
    coverage : pandas.DataFrame, optional
        Counts of the programme; without them there is no opportunity gap.
    study : Study, optional
        For register, priorities and site load, which are made at `restricted` only.

    Returns
    -------
    Microplan
        With the tables `national_workforce, syringes, oamt` (country), `workforce, commodities, services,
        targets, gap, stock, municipality_priorities, register, priorities, site_load, calendar`.

    Raises
    ------
    ValueError
        If a norm is not there for a KP.

    Examples
    --------
    >>> import pse
    >>> from mapping.microplan.norms import read_norms
    >>> from mapping.release import release
    >>> sizes = pse.estimate_study(pse.read_study(pse.sample_folder()))
    >>> microplan(release(sizes), read_norms()).tables["national_workforce"]["central"].tolist()
    [76.0, 103.0, 131.0]
    """
    people = people_table(released)
    check_needed(norms, list(dict.fromkeys(people["kp"])))
    country = of_country(people)
    goods = commodities(people, norms)
    injected = of_country(goods[goods["commodity"].eq("syringes")])
    tables = {
        "national_workforce": workforce(country, norms),
        "syringes": injected.drop(columns=["distributed", "adequacy"]),
        "oamt": oamt(country, norms),
        "workforce": shared_workforce(people, norms),
        "commodities": goods,
        "stock": stock(goods, norms),
        "targets": targets(people, norms),
    }
    counts = None
    if coverage is not None and len(coverage):
        counts = release_coverage(coverage, released)
        tables["gap"] = opportunity_gap(people, counts, people_at_spots(released))
    tables["services"] = services(people, norms, counts)
    tables["municipality_priorities"] = municipality_priorities(people, norms, counts)
    if study is not None and released.level == "restricted":
        tables["register"] = spot_register(study, released)
        tables["priorities"] = spot_priorities(released.tables["spots"], people, norms, counts)
        tables["site_load"] = site_load(study, released)
    tables["calendar"] = peer_calendar()
    return Microplan(released, norms, people, tables)


def plan_of_municipalities(plan: Microplan) -> pd.DataFrame:
    """Return one long table by municipality: what to plan there, for its own pages of print.

    Returns
    -------
    pandas.DataFrame
        Keys, `item`, `low, central, high`, `how`, `hidden`, and `table` and `row`: where the number stands.
        The country comes last.
    """
    parts = [_items(plan.people.assign(item="people", how="size"), "people")]
    for name, item in (
        ("workforce", "peer_educators"),
        ("commodities", "commodity"),
        ("services", "service"),
    ):
        table = plan.tables[name]
        label = table[item] if item in table else pd.Series(item, index=table.index)
        parts.append(_items(table.assign(item=label)[~table["how"].eq("sum_shown")], name))
    country = plan.tables["national_workforce"].assign(item="peer_educators")
    parts.append(_items(country, "national_workforce"))
    table = pd.concat(parts, ignore_index=True)
    table = table[~table["how"].isin(["syringes_2020", "syringes_2030", "syringes_behaviour"])]
    table = table.sort_values(["name", "municipality", "kp"], kind="stable")
    return pd.concat([of_municipalities(table), of_country(table)], ignore_index=True)


def _items(table: pd.DataFrame, name: str) -> pd.DataFrame:
    columns = [*KEYS, "item", "low", "central", "high", "how", "hidden"]
    return table[columns].assign(table=name, row=table.index)
