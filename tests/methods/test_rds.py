"""Reading respondent-driven samples: recruiters, coupons, RDSAT files, problems, waves, reference samples."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse.methods.rds import rds_sample, trait_codes, wave_counts
from pse.methods.rds_coupons import coupon_sample, read_rdsat
from tests.methods.rds_data import COLUMNS, made_table, reference_sample
from tests.methods.reference import reference

PERSON = {"id": "id", "recruiter": "by", "degree": "degree", "seed": "seed"}
COUPON = {"id": "id", "own": "own", "given": ["c1", "c2"], "degree": "degree"}


def coupons() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": ["ann", "bob", "cat", "dan"],
            "own": ["0", "11", "12", "21"],
            "c1": ["11", "21", None, None],
            "c2": ["12", None, None, None],
            "degree": [5, 3, 8, 2],
            "hiv": ["no", "yes", "no", "no"],
        }
    )


@pytest.mark.parametrize("name", list(COLUMNS))
def test_waves_and_recruits_of_the_reference_samples(name):
    want = reference("RDS", f"{name}_wave_counts")["result"]
    sample = reference_sample(name)
    assert wave_counts(sample).to_dict() == {int(wave): n for wave, n in want["waves"].items()}
    people = np.bincount(sample.recruits)
    assert {str(many): n for many, n in enumerate(people) if n} == want["recruits"]


def test_coupons_give_the_tree_of_recruiters():
    got = coupon_sample(coupons(), **COUPON, seed="0")
    assert got.recruiter.tolist() == [-1, 0, 0, 1]
    assert got.wave.tolist() == [0, 1, 1, 2]
    assert got.tree.tolist() == [0, 0, 0, 0]
    assert list(got.traits.columns) == ["hiv"]
    assert got.recruits.tolist() == [2, 1, 0, 0]


@given(seed=st.integers(0, 10_000), people=st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_tables_of_recruiters_and_of_coupons_give_the_same_sample_in_any_order(seed, people):
    rng = np.random.default_rng(seed)
    table = made_table(rng, people=people, seeds=1 + people // 10, values=2)
    direct = rds_sample(table, **PERSON)
    wide = table.assign(own=[f"c{row}" if by >= 0 else "" for row, by in enumerate(direct.recruiter)])
    given_out = [[f"c{row}" for row in np.flatnonzero(direct.recruiter == giver)] for giver in range(people)]
    names = [f"g{place}" for place in range(max(map(len, given_out)) or 1)]
    for place, name in enumerate(names):
        wide[name] = [row[place] if place < len(row) else "" for row in given_out]
    shuffled = rng.permutation(people)
    other = coupon_sample(wide.iloc[shuffled], id="id", own="own", given=names, degree="degree", seed="")
    back = np.argsort(shuffled)
    assert (other.wave[back] == direct.wave).all()
    seeds = direct.recruiter == -1
    assert (shuffled[other.recruiter[back]][~seeds] == direct.recruiter[~seeds]).all()
    assert (shuffled[other.tree[back]] == direct.tree).all()
    assert wave_counts(direct).sum() == people


def test_all_problems_come_at_once_by_row_and_without_identifiers():
    table = pd.DataFrame(
        {
            "id": ["anna", "bert", "bert", None, "carl", "dora", "emil", "fred"],
            "by": ["seed", "anna", "anna", "anna", "nobody known", None, "fred", "emil"],
            "degree": [5, 0, 3, None, 2, 4, -1, 7],
            "day": ["2026-01-05", "2026-01-04", "2026-01-06", "x", *["2026-01-07"] * 4],
        }
    )
    with pytest.raises(ValueError, match="the sample has 8 problem") as caught:
        rds_sample(table, **PERSON, date="day")
    text = str(caught.value)
    for line in (
        "row(s) 4: id must not be blank",
        "row(s) 2, 3: id must not be that of another row",
        "row(s) 6: by must be filled in; seeds have the mark 'seed'",
        "row(s) 5: by must be the id of another row",
        "row(s) 7, 8: recruitment must not run in a circle",
        "row(s) 2, 4, 7: degree must be a number above 0; recruiter and recruits count",
        "row(s) 4: day must be a date",
        "row(s) 2: day must not be before that of the recruiter",
    ):
        assert line in text
    for name in ("anna", "bert", "carl", "dora", "emil", "fred", "nobody known"):
        assert name not in text


def test_one_who_recruited_themselves_and_a_sample_without_seed():
    table = pd.DataFrame({"id": [1, 2], "by": [1, 1], "degree": [3, 4]})
    with pytest.raises(ValueError, match="by must mark at least one seed") as caught:
        rds_sample(table, **PERSON)
    assert "row(s) 1: nobody must be their own recruiter" in str(caught.value)


def test_degrees_that_are_all_zero_are_refused():
    table = pd.DataFrame({"id": [1, 2], "by": ["seed", 1], "degree": [0, 0]})
    with pytest.raises(ValueError, match="degree must be above 0; got nobody with such a number"):
        rds_sample(table, **PERSON)


def test_a_table_without_the_column_or_without_rows_is_refused():
    with pytest.raises(ValueError, match="table must have the columns id, by, degree; got none named degree"):
        rds_sample(pd.DataFrame({"id": [1], "by": ["seed"]}), **PERSON)
    with pytest.raises(ValueError, match="rows must be a whole number, at least 1; got 0"):
        rds_sample(pd.DataFrame({"id": [], "by": [], "degree": []}), **PERSON)


def test_problems_of_coupons():
    table = coupons()
    table["own"], table["c2"] = ["0", "11", "11", "99"], ["12", "21", None, None]
    with pytest.raises(ValueError, match="3 problem") as caught:
        coupon_sample(table, **COUPON, seed="0")
    text = str(caught.value)
    assert "row(s) 2, 3: own must be used once" in text
    assert "row(s) 2: a coupon must be given out once" in text
    assert "row(s) 4: own must be a coupon given to somebody" in text
    assert "99" not in text


def test_the_order_is_by_date_where_dates_are_known():
    table = pd.DataFrame({"id": [1, 2, 3], "by": [2, "seed", 2], "degree": 4, "day": ["2026-03-02"] * 3})
    table.loc[1, "day"] = "2026-03-01"
    table.loc[2, "day"] = "2026-03-01 10:00"
    table["day"] = pd.to_datetime(table["day"], format="mixed")
    assert rds_sample(table, **PERSON, date="day").order.tolist() == [1, 2, 0]
    assert rds_sample(table, **PERSON).order.tolist() == [1, 0, 2]


def test_a_file_of_rdsat(tmp_path):
    path = tmp_path / "made.rdsat"
    rows = ["RDS", "4 2 0 hiv sex", "1 5 0 11 12 1 2", "2 3 11 21 0 2 1", "3 8 12 0 0 0 1", "4 2 21 0 0 1 1"]
    path.write_text("\n".join(rows), encoding="utf-8")
    got = read_rdsat(path)
    assert got.recruiter.tolist() == [-1, 0, 0, 1]
    assert got.degree.tolist() == [5, 3, 8, 2]
    assert got.traits["sex"].tolist() == ["2", "1", "1", "1"]
    with pytest.raises(ValueError, match=r"hiv must be known for everybody; got none in row 3\. Give those"):
        trait_codes(got, "hiv")
    path.write_text("\n".join(row.replace(" ", "\t") for row in rows), encoding="utf-8")
    assert read_rdsat(path).recruiter.tolist() == [-1, 0, 0, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,degree\n1,2\n3,4", "path must be a file of RDSAT, with a first line RDS"),
        ("RDS\nname 2 0 hiv\n1 2 0 3 4 1", "line 2 must begin with people, coupons and the missing number"),
        ("RDS\n2 1 0 hiv\n1 5 0 11 1\n2 3 11 0", r"row\(s\) 2: a line must have 5 cells"),
        ("RDS\n3 1 0 hiv\n1 5 0 11 1\n2 3 11 0 1", "the 3 people of its second line; got 2"),
    ],
)
def test_files_that_are_not_of_rdsat_are_refused(tmp_path, text, message):
    path = tmp_path / "made.rdsat"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_rdsat(path)


def test_an_unknown_trait_is_refused_and_the_table_is_not_changed():
    table = coupons()
    before = table.copy()
    sample = coupon_sample(table, **COUPON, seed="0")
    pd.testing.assert_frame_equal(table, before)
    with pytest.raises(ValueError, match="trait must be one of 'hiv'; got 'sex'"):
        trait_codes(sample, "sex")
