"""`pse microplan --peers`: the week in the workbook and on paper, for the organisation itself only."""

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from mapping.cli import app
from tests.mapping.towns import town_folder, town_tables


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with the towns, without the KP that has no norms, and a file of peer educators."""
    folder = tmp_path_factory.mktemp("roster")
    tables = {
        name: table[table["kp"].ne("TG")] if "kp" in table else table for name, table in town_tables().items()
    }
    town_folder(folder / "towns", tables)
    peers = pd.DataFrame({"peer": ["P1", "P2"], "municipality": ["big", "edge"], "hours_per_week": [8, 4]})
    peers.to_csv(folder / "peers.csv", index=False)
    return folder


def run(place, *more):
    command = ["microplan", place / "towns", "--out", place / "out" / "plan.xlsx", *more]
    return CliRunner().invoke(app, [str(word) for word in command])


def test_the_week_is_in_the_workbook_and_its_gap_is_printed(place):
    done = run(place, "--release", "restricted", "--peers", place / "peers.csv")
    assert done.exit_code == 0, done.output
    assert "2 shifts of 2 peer educators" in " ".join(done.stdout.split())
    assert "gap 0.00 %" in " ".join(done.stdout.split())
    book = openpyxl.load_workbook(place / "out" / "plan.xlsx")
    cells = [cell.value for row in book["Weekly roster"].iter_rows() for cell in row]
    assert {"P1", "P2"} <= set(cells)


def test_a_roster_is_for_the_organisation_itself(place):
    done = run(place, "--peers", place / "peers.csv")
    assert done.exit_code == 2
    assert "peers must come with --release restricted; got public" in " ".join(done.stderr.split())


def test_a_roster_that_cannot_be_is_said_in_words(place, tmp_path):
    pd.DataFrame({"peer": ["P1", "P1"], "municipality": "big", "hours_per_week": 8}).to_csv(
        tmp_path / "peers.csv", index=False
    )
    done = run(place, "--release", "restricted", "--peers", tmp_path / "peers.csv")
    assert done.exit_code == 2
    assert "every row of peers must hold each peer once" in " ".join(done.stderr.split())
    done = run(place, "--release", "restricted", "--rosters", tmp_path / "r.pdf")
    assert "rosters must come with peers" in " ".join(done.stderr.split())
