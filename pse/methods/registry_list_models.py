"""Models of lists that depend on each other."""

from __future__ import annotations

from typing import get_args

import pandas as pd

from pse.estimate import Estimate
from pse.methods.decomposable import DecomposablePosterior, NamedPrior, decomposable_posterior
from pse.methods.log_linear import log_linear_size
from pse.methods.log_linear_models import Criterion, average_models, log_linear_models, model_weights
from pse.methods.registry_lists import (
    LISTS_OPTION,
    MATCHED,
    PATTERNS,
    PEOPLE_OF_ROW,
    ROW,
    THREE,
    given_histories,
)
from pse.methods.registry_parts import Given, Method, Option
from pse.methods.sparse_lists import sparse_size

__all__ = ["METHODS"]

SHOWN = 10  # rows of the details
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


def _models(table: pd.DataFrame, given: Given) -> pd.DataFrame:
    return log_linear_models(given_histories(table, given), most_order=given["most_order"], level=given.level)


def _heaviest(table: pd.DataFrame, given: Given) -> pd.DataFrame:
    """Return the models that weigh most, lists by number."""
    models = _models(table, given)
    weight = model_weights(models, criterion=given["criterion"], biased=given["biased"])
    shown = models.assign(weight=weight)[["model", "weight", "point", "lower", "upper"]]
    return shown.nlargest(SHOWN, "weight").reset_index(drop=True)


def _posterior(table: pd.DataFrame, given: Given) -> DecomposablePosterior:
    return decomposable_posterior(
        given_histories(table, given),
        delta=given["delta"],
        most_missing=given["most_missing"],
        prior=given["prior"],
    )


def _likeliest(table: pd.DataFrame, given: Given) -> pd.DataFrame:
    """Return the likeliest graphs, lists by name; a probability is the weight of a graph in the average."""
    return _posterior(table, given).graphs.head(SHOWN).rename(columns={"probability": "weight"})


METHODS = (
    Method(
        name="log-linear",
        family="dependent lists",
        title="Three lists or more: one log-linear model, chosen before the data were seen.",
        row=ROW,
        columns=(PEOPLE_OF_ROW,),
        options=(
            LISTS_OPTION,
            Option(
                "interactions", "text", "Lists that depend on each other, by number: [12,3]; none: [1,2,3]."
            ),
            Option("interval", "choice", "Form of the interval.", allowed=("profile", "log")),
        ),
        gives="A size with a confidence interval.",
        assumes=f"{MATCHED}; lists depend on each other as the model says, and in no higher order.",
        pitfalls="If the same data chose the model, the interval is too narrow: average models instead. "
        "Empty patterns leave some models without a size.",
        example=PATTERNS,
        example_options={**THREE, "interactions": "[12,3]", "interval": "profile"},
        estimate=lambda table, given: log_linear_size(
            given_histories(table, given),
            interactions=given["interactions"],
            interval=given["interval"],
            level=given.level,
        ),
    ),
    Method(
        name="log-linear-average",
        family="dependent lists",
        title="Three to five lists: all log-linear models, averaged by how well they fit.",
        row=ROW,
        columns=(PEOPLE_OF_ROW,),
        options=(
            LISTS_OPTION,
            Option("criterion", "choice", "What the weights come from.", allowed=get_args(Criterion)),
            Option(
                "biased",
                "choice",
                "Models whose bias is above a tenth of the size.",
                allowed=("leave out", "keep"),
            ),
            Option("most_order", "count", "Most lists in one interaction: 2 for pairs only."),
        ),
        gives=f"A size with a confidence interval, and the {SHOWN} models that weigh most, lists by number.",
        assumes=f"{MATCHED}; the truth is near one of the models, so all lists together depend only through "
        "smaller groups of them.",
        pitfalls="Models that fit alike can differ twofold, and nothing in the data can tell which is right. "
        "If models without a size fit best, the others say little.",
        example=PATTERNS,
        example_options={**THREE, "criterion": "aic", "biased": "leave out", "most_order": "2"},
        estimate=lambda table, given: average_models(
            _models(table, given), criterion=given["criterion"], biased=given["biased"], level=given.level
        ),
        details=_heaviest,
    ),
    Method(
        name="decomposable-graphs",
        family="dependent lists",
        title="Three to five lists: all decomposable graphs of dependence, averaged (Bayesian).",
        row=ROW,
        columns=(PEOPLE_OF_ROW,),
        options=(
            LISTS_OPTION,
            Option("delta", "number", "Imagined people in each pattern: 1 / 2^k for k lists (0.125 for 3)."),
            Option("most_missing", "count", "Most people on no list; a larger one must change nothing."),
            Option("prior", "choice", "Prior of the size.", allowed=get_args(NamedPrior)),
        ),
        gives=f"A size with a credible interval, and the {SHOWN} likeliest graphs.",
        assumes=f"{MATCHED}; the true dependence is among the graphs, and the prior of the size is right.",
        pitfalls="People who differ in how easily they get on lists: far too few. With delta 1: too few "
        "where lists hold few people.",
        example=PATTERNS,
        example_options={**THREE, "delta": "0.125", "most_missing": "20000", "prior": "one over size"},
        estimate=lambda table, given: _posterior(table, given).estimate(level=given.level),
        details=_likeliest,
    ),
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
        pitfalls="After stepwise the log interval is too narrow. Some models have no size. One person can "
        "decide the result: look at it without single pairs too.",
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
