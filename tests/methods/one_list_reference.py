"""Calls of the reference packages for one list, and ours beside them."""

from functools import cache

import pandas as pd

from pse.methods.one_list_fit import OneListFit, fit_one_list
from tests.methods.reference import reference_input

INPUTS = {
    "netherlands": "netherlandsimmigrant",
    "carcass": "carcassubmission",
    "farm": "farmsubmission",
}
NATION = ["American and Australia", "Asia", "North Africa", "Rest of Africa", "Surinam", "Turkey"]
IMMIGRANT = {"gender": ["female", "male"], "age": ["<40yrs", ">40yrs"], "nation": NATION}


@cache
def reference_table(dataset: str) -> pd.DataFrame:
    return reference_input("singleRcapture", INPUTS[dataset])


@cache
def reference_fit(dataset: str, formula: str, family: str) -> OneListFit:
    """Fit what `<dataset>_<formula>_<family>_<covariance>.json` fitted."""
    table = reference_table(dataset)
    seen = "capture" if dataset == "netherlands" else "TOTAL_SUB"
    if formula == "null":
        return fit_one_list(table, seen=seen, family=family)
    if dataset == "netherlands":
        return fit_one_list(table, seen=seen, family=family, categories=IMMIGRANT)
    numeric = ["log_size", "log_distance"]
    return fit_one_list(
        table, seen=seen, family=family, numeric=numeric, categories={"C_TYPE": ["Beef", "Dairy"]}
    )
