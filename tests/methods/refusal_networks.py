"""Methods of respondent-driven samples, successive sampling and scale-up, and data that say little."""

import math
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import get_args

import numpy as np
import pandas as pd

from pse.estimate import Estimate
from pse.methods.multiplier import multiplier
from pse.methods.rds import rds_sample
from pse.methods.rds_bootstrap import FITS, rds_share
from pse.methods.scale_up import How, known_population_degrees, scale_up_size
from pse.methods.scale_up_bayes import Model, bayesian_scale_up_size, scale_up_draws
from pse.methods.scale_up_bootstrap import bootstrap_scale_up_size
from pse.methods.scale_up_general import generalised_scale_up_size, visible_scale_up_size
from pse.methods.scale_up_overdispersed import overdispersed_draws
from pse.methods.successive_sampling import successive_sampling
from pse.methods.successive_sampling_prior import (
    Stated,
    beta_size_prior,
    degree_prior,
    flat_size_prior,
    quartile_size_prior,
)
from pse.methods.successive_sampling_recruits import Recruits, one_survey, two_surveys
from pse.methods.successive_sampling_visibility import Measure as Scatter
from pse.methods.successive_sampling_visibility import reports, visible_sampling
from pse.methods.surveys import Measure, survey_design
from tests.methods.refusal_cases import HUGE, Make

TOTAL = 100_000.0
SEED = 1

# Respondent-driven samples: a column of degrees, recruiters by row (-1: a seed), and who holds the object

TREE = [-1, *((row - 1) // 2 for row in range(1, 31))]
SOME = [row % 3 == 0 for row in range(31)]
DEGREES = [2 + row % 7 for row in range(31)]
SAMPLES: dict[str, tuple[list[int], list[float], list[bool]]] = {
    "one seed only": ([-1], [5], [True]),
    "seeds only": ([-1] * 20, DEGREES[:20], SOME[:20]),
    "two people": ([-1, 0], [3, 4], [True, False]),
    "one chain": ([-1, *range(19)], DEGREES[:20], SOME[:20]),
    "one recruiter of all": ([-1] + [0] * 19, DEGREES[:20], SOME[:20]),
    "all degrees equal": (TREE, [4] * 31, SOME),
    "all degrees 1": (TREE, [1] * 31, SOME),
    "nobody holds": (TREE, DEGREES, [False] * 31),
    "everybody holds": (TREE, DEGREES, [True] * 31),
    "only the seed holds": (TREE, DEGREES, [True] + [False] * 30),
    "the last one holds": (TREE, DEGREES, [False] * 30 + [True]),
    "groups never cross": ([-1, -1, *range(18)], DEGREES[:20], [row % 2 == 0 for row in range(20)]),
    "groups always cross": ([-1, *range(19)], DEGREES[:20], [row % 2 == 0 for row in range(20)]),
    "huge degrees": (TREE, [HUGE + row for row in range(31)], SOME),
    "one huge degree": (TREE, [HUGE, *DEGREES[1:]], SOME),
    "tiny degrees": (TREE, [1e-9 * degree for degree in DEGREES], SOME),
    "everybody of the KP": (TREE, DEGREES, SOME),
}


def rds_methods() -> dict[str, Callable[[str], Estimate]]:
    """Return a multiplier by each bootstrap and the weights it is for, by name."""
    return {
        f"RDS {weights}, {bootstrap}": partial(_rds, weights, bootstrap)
        for bootstrap, fits in FITS.items()
        for weights in fits
    }


def _rds(weights: str, bootstrap: str, name: str) -> Estimate:
    recruiters, degrees, holds = SAMPLES[name]
    by = ["" if row < 0 else row for row in recruiters]
    table = pd.DataFrame({"id": range(len(by)), "by": by, "degree": degrees, "holds": np.array(holds, int)})
    sample = rds_sample(table, id="id", recruiter="by", degree="degree", seed="")
    rng = np.random.default_rng(SEED)
    size = len(by) if name == "everybody of the KP" else 500
    population = size if weights in ("SS", "HCG") else None
    share = rds_share(
        sample,
        "holds",
        "1",
        how=weights,
        bootstrap=bootstrap,
        population=population,
        replicates=100,
        rng=rng,
    )
    return multiplier(count=200, share=share, kind="event", how="bootstrap", replicates=200, rng=rng)


# Successive sampling

ORDERS = {
    "nobody": [],
    "one person": [5],
    "two people": [5, 4],
    "all degrees equal": [6] * 30,
    "all degrees 1": [1] * 30,
    "all 1 but one": [40, *[1] * 29],
    "falling": list(range(40, 10, -1)),
    "rising": list(range(10, 40)),
    "zeros": [0] * 30,
    "huge": [HUGE] * 30,
    "one huge": [HUGE, *[5] * 29],
    "large": [200 + 3 * row for row in range(30)],
}


def order_methods() -> dict[str, Callable[[list[int]], Estimate]]:
    """Return successive sampling of an order of degrees, by name."""
    priors: dict[str, Callable[..., object]] = {
        "flat": lambda seen: flat_size_prior(seen=seen, largest=1000),
        "quartiles": lambda seen: quartile_size_prior(seen=seen, largest=1000, quartiles=(100, 300)),
    }
    for stated in get_args(Stated):
        priors[stated] = partial(beta_size_prior, largest=1000, stated=stated, size=150)
    made: dict[str, Callable[[list[int]], Estimate]] = {
        f"SS-PSE, {name}": lambda order, prior=prior: _sampled(one_survey(order), prior)
        for name, prior in priors.items()
    }
    for name, again in {"nobody again": False, "everybody again": True}.items():
        made[f"SS-PSE, two surveys, {name}"] = lambda order, again=again: _sampled(
            two_surveys(order, order, again=np.full(len(order), again)), priors["median"]
        )
    made["SS-PSE, visibilities"] = lambda order: _visible(order, priors["median"])
    return made


def _sampled(recruits: Recruits, prior) -> Estimate:
    return successive_sampling(
        recruits,
        prior=prior(seen=recruits.seen),
        degree_prior=degree_prior(recruits.degrees),
        rng=np.random.default_rng(SEED),
        draws=500,
    ).estimate()


def _visible(order: list[int], prior) -> Estimate:
    return visible_sampling(
        reports(order, recruits=0, coupons=3),
        prior=prior(seen=len(order)),
        degree_prior=degree_prior([max(1, degree) for degree in order]),
        measure=Scatter(optimism=1, size=15, concentration=2, concentration_people=10),
        rng=np.random.default_rng(SEED),
        draws=300,
    ).estimate()


PRIORS = {
    "hardly above those seen": {"seen": 30, "largest": 1000, "size": 31},
    "near largest": {"seen": 30, "largest": 1000, "size": 999},
    "one size": {"seen": 30, "largest": 31, "size": 30.5},
    "all seen": {"seen": 30, "largest": 1000, "size": 30},
    "huge largest": {"seen": 30, "largest": 10**12, "size": 500},
    "huge": {"seen": HUGE, "largest": 10 * HUGE, "size": 2 * HUGE},
}


def prior_methods() -> dict[str, Callable[[dict[str, float]], Estimate]]:
    """Return the interval of each prior alone, by name."""
    made: dict[str, Callable[[dict[str, float]], Estimate]] = {
        f"prior, {stated}": lambda given, stated=stated: beta_size_prior(**given, stated=stated).estimate(
            level=0.95
        )
        for stated in get_args(Stated)
    }
    made["prior, flat"] = lambda given: flat_size_prior(
        seen=given["seen"], largest=given["largest"]
    ).estimate(level=0.95)
    made["prior, quartiles"] = lambda given: quartile_size_prior(
        seen=given["seen"], largest=given["largest"], quartiles=(given["size"], given["size"] + 1)
    ).estimate(level=0.95)
    return made


# Scale-up: people known in two groups of known size and in the KP, by respondent

REPORTS: dict[str, tuple[list[int], list[int], list[int]]] = {
    "nobody asked": ([], [], []),
    "one respondent": ([2], [4], [1]),
    "two respondents": ([2, 1], [4, 3], [1, 0]),
    "all alike": ([2] * 12, [4] * 12, [1] * 12),
    "all zero": ([0] * 12, [0] * 12, [0] * 12),
    "nobody knows the KP": ([2, 1] * 6, [4, 3] * 6, [0] * 12),
    "everybody knows the KP": ([2, 1] * 6, [4, 3] * 6, [3] * 12),
    "everybody known is of the KP": ([0] * 12, [0] * 12, [3] * 12),
    "one knows one": ([2, 1] * 6, [4, 3] * 6, [1] + [0] * 11),
    "one knows all": ([2, 1] * 6, [4, 3] * 6, [500] + [0] * 11),
    "one knows anybody": ([2] + [0] * 11, [4] + [0] * 11, [1] + [0] * 11),
    "who knows the KP knows nobody else": ([0] + [2] * 11, [0] + [4] * 11, [5] + [0] * 11),
    "one group unknown to all": ([0] * 12, [4, 3] * 6, [1, 0] * 6),
    "more than the population": ([1] * 12, [1] * 12, [1000] * 12),
    "huge": ([HUGE] * 12, [HUGE] * 12, [HUGE] * 12),
    "huge but for the KP": ([HUGE] * 12, [HUGE] * 12, [1] * 12),
    "one huge": ([HUGE] + [2] * 11, [4] * 12, [1, 0] * 6),
}
KNOWN = {"nurses": 1000.0, "teachers": 3000.0}
RATIO, SHOWN = Measure(0.8, 0.1, math.inf, "given"), Measure(0.5, 0.05, math.inf, "given")


def report_methods() -> dict[str, Callable[[str], Estimate]]:
    """Return every scale-up by name."""
    made: dict[str, Callable[[str], Estimate]] = {}
    for how in get_args(How):
        made[f"scale-up, {how}"] = lambda name, how=how: scale_up_size(**_basic(name, how))
        made[f"generalised scale-up, {how}"] = lambda name, how=how: generalised_scale_up_size(
            **_basic(name, how), degree_ratio=RATIO, transmission=SHOWN
        )
    made["scale-up by visibility"] = _by_visibility
    for factors in ({}, {"degree_ratio": RATIO, "transmission": SHOWN}):
        made[f"scale-up, bootstrap, {len(factors)} factors"] = lambda name, f=factors: _resampled(name, f)
    for model in get_args(Model):
        made[f"scale-up, {model} model"] = partial(_drawn, model)
    made["scale-up, overdispersed model"] = _overdispersed
    return made


def _table(name: str) -> pd.DataFrame:
    return pd.DataFrame(dict(zip([*KNOWN, "kp"], REPORTS[name], strict=True)), dtype=int)


def _basic(name: str, how: str) -> dict:
    table = _table(name)
    degrees = known_population_degrees(table, KNOWN, total_population=TOTAL)
    design = None if how == "mle" else survey_design(table)
    return {
        "reports": table["kp"],
        "degrees": degrees,
        "total_population": TOTAL,
        "how": how,
        "design": design,
    }


def _by_visibility(name: str) -> Estimate:
    table = _table(name).assign(weight=TOTAL / max(1, len(REPORTS[name][0])))
    seen = Measure(20, 2, 49, "KP survey")
    design = survey_design(table, weight="weight")
    return visible_scale_up_size(table["kp"], design, visibility=seen, total_population=TOTAL)


def _resampled(name: str, factors: dict[str, Measure]) -> Estimate:
    given = _basic(name, "survey")
    del given["how"]
    return bootstrap_scale_up_size(**given, **factors, replicates=200, rng=np.random.default_rng(SEED))


def _drawn(model: str, name: str) -> Estimate:
    return bayesian_scale_up_size(
        scale_up_draws(
            _table(name),
            KNOWN,
            unknown=["kp"],
            total_population=TOTAL,
            model=model,
            draws=500,
            warmup=500,
            rng=np.random.default_rng(SEED),
            transmission={"kp": SHOWN} if model in ("transmission", "combined") else None,
        ),
        "kp",
    )


def _overdispersed(name: str) -> Estimate:
    return bayesian_scale_up_size(
        overdispersed_draws(
            _table(name),
            KNOWN,
            unknown=["kp"],
            total_population=TOTAL,
            scale_by=list(KNOWN),
            draws=500,
            warmup=500,
            rng=np.random.default_rng(SEED),
        ),
        "kp",
    )


def named_cases() -> list[tuple[str, Make]]:
    """Return all methods with all data of their kind."""
    made: list[tuple[str, Make]] = []
    for (m, method), name in product(rds_methods().items(), SAMPLES):
        made.append((f"{m}: {name}", partial(method, name)))
    for (m, of_order), (d, order) in product(order_methods().items(), ORDERS.items()):
        if (m, d) != ("SS-PSE, visibilities", "large"):  # it takes half a minute
            made.append((f"{m}: {d}", partial(of_order, order)))
    for (m, of_prior), (d, given) in product(prior_methods().items(), PRIORS.items()):
        made.append((f"{m}: {d}", partial(of_prior, given)))
    for (m, method), name in product(report_methods().items(), REPORTS):
        made.append((f"{m}: {name}", partial(method, name)))
    return made
