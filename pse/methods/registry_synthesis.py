"""Methods that put several estimates of one size together."""

from __future__ import annotations

from typing import Any, get_args

import pandas as pd

from pse.methods.multiplier_pool import Error
from pse.methods.registry_parts import Given, Method, Option, number, people, size, text
from pse.methods.synthesis import Consensus, consensus_fit
from pse.methods.synthesis_anchor import Anchor, AnchorForm, anchor_weights, anchored_multiplier
from pse.methods.synthesis_areas import AreaSizes, Spreads, area_sizes
from pse.methods.synthesis_ledger import evidence_from
from pse.methods.synthesis_pool import pool_evidence, pool_table
from pse.methods.synthesis_priors import ElicitedPrior
from pse.methods.synthesis_scale import Scale
from pse.records.tables import Column

__all__ = ["METHODS"]

COLUMNS = (
    size("point", "The size."),
    size("lower", "Its lower bound."),
    size("upper", "Its upper bound."),
    number("level", "Probability of the bounds; blank for a range.", blank="for a range", above_0=True),
    text("definition", "Who was counted."),
    text("recall", "Over which time."),
    text("area", "Where."),
    size("denominator", "Adults out of whom.", blank="where not known", above_0=True),
    text("source", "Study or report."),
    people("year", "Year of the field work.", low=1900),
    text("method", "How it was made."),
    Column("confidence", "share", "Trust of the experts in the study.", above_low=True),
)
ROW = "One estimate and what it is about: the ledger. Entry 1 is in row 2 of the file."
REASON = Option(
    "reason", "text", "Why entries that differ are pooled; it stands beside the size.", None, False
)
RANGE_AS = Option("range_as", "share", "Probability that ranges are taken for.", None, False)
DRAWS = 4000
HEAD = ",".join(column.name for column in COLUMNS)
SAME = "sold sex,12 months,city"
EXAMPLE = (
    f"{HEAD}\n2500,2000,3100,0.95,{SAME},90000,survey A,2024,two lists,0.9\n"
    f"4000,3000,5300,0.95,{SAME},90000,survey B,2024,service multiplier,0.5\n"
    f"3100,2300,4200,0.95,{SAME},90000,survey C,2023,RDS,0.7\n"
)
ABOUT = "The entries are about the same people, their errors are independent"
SHARED = (
    "A bias that all studies share cannot be seen in them. Two numbers from one survey are not two studies."
)


def _consensus(table: pd.DataFrame, given: Given) -> Consensus:
    return consensus_fit(
        evidence_from(table),
        scale=given["scale"],
        prior=_prior(given),
        tau_multiplier=given["tau_multiplier"],
        **_pooling(given),
    )


def _prior(given: Given) -> ElicitedPrior | None:
    named = {name: given[f"prior_{name}"] for name in ("median", "upper", "probability")}
    ends = {"lowest": given["lowest"], "highest": given["highest"]}
    if all(value is None for value in (*named.values(), *ends.values())):
        return None
    missing = [f"prior_{name}" for name, value in named.items() if value is None]
    if missing:
        raise ValueError(f"a prior must have median, upper and probability; got no {', '.join(missing)}.")
    return ElicitedPrior(**named, **ends)


def _anchor(given: Given) -> Anchor:
    names = ("share", "lower", "upper", "level")
    return Anchor(**{name: given[f"anchor_{name}"] for name in names}, source=given["anchor_source"])


def _pooling(given: Given) -> dict[str, Any]:
    return {name: given[name] for name in ("reason", "range_as")}


def _areas(table: pd.DataFrame, given: Given) -> AreaSizes:
    spreads = Spreads(**{name: given[f"{name}_spread"] for name in ("area", "method", "study")})
    return area_sizes(evidence_from(table), spreads=spreads, draws=DRAWS, rng=given.rng, **_pooling(given))


def _by_number(table: pd.DataFrame, name: str, *columns: str) -> pd.DataFrame:
    """Return columns of numbers with the number of each row in front."""
    return table[list(columns)].rename_axis(name).reset_index()


def _area_table(table: pd.DataFrame, given: Given) -> pd.DataFrame:
    rows = _areas(table, given).table(level=given.level)
    return _by_number(rows.set_axis(range(1, len(rows) + 1)), "area", "point", "lower", "upper")


METHODS = (
    Method(
        name="consensus",
        family="synthesis",
        title="Several estimates of one size, with the experts' prior and confidence in each study.",
        row=ROW,
        columns=COLUMNS,
        options=(
            Option("scale", "choice", "logit for shares that are not small.", allowed=get_args(Scale)),
            Option(
                "tau_multiplier",
                "number",
                "1: the data say how far studies differ; 0.01: confidences hold all bias.",
            ),
            Option(
                "prior_median", "number", "Median of the prior, in people; no prior without it.", None, False
            ),
            Option("prior_upper", "number", "The size is below this number ...", None, False),
            Option("prior_probability", "share", "... with this probability (0.75).", None, False),
            Option("lowest", "number", "No smaller size is possible (people on a list).", None, False),
            Option("highest", "number", "No larger size is possible.", None, False),
            REASON,
            RANGE_AS,
        ),
        gives="A size with a credible interval.",
        assumes=f"{ABOUT}, and prior and confidences were fixed before the result was seen.",
        pitfalls=f"{SHARED} Guesses of a crowd belong into the prior.",
        example=EXAMPLE,
        example_options={
            "scale": "log",
            "tau_multiplier": "1",
            "prior_median": "3000",
            "prior_upper": "4000",
            "prior_probability": "0.75",
        },
        estimate=lambda table, given: _consensus(table, given).estimate(level=given.level),
        details=lambda table, given: _by_number(_consensus(table, given).weights, "entry", "weight"),
    ),
    Method(
        name="pool-evidence",
        family="synthesis",
        title="The same ledger without a prior: random effects, heterogeneity shown.",
        row=ROW,
        columns=COLUMNS,
        options=(
            Option("error", "choice", "hartung-knapp with few that differ.", allowed=get_args(Error)),
            REASON,
            RANGE_AS,
        ),
        gives="A size with a confidence interval.",
        assumes=f"{ABOUT}.",
        pitfalls=f"{SHARED} Two or three studies cannot say how far studies differ.",
        example=EXAMPLE,
        example_options={"error": "hartung-knapp"},
        estimate=lambda table, given: pool_evidence(
            evidence_from(table),
            error=given["error"],
            level=given.level,
            **_pooling(given),
        ),
        details=lambda table, given: _by_number(
            pool_table(evidence_from(table), **_pooling(given)), "entry", "weight"
        ),
    ),
    Method(
        name="anchored-multiplier",
        family="synthesis",
        title="Several estimates around a share of adults from the literature (the anchor).",
        row=ROW,
        columns=COLUMNS,
        options=(
            Option(
                "form", "choice", "variance-adjusted where estimates disagree.", allowed=get_args(AnchorForm)
            ),
            Option("anchor_share", "share", "Share of adults known beforehand."),
            Option("anchor_lower", "share", "Its lower bound."),
            Option("anchor_upper", "share", "Its upper bound."),
            Option("anchor_level", "share", "Probability of its bounds."),
            Option("anchor_source", "text", "Where it is from."),
            Option("denominator", "number", "Adults out of whom the size is counted."),
            REASON,
            RANGE_AS,
        ),
        gives="A size with a credible interval.",
        assumes=f"{ABOUT}; the anchor is from elsewhere and fits this area.",
        pitfalls=f"{SHARED} A narrow anchor decides the result: look at the weights.",
        example=EXAMPLE,
        example_options={
            "form": "variance-adjusted",
            "anchor_share": "0.03",
            "anchor_lower": "0.01",
            "anchor_upper": "0.05",
            "anchor_level": "0.95",
            "anchor_source": "a review",
            "denominator": "90000",
        },
        estimate=lambda table, given: anchored_multiplier(
            evidence_from(table),
            anchor=_anchor(given),
            form=given["form"],
            denominator=given["denominator"],
            level=given.level,
            **_pooling(given),
        ),
        details=lambda table, given: _by_number(
            anchor_weights(
                evidence_from(table), anchor=_anchor(given), form=given["form"], **_pooling(given)
            ),
            "entry",
            "people",
            "weight",
        ),
    ),
    Method(
        name="area-pool",
        family="synthesis",
        title="Many areas and methods at once: areas borrow from each other, methods have biases.",
        row=f"{ROW} Entries of at least two areas.",
        columns=COLUMNS,
        options=(
            Option("area_spread", "number", "Scale of differences between areas, log-odds (1)."),
            Option("method_spread", "number", "Scale of biases of methods, log-odds (0.5)."),
            Option("study_spread", "number", "Scale of what else differs, log-odds (0.3)."),
            REASON,
            RANGE_AS,
        ),
        gives="The size of all areas together with a credible interval, and of each area by its number, in "
        "the order in which areas come first.",
        assumes=f"{ABOUT} given the biases; areas are alike, and biases of methods are 0 on average.",
        pitfalls=f"{SHARED} An area that is unlike the others does not belong in it.",
        example=f"{HEAD}\n"
        "250,200,310,0.95,sold sex,12 months,north,9000,survey A,2024,two lists,0.9\n"
        "330,250,440,0.95,sold sex,12 months,north,9000,survey B,2024,multiplier,0.8\n"
        "500,410,610,0.95,sold sex,12 months,south,30000,survey C,2024,two lists,0.9\n"
        "640,500,820,0.95,sold sex,12 months,south,30000,survey D,2024,multiplier,0.8\n",
        example_options={"area_spread": "1", "method_spread": "0.5", "study_spread": "0.3"},
        estimate=lambda table, given: _areas(table, given).total(level=given.level),
        details=_area_table,
    ),
)
