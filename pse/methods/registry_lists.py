"""Methods for two and more lists of people."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pandas as pd

from pse.estimate import Estimate
from pse.methods.capture_recapture import TwoListInterval, bailey, chapman, lincoln_petersen, ricker
from pse.methods.closed_cells import ClosedModel
from pse.methods.closed_corrected import closed_corrected
from pse.methods.closed_profile import closed_estimate
from pse.methods.histories import Histories, histories
from pse.methods.huggins import huggins
from pse.methods.partial_lists import partial_lists
from pse.methods.registry_parts import Given, Method, Option, mark, number, people, text
from pse.methods.sample_coverage import CoverageForm, sample_coverage

__all__ = [
    "LISTS_OPTION",
    "MATCHED",
    "METHODS",
    "PATTERNS",
    "PEOPLE_OF_ROW",
    "ROW",
    "THREE",
    "given_histories",
]

LISTS_OPTION = Option(
    "lists", "columns", "Columns of the lists, with a comma between.", column=mark("", "1: on this list.")
)
PEOPLE_OF_ROW = people("people", "People with this row; without it a row is one person.", needed=False)
MATCHED = (
    "Nobody enters or leaves in the period, people on several lists are recognised, and everybody could be "
    "on a list"
)
PATTERNS = (
    "outreach,clinic,survey,people\n1,0,0,140\n0,1,0,120\n0,0,1,90\n1,1,0,48\n1,0,1,36\n0,1,1,30\n1,1,1,16\n"
)
THREE = {"lists": "outreach,clinic,survey"}
ROW = "One person met, or one pattern of lists with the number of people who have it."


def given_histories(table: pd.DataFrame, given: Given) -> Histories:
    """Return the histories of a table whose lists an option names."""
    return histories(table, lists=given["lists"], people="people" if "people" in table else None)


def _two(function: Callable[..., Estimate]) -> Callable[[pd.DataFrame, Given], Estimate]:
    def estimate(table: pd.DataFrame, given: Given) -> Estimate:
        counts = {name: int(table[name].iloc[0]) for name in ("first", "second", "both")}
        return function(**counts, interval=given["interval"], level=given.level)

    return estimate


def _two_lists(name: str, title: str, pitfalls: str, function: Callable[..., Estimate]) -> Method:
    return Method(
        name=name,
        family="two lists",
        title=title,
        row="The only row: people on each list and on both.",
        columns=(
            people("first", "People on the first list."),
            people("second", "People on the second list."),
            people("both", "People on both."),
        ),
        options=(
            Option("interval", "choice", "Form of the interval.", "log", False, get_args(TwoListInterval)),
        ),
        gives="A size with a confidence interval.",
        assumes=f"{MATCHED}; the lists are independent of each other.",
        pitfalls=pitfalls,
        example="first,second,both\n400,350,52\n",
        estimate=_two(function),
        one_row=True,
    )


SAME_PEOPLE = (
    "Lists that reach the same people (clinic and its outreach team) give too few; lists that avoid each "
    "other give too many. Names that are not recognised give too many."
)

METHODS = (
    _two_lists("chapman", "Two lists: the usual form, nearly unbiased.", SAME_PEOPLE, chapman),
    _two_lists(
        "lincoln-petersen",
        "Two lists: the plain ratio; infinite without overlap.",
        SAME_PEOPLE,
        lincoln_petersen,
    ),
    _two_lists(
        "bailey",
        "Two lists, when people of the second are met one by one and may be met again.",
        SAME_PEOPLE,
        bailey,
    ),
    _two_lists(
        "ricker", "Two lists: an old form, to compare with reports that used it.", SAME_PEOPLE, ricker
    ),
    Method(
        name="closed",
        family="closed models",
        title="Three lists or more: one model of how people get on lists (M0, Mt, Mh, Mth, Mb ...).",
        row=ROW,
        columns=(PEOPLE_OF_ROW,),
        options=(
            LISTS_OPTION,
            Option("model", "choice", "The model; see docs/methods.md.", allowed=get_args(ClosedModel)),
            Option("interval", "choice", "Form of the interval.", allowed=("profile", "log", "wald")),
            Option(
                "ordered", "flag", "The columns are occasions in time order (Mb, Mbh, Mtb).", False, False
            ),
        ),
        gives="A size with a confidence interval; Chao's models give a lower limit of the size.",
        assumes=f"{MATCHED}; the chances follow the model.",
        pitfalls="The best fit need not be the right size: models that fit alike can differ twofold.",
        example=PATTERNS,
        example_options={**THREE, "model": "Mt", "interval": "profile"},
        estimate=lambda table, given: closed_estimate(
            given_histories(table, given),
            model=given["model"],
            interval=given["interval"],
            ordered=given["ordered"],
            level=given.level,
        ),
    ),
    Method(
        name="closed-corrected",
        family="closed models",
        title="The same with the bias of few people taken out (M0, Mt and the Mh models).",
        row=ROW,
        columns=(PEOPLE_OF_ROW,),
        options=(
            LISTS_OPTION,
            Option(
                "model",
                "choice",
                "The model.",
                allowed=("M0", "Mt", "Mh Chao", "Mh Poisson", "Mh Darroch", "Mh Gamma"),
            ),
        ),
        gives="A size with a confidence interval.",
        assumes=f"{MATCHED}; the chances follow the model.",
        pitfalls="It mends the bias of small numbers, not of a wrong model.",
        example=PATTERNS,
        example_options={**THREE, "model": "Mt"},
        estimate=lambda table, given: closed_corrected(
            given_histories(table, given), model=given["model"], level=given.level
        ),
    ),
    Method(
        name="huggins",
        family="closed models",
        title="Lists with what is known of each person (age, district): chances differ by it.",
        row="One person met.",
        columns=(),
        options=(
            LISTS_OPTION,
            Option(
                "covariates",
                "columns",
                "Columns of numbers; code groups as 0 and 1.",
                (),
                False,
                column=number("", "Covariate."),
            ),
        ),
        gives="A size with a confidence interval.",
        assumes=f"{MATCHED}; people with the same covariates have the same chance; lists are independent.",
        pitfalls="What was not recorded cannot be corrected for. Everybody needs every covariate.",
        example="outreach,clinic,young\n1,0,1\n1,0,1\n0,1,0\n1,1,1\n0,1,0\n1,1,0\n0,1,1\n1,0,0\n1,1,1\n0,1,0\n",
        example_options={"lists": "outreach,clinic", "covariates": "young"},
        estimate=lambda table, given: huggins(
            table, lists=given["lists"], covariates=given["covariates"], level=given.level
        ),
    ),
    Method(
        name="partial-lists",
        family="closed models",
        title="Lists of which some work in a part of the areas only.",
        row="One pattern of lists in one area; blank where a list does not work there.",
        columns=(text("area", "Area of the row."), PEOPLE_OF_ROW),
        options=(
            Option(
                "lists",
                "columns",
                "Columns of the lists, with a comma between.",
                column=mark(
                    "", "1: on this list; blank: it does not work here.", blank="where a list does not work"
                ),
            ),
        ),
        gives="The size of all areas together with a confidence interval.",
        assumes=f"{MATCHED}; lists are independent and reach the same share in every area where they work.",
        pitfalls="A list that reaches the capital better than the villages breaks it.",
        example="area,outreach,clinic,survey,people\nnorth,1,0,,150\nnorth,0,1,,120\nnorth,1,1,,40\n"
        "south,1,0,0,90\nsouth,0,1,0,70\nsouth,0,0,1,60\nsouth,1,1,0,25\nsouth,1,0,1,20\nsouth,0,1,1,18\nsouth,1,1,1,8\n",
        example_options=THREE,
        estimate=lambda table, given: partial_lists(_by_area(table, given), level=given.level),
    ),
    Method(
        name="sample-coverage",
        family="sample coverage",
        title="Three lists or more that depend on each other (Chao and Tsay).",
        row=ROW,
        columns=(PEOPLE_OF_ROW,),
        options=(
            LISTS_OPTION,
            Option("form", "choice", "High coverage needs 55% and more.", allowed=get_args(CoverageForm)),
        ),
        gives="A size with a confidence interval, by bootstrap.",
        assumes=f"{MATCHED}; the people on two lists or more show what share the lists cover.",
        pitfalls="Below 55% coverage the low-coverage form is a lower limit when lists depend positively.",
        example=PATTERNS,
        example_options={**THREE, "form": "low coverage"},
        estimate=lambda table, given: sample_coverage(
            given_histories(table, given), form=given["form"], level=given.level, rng=given.rng
        ),
    ),
)


def _by_area(table: pd.DataFrame, given: Given) -> dict[str, Histories]:
    lists = table[given["lists"]].notna().groupby(table["area"], sort=False)
    some, every = lists.any(), lists.all()
    mixed = int((some != every).any(axis=1).sum())
    if mixed:
        raise ValueError(
            f"a list must be blank in all rows of an area or in none; got both in {mixed} area(s). "
            "Write 0 for people who are not on a list that works there."
        )
    works = {str(area): [name for name in some if some.loc[area, name]] for area in some.index}
    people_of = "people" if "people" in table else None
    return {
        str(area): histories(rows, lists=works[str(area)], people=people_of)
        for area, rows in table.groupby("area", sort=False, observed=True)
    }
