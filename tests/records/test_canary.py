"""SAFETY, requirement 11: no message and no repr repeats a name, a coordinate, a phone or free text."""

import pandas as pd
import pytest

from pse.records.problems import TableError
from pse.records.study import check_study, make_study
from pse.records.tables import TABLES
from tests.records.tiny import tiny_settings, tiny_tables, write_folder

CANARIES = (
    "Zorbina Kvask",
    "44.987123",
    "+383 44 987 123",
    "bar behind the mill 9",
    "049987123",
    44.987123,
    49987123,
)
TOKENS = ("zorbina", "kvask", "987", "mill", "behind")


def full_tables():
    """Return the tiny tables with every declared table, and every declared column in each."""
    tables = tiny_tables()
    place = {"municipality": ["M1"], "kp": ["FSW"]}
    tables["people"] = pd.DataFrame({"person_id": ["P1"], **place, "spot_id": ["A"], "spots_visited": [1]})
    tables["overrides"] = pd.DataFrame(
        {**place, "point": [70], "lower": [60], "upper": [80], "reason": ["meeting"], "role": ["nurse"]}
    )
    tables["coverage"] = pd.DataFrame({**place, "step": ["tested"], "people": [3]})
    for name, table in TABLES.items():
        for column in table.columns:
            if column.name not in tables[name]:
                tables[name][column.name] = None
        tables[name] = tables[name].astype(object).assign(remark=None)
    return tables


def said(problems):
    return "\n".join([str(TableError(problems)), *map(str, problems), *map(repr, problems)]).lower()


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("canary", CANARIES)
def test_no_message_repeats_a_private_value_whatever_its_column(tmp_path, name, canary):
    """One row for each column, with the private value in that column of it."""
    tables = full_tables()
    first = tables[name].iloc[[0]]
    tables[name] = pd.concat([first] * len(first.columns), ignore_index=True)
    for row, column in enumerate(first.columns):
        tables[name].loc[row, column] = canary
    study, problems = check_study(write_folder(tmp_path, tables))
    assert study is None
    assert len(problems) >= len(TABLES[name].columns) / 2
    assert not [token for token in TOKENS if token in said(problems)]


@pytest.mark.parametrize(
    "column", ["spot_name", "zone", "typology", "informant_type", "remark", "interview_id"]
)
def test_repr_and_notices_of_a_study_that_holds_private_text_show_none(column):
    tables = full_tables()
    tables["level1"].loc[0, column] = CANARIES[0]
    study = make_study(**tiny_settings(), tables=tables)
    assert CANARIES[0] in set(study.level1[column])
    assert study.notices
    assert not [token for token in TOKENS if token in repr(study).lower() + said(study.notices)]


def test_a_study_of_names_in_every_column_is_refused_without_repeating_one(tmp_path):
    tables = {
        name: frame.assign(**dict.fromkeys(frame, "Zorbina Kvask")) for name, frame in full_tables().items()
    }
    study, problems = check_study(write_folder(tmp_path, tables))
    assert study is None
    assert len(problems) > 50
    assert not [token for token in TOKENS if token in said(problems)]


def test_a_file_without_headings_does_not_show_its_first_row(tmp_path):
    folder = write_folder(tmp_path)
    (folder / "level1.csv").write_text("Zorbina Kvask,049987123,44.987123\nZorbina Kvask,1,2\n")
    _, problems = check_study(folder)
    assert [p.rule for p in problems] == ["no_known_column"]
    assert not [token for token in TOKENS if token in said(problems)]
