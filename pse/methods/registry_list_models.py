"""Models of lists that depend on each other."""

from __future__ import annotations

import pandas as pd

from pse.estimate import Estimate
from pse.methods.registry_lists import LISTS_OPTION, MATCHED, PEOPLE_OF_ROW, ROW, given_histories
from pse.methods.registry_parts import Given, Method, Option
from pse.methods.sparse_lists import sparse_size

__all__ = ["METHODS"]

SPARSE = (
    "police,shelter,hospital,helpline,people\n1,0,0,0,310\n0,1,0,0,170\n0,0,1,0,95\n0,0,0,1,60\n1,1,0,0,24\n"
    "1,0,1,0,13\n1,0,0,1,6\n0,1,1,0,7\n1,1,1,0,2\n"
)


def _sparse(table: pd.DataFrame, given: Given) -> Estimate:
    return sparse_size(
        given_histories(table, given),
        model=given["model"],
        interval=given["interval"],
        threshold=given["threshold"],
        replicates=given["replicates"],
        rng=given.rng if given["interval"] == "bca" else None,
        level=given.level,
    )


METHODS = (
    Method(
        name="sparse-lists",
        family="dependent lists",
        title="Many lists of which many pairs share nobody; pairs of lists may depend on each other.",
        row=ROW,
        columns=(PEOPLE_OF_ROW,),
        options=(
            LISTS_OPTION,
            Option("model", "choice", "Which pairs depend.", allowed=("main", "all pairs", "stepwise")),
            Option("interval", "choice", "bca holds the choice of pairs too.", allowed=("log", "bca")),
            Option("threshold", "number", "With stepwise: a pair enters below this p-value.", None, False),
            Option("replicates", "count", "With bca: 1,000 or more.", None, False),
        ),
        gives="A size with a confidence interval.",
        assumes=f"{MATCHED}; lists depend on each other through pairs only.",
        pitfalls="After stepwise the log interval is too narrow. Some models have no size.",
        example=SPARSE,
        example_options={
            "lists": "police,shelter,hospital,helpline",
            "model": "stepwise",
            "interval": "bca",
            "threshold": "0.001",
            "replicates": "500",
        },
        estimate=_sparse,
    ),
)
