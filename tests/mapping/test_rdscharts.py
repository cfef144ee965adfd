"""Charts of respondent-driven samples: what is on the axes."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure

from mapping.rdscharts import (
    plot_bottleneck,
    plot_convergence_path,
    plot_recruitment_matrix,
    plot_recruitment_trees,
)
from pse.methods.rds_checks import bottleneck_paths, convergence_path, tree_places
from pse.methods.rds_transitions import recruitment_homophily, transitions
from tests.methods.rds_data import made_sample


@pytest.fixture
def ax():
    return Figure(figsize=(6, 4), layout="constrained").subplots()


@pytest.fixture(scope="module")
def sample():
    return made_sample(np.random.default_rng(1), people=90, seeds=9)


def test_the_path_is_drawn_with_its_last_value(ax, sample):
    path = convergence_path(sample, "trait", "1")
    assert plot_convergence_path(path, title="Share of clients", ax=ax) is ax
    drawn, last = ax.get_lines()
    assert drawn.get_ydata().tolist() == path["share"].tolist()
    assert last.get_ydata()[0] == path["share"].iloc[-1]
    assert ax.get_title(loc="left") == "Share of clients"
    assert ax.get_ylim() == (0, 1)


def test_each_chain_has_its_line_and_a_style_of_its_own(ax, sample):
    paths = bottleneck_paths(sample, "trait", "1")
    assert plot_bottleneck(paths, title="Chains", ax=ax) is ax
    lines = ax.get_lines()[::2]
    assert [len(line.get_xdata()) for line in lines] == paths.groupby("chain").size().tolist()
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 9
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names[0] == f"1 ({len(lines[0].get_xdata())} people)"


def test_the_matrix_writes_counts_and_parts(ax, sample):
    counts = transitions(sample, "trait")
    homophily = recruitment_homophily(counts)
    assert plot_recruitment_matrix(counts, homophily=homophily, title="Who", ax=ax) is ax
    part = counts.loc["0", "1"] / counts.loc["0"].sum()
    assert f"{100 * part:.0f}%\n{counts.loc['0', '1']}" in [text.get_text() for text in ax.texts]
    assert ax.get_title(loc="left") == f"Who: homophily {homophily:.2f} (1 is none)"
    assert ax.get_xlabel() == "recruit"
    assert [text.get_text() for text in ax.get_yticklabels()] == ["0", "1"]


def test_the_trees_show_everybody_and_every_recruitment(ax, sample):
    drawn = plot_recruitment_trees(
        tree_places(sample), groups=sample.traits["trait"], sizes=sample.degree, title="Trees", ax=ax
    )
    assert drawn is ax
    links = next(artist for artist in ax.collections if isinstance(artist, LineCollection))
    marks = [artist for artist in ax.collections if isinstance(artist, PathCollection)]
    assert len(links.get_segments()) == 81
    assert sum(len(group.get_offsets()) for group in marks) == 90
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["0", "1"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # seeds on top
