"""Respondent-driven samples: a multiplier by their share, and successive sampling (SS-PSE)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pandas as pd

from pse import checks
from pse.estimate import Estimate
from pse.methods.multiplier import multiplier
from pse.methods.rds import rds_sample
from pse.methods.rds_bootstrap import Bootstrap, rds_share
from pse.methods.rds_weights import RdsWeights
from pse.methods.refusal import NoEstimateError
from pse.methods.registry_parts import Given, Method, Option, draw_options, mark, number, people, text
from pse.methods.registry_surveys import CLAIM, HOW, KIND
from pse.methods.successive_sampling import SuccessiveSampling, successive_sampling
from pse.methods.successive_sampling_prior import (
    SizePrior,
    Stated,
    beta_size_prior,
    degree_prior,
    quartile_size_prior,
)
from pse.methods.successive_sampling_recruits import Recruits, one_survey, two_surveys
from pse.records.tables import Column

__all__ = ["METHODS"]

DEGREE = "People of the KP whom the person knows, recruiter and recruits among them."
PRIOR = (
    Option(
        "prior",
        "choice",
        "What is believed of the size before the survey, and in which words.",
        allowed=(*get_args(Stated), "quartiles"),
    ),
    Option("size", "number", "The believed median, mode or mean, in people.", None, False),
    Option(
        "lower_quartile", "number", "With prior=quartiles: a quarter of the belief is below.", None, False
    ),
    Option("upper_quartile", "number", "With prior=quartiles: a quarter of it is above.", None, False),
    Option("largest", "count", "Largest size believed possible, such as the adults of the area."),
)
DRAWS = draw_options(thin=10)
ORDER = (
    "People come by chance in proportion to how many they know, nobody enters or leaves, and they say truly "
    "how many they know; the rows are in the order of recruitment"
)
ORDER_PITFALLS = (
    "A file sorted by code gives another size: sort by day and time. A sample that is small against the KP "
    "tells little, and the prior is then the result: look at both. Contacts that fall for another "
    "reason than that the survey uses up the KP."
)


def _multiplier(table: pd.DataFrame, given: Given) -> Estimate:
    checks.positive(count=given["count"])
    sample = rds_sample(table, id="id", recruiter="recruiter", degree="degree", seed="")
    try:
        share = rds_share(
            sample,
            "holds",
            "1",
            how=given["weights"],
            bootstrap=given["bootstrap"],
            population=given["population"],
            replicates=given["replicates"],
            rng=given.rng,
        )
    except NoEstimateError as error:  # whoever was counted is there
        raise NoEstimateError(str(error), lower=float(given["count"])) from None
    return multiplier(
        count=given["count"],
        share=share,
        kind=given["kind"],
        how=given["how"],
        level=given.level,
        replicates=given["replicates"],
        rng=given.rng,
    )


def _one_survey(table: pd.DataFrame) -> Recruits:
    return one_survey(table["degree"])


def _two_surveys(table: pd.DataFrame) -> Recruits:
    first = (table["survey"] == 1).to_numpy(dtype=bool)
    checks.rows(
        table["again"].isna().to_numpy() == first,
        "again must be blank in the first survey, 0 or 1 in the second, in every row",
    )
    again = table["again"][~first].to_numpy(dtype=int) == 1
    return two_surveys(table["degree"][first], table["degree"][~first], again=again)


def _sampled(read: Callable[[pd.DataFrame], Recruits]) -> Callable[[pd.DataFrame, Given], Estimate]:
    def estimate(table: pd.DataFrame, given: Given) -> Estimate:
        return _fit(read(table), given).estimate(level=given.level)

    return estimate


def _believed(read: Callable[[pd.DataFrame], Recruits]) -> Callable[[pd.DataFrame, Given], pd.DataFrame]:
    def details(table: pd.DataFrame, given: Given) -> pd.DataFrame:
        fit = _fit(read(table), given)
        beliefs = (fit.prior.estimate(level=given.level), fit.estimate(level=given.level))
        return pd.DataFrame(
            [
                (name, size.point, size.lower, size.upper)
                for name, size in zip(("prior", "posterior"), beliefs, strict=True)
            ],
            columns=["belief", "point", "lower", "upper"],
        )

    return details


def _fit(recruits: Recruits, given: Given) -> SuccessiveSampling:
    return successive_sampling(
        recruits,
        prior=_prior(recruits.seen, given),
        degree_prior=degree_prior(recruits.degrees),
        rng=given.rng,
        draws=given["draws"],
        thin=given["thin"],
        progress=given.progress,
    )


def _prior(seen: int, given: Given) -> SizePrior:
    """Return the prior that the options state, and refuse numbers that it does not use."""
    quartiles = ("lower_quartile", "upper_quartile")
    needed = quartiles if given["prior"] == "quartiles" else ("size",)
    got = [name for name in ("size", *quartiles) if given[name] is not None]
    if got != list(needed):
        raise ValueError(
            f"a prior by its {given['prior']} must have {' and '.join(needed)} and no other number; got "
            f"{', '.join(got) or 'none'}."
        )
    ends: dict[str, Any] = {"seen": seen, "largest": given["largest"]}
    if given["prior"] == "quartiles":
        return quartile_size_prior(**ends, quartiles=(given[quartiles[0]], given[quartiles[1]]))
    return beta_size_prior(**ends, stated=given["prior"], size=given["size"])


def _falling(people: int) -> list[int]:
    """Return made numbers of contacts that fall, as where a survey uses up its KP."""
    return [6 + 7 * n * n % 11 - min(n // 10, 5) for n in range(people)]


METHODS = (
    Method(
        name="multiplier-rds",
        family="respondent-driven samples",
        title="A multiplier whose share comes from an RDS sample: its chains are in the interval.",
        row="One respondent; a recruiter must be a row too.",
        columns=(
            text("id", "Code of the respondent."),
            text("recruiter", "Code of who recruited them; blank for a seed.", blank="for a seed"),
            number("degree", DEGREE, above_0=True),
            mark("holds", "1: was in the count."),
        ),
        options=(
            Option("count", "number", "Different people counted."),
            KIND,
            HOW,
            Option(
                "weights",
                "choice",
                "RDS-II where in doubt; SS and HCG need population.",
                allowed=get_args(RdsWeights),
            ),
            Option(
                "bootstrap",
                "choice",
                "tree fits all weights and is wide; salganik fits RDS-I and RDS-II, gile fits SS.",
                allowed=get_args(Bootstrap),
            ),
            Option("population", "number", "People of the KP, as believed before.", None, False),
            Option("replicates", "count", "Bootstrap samples.", 2000, False),
        ),
        gives="A size with a confidence interval (how=beta: credible).",
        assumes=f"{CLAIM}; people know each other both ways, recruit at random among those they know, and "
        "say truly how many they know; the network hangs together.",
        pitfalls="Seeds or recruiters found at the service: the size is too low. Contacts in heaps (10, 20). "
        "Who gave no answer cannot be left out of a chain: run it with 0 and with 1 for them.",
        example="id,recruiter,degree,holds\n"
        + "".join(
            f"{n},{n // 2 if n > 2 else ''},{2 + 5 * n % 9},{int(n * n % 7 < 2)}\n" for n in range(1, 64)
        ),
        example_options={
            "count": "300",
            "kind": "service",
            "how": "bootstrap",
            "weights": "RDS-II",
            "bootstrap": "tree",
        },
        estimate=_multiplier,
    ),
    Method(
        name="successive-sampling",
        family="respondent-driven samples",
        title="SS-PSE: an RDS survey that uses up the KP meets people who know fewer and fewer others.",
        row="One respondent, in the order of recruitment.",
        columns=(people("degree", DEGREE, low=1),),
        options=(*PRIOR, *DRAWS),
        gives="A size with a credible interval; prior and posterior side by side.",
        assumes=f"{ORDER}.",
        pitfalls=ORDER_PITFALLS,
        example="degree\n" + "".join(f"{degree}\n" for degree in _falling(60)),
        example_options={"prior": "median", "size": "150", "largest": "1000"},
        estimate=_sampled(_one_survey),
        details=_believed(_one_survey),
    ),
    Method(
        name="successive-sampling-two",
        family="respondent-driven samples",
        title="The same with two surveys of one KP, of whom some people were in both.",
        row="One interview, in the order of recruitment of its survey.",
        columns=(
            Column("survey", "count", "1: the first survey; 2: the second.", low=1, high=2),
            people("degree", DEGREE, low=1),
            mark("again", "1: was in the first survey too; 0: was not.", blank="in the first survey"),
        ),
        options=(*PRIOR, *DRAWS),
        gives="A size with a credible interval; prior and posterior side by side.",
        assumes=f"{ORDER}; the first survey does not change who comes to the second.",
        pitfalls=f"People of the first survey who are not recognised: too many. {ORDER_PITFALLS}",
        example="survey,degree,again\n"
        + "".join(f"1,{degree},\n" for degree in _falling(40))
        + "".join(f"2,{degree},{int(n % 4 == 0)}\n" for n, degree in enumerate(_falling(30))),
        example_options={
            "prior": "quartiles",
            "lower_quartile": "100",
            "upper_quartile": "250",
            "largest": "1000",
        },
        estimate=_sampled(_two_surveys),
        details=_believed(_two_surveys),
    ),
)
