"""Network scale-up: basic, corrected by measured factors, and by Bayesian models."""

from __future__ import annotations

import math
from typing import Any, get_args

import pandas as pd

from pse.estimate import Estimate
from pse.methods.registry_parts import Given, Method, Option, people
from pse.methods.registry_surveys import DESIGN, design_of
from pse.methods.scale_up import How, known_population_degrees, scale_up_size
from pse.methods.scale_up_bayes import DegreePrior, Model, bayesian_scale_up_size, scale_up_draws
from pse.methods.scale_up_general import generalised_scale_up_size
from pse.methods.surveys import Measure, SurveyDesign
from pse.records.tables import Column

__all__ = ["METHODS"]

KP = people("kp", "People of the KP whom the respondent knows.")
SIZES = Option("sizes", "numbers", "Size of each known group, in the order of known, with a comma between.")
TOTAL = Option("total_population", "number", "People in the population that known groups and KP are part of.")
HOW = Option(
    "how", "choice", "survey where in doubt: its interval is that of the design.", allowed=get_args(How)
)
ROW = "One respondent of a general survey; a column for each known group, named by the option known."
BASIC = "Respondents know the KP as they know others, and know who belongs to it"
EQUAL = "people of the KP know as many people as others do"
KNOWN_PITFALLS = (
    "Known groups that are not typical of all people, or whose sizes are of another year. Leave out known "
    "groups that check badly before looking at the size."
)
EXAMPLE = "nurses,teachers,kp\n" + "".join(
    f"{n * n % 5},{n * n % 7 + n % 3},{n % 4 // 2}\n" for n in range(1, 41)
)
EXAMPLE_OPTIONS = {"known": "nurses,teachers", "sizes": "1000,2500", "total_population": "100000"}


def _known_option(*, blank: str) -> Option:
    column = Column("", "count", "People of this group whom the respondent knows.", blank=blank)
    return Option(
        "known", "columns", "Columns of the groups of known size, with a comma between.", column=column
    )


def _known_sizes(given: Given) -> dict[str, float]:
    names, sizes = given["known"], given["sizes"]
    if len(sizes) != len(names):
        raise ValueError(
            f"sizes must be one for each of the {len(names)} known groups, in their order; got {len(sizes)}. "
            "Write 7807, not 7,807."
        )
    return dict(zip(names, sizes, strict=True))


def _survey(table: pd.DataFrame, given: Given) -> dict[str, Any]:
    """Return what basic and generalised scale-up have in common."""
    total = given["total_population"]
    return {
        "reports": table["kp"],
        "degrees": known_population_degrees(table, _known_sizes(given), total_population=total),
        "total_population": total,
        "how": given["how"],
        "design": _design(table, given["how"]),
        "level": given.level,
    }


def _design(table: pd.DataFrame, how: str) -> SurveyDesign | None:
    """Return the design; none for "mle" without its columns, since "mle" refuses one."""
    bare = not any(column.name in table for column in DESIGN)
    return None if how == "mle" and bare else design_of(table)


def _generalised(table: pd.DataFrame, given: Given) -> Estimate:
    ratio, known = (
        Measure(given[name], given[f"{name}_error"], math.inf, "given")
        for name in ("degree_ratio", "transmission")
    )
    return generalised_scale_up_size(**_survey(table, given), degree_ratio=ratio, transmission=known)


def _bayesian(table: pd.DataFrame, given: Given) -> Estimate:
    share, error = given["transmission"], given["transmission_error"]
    if (share is None) != (error is None):
        raise ValueError("transmission and transmission_error must be given both or not at all; got one.")
    got = scale_up_draws(
        table,
        _known_sizes(given),
        unknown=["kp"],
        total_population=given["total_population"],
        model=given["model"],
        draws=given["draws"],
        rng=given.rng,
        progress=given.progress,
        transmission=None if share is None else {"kp": Measure(share, error, math.inf, "given")},
        prior=DegreePrior(mu=(given["lowest_log_degree"], given["highest_log_degree"])),
    )
    return bayesian_scale_up_size(got, "kp", level=given.level)


METHODS = (
    Method(
        name="scale-up",
        family="network scale-up",
        title="Basic scale-up: how many people respondents know in groups of known size and in the KP.",
        row=ROW,
        columns=(KP, *DESIGN),
        options=(_known_option(blank="where not answered"), SIZES, TOTAL, HOW),
        gives="A size with a confidence interval of sampling error only.",
        assumes=f"{BASIC}; {EQUAL}.",
        pitfalls=f"Nearly always too low for a hidden KP; no interval shows it. {KNOWN_PITFALLS} "
        "how=mle takes respondents as alike: its interval is too narrow.",
        example=EXAMPLE,
        example_options={**EXAMPLE_OPTIONS, "how": "survey"},
        estimate=lambda table, given: scale_up_size(**_survey(table, given)),
    ),
    Method(
        name="scale-up-generalised",
        family="network scale-up",
        title="The same, corrected by two factors that a survey of the KP itself measures.",
        row=ROW,
        columns=(KP, *DESIGN),
        options=(
            _known_option(blank="where not answered"),
            SIZES,
            TOTAL,
            HOW,
            Option("degree_ratio", "number", "People whom the KP know, over those whom everybody knows."),
            Option("degree_ratio_error", "number", "Its standard error."),
            Option("transmission", "share", "Share of the ties to the KP of which the other side knows."),
            Option("transmission_error", "number", "Its standard error."),
        ),
        gives="A size with a confidence interval.",
        assumes="The two factors are of this KP and independent of each other and of the survey; nobody is "
        "taken for one of the KP who is not.",
        pitfalls="Factors from another country or KP: they move the size as much as the reports do. An error "
        f"of 0 says that a factor is certain. {KNOWN_PITFALLS}",
        example=EXAMPLE,
        example_options={
            **EXAMPLE_OPTIONS,
            "how": "survey",
            "degree_ratio": "0.8",
            "degree_ratio_error": "0.08",
            "transmission": "0.5",
            "transmission_error": "0.05",
        },
        estimate=_generalised,
    ),
    Method(
        name="scale-up-bayes",
        family="network scale-up",
        title="Bayesian scale-up: degrees that differ, barriers between circles, ties of which nobody knows.",
        row=ROW,
        columns=(KP,),
        options=(
            _known_option(blank="no"),
            SIZES,
            TOTAL,
            Option(
                "model",
                "choice",
                "barrier where some know many of the KP; transmission and combined correct hidden ties.",
                allowed=get_args(Model),
            ),
            Option(
                "transmission", "share", "Share of ties to the KP that are known, for these two.", None, False
            ),
            Option("transmission_error", "number", "Its standard error: of the prior.", None, False),
            Option(
                "draws", "count", "Draws of each of the four chains; barriers need 2000 or more.", 2000, False
            ),
            Option("lowest_log_degree", "number", "Lower limit of the mean of log degrees.", 3.0, False),
            Option("highest_log_degree", "number", "Its upper limit.", 8.0, False),
        ),
        gives="A size with a credible interval.",
        assumes=f"{BASIC}, or the model says how not; {EQUAL}. Respondents are a simple sample: weights have "
        "no place here.",
        pitfalls="The data do not fix transmission: its prior decides the size as much as the reports do. "
        f"{KNOWN_PITFALLS} Chains that do not agree: take more draws, not another seed.",
        example=EXAMPLE,
        example_options={**EXAMPLE_OPTIONS, "model": "random degree"},
        estimate=_bayesian,
    ),
)
