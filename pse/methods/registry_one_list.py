"""Methods for one list that says how often each person was seen."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from pse.estimate import Estimate
from pse.methods.one_list import one_list_size
from pse.methods.one_list_fit import fit_one_list
from pse.methods.registry_parts import Given, Method, Option, number, people
from pse.methods.species import chao, chao_bunge, chao_lee, jackknife
from pse.methods.truncated_counts import FAMILIES
from pse.methods.unseen_mixture import mixture_size

__all__ = ["METHODS"]

COLUMNS = (
    people("seen", "How often the person was seen.", low=1),
    people("people", "People with this row; without it a row is one person.", needed=False),
)
ROW = "One person of the list, or one number of times with the people seen so often."
INTERVAL = Option(
    "interval", "choice", "Form of the interval.", "log-normal", False, ("log-normal", "normal")
)
EXAMPLE = "seen,people\n1,640\n2,210\n3,75\n4,22\n5,8\n6,3\n"
SEEN = (
    "Nobody enters or leaves in the period, every sighting is of the right person, and being seen once does "
    "not change the chance to be seen again"
)
LOW = "People who can never be on the list are not in it."


def _times(function: Callable[..., Estimate], *names: str) -> Callable[[pd.DataFrame, Given], Estimate]:
    """Return how to run a method that takes people by times seen, and options by their names."""

    def estimate(table: pd.DataFrame, given: Given) -> Estimate:
        weights = table["people"] if "people" in table else pd.Series(1, index=table.index)
        times = weights.groupby(table["seen"]).sum()
        return function(
            people={int(seen): int(n) for seen, n in zip(times.index, times, strict=True) if n > 0},
            level=given.level,
            **{name: given[name] for name in names},
        )

    return estimate


def _one_list(table: pd.DataFrame, given: Given) -> Estimate:
    fit = fit_one_list(
        table,
        seen="seen",
        family=given["family"],
        numeric=given["covariates"],
        people="people" if "people" in table else None,
    )
    return one_list_size(fit, interval=given["interval"], level=given.level)


def _mixture(table: pd.DataFrame, given: Given) -> Estimate:
    def size(**arguments: object) -> Estimate:
        return mixture_size(**arguments, rng=given.rng)  # type: ignore[arg-type]

    return _times(size, "interval")(table, given)


def _method(
    name: str,
    title: str,
    options: tuple[Option, ...],
    assumes: str,
    pitfalls: str,
    estimate: Callable[[pd.DataFrame, Given], Estimate],
    example_options: dict[str, str] | None = None,
    *,
    example: str = EXAMPLE,
    gives: str = "A size with a confidence interval.",
) -> Method:
    return Method(
        name=name, family="one list", title=title, row=ROW, columns=COLUMNS, options=options, gives=gives,
        assumes=f"{SEEN}; {assumes}", pitfalls=f"{pitfalls} {LOW}", example=example, estimate=estimate,
        example_options=example_options or {},
    )  # fmt: skip


METHODS = (
    _method(
        "one-list",
        "One list with times seen, by a count model; covariates may be added.",
        (
            Option(
                "family", "choice", "How often people are seen; see docs/methods.md.", allowed=tuple(FAMILIES)
            ),
            INTERVAL,
            Option(
                "covariates",
                "columns",
                "Columns of numbers; code groups as 0 and 1.",
                (),
                False,
                column=number("", "Covariate."),
            ),
        ),
        "the counts follow the family.",
        "Too low where people differ more than the family allows (ztpoisson); ztnegbin often has no size.",
        _one_list,
        {"family": "ztgeom"},
    ),
    _method(
        "chao",
        "One list: a lower limit that holds however people differ.",
        (Option("bias_corrected", "flag", "Form for small numbers (yes, no)."), INTERVAL),
        "people seen once and twice are counted right.",
        "It is a lower limit: the size may be far above it.",
        _times(chao, "bias_corrected", "interval"),
        {"bias_corrected": "yes"},
        gives="A lower limit of the size, with a confidence interval.",
    ),
    _method(
        "chao-lee",
        "One list: by the share of sightings that are not first ones.",
        (INTERVAL,),
        "chances differ moderately.",
        "Unstable when most people were seen once.",
        _times(chao_lee, "interval"),
    ),
    _method(
        "chao-bunge",
        "One list: for chances that follow a gamma distribution.",
        (INTERVAL,),
        "chances follow a gamma distribution.",
        "It has no size in many lists with few repeats.",
        _times(chao_bunge, "interval"),
    ),
    _method(
        "jackknife",
        "One list: the jackknife, to compare with older reports.",
        (),
        "there were many occasions.",
        "Too low when few were seen again; its interval is too narrow.",
        _times(jackknife),
    ),
    _method(
        "unseen-mixture",
        "One list: no assumption on how people differ (nonparametric likelihood).",
        (Option("interval", "choice", "Bootstrap takes a minute.", allowed=("profile", "bootstrap")),),
        "each person is seen at random times of their own frequency.",
        "The interval is often open above: then only a lower limit is given.",
        _mixture,
        {"interval": "profile"},
        example="seen,people\n1,30\n2,200\n3,440\n4,480\n5,310\n6,160\n7,60\n8,18\n",
    ),
)
