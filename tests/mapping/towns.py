"""A constructed study for what may be shown: towns whose sizes stand on both sides of the limits.

Nobody answered about other spots, so D is 1 and sizes can be added by hand. FSW: `big` 12 spots of 4 to 15
people (114) and 8 reached by phone, `edge` 6 + 4 = 10, `almost` 9 to 10 (9.5), `small` 6, `tiny` 3,
`raised` 3 that an override makes 20, `none` nobody. MSM: `big` 30 + 60. TG: `big` 4, so 4 in all. `far` was
not mapped.
"""

from pathlib import Path

import pandas as pd

from pse.records.study import Study, make_study
from tests.records.tiny import write_folder

FSW_SPOTS = [
    *(("big", size, size) for size in range(4, 16)),
    ("edge", 6, 6),
    ("edge", 4, 4),
    ("almost", 9, 10),
    ("small", 6, 6),
    ("tiny", 3, 3),
    ("raised", 3, 3),
]
SPOTS = [
    *(("FSW", *spot) for spot in FSW_SPOTS),
    ("MSM", "big", 30, 30),
    ("MSM", "big", 60, 60),
    ("TG", "big", 4, 4),
]
TOWNS = ["big", "edge", "almost", "small", "tiny", "raised", "none", "far"]
SIZES = {"big": 122, "edge": 10, "almost": 9.5, "small": 6, "tiny": 3, "raised": 20, "none": 0}
"""FSW by municipality, added by hand."""

SETTINGS = {
    "title": "Constructed towns",
    "country": "Nowhere",
    "year": 2020,
    "size_basis": "usual_day",
    "denominators": {"FSW": "adult_women", "MSM": "adult_men", "TG": "adult_men"},
}


def town_tables() -> dict[str, pd.DataFrame]:
    """Return fresh tables of the towns; change them as you like."""
    frame = pd.DataFrame(SPOTS, columns=["kp", "municipality", "low", "high"])
    codes = [f"S{number:02d}" for number in range(len(frame))]
    frame = frame.assign(
        spot_id=codes, zone=None, typology=["bar" if n % 3 else "street" for n in range(len(frame))]
    )
    level1 = frame.rename(columns={"low": "kp_min", "high": "kp_max"}).assign(
        interview_id=[f"A{code}" for code in codes], informant_type="taxi"
    )
    level2 = frame.assign(
        interview_id=[f"B{code}" for code in codes],
        status="active",
        usual_min=frame["low"],
        usual_max=frame["high"],
        peak_min=frame["low"] * 2,
        peak_max=frame["high"] * 2,
        peak_days="sat sun",
    )
    return {
        "municipalities": pd.DataFrame(
            {
                "municipality": TOWNS,
                "name": [town.capitalize() for town in TOWNS],
                "adult_men": 10_000,
                "adult_women": 10_000,
                "mapped": ["yes"] * 7 + ["no"],
                "lat": [42.0 + 0.1 * number for number in range(8)],
                "lon": [21.0 + 0.2 * (number % 3) for number in range(8)],
            }
        ),
        "level1": level1.drop(columns=["low", "high"], errors="ignore"),
        "level2": level2.drop(columns=["low", "high"]),
        "nonspot": pd.DataFrame(
            {"municipality": ["big"], "kp": ["FSW"], "setting": ["phone"], "people": [8]}
        ),
        "overrides": pd.DataFrame(
            {
                "municipality": ["raised"],
                "kp": ["FSW"],
                "point": [20],
                "lower": [15],
                "upper": [25],
                "reason": ["community meeting"],
                "role": ["coordinator"],
            }
        ),
    }


def town_study() -> Study:
    """Return the study of the towns."""
    return make_study(**SETTINGS, tables=town_tables())


def town_folder(folder: Path, tables: dict[str, pd.DataFrame] | None = None) -> Path:
    """Write the towns, or other tables with the same settings, as a study folder."""
    return write_folder(folder, town_tables() if tables is None else tables, SETTINGS)
