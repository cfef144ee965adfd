"""`pse microplan --peers`: the week in the workbook and on paper, for the organisation itself only."""

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from mapping.cli import app
from mapping.microplan.begin import reached_shares
from mapping.microplan.roster_files import read_peers, read_visits
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
    assert done.exit_code == 1
    assert "peers.csv 3 peer the code must not come twice" in " ".join(done.stderr.split())
    done = run(place, "--release", "restricted", "--rosters", tmp_path / "r.pdf")
    assert "rosters must come with peers" in " ".join(done.stderr.split())


# Files that a planner types


def written(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def said(done):
    return " ".join((done.stdout + done.stderr).split())


WEEK = ("--release", "restricted", "--peers")


def roster_of(place):
    """Return the rows of the sheet as (peer, spot, KP), from the only sheet that names peer educators."""
    sheet = openpyxl.load_workbook(place / "out" / "plan.xlsx")["Weekly roster"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    return [row for row in rows if str(row[0]).startswith("P") and str(row[0])[1:].isdigit()]


def test_rules_for_visits_hold(place, tmp_path):
    """The smallest FSW spot of `big` (4 people, S00) is worth no visit in 9 hours, but a rule asks for it."""
    peers = written(tmp_path, "peers.csv", "peer,municipality,hours_per_week\nP1,big,9\nP2,big,9\n")
    assert run(place, *WEEK, peers, "--travel", "0").exit_code == 0
    assert not any("S00" in row for row in roster_of(place))
    rules = "spot_id,kp,visits,pair\nS00,FSW,1,yes\n,MSM,1,\n"
    done = run(place, *WEEK, peers, "--visits", written(tmp_path, "visits.csv", rules), "--travel", "0")
    assert done.exit_code == 0, done.output
    spots = [next(cell for cell in row if str(cell).startswith("S")) for row in roster_of(place)]
    assert spots.count("S00") == 2  # the pair
    assert {"S00", "S18", "S19"} == set(spots)  # S18 and S19 are the MSM spots


def test_a_size_class_and_a_typology_choose_spots(place):
    spots = pd.DataFrame(
        {
            "municipality": "big", "spot_id": ["S1", "S2", "S3"], "kp": "FSW",
            "typology": ["bar", "bar", "street"], "point": [30.0, 4.0, 30.0],
        }
    )  # fmt: skip
    text = "typology,size_class,visits,pair\nbar,20 to 49,2,\nstreet,,,yes\n,,1,\n"
    asked = read_visits(
        written(place, "classes.csv", text), spots, municipalities=pd.Series(["big"]), kps=("FSW",)
    )
    assert asked["visits"].tolist() == [2, 1, 1]
    assert asked["pair"].tolist() == [False, False, True]


def test_ways_are_a_number_or_a_file(place, tmp_path):
    """Nine hours are two visits and one hour for the way between them."""
    peers = written(tmp_path, "peers.csv", "peer,municipality,hours_per_week\nP1,big,9\n")
    for ways, visits in (("60", 2), ("61", 1)):
        assert run(place, *WEEK, peers, "--travel", ways).exit_code == 0
        assert len(roster_of(place)) == visits
        file = written(tmp_path, "ways.csv", f"from_spot,to_spot,minutes\nS18,S19,{ways}\n,,1\n")
        assert run(place, *WEEK, peers, "--travel", file).exit_code == 0
        assert len(roster_of(place)) == visits


def test_hours_of_the_day_are_whole_blocks(tmp_path):
    text = "peer,municipality,hours_per_week,blocks\nP1,big,8,16-24\nP2,big,8,\nP3,big,8,10-17\n"
    path = written(tmp_path, "peers.csv", text)
    read = read_peers(path, municipalities=pd.Series(["big"]), kps=("FSW",))
    assert read["blocks"].tolist() == ["16-20 20-24", "", "12-16"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("peers", "peer,municipality\nP1,big\n", "hours_per_week the column is missing"),
        ("peers", "peer;municipality;hours_per_week\nP1;big;8\n", "must be separated by commas"),
        ("peers", "peer,municipality,hours_per_week\nP1,bigg,8\n", "got an unknown code"),
        ("peers", "peer,municipality,hours_per_week\nP1,big,200\n", "a number, from 0 to 168"),
        ("peers", "peer,municipality,hours_per_week,blocks\nP1,big,8,18-19\n", "2 blocks must hold one of"),
        ("peers", "peer,municipality,hours_per_week\n", "at least one row"),
        ("visits", "spot_id,visits\nS99,1\n", "2 must fit a spot; it fits none"),
        ("visits", "spot_id,visits\nS01,\n", "2 must have visits or pair"),
        ("visits", "spot_id,visits\nS01,half\n", "2 visits must be a whole number"),
        ("visits", "size_class,visits\nhuge,1\n", "2 size_class must be one of"),
        ("travel", "from_spot,to_spot,minutes\nS01,S99,5\n", "2 to_spot must be a spot of the study"),
        ("travel", "from_spot,to_spot,minutes\nS01,,5\n", "2 to_spot must not be blank"),
        ("travel", "from_spot,to_spot,minutes\nS01,S02,5\n", "a row with blank spots for all other ways"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_said_in_words_and_nothing_is_written(place, tmp_path, name, text, words):
    out = tmp_path / "out"
    files = {"peers": place / "peers.csv", name: written(tmp_path, f"{name}.csv", text)}
    options = [word for option, path in files.items() for word in (f"--{option}", path)]
    done = run(place, "--release", "restricted", *options, "--out", out / "plan.xlsx")
    assert done.exit_code in (1, 2)
    assert words in said(done)
    assert not out.exists() or not list(out.iterdir())


def test_people_who_were_reached_already_are_left_out(place, tmp_path):
    """Of 90 MSM in `big` 90 are regular clients; 60 of them at S19, the fullest spot. FSW are not counted."""
    peers = written(tmp_path, "peers.csv", "peer,municipality,hours_per_week\nP1,big,4\n")
    assert run(place, *WEEK, peers).exit_code == 0
    assert [row for row in roster_of(place) if "S19" in row]
    counts = "municipality,kp,step,people\nbig,MSM,regular,90\nbig,MSM,registered,95\n"
    done = run(place, *WEEK, peers, "--coverage", written(tmp_path, "coverage.csv", counts))
    assert "people reached already are left out" in said(done)
    assert len(roster_of(place)) == 1
    assert not [row for row in roster_of(place) if "MSM" in row]


def test_the_strictest_step_counted_says_who_was_reached():
    load = pd.DataFrame({"municipality": ["a", "a", "b", "c"], "kp": ["FSW", "MSM", "FSW", "FSW"]})
    people = pd.DataFrame({"municipality": ["a", "b", "c"], "kp": "FSW", "central": [100.0, 50, 20]})
    gap = pd.DataFrame(
        [
            ("a", "FSW", "registered", 60), ("a", "FSW", "contacted", 50), ("a", "FSW", "tested", 10),
            ("b", "FSW", "registered", 60), ("c", "FSW", "estimated", 20), ("", "MSM", "regular", 40),
        ],
        columns=["municipality", "kp", "step", "people"],
    )  # fmt: skip
    assert reached_shares(load, people, gap).tolist() == [0.5, 0, 1, 0]


@pytest.mark.parametrize(
    ("peers", "rules", "words"),
    [
        ("P1,big,4,", "visits\n1\n", "must fit the hours of the peer educators"),
        (
            "P1,big,99,",
            "spot_id,visits,pair\nS00,1,yes\n",
            "got one peer educator who can be there at a time",
        ),
        ("P1,big,99,mon", "spot_id,visits\nS00,8\n", "days and blocks on which peer educators work"),
        ("P1,big,3,", "spot_id,visits\nS00,1\n", "got 1 blocks asked and 0 that they can work"),
    ],
)
def test_a_roster_that_cannot_be_satisfied_says_which_rule_binds(place, tmp_path, peers, rules, words):
    out = tmp_path / "out"
    table = written(tmp_path, "peers.csv", f"peer,municipality,hours_per_week,days\n{peers}\n")
    rules = written(tmp_path, "visits.csv", rules)
    done = run(place, *WEEK, table, "--visits", rules, "--out", out / "plan.xlsx")
    assert done.exit_code == 2
    assert words in said(done)
    assert not out.exists() or not list(out.iterdir())


def test_options_of_the_week_need_peers(place, tmp_path):
    rules = written(tmp_path, "visits.csv", "visits\n1\n")
    for option, value in (("visits", rules), ("travel", "30")):
        done = run(place, "--release", "restricted", f"--{option}", value)
        assert done.exit_code == 2
        assert f"{option} must come with peers" in said(done)
    done = run(place, *WEEK, place / "peers.csv", "--travel", "-5")
    assert "travel must be minutes, 0 or more" in said(done)
    done = run(place, *WEEK, place / "peers.csv", "--travel", "not_there.csv")
    assert "travel must be a file" in said(done)
