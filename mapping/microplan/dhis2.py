"""Data values for DHIS2, through a mapping file of the user: codes of the plan -> identifiers there."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mapping.microplan.people import COUNTRY
from mapping.microplan.tables import Microplan
from mapping.microplan.whole import nearest

UID = re.compile(r"[A-Za-z][A-Za-z0-9]{10}")
"""An identifier of DHIS2: a letter and ten letters or digits."""

TABLES = ("sizes", "workforce", "commodities", "services")
COLUMNS = [
    "dataelement", "period", "orgunit", "categoryoptioncombo", "attributeoptioncombo", "value"
]  # fmt: skip
"""Columns of the CSV that DHIS2 imports, in its order."""

PARTS = {"data_set", "period", "country", "org_units", "values", "attribute_option_combo"}


def read_mapping(path: str | Path) -> dict[str, Any]:
    """Read the mapping file of the donor sheets.

    Parameters
    ----------
    path : str or pathlib.Path
        TOML with `[definitions]` (KP = "who was counted"), `[financed]` (KP = people), and `[dhis2]`:
        `period`, `org_units` (municipality = identifier), optional `country` (identifier for the whole
        mapped area) and `data_set`, and `[[dhis2.values]]` with `table`, `kp`, `column`, `data_element`,
        optional `item` and `category_option_combo`. docs/microplan.md shows one.

    Raises
    ------
    ValueError
        If it cannot be read or a part is missing or not an identifier.
    """
    try:
        given = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(
            "mapping must be TOML in UTF-8; got one that is not. See docs/microplan.md for a sample."
        ) from error
    unknown = set(given) - {"definitions", "financed", "dhis2"}
    if unknown:
        raise ValueError(
            f"mapping must have the parts definitions, financed and dhis2; got {min(unknown)[:30]!r}."
        )
    for kp, people in given.get("financed", {}).items():
        if not isinstance(people, (int, float)) or people < 0:
            raise ValueError(f"financed.{kp[:10]} must be people, 0 or more; got {str(people)[:20]!r}.")
    if "dhis2" in given:
        _check(given["dhis2"])
    return given


def _check(dhis2: Mapping[str, Any]) -> None:
    for name in ("period", "org_units", "values"):
        if name not in dhis2:
            raise ValueError(f"dhis2 must have {name}; got none. See docs/microplan.md for a sample.")
    for name in set(dhis2) - PARTS:
        raise ValueError(f"dhis2 must have only {', '.join(sorted(PARTS))}; got {name[:30]!r}.")
    if not re.fullmatch(r"\d{4}(\d{2}|Q[1-4]|\d{4})?", str(dhis2["period"])):
        raise ValueError(
            f"dhis2.period must be 2026, 202601, 2026Q1 or 20260131; got {str(dhis2['period'])[:20]!r}."
        )
    identifiers = {f"org_units.{place}": uid for place, uid in dhis2["org_units"].items()}
    identifiers |= {
        name: dhis2[name] for name in ("country", "data_set", "attribute_option_combo") if name in dhis2
    }
    for n, value in enumerate(dhis2["values"], start=1):
        if value.get("table") not in TABLES:
            raise ValueError(f"values {n}, table must be one of {', '.join(TABLES)}.")
        for name in ("kp", "column", "data_element"):
            if name not in value:
                raise ValueError(f"values {n} must have {name}; got none.")
        for name in ("data_element", "category_option_combo"):
            if name in value:
                identifiers[f"values {n}, {name}"] = value[name]
    for name, uid in identifiers.items():
        if not UID.fullmatch(str(uid)):
            raise ValueError(f"{name} must be an identifier of DHIS2 (a letter and 10 letters or digits).")


def data_values(plan: Microplan, dhis2: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row per data value, in whole numbers; hidden numbers have none.

    Parameters
    ----------
    plan : Microplan
        From `microplan`.
    dhis2 : mapping
        The part `dhis2` of `read_mapping`.

    Returns
    -------
    pandas.DataFrame
        `dataelement, period, orgunit, categoryoptioncombo, attributeoptioncombo, value`.

    Raises
    ------
    ValueError
        If the municipalities of the file are not those of the estimates, or a value is not in the plan.
    """
    units = {str(place): str(uid) for place, uid in dhis2["org_units"].items()}
    places = [place for place in dict.fromkeys(plan.people["municipality"]) if place != COUNTRY]
    _match(units, places)
    if "country" in dhis2:
        units[COUNTRY] = str(dhis2["country"])
    rows = []
    for n, wanted in enumerate(dhis2["values"], start=1):
        found = _rows(plan, wanted, n)
        column = str(wanted["column"])
        found = found[found["municipality"].isin(units) & ~found["hidden"] & found[column].notna()]
        for place, value in zip(found["municipality"], found[column], strict=True):
            rows.append(
                {
                    "dataelement": wanted["data_element"],
                    "period": str(dhis2["period"]),
                    "orgunit": units[place],
                    "categoryoptioncombo": wanted.get("category_option_combo", ""),
                    "attributeoptioncombo": dhis2.get("attribute_option_combo", ""),
                    "value": int(nearest(value)),
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def _match(units: Mapping[str, str], places: list[str]) -> None:
    for kind, wrong in (
        ("name every municipality of the estimates", [p for p in places if p not in units]),
        ("name only municipalities of the estimates", [p for p in units if p not in places]),
    ):
        if wrong:
            raise ValueError(
                f"org_units must {kind}; {len(wrong)} do not match. Use the codes of municipalities.csv."
            )


def _rows(plan: Microplan, wanted: Mapping[str, Any], n: int) -> pd.DataFrame:
    table = wanted["table"]
    if table == "sizes":
        found = plan.people
    elif table == "workforce":
        country = plan.tables["national_workforce"]
        places = plan.tables["workforce"]
        found = pd.concat([country, places[places["how"].ne("sum_shown")]], ignore_index=True)
    else:
        found = plan.tables[table]
        found = found[found["how"].eq(str(wanted.get("item", "")))]
    found = found[found["kp"].eq(str(wanted["kp"]))]
    column = str(wanted["column"])
    if found.empty or column not in found or not pd.api.types.is_numeric_dtype(found[column]):
        raise ValueError(
            f"values {n} must name numbers of the plan; got none. Look up table, kp, item (column how) "
            "and column in the CSV files (--csv)."
        )
    return found


def write_dhis2(plan: Microplan, dhis2: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write `dhis2_values.json` (a data value set) and `dhis2_values.csv` into a folder that is there.

    Without a byte order mark: DHIS2 reads the CSV, not a spreadsheet. It holds identifiers and numbers only.
    """
    table = data_values(plan, dhis2)
    names = {
        "dataelement": "dataElement", "period": "period", "orgunit": "orgUnit", "value": "value",
        "categoryoptioncombo": "categoryOptionCombo", "attributeoptioncombo": "attributeOptionCombo",
    }  # fmt: skip
    values = [
        {names[str(key)]: str(value) for key, value in row.items() if value != ""}
        for row in table.to_dict("records")
    ]
    payload: dict[str, Any] = {"dataSet": dhis2["data_set"]} if "data_set" in dhis2 else {}
    payload["dataValues"] = values
    path = folder / "dhis2_values.json"
    path.write_text(json.dumps(payload, indent=1) + "\n", encoding="utf-8")
    table.to_csv(folder / "dhis2_values.csv", index=False, encoding="utf-8", lineterminator="\n")
    return [path, folder / "dhis2_values.csv"]
