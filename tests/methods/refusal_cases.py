"""Every method of counts and lists, and data that say little or nothing, for test_refusals."""

from collections.abc import Callable
from functools import partial
from itertools import combinations, product
from typing import get_args

import numpy as np
import pandas as pd

from pse.estimate import Estimate
from pse.methods.capture_recapture import TwoListInterval, bailey, chapman, lincoln_petersen, ricker
from pse.methods.closed_cells import ClosedModel, frequencies
from pse.methods.closed_corrected import closed_corrected
from pse.methods.closed_profile import closed_estimate
from pse.methods.crowd import crowd_range, crowd_size, weighted_crowd_size
from pse.methods.decomposable import decomposable_size
from pse.methods.histories import Histories, history_patterns
from pse.methods.huggins import huggins
from pse.methods.log_linear import log_linear_size
from pse.methods.log_linear_models import average_models, best_model, log_linear_models
from pse.methods.log_linear_strata import Common, strata_fit, strata_size
from pse.methods.multiplier import How, multiplier
from pse.methods.multiplier_pool import pool_multipliers
from pse.methods.multiplier_tree import multiplier_chain, multiplier_tree
from pse.methods.one_list import one_list_size
from pse.methods.one_list_bootstrap import Bootstrap, bootstrap_size
from pse.methods.one_list_fit import fit_one_list
from pse.methods.partial_lists import partial_lists
from pse.methods.sample_coverage import CoverageForm, sample_coverage
from pse.methods.shares import counted_share
from pse.methods.sparse_lists import sparse_size
from pse.methods.species import chao, chao_bunge, chao_lee, jackknife
from pse.methods.survey_needs import people_in_need
from pse.methods.surveys import Measure, survey_design, survey_size
from pse.methods.truncated_counts import FAMILIES
from pse.methods.unseen_mixture import mixture_size
from pse.methods.venues import last_visit_size, place_size, reverse_tracking, time_location_size

Make = Callable[[], Estimate]
HUGE = 10**9


def lists(*counts: int) -> Histories:
    """Return the histories with these counts, from 0...01 to 1...1."""
    k = (len(counts) + 1).bit_length() - 1
    return Histories(tuple("abcd"[:k]), history_patterns(k), np.array(counts, dtype=np.int64))


HISTORIES = {
    "two lists, no overlap": lists(30, 40, 0),
    "two lists, one empty": lists(0, 40, 0),
    "two lists, everybody on both": lists(0, 0, 50),
    "two lists, one within the other": lists(0, 40, 10),
    "two lists, nobody": lists(0, 0, 0),
    "two lists, one person": lists(1, 0, 0),
    "two lists, huge": lists(HUGE, HUGE, HUGE),
    "two lists, huge with one on both": lists(HUGE, HUGE, 1),
    "three lists, no overlap": lists(30, 40, 0, 25, 0, 0, 0),
    "three lists, one pair overlaps": lists(30, 40, 0, 25, 0, 5, 0),
    "three lists, one empty": lists(0, 40, 0, 25, 0, 5, 0),
    "three lists, everybody on all": lists(0, 0, 0, 0, 0, 0, 50),
    "three lists, nobody": lists(0, 0, 0, 0, 0, 0, 0),
    "three lists, one person": lists(0, 0, 0, 0, 0, 0, 1),
    "three lists, huge": lists(*[HUGE] * 7),
    "three lists, one twin": lists(0, 0, 30, 40, 0, 0, 10),
    "four lists, no overlap": lists(9, 8, 0, 7, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0),
    "four lists, everybody on all": lists(*[0] * 14, 50),
    "four lists, huge": lists(*[HUGE] * 15),
}


def histories_methods() -> dict[str, Callable[[Histories], Estimate]]:
    """Return every method of lists by name."""
    made: dict[str, Callable[[Histories], Estimate]] = {}
    kinds = [*product(get_args(ClosedModel), ("profile", "log")), ("Mt", "wald")]
    for model, interval in kinds:
        if interval != "profile" or model not in ("Mb", "Mbh", "Mtb"):
            made[f"closed {model}, {interval}"] = partial(
                closed_estimate, model=model, interval=interval, ordered=True
            )
    for model in ("M0", "Mt", "Mh Chao", "Mh Poisson", "Mh Darroch", "Mh Gamma"):
        made[f"closed corrected {model}"] = partial(closed_corrected, model=model)
    for form in get_args(CoverageForm):
        made[f"sample coverage, {form}"] = lambda given, form=form: sample_coverage(
            given, form=form, replicates=50, rng=np.random.default_rng(1)
        )
    for prior in ("one over size", "one over missing"):
        made[f"decomposable, {prior}"] = partial(
            decomposable_size, delta=0.1, most_missing=20_000, prior=prior
        )
    for model in ("main", "all pairs", "stepwise"):
        made[f"sparse {model}, log"] = partial(
            sparse_size, model=model, interval="log", threshold=0.02 if model == "stepwise" else None
        )
    made["sparse main, bca"] = lambda given: sparse_size(
        given, model="main", interval="bca", replicates=100, rng=np.random.default_rng(1)
    )
    made |= log_linear_methods()
    made["partial lists"] = lambda given: partial_lists({"north": given})
    made["huggins"] = _huggins
    return made


def log_linear_methods() -> dict[str, Callable[[Histories], Estimate]]:
    """Return the log-linear models by name: one, all of them together, and two strata of the same lists."""
    made: dict[str, Callable[[Histories], Estimate]] = {}
    for dependence, interval in product(("none", "first pair", "all pairs"), ("profile", "log")):
        made[f"log-linear {dependence}, {interval}"] = lambda given, d=dependence, i=interval: (
            log_linear_size(given, interactions=_pairs(given, d), interval=i)
        )
    for criterion, biased in product(("aic", "bic"), ("keep", "leave out")):
        made[f"log-linear average, {criterion}, {biased}"] = lambda given, c=criterion, b=biased: (
            average_models(all_models(given), criterion=c, biased=b)
        )
    made["log-linear best, aic"] = lambda given: _as_estimate(
        best_model(all_models(given), criterion="aic", biased="keep")
    )
    for dependence, common in product(("none", "first pair"), get_args(Common)):
        made[f"strata {dependence}, {common} in common"] = lambda given, d=dependence, c=common: strata_size(
            strata_fit({"north": given, "south": _plenty(given)}, interactions=_pairs(given, d), common=c)
        )
    return made


def _pairs(given: Histories, dependence: str) -> list[tuple[str, str]]:
    pairs = list(combinations(given.lists, 2))
    return {"none": [], "first pair": pairs[:1], "all pairs": pairs}[dependence]


def _plenty(given: Histories) -> Histories:
    """Return a second stratum, which has people in all cells."""
    return Histories(given.lists, given.patterns, np.full_like(given.counts, 40))


def all_models(given: Histories) -> pd.DataFrame:
    """Return all models with interactions of the pairs; of two lists the independent one."""
    return log_linear_models(given, most_order=min(2, len(given.lists) - 1))


def _as_estimate(row: pd.Series) -> Estimate:
    return Estimate(row["point"], row["lower"], row["upper"], row["interval"], row["level"], row["method"])


def _huggins(given: Histories) -> Estimate:
    rows = np.repeat(given.patterns, np.minimum(given.counts, 100), axis=0)  # one row for each person
    return huggins(pd.DataFrame(rows, columns=list(given.lists)), lists=given.lists)


TWO_LISTS = {
    "no overlap": (30, 40, 0),
    "empty list": (0, 40, 0),
    "nobody": (0, 0, 0),
    "everybody on both": (50, 50, 50),
    "one within the other": (50, 10, 10),
    "one person on each": (1, 1, 0),
    "one person": (1, 1, 1),
    "huge": (2 * HUGE, 2 * HUGE, HUGE),
    "huge with one on both": (HUGE, HUGE, 1),
    "huge without overlap": (HUGE, HUGE, 0),
}

TIMES_SEEN = {
    "all once": {1: 100},
    "all twice": {2: 100},
    "all often": {7: 100},
    "once and often": {1: 50, 9: 1},
    "one person once": {1: 1},
    "one person twice": {2: 1},
    "nobody": {1: 0, 2: 0},
    "no counts": {},
    "one seen twice": {1: 100, 2: 1},
    "one seen once": {1: 1, 2: 100},
    "huge": {1: HUGE, 2: HUGE, 3: HUGE},
    "huge, all once": {1: HUGE},
    "huge, one seen twice": {1: HUGE, 2: 1},
}


def one_list_methods() -> dict[str, Callable[[dict[int, int]], Estimate]]:
    """Return every method of one list by name."""
    made: dict[str, Callable[[dict[int, int]], Estimate]] = {}

    def fit(people: dict[int, int], family: str):
        table = pd.DataFrame({"seen": list(people), "people": list(people.values())})
        return fit_one_list(table, seen="seen", family=family, people="people")

    for family, interval in [*((family, "log-normal") for family in FAMILIES), ("ztpoisson", "normal")]:
        made[f"{family}, {interval}"] = lambda people, f=family, i=interval: one_list_size(
            fit(people, f), interval=i
        )
    for kind in get_args(Bootstrap):
        made[f"ztpoisson, {kind}"] = lambda people, k=kind: bootstrap_size(
            fit(people, "ztpoisson"), kind=k, replicates=50, rng=np.random.default_rng(1)
        )
    for corrected in (True, False):
        made[f"chao, corrected {corrected}"] = lambda people, c=corrected: chao(
            people=people, bias_corrected=c
        )
    for form in (1, 2):
        made[f"chao-lee {form}"] = lambda people, f=form: chao_lee(people=people, form=f)
    made["chao-bunge"] = lambda people: chao_bunge(people=people)
    made["jackknife"] = lambda people: jackknife(people=people)
    made["mixture"] = lambda people: mixture_size(people=people, interval="profile")
    for model in ("M0", "Mh Chao", "Mh Poisson", "Mh Darroch", "Mh Gamma"):
        made[f"closed {model} of frequencies"] = lambda people, m=model: closed_corrected(
            frequencies([people.get(i, 0) for i in range(1, 1 + max(people, default=1))], occasions=10),
            model=m,
        )
    return made


SHARES = {"nobody": (0, 40), "everybody": (40, 40), "one person asked": (1, 1), "one of many": (1, HUGE)}
COUNTS = {"no count": 0, "one": 1, "huge": HUGE}


def share_methods() -> dict[str, Callable[[float, tuple[int, int]], Estimate]]:
    """Return every method of a count and a share by name."""
    made: dict[str, Callable[[float, tuple[int, int]], Estimate]] = {}
    for how in get_args(How):
        made[f"multiplier, {how}"] = lambda count, share, how=how: multiplier(
            count=count,
            share=_share(share),
            kind="service",
            how=how,
            replicates=200,
            rng=np.random.default_rng(1),
        )
    for how in ("delta", "draws"):
        made[f"multiplier chain, {how}"] = lambda count, share, how=how: multiplier_chain(
            count=count,
            shares=[_share(share), _share((20, 40))],
            how=how,
            replicates=200,
            rng=np.random.default_rng(1),
        )
        made[f"people in need, {how}"] = lambda count, share, how=how: people_in_need(
            share=_share(share),
            size=Estimate(count, count / 2, 2 * count, "confidence", 0.95, "before"),
            how=how,
            replicates=200,
            rng=np.random.default_rng(1),
        )
    for error in ("normal", "hartung-knapp"):
        made[f"pool of two, {error}"] = lambda count, share, error=error: pool_multipliers(
            [
                multiplier(count=c, share=_share(share), kind="service", how="log")
                for c in (count, 2 * count + 1)
            ],
            error=error,
        )
    made["multiplier tree"] = lambda count, share: multiplier_tree(
        pd.DataFrame(
            {
                "node": ["all", "clinic", "jail"],
                "parent": [None, "all", "all"],
                "holders": [None, share[0], 10],
                "asked": [None, share[1], 100],
                "count": [None, count, 110],
                "source": ["", "q1", "q2"],
            }
        ),
        replicates=200,
        rng=np.random.default_rng(1),
    )
    return made


def _share(counts: tuple[int, int]):
    return counted_share(holders=counts[0], asked=counts[1])


NUMBERS = {
    "nobody": [0] * 8,
    "one person": [1, *[0] * 7],
    "all the same": [5] * 8,
    "huge": [HUGE] * 8,
    "one huge": [HUGE, *[1] * 7],
    "one row": [5],
    "no rows": [],
}


def number_methods() -> dict[str, Callable[[list[int]], Estimate]]:
    """Return every method of a column of numbers of people by name."""
    nobody_twice = Measure(1.0, 0.0, np.inf, "none")
    return {
        "crowd, median": partial(crowd_size, how="median"),
        "crowd, trimmed mean": partial(crowd_size, how="trimmed mean"),
        "crowd, log mean": partial(crowd_size, how="log mean"),
        "crowd, quartiles": partial(crowd_range, bounds="quartiles"),
        "crowd, extremes": partial(crowd_range, bounds="extremes"),
        "crowd, weighted": lambda x: weighted_crowd_size(x, np.ones(len(x))),
        "survey size": lambda x: survey_size(
            (np.array(x) > 1).astype(int), survey_design(pd.DataFrame({"w": [10.0] * len(x)}), weight="w")
        ),
        "PLACE": lambda x: place_size(
            pd.DataFrame({"workers": x, "workers_kp": 1.0, "patrons": 0, "patrons_kp": 0.0, "w": 5.0}),
            duplication=nobody_twice,
            weight="w",
        ),
        "reverse tracking, found": lambda x: reverse_tracking(
            pd.DataFrame({"mapped": [5.0] * len(x), "found": x}), mapped_total=1000
        ),
        "reverse tracking, mapped": lambda x: reverse_tracking(
            pd.DataFrame({"mapped": x, "found": [5.0] * len(x)}), mapped_total=10 * HUGE
        ),
        "time-location": lambda x: time_location_size(
            pd.DataFrame({"event": range(len(x)), "w": x}), event="event", weight="w"
        ),
        "last visits": lambda x: last_visit_size(days=x, sampled=0.5),
    }


def named_cases() -> list[tuple[str, Make]]:
    """Return all methods with all data of their kind."""
    made: list[tuple[str, Make]] = []
    for (m, method), (d, data) in product(histories_methods().items(), HISTORIES.items()):
        made.append((f"{m}: {d}", partial(method, data)))
    for form, interval in product((lincoln_petersen, chapman, bailey, ricker), get_args(TwoListInterval)):
        for d, (first, second, both) in TWO_LISTS.items():
            make = partial(form, first=first, second=second, both=both, interval=interval)
            made.append((f"{form.__name__}, {interval}: {d}", make))
    for (m, method), (d, data) in product(one_list_methods().items(), TIMES_SEEN.items()):
        made.append((f"{m}: {d}", partial(method, data)))
    for (m, method), (s, share), (c, count) in product(
        share_methods().items(), SHARES.items(), COUNTS.items()
    ):
        made.append((f"{m}: {s}, {c}", partial(method, count, share)))
    for (m, method), (d, data) in product(number_methods().items(), NUMBERS.items()):
        made.append((f"{m}: {d}", partial(method, data)))
    return made
