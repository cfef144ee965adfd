"""The anchored multiplier: its formula, and what the abstract of Wesson et al. 2018 says of the two forms."""

import math

import pytest
from scipy.stats import beta

from pse.methods.refusal import NoEstimateError
from pse.methods.synthesis_anchor import Anchor, anchor_weights, anchored_multiplier
from pse.methods.synthesis_pool import pool_spread
from tests.methods.synthesis_data import Z, entry

ANCHOR = Anchor(share=0.02, lower=0.01, upper=0.03, level=0.95, source="a review")
ADULTS = 100_000


def people(share, error):
    return share * (1 - share) / error**2 - 1


def test_the_posterior_is_the_beta_of_all_counts():
    given = [entry(2000, 0.1, denominator=ADULTS), entry(2500, 0.2, denominator=ADULTS)]
    n = [people(0.02, 0.02 / (2 * Z)), people(0.02, 0.02 * 0.1), people(0.025, 0.025 * 0.2)]
    a = sum(p * m for p, m in zip((0.02, 0.02, 0.025), n, strict=True))
    expected = [ADULTS * x for x in (a / sum(n), *beta.ppf([0.05, 0.95], a, sum(n) - a))]
    got = anchored_multiplier(given, anchor=ANCHOR, form="plain", denominator=ADULTS, level=0.9)
    assert [got.point, got.lower, got.upper] == pytest.approx(expected, rel=1e-9)
    weights = anchor_weights(given, anchor=ANCHOR, form="plain")
    assert weights["people"].tolist() == pytest.approx(n, rel=1e-9)
    assert weights.index.tolist() == ["anchor", 1, 2] and weights["weight"].sum() == pytest.approx(1)


def test_adjusted_adds_the_spread_between_estimates_to_the_error_of_each():
    given = [entry(1500, 0.1, denominator=ADULTS), entry(3000, 0.1, denominator=ADULTS)]
    tau = pool_spread(given)["tau"]
    table = anchor_weights(given, anchor=ANCHOR, form="variance-adjusted")
    assert table["people"][1] == pytest.approx(people(0.015, 0.015 * math.hypot(0.1, tau)), rel=1e-9)


def test_adjusted_is_wider_where_estimates_disagree_and_the_same_where_they_agree():
    apart = [entry(n, 0.08, denominator=ADULTS) for n in (1500, 2300, 2800)]
    alike = [entry(n, 0.08, denominator=ADULTS) for n in (2000, 2040, 1990)]

    def both(given):
        return [
            anchored_multiplier(given, anchor=ANCHOR, form=form, denominator=ADULTS)
            for form in ("plain", "variance-adjusted")
        ]

    plain, adjusted = both(apart)
    assert adjusted.upper - adjusted.lower > 1.5 * (plain.upper - plain.lower)
    assert both(alike)[0].upper == pytest.approx(both(alike)[1].upper, rel=1e-9)


def test_a_narrow_anchor_decides():
    sure = Anchor(share=0.01, lower=0.0099, upper=0.0101, level=0.95, source="a review")
    given = [entry(n, 0.3, denominator=ADULTS) for n in (3000, 3100)]
    got = anchored_multiplier(given, anchor=sure, form="plain", denominator=ADULTS)
    assert got.point == pytest.approx(1000, rel=0.02)
    assert anchor_weights(given, anchor=sure, form="plain")["weight"]["anchor"] > 0.99


def test_lower_confidence_counts_as_fewer_people():
    given = [entry(2000, denominator=ADULTS), entry(2001, denominator=ADULTS, confidence=0.5)]
    table = anchor_weights(given, anchor=ANCHOR, form="plain")
    assert table["people"][1] / table["people"][2] == pytest.approx(4, rel=0.01)


def test_shares_that_no_beta_has_are_refused_by_number():
    wide = [entry(60_000, 0.9, denominator=ADULTS), entry(2000, denominator=ADULTS)]
    with pytest.raises(NoEstimateError, match="got none in entry 1"):
        anchored_multiplier(wide, anchor=ANCHOR, form="plain", denominator=ADULTS)


def test_every_entry_needs_its_denominator():
    with pytest.raises(ValueError, match=r"denominator must be given.*entry 1, 2"):
        given = [entry(n, denominator=None) for n in (1000, 1100)]
        anchored_multiplier(given, anchor=ANCHOR, form="plain", denominator=ADULTS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"share": 0.5}, "share must be between lower and upper"),
        ({"share": 2}, "If it is a percentage"),
        ({"source": ""}, "source must say"),
        ({"level": 95}, "Give 0.95"),
    ],
)
def test_an_anchor_refuses_what_it_cannot_be(change, words):
    with pytest.raises(ValueError, match=words):
        Anchor(**{"share": 0.02, "lower": 0.01, "upper": 0.03, "level": 0.95, "source": "s"} | change)
