"""Bayesian models of lists: latent classes, and log-linear models with lists that are upper limits."""

from __future__ import annotations

import pandas as pd

from pse.estimate import Estimate
from pse.methods.bayes_log_linear import bayes_log_linear_size
from pse.methods.latent_class import latent_class_size
from pse.methods.registry_lists import (
    LISTS_OPTION,
    MATCHED,
    PATTERNS,
    PEOPLE_OF_ROW,
    ROW,
    THREE,
    given_histories,
)
from pse.methods.registry_parts import Given, Method, Option, draw_options, mark

__all__ = ["METHODS"]

FOUR = (
    "clinic,ngo,police,test,people\n1,0,0,0,118\n0,1,0,0,87\n0,0,1,0,60\n0,0,0,1,71\n1,1,0,0,42\n1,0,1,0,24\n"
    "1,0,0,1,35\n0,1,1,0,17\n0,1,0,1,26\n0,0,1,1,14\n1,1,1,0,11\n1,1,0,1,19\n1,0,1,1,9\n0,1,1,1,6\n1,1,1,1,7\n"
)


def _latent(table: pd.DataFrame, given: Given) -> Estimate:
    return latent_class_size(
        given_histories(table, given),
        classes=given["classes"],
        rng=given.rng,
        level=given.level,
        draws=given["draws"],
        thin=given["thin"],
        progress=given.progress,
    )


def _averaged(table: pd.DataFrame, given: Given) -> Estimate:
    counted = given_histories(table, given)
    patterns = pd.DataFrame(counted.patterns, columns=list(counted.lists)).assign(people=counted.counts)
    uncertain = given["uncertain"][0] if given["uncertain"] else None
    return bayes_log_linear_size(
        patterns,
        lists=list(counted.lists),
        people="people",
        covariates=[],
        uncertain=uncertain,
        rng=given.rng,
        level=given.level,
    )


METHODS = (
    Method(
        name="latent-class",
        family="dependent lists",
        title="Three lists or more, when some people are found more easily than others (Bayesian).",
        row=ROW,
        columns=(PEOPLE_OF_ROW,),
        options=(
            LISTS_OPTION,
            Option("classes", "count", "Most classes of people; 10 is enough for most data, 1 is none."),
            *draw_options(thin=100),
        ),
        gives="A size with a credible interval; none where the chains do not agree.",
        assumes=f"{MATCHED}; people of a class are found by each list independently of the others.",
        pitfalls="A tie of two lists (one refers people to the other) is taken for a class. With few people "
        "on several lists sizes lean low. It takes from seconds to minutes.",
        example=FOUR,
        example_options={"lists": "clinic,ngo,police,test", "classes": "3", "thin": "20"},
        estimate=_latent,
    ),
    Method(
        name="bayes-log-linear",
        family="dependent lists",
        title="Three to six lists: all models of tied pairs, averaged; one may be an upper limit (Bayesian).",
        row=ROW,
        columns=(PEOPLE_OF_ROW,),
        options=(
            LISTS_OPTION,
            Option(
                "uncertain",
                "columns",
                "One of the lists that also holds people who are not of the KP: an upper limit.",
                None,
                False,
                column=mark("", "1: on this list."),
            ),
        ),
        gives="A size with a credible interval.",
        assumes=f"{MATCHED}; lists depend on each other through pairs only.",
        pitfalls="With three lists the model of all pairs has as many numbers as counts: the prior speaks. "
        "People who differ in how easily they are found tie all lists at once, which no pair can say.",
        example=PATTERNS,
        example_options=dict(THREE),
        estimate=_averaged,
    ),
)
