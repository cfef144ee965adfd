"""Studies to make forms of: municipalities with names in several scripts, and some with records."""

import pandas as pd

from pse.records.study import Study, make_study
from tests.records.tiny import tiny_settings, tiny_tables

TOWNS = {"peje": "Peja", "north": "Mitrovica North", "x1": "Fieldtown"}


def municipalities() -> pd.DataFrame:
    """Return three mapped municipalities and one that was not mapped."""
    return pd.DataFrame(
        {
            "municipality": [*TOWNS, "far"],
            "name": [*TOWNS.values(), "Fartown"],
            "name_sr": [None, None, "Poljana", None],
            "adult_men": [900, 800, 700, None],
            "adult_women": [1000, 900, 800, None],
            "mapped": ["yes", "yes", "yes", "no"],
        }
    )


def study_with_spots(**level2_changes) -> Study:
    """Return the tiny study with names of spots and two more spots at level 2."""
    tables = tiny_tables()
    tables["level1"]["spot_name"] = [f"Кафе {letter}" for letter in "ABCDEF"]
    tables["level2"] = tables["level2"].assign(**level2_changes)
    return make_study(**tiny_settings(), kps={"CLIENT": "Clients of sex workers"}, tables=tables)
