"""Every notebook runs from top to bottom, and prints what its text says."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))


def run(path):
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}})
    client.execute(
        env={**os.environ, "PYTHONPATH": str(path.parents[1])}
    )  # this checkout, not an installed one
    return notebook


def printed(notebook):
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            texts.append(output.get("text", ""))
            texts.append(output.get("data", {}).get("text/plain", ""))
    return "\n".join(texts)


def text_of(stem):
    """Return what the notebook of this name prints when it is run."""
    return printed(run(next(path for path in NOTEBOOKS if path.stem == stem)))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_committed_without_output(path):
    assert not any(cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells)


def test_kosovo_2016_tells_the_published_numbers():
    text = text_of("01_kosovo_2016")
    for number in (
        "5,037 (4,213 to 5,860, range",
        "6,814 (6,445 to 7,117, range",
        "5,819 (4,777 to 6,860, range",
        "75% of MSM are in five municipalities",
        "'mean_rate': 13051",
        "'lowest_rate': 8918",
        "'pooled_rate': 13300",
    ):
        assert number in text
    assert "103,298" in text or "Kenya is skipped" in text


def test_maps_tells_what_was_checked_drawn_and_refused():
    text = text_of("03_maps")
    for words in (
        "38 areas; 0 problems in the file; 0 overlaps or gaps",
        "0 overlaps or gaps after simplifying",
        "level must be 'restricted' for a chart of single spots; got 'public'. Draw areas instead.",
        "7 maps; over ",
        "24 areas tested, 14 without a number;",
        "17 maps and charts; sizes.gpkg",
    ):
        assert words in text
