"""The ledger: what may be pooled, and what an entry is on the scale."""

import math

import numpy as np
import pandas as pd
import pytest

from pse.estimate import Estimate, EstimateWarning
from pse.methods.refusal import NoEstimateError
from pse.methods.synthesis import consensus
from pse.methods.synthesis_anchor import Anchor, anchored_multiplier
from pse.methods.synthesis_areas import Spreads, area_sizes
from pse.methods.synthesis_ledger import check_alike, differences, evidence_from, ledger
from pse.methods.synthesis_pool import pool_evidence, pool_prediction, pool_spread, pool_table
from pse.methods.synthesis_scale import on_scale
from tests.methods.synthesis_data import entry, ranged

ANCHOR = Anchor(share=0.02, lower=0.01, upper=0.03, level=0.95, source="a review")
POOLED = {
    "consensus": lambda given, **more: consensus(
        given, scale="log", prior=None, tau_multiplier=0.01, **more
    ),
    "pool": lambda given, **more: pool_evidence(given, error="normal", **more),
    "spread": pool_spread,
    "prediction": pool_prediction,
    "table": pool_table,
    "anchor": lambda given, **more: anchored_multiplier(
        given, anchor=ANCHOR, form="plain", denominator=90_000, **more
    ),
    "areas": lambda given, **more: area_sizes(
        [*given, entry(400, area="other", source="another")],
        spreads=Spreads(area=1, method=0.5, study=0.3), draws=100, rng=np.random.default_rng(1), **more,
    ),
}  # fmt: skip


def test_every_difference_is_told_at_once_by_number_and_without_a_name():
    given = [
        entry(1000), entry(1100, definition="sold sex at Secret Bar"), entry(1200, recall="6 months"),
        entry(1300, area="Secret Town", denominator=None),
    ]  # fmt: skip
    with pytest.raises(ValueError) as refused:
        check_alike(given, reason=None)
    text = str(refused.value)
    assert "got 4 difference(s)" in text and "Secret" not in text
    for part in (
        "definition (entries 1, 3, 4 | 2)", "recall (entries 1, 2, 4 | 3)", "area (entries 1, 2, 3 | 4)",
        "denominator (entries 1, 2, 3 | 4)", "write in reason=",
    ):  # fmt: skip
        assert part in text


@pytest.mark.parametrize("pooled", POOLED)
@pytest.mark.parametrize("change", [{"definition": "other"}, {"recall": "1 month"}])
def test_nothing_pools_what_differs_without_a_reason(pooled, change):
    given = [entry(1000), entry(1100), entry(1200, **change)]
    with pytest.raises(ValueError, match=f"got 1 difference.*{next(iter(change))} .entries 1, 2.* . 3"):
        POOLED[pooled](given)
    POOLED[pooled](given, reason="the six months cover the season")


@pytest.mark.parametrize("pooled", POOLED)
def test_nothing_takes_a_range_for_a_standard_error_without_being_told(pooled):
    given = [entry(1000), entry(1100), ranged(1200, 900, 1500)]
    with pytest.raises(ValueError, match="range_as must be given for a range; got nothing for entry 3"):
        POOLED[pooled](given)
    POOLED[pooled](given, range_as=0.9)


def test_capitals_and_spaces_are_no_difference_and_years_may_differ():
    given = [entry(1000), entry(1100, definition=" Sold  SEX ", year=2019)]
    assert differences(given).empty
    check_alike(given, reason=None)


def test_a_blank_reason_is_none():
    with pytest.raises(ValueError, match="reason must say why"):
        check_alike([entry(1000), entry(1100, recall="1 month")], reason="  ")


def test_the_reason_stands_in_the_method_text():
    given = [entry(1000), entry(1100, recall="1 month")]
    for name in ("consensus", "pool", "anchor"):
        got = POOLED[name](given, reason="month and\nyear agree here")
        assert got.method.endswith("pooled in spite of different recall (month and year agree here)")


def test_one_source_twice_is_told():
    given = [entry(1000, source="A"), entry(1100, source="a "), entry(1200)]
    with pytest.warns(EstimateWarning, match="Entries 1, 2 share their source"):
        check_alike(given, reason=None)


def test_one_entry_cannot_be_pooled():
    with pytest.raises(ValueError, match="evidence must be a whole number, at least 2; got 1"):
        check_alike([entry(1000)], reason=None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"confidence": 0}, "confidence must be a number above 0; got 0"),
        ({"confidence": 80}, "divide it by 100"),
        ({"definition": " "}, "definition must be a text; got nothing"),
        ({"year": 24}, "year must be a whole number, at least 1900; got 24"),
        ({"denominator": 500}, r"estimate must be at most the denominator \(500\); got 1000"),
        ({"denominator": -1}, "denominator must be a number above 0; got -1"),
    ],
)
def test_an_entry_refuses_what_it_cannot_be(change, words):
    with pytest.raises(ValueError, match=words):
        entry(1000, **change)


def test_error_on_the_scale_is_the_width_over_the_confidence():
    y, error = on_scale([entry(1000, 0.2, confidence=0.5)], scale="log", range_as=None)
    assert y[0] == math.log(1000) and error[0] == pytest.approx(0.4, rel=1e-12)


def test_a_range_is_as_wide_as_its_stated_probability_says():
    _, ninety = on_scale([ranged(1000, 800, 1250)], scale="log", range_as=0.9)
    _, half = on_scale([ranged(1000, 800, 1250)], scale="log", range_as=0.5)
    assert ninety[0] == pytest.approx(math.log(1250 / 800) / (2 * 1.6448536269514722), rel=1e-12)
    assert half[0] > 2 * ninety[0]


def test_levels_of_entries_may_differ():
    size = Estimate(1000, 1000 / math.exp(0.16448536269514722), 1000 * math.exp(0.16448536269514722),
                    "credible", 0.9, "made")  # fmt: skip
    _, error = on_scale([entry(1000, estimate=size)], scale="log", range_as=None)
    assert error[0] == pytest.approx(0.1, rel=1e-9)


def test_entries_without_an_error_are_refused_together():
    flat = Estimate(10, 10, 10, "confidence", 0.95, "m")
    zero = Estimate(10, 0, 20, "confidence", 0.95, "m")
    given = [entry(1000), entry(1, estimate=flat), entry(2, estimate=zero)]
    with pytest.raises(NoEstimateError, match="got none in entry 2, 3"):
        on_scale(given, scale="log", range_as=None)


def test_the_logit_scale_needs_denominators_above_the_bounds():
    with pytest.raises(ValueError, match="got none in entry 1"):
        on_scale([entry(1000, denominator=None)], scale="logit", range_as=None)
    with pytest.raises(ValueError, match=r"upper must be below the denominator.*entry 1"):
        on_scale([entry(1000, denominator=1001)], scale="logit", range_as=None)


def test_a_ledger_goes_to_a_table_and_back():
    given = [entry(1000), ranged(1200, 900, 1500, denominator=None)]
    table = ledger(given)
    assert table.index.tolist() == [1, 2]
    again = evidence_from(table)
    assert [one.estimate.kind for one in again] == ["95% confidence", "range"]
    assert [one.denominator for one in again] == [90_000, None]
    assert differences(again)["item"].tolist() == ["denominator"]


def test_a_table_tells_every_row_that_is_no_entry():
    table = ledger([entry(1000), entry(1100), entry(1200)])
    table.loc[1, "lower"], table.loc[3, "confidence"] = 2000, 0
    with pytest.raises(ValueError, match=r"entry 1: lower must be at most point.*entry 3: confidence"):
        evidence_from(pd.DataFrame(table))
