"""Inputs of the reference results on lists, as the functions of `pse.methods` want them."""

import math
import re

import numpy as np
import pandas as pd

from pse.methods.closed_cells import frequencies
from pse.methods.histories import histories, history_patterns
from tests.methods.reference import reference, reference_input

CONTINUOUS = {"BBS2001": (50, 20), "cbird": (math.inf, None), "ill": (math.inf, None)}


def two_lists(first, second, both):
    table = pd.DataFrame({"a": [1, 0, 1], "b": [0, 1, 1], "n": [first - both, second - both, both]})
    return histories(table, people="n")


def rcapture_input(name):
    """Return the data of a reference result of Rcapture: histories, or frequencies where only they exist."""
    data = re.split(r"_(?:CI0?|bc|closedp|Mtb|descriptive|uifit)", name)[0]
    if data.startswith("two_"):
        return two_lists(*map(int, re.findall(r"=(\d+)", reference("Rcapture", name)["data"])[:3]))
    if data in CONTINUOUS:
        occasions, most = CONTINUOUS[data]
        met = reference_input("Rcapture", data).set_index("nbcap")["freq"]
        counts = met.reindex(range(1, met.index.max() + 1), fill_value=0)
        return frequencies(counts.to_numpy(), occasions=occasions, most=most)
    if data == "mvole_p3":
        table = reference_input("Rcapture", "mvole").iloc[:, 10:15]
        return histories(table[table.sum(axis=1) > 0])
    table = reference_input("Rcapture", data)
    return histories(table, people="freq" if "freq" in table else None)


def model_name(row):
    """Return our name of a model of Rcapture: ``Mth Gamma3.5`` is ``Mth Gamma``."""
    return row.replace(" (LB)", "").replace("Poisson2", "Poisson").replace("Gamma3.5", "Gamma")


def care1_input(name):
    table = reference_input("CARE1", name)
    patterns = history_patterns(len(table.columns[0]) - 1)
    assert ["X" + "".join(map(str, row)) for row in patterns] == list(table.columns)
    people = pd.DataFrame(patterns, columns=list("abcdef")[: patterns.shape[1]])
    return histories(people.assign(n=table.iloc[0].to_numpy()), people="n")


def close(got, want, relative):
    return np.isclose(got, want, rtol=relative, atol=relative * 1e-2)
