"""A valid tiny study: the worked example of METHOD section 2, six constructed spots in one municipality.

Spots A, B and D are active, C is inactive, E and F were not visited. Constructed data: no real place or
person. By hand: 70.705882 people (62.279412 to 79.132353) with every option at its default.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pse.records.study import Study, make_study

_LEVEL1 = [
    ("A", "bar", 8, 14),
    ("B", "street", 10, 20),
    ("C", "hotel", 4, 6),
    ("D", "lodge", 2, 4),
    ("E", "bar", 6, 10),
    ("F", "street", 12, 20),
]
_LEVEL2 = [
    ("A", "bar", "active", 6, 12, 10, 18, 0.5, 1.0),
    ("B", "street", "active", 8, 14, 9, 16, 0.5, 1.0),
    ("C", "hotel", "inactive", None, None, None, None, None, None),
    ("D", "lodge", "active", 3, 5, 3, 5, 0.5, 1.0),
]


def tiny_settings() -> dict[str, Any]:
    """Return the settings of the tiny study, as `make_study` takes them."""
    return {
        "title": "Worked example",
        "country": "Nowhere",
        "year": 2016,
        "size_basis": "usual_day",
        "denominators": {"FSW": "adult_women"},
    }


def tiny_tables() -> dict[str, pd.DataFrame]:
    """Return fresh tables of the tiny study by name; change them as you like."""
    place = {"municipality": "M1", "zone": None}
    municipalities = pd.DataFrame(
        {
            "municipality": ["M1"],
            "name": ["Town"],
            "adult_men": [900],
            "adult_women": [1000],
            "mapped": ["yes"],
        }
    )
    level1 = pd.DataFrame(_LEVEL1, columns=["spot_id", "typology", "kp_min", "kp_max"]).assign(
        interview_id=[f"I{i}" for i in range(1, 7)], informant_type="taxi", kp="FSW", **place
    )
    columns = ["spot_id", "typology", "status", "usual_min", "usual_max", "peak_min", "peak_max"]
    columns += ["share_other_spots", "other_spots_mean"]
    level2 = pd.DataFrame(_LEVEL2, columns=columns).assign(
        interview_id=[f"J{i}" for i in range(1, 5)],
        kp="FSW",
        peak_days=["fri sat", "sat", None, None],
        **place,
    )
    nonspot = pd.DataFrame({"municipality": ["M1"], "kp": ["FSW"], "setting": ["home"], "people": [5]})
    virtual = pd.DataFrame(
        {
            "municipality": ["M1"],
            "kp": ["FSW"],
            "platform_type": ["app"],
            "platform": ["P1"],
            "accounts_min": [100],
            "accounts_max": [100],
            "share_genuine": [1.0],
            "share_active": [1.0],
            "share_resident": [1.0],
            "profiles_per_person": [2.0],
            "share_at_spots": [0.3],
        }
    )
    return {
        "municipalities": municipalities,
        "level1": level1,
        "level2": level2,
        "nonspot": nonspot,
        "virtual": virtual,
    }


def tiny_study(**changes: Any) -> Study:
    """Return the tiny study; `changes` replace its settings, `tables=` replaces all its tables."""
    return make_study(**{**tiny_settings(), "tables": tiny_tables(), **changes})


def write_folder(
    folder: Path, tables: Mapping[str, pd.DataFrame] | None = None, settings: Mapping[str, Any] | None = None
) -> Path:
    """Write tables (default: the tiny ones) and settings as a study folder, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (tiny_tables() if tables is None else tables).items():
        table.to_csv(folder / f"{name}.csv", index=False)
    (folder / "study.toml").write_text(
        _toml(tiny_settings() if settings is None else settings), encoding="utf-8"
    )
    return folder


def _toml(settings: Mapping[str, Any]) -> str:
    """Return settings as TOML; texts, numbers, lists and one level of tables are enough here."""
    simple = [
        f"{key} = {_toml_value(value)}" for key, value in settings.items() if not isinstance(value, Mapping)
    ]
    for name, inner in settings.items():
        if isinstance(inner, Mapping):
            simple += [f"[{name}]", *(f"{key} = {_toml_value(value)}" for key, value in inner.items())]
    return "\n".join(simple) + "\n"


def _toml_value(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace('"', '\\"') + '"'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml_value(item) for item in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
