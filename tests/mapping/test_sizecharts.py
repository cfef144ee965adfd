"""Charts of sizes from a model: what is on the axes, and what is refused."""

import pandas as pd
import pytest

from mapping.sizecharts import plot_predictive_degrees, plot_prior_and_posterior
from mapping.style import new_figure

CURVES = pd.DataFrame(
    {
        "lower": [100, 200, 300],
        "upper": [200, 300, 350],
        "prior": [0.5, 0.3, 0.2],
        "posterior": [0.2, 0.7, 0.1],
    }
)
CHECKS = pd.DataFrame(
    {
        "survey": [1, 1, 2],
        "check": ["mean degree", "fall of degrees", "mean degree"],
        "recorded": [7.25, 0.1, 6.0],
        "lower": [6.0, -0.1, 5.0],
        "middle": [7.0, 0.05, 6.5],
        "upper": [8.0, 0.2, 7.0],
        "p": [0.6, 0.99, 0.3],
    }
)


def axes():
    return new_figure(6, 3)[1]


def test_prior_and_posterior_are_densities_over_the_same_bins():
    ax = axes()
    assert plot_prior_and_posterior(CURVES, title="A town", ax=ax) is ax
    before, after = (patch.get_data() for patch in ax.patches)
    assert before.edges == pytest.approx([100, 200, 300, 350])
    assert before.values == pytest.approx([0.005, 0.003, 0.004])  # 0.2 on 50 people
    assert after.values == pytest.approx([0.002, 0.007, 0.002])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "before the survey (prior)",
        "after it (posterior)",
    ]


def test_recorded_figures_stand_at_their_share():
    ax = axes()
    assert plot_predictive_degrees(CHECKS, title="Fit", ax=ax) is ax
    points = next(line for line in ax.lines if line.get_marker() == "o")
    assert points.get_xdata().tolist() == [0.6, 0.99, 0.3]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "mean degree, survey 1",
        "fall of degrees, survey 1",
        "mean degree, survey 2",
    ]
    assert "7.25 (6 to 8)" in [text.get_text() for text in ax.texts]
    one = plot_predictive_degrees(CHECKS.iloc[:2], title="Fit", ax=axes())
    assert [tick.get_text() for tick in one.get_yticklabels()] == ["mean degree", "fall of degrees"]


@pytest.mark.parametrize("plot", [plot_prior_and_posterior, plot_predictive_degrees])
def test_empty_tables_are_refused(plot):
    with pytest.raises(ValueError, match="table must have a row for each"):
        plot(CHECKS.iloc[:0], title="", ax=axes())
