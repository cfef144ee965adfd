"""Charts of the model: what is on the axes, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from mapping.modelcharts import plot_convergence, plot_predictive
from mapping.style import new_figure

CHECKS = pd.DataFrame(
    {
        "kp": ["FSW", "FSW", "PWID"],
        "check": ["mean level-2 size", "share open", "mean level-2 size"],
        "recorded": [10.0, 0.5, 4.0],
        "lower": [8.0, 0.4, 0.01],
        "quarter": [9.0, 0.45, 3.0],
        "middle": [10.0, 0.5, 4.0],
        "three_quarters": [11.0, 0.55, 5.0],
        "upper": [14.0, 0.6, 6.0],
        "p": [0.5, 0.5, 0.5],
    }
)
CHAINS = pd.DataFrame(
    {
        "parameter": ["size", "sd_team", "team"],
        "kp": ["FSW", "all", "all"],
        "of": [1, 1, 12],
        "mean": [2.0, 0.1, np.nan],
        "sd": [0.1, 0.05, np.nan],
        "r_hat": [1.001, 1.2, 1.01],
        "effective_draws": [1200.0, 40.0, 300.0],
    }
)


def axes():
    return new_figure(6, 4)[1]


def test_drawn_figures_stand_over_the_recorded_ones():
    ax = axes()
    assert plot_predictive(CHECKS, title="Posterior", ax=ax) is ax
    medians = [line for line in ax.lines if line.get_marker() not in ("None", "", None)]
    assert [line.get_xdata().tolist() for line in medians] == [[1.0, 1.0], [1.0]]
    first_thin = ax.collections[0].get_segments()[0]
    assert first_thin[:, 0].tolist() == pytest.approx([0.8, 1.4])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["mean level-2 size", "share open"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["FSW", "PWID"]
    assert ax.get_xscale() == "log"


def test_figures_far_off_end_at_the_edge():
    ax = plot_predictive(CHECKS, title="Prior", ax=axes())
    assert ax.get_xlim()[0] >= 1 / 20.001  # the 0.0025 of PWID is drawn at 0.05


def test_a_check_without_a_recorded_figure_is_left_out_and_an_empty_table_refused():
    ax = plot_predictive(CHECKS.assign(recorded=[0.0, 0.5, 4.0]), title="Posterior", ax=axes())
    assert sum(len(line.get_xdata()) for line in ax.lines if line.get_marker() in "os^") == 2
    with pytest.raises(ValueError, match="recorded figure above 0"):
        plot_predictive(CHECKS.assign(recorded=0.0), title="Posterior", ax=axes())


def test_r_hat_above_the_limit_is_marked_and_the_limit_is_drawn():
    ax = axes()
    assert plot_convergence(CHAINS, largest=1.05, title="Chains", ax=ax) is ax
    fine, bad, limit = ax.lines
    assert fine.get_xdata().tolist() == [1.001, 1.01] and bad.get_xdata().tolist() == [1.2]
    assert set(limit.get_xdata()) == {1.05}
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "size, FSW",
        "sd team",
        "team (worst of 12)",
    ]
    texts = [text.get_text() for text in ax.texts]
    assert texts[:3] == ["1,200", "40", "300"] and "effective draws" in texts
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["within the limit", "above it"]


def test_nothing_sampled_is_refused():
    with pytest.raises(ValueError, match="Nothing was sampled"):
        plot_convergence(CHAINS.iloc[:0], largest=1.05, title="Chains", ax=axes())
