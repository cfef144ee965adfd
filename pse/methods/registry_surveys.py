"""Multipliers, surveys, and the guesses of crowds and experts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import pandas as pd

from pse import checks
from pse.estimate import Estimate
from pse.methods.crowd import crowd_range, crowd_size, weighted_crowd_size
from pse.methods.delphi import delphi_size
from pse.methods.multiplier import How, Kind, multiplier
from pse.methods.multiplier_pool import Error, pool_multipliers
from pse.methods.multiplier_tree import multiplier_tree
from pse.methods.registry_parts import Given, Method, Option, mark, number, people, size, text
from pse.methods.shares import Share, counted_share, share_from_error
from pse.methods.survey_needs import people_in_need
from pse.methods.surveys import SurveyDesign, survey_design, survey_share, survey_size
from pse.records.tables import Column

__all__ = ["DESIGN", "METHODS", "design_of", "share_of"]

DESIGN = (
    number(
        "weight", "People whom the respondent stands for; all alike without it.", needed=False, above_0=True
    ),
    text("stratum", "Stratum.", needed=False),
    text("cluster", "Cluster that was drawn.", needed=False),
    people(
        "population", "Clusters (people, without clusters) of the stratum that could be drawn.", needed=False
    ),
)
SHARE = (
    people("holders", "People of the survey who are in the group; with asked.", needed=False),
    people("asked", "People of the survey who answered.", needed=False, low=1),
    Column("share", "share", "Or: the share itself, from a report; with error.", required=False),
    number("error", "Standard error of the share.", needed=False),
)
HOW = Option("how", "choice", "Form of the interval; log where in doubt.", allowed=get_args(How))
KIND = Option("kind", "choice", "What was counted; it stands in the report.", allowed=get_args(Kind))
CLAIM = (
    "The count and the survey are about the same people, area and period, the count is of different people, "
    "and being in the count does not change the chance to be in the survey"
)
CROWD = "Guesses are independent, and the crowd is right on the middle"


def share_of(row: Mapping[Any, Any]) -> Share:
    """Return the share of a row with holders and asked, or with share and error.

    Examples
    --------
    >>> share_of({"holders": 60, "asked": 240}).point
    0.25
    """
    given = {name for name in ("holders", "asked", "share", "error") if pd.notna(row.get(name))}
    if given == {"holders", "asked"}:
        return counted_share(holders=int(row["holders"]), asked=int(row["asked"]))
    if given == {"share", "error"}:
        return share_from_error(point=float(row["share"]), error=float(row["error"]))
    raise ValueError(
        "a share must have the columns holders and asked, or share and error; got "
        f"{', '.join(sorted(given)) or 'none'}."
    )


def design_of(table: pd.DataFrame, *, cluster: bool = True) -> SurveyDesign:
    """Return the design of a survey from those of the usual columns that are there."""
    names = ("weight", "stratum", "population", *(("cluster",) if cluster else ()))
    return survey_design(table, **{name: name for name in names if name in table})  # type: ignore[arg-type]


def _multiplier(table: pd.DataFrame, given: Given) -> Estimate:
    row = table.iloc[0]
    return _size(float(row["count"]), share_of(row.to_dict()), given)


def _multiplier_survey(table: pd.DataFrame, given: Given) -> Estimate:
    return _size(given["count"], survey_share(table["holds"], design_of(table)), given)


def _size(count: float, share: Share, given: Given) -> Estimate:
    checks.positive(count=count)
    return multiplier(
        count=count, share=share, kind=given["kind"], how=given["how"], level=given.level, rng=given.rng
    )


def _pool(table: pd.DataFrame, given: Given) -> Estimate:
    columns = ["point", "lower", "upper", "level"]
    parts = [
        Estimate(point, lower, upper, "confidence", level, "multiplier")
        for point, lower, upper, level in table[columns].itertuples(index=False)
    ]
    return pool_multipliers(parts, error=given["error"])


def _need(table: pd.DataFrame, given: Given) -> Estimate:
    row = table.iloc[0].to_dict()
    size = Estimate(row["point"], row["lower"], row["upper"], "confidence", row["level"], "size")
    return people_in_need(share=share_of(row), size=size, how=given["how"], rng=given.rng)


SIZES = (
    size("point", "The size."),
    size("lower", "Its lower bound."),
    size("upper", "Its upper bound."),
    number("level", "Probability of the bounds, 0.95.", above_0=True),
)

METHODS = (
    Method(
        name="multiplier",
        family="multipliers",
        title="A count of a service, of objects or of an event, over the share of a survey who were in it.",
        row="The only row: the count, and the share as holders and asked or as share and error.",
        columns=(people("count", "Different people counted.", low=1), *SHARE),
        options=(KIND, HOW),
        gives="A size with a confidence interval (how=beta: credible).",
        assumes=f"{CLAIM}.",
        pitfalls="Visits are not people. People who are easy to find are in both: the size is then too low. "
        "A share under 5% gives hardly more than a lower limit.",
        example="count,holders,asked\n500,60,240\n",
        example_options={"kind": "service", "how": "log"},
        estimate=_multiplier,
        one_row=True,
    ),
    Method(
        name="multiplier-survey",
        family="multipliers",
        title="The same with the answers of the survey: weights, strata and clusters enter the interval.",
        row="One respondent.",
        columns=(mark("holds", "1: was in the count."), *DESIGN),
        options=(Option("count", "number", "Different people counted."), KIND, HOW),
        gives="A size with a confidence interval.",
        assumes=f"{CLAIM}; the design is as the columns say.",
        pitfalls="An RDS sample is no cluster sample: use the RDS methods for its share.",
        example="holds,weight,cluster\n1,20,1\n0,20,1\n0,20,1\n1,30,2\n0,30,2\n0,30,2\n0,25,3\n1,25,3\n1,25,3\n"
        "0,20,4\n0,20,4\n1,20,4\n",
        example_options={"count": "300", "kind": "service", "how": "log"},
        estimate=_multiplier_survey,
    ),
    Method(
        name="multiplier-tree",
        family="multipliers",
        title="Several counts below one population: clinic, prison and outreach, each with its share.",
        row="One node: its parent, the share of the parent's people who are here, and its count if any.",
        columns=(
            text("node", "Code of the node."),
            text("parent", "Code of its parent; blank at the root.", blank="at the root"),
            Column("count", "count", "People counted here.", blank="where nobody counted"),
            *(
                Column(
                    one.name, one.kind, one.meaning, required=False, blank="at the root, or with the others"
                )
                for one in SHARE
            ),
            text("source", "Question or survey of the share: sisters with one source are drawn together."),
        ),
        options=(),
        gives="The size at the root with a confidence interval.",
        assumes=f"{CLAIM}; the shares of different sources are independent.",
        pitfalls="Look at each count alone first: the weighted mean hides counts that contradict each other.",
        example="node,parent,count,holders,asked,source\nall,,,,,q1\nclinic,all,400,40,100,q1\n"
        "prison,all,110,10,100,q1\n",
        estimate=lambda table, given: multiplier_tree(table, level=given.level, rng=given.rng),
    ),
    Method(
        name="multiplier-pool",
        family="multipliers",
        title="Several multipliers of the same people: random effects, heterogeneity shown.",
        row="One multiplier.",
        columns=SIZES,
        options=(Option("error", "choice", "hartung-knapp with few that differ.", allowed=get_args(Error)),),
        gives="A size with a confidence interval of the level of the file.",
        assumes="The multipliers are of the same people and independent of each other.",
        pitfalls="A bias that all share stays. With two, hartung-knapp is very wide.",
        example="point,lower,upper,level\n1000,800,1250,0.95\n1500,1200,1875,0.95\n1200,900,1600,0.95\n",
        example_options={"error": "hartung-knapp"},
        estimate=_pool,
    ),
    Method(
        name="crowd",
        family="crowds and experts",
        title="Wisdom of the crowd: the middle of many guesses of members of the KP.",
        row="One person's guess.",
        columns=(people("guess", "Guess, in people."),),
        options=(Option("how", "choice", "Which middle.", allowed=("median", "trimmed mean", "log mean")),),
        gives="The middle of the crowd with a confidence interval of that middle, not of the size.",
        assumes=f"{CROWD}.",
        pitfalls="Many guesses make the interval narrow, not right: a crowd can err together.",
        example="guess\n400\n250\n900\n500\n3000\n300\n450\n600\n500\n",
        example_options={"how": "median"},
        estimate=lambda table, given: crowd_size(table["guess"], how=given["how"], level=given.level),
    ),
    Method(
        name="crowd-weighted",
        family="crowds and experts",
        title="The same from a survey with weights (RDS): the weighted median.",
        row="One person's guess.",
        columns=(
            people("guess", "Guess, in people."),
            number("weight", "People whom the person stands for.", above_0=True),
        ),
        options=(),
        gives="The middle of the crowd with a confidence interval of that middle.",
        assumes=f"{CROWD}.",
        pitfalls="Likeness within chains of recruits is not in the interval.",
        example="guess,weight\n" + "".join(f"{100 * n},{1 + n % 3}\n" for n in range(1, 15)),
        estimate=lambda table, given: weighted_crowd_size(table["guess"], table["weight"], level=given.level),
    ),
    Method(
        name="crowd-range",
        family="crowds and experts",
        title="The same as a range without a probability: median and quartiles or extremes.",
        row="One person's guess.",
        columns=(people("guess", "Guess, in people."),),
        options=(Option("bounds", "choice", "What the bounds are.", allowed=("quartiles", "extremes")),),
        gives="A range.",
        assumes=f"{CROWD}.",
        pitfalls="A range is no confidence interval.",
        example="guess\n100\n200\n300\n400\n1000\n",
        example_options={"bounds": "quartiles"},
        estimate=lambda table, given: crowd_range(table["guess"], bounds=given["bounds"]),
    ),
    Method(
        name="delphi",
        family="crowds and experts",
        title="Delphi: experts guess in rounds until a stop rule fixed beforehand holds.",
        row="One expert's guess in one round.",
        columns=(
            people("round", "Number of the round.", low=1),
            text("expert", "Code of the expert."),
            people("guess", "Guess, in people."),
        ),
        options=(
            Option("relative_iqr", "number", "Stop when the quartiles are within this share of the median."),
            Option("median_change", "number", "... and the median moved by no more than this share."),
        ),
        gives="A range: median and quartiles of the round that stopped.",
        assumes="The experts know, and the rule was fixed before round 1.",
        pitfalls="Agreement is not truth: rounds bring experts together in any case.",
        example="round,expert,guess\n1,a,100\n1,b,200\n1,c,600\n2,a,180\n2,b,200\n2,c,210\n",
        example_options={"relative_iqr": "0.3", "median_change": "0.1"},
        estimate=lambda table, given: delphi_size(
            table, relative_iqr=given["relative_iqr"], median_change=given["median_change"]
        ),
    ),
    Method(
        name="survey-size",
        family="surveys",
        title="A survey of adults whose weights add up to all adults: the people who say they are of the KP.",
        row="One respondent.",
        columns=(mark("holds", "1: of the KP."), *DESIGN),
        options=(),
        gives="A size with a confidence interval.",
        assumes="Weights add up to the population, and people answer as it is.",
        pitfalls="People do not tell a household survey: it is nearly always too low. Hidden and homeless "
        "people are not in the frame.",
        example="holds,weight,cluster\n1,900,1\n0,900,1\n0,900,1\n1,1100,2\n0,1100,2\n0,1100,2\n0,1000,3\n0,1000,3\n"
        "1,1000,3\n0,950,4\n0,950,4\n0,950,4\n",
        estimate=lambda table, given: survey_size(table["holds"], design_of(table), level=given.level),
    ),
    Method(
        name="people-in-need",
        family="surveys",
        title="A share of a survey (in need, on treatment, in a municipality) times a size.",
        row="The only row: the share, and the size with its bounds.",
        columns=(*SHARE, *SIZES),
        options=(Option("how", "choice", "Form of the interval.", allowed=("delta", "draws")),),
        gives="People in the group with a confidence interval, at the level of the size.",
        assumes="The survey met the people whom the size counts, and the two are independent.",
        pitfalls="A size made from the same survey shares its error: the interval is then wrong.",
        example="holders,asked,point,lower,upper,level\n100,250,1000,800,1250,0.95\n",
        example_options={"how": "delta"},
        estimate=_need,
        one_row=True,
    ),
)
