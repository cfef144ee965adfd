"""The registry: every method runs on its own example, says all it must, and tells wrong use from bad data."""

import re
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pse.estimate import Estimate
from pse.methods.capture_recapture import chapman
from pse.methods.crowd import crowd_size
from pse.methods.multiplier import multiplier
from pse.methods.refusal import NoEstimateError
from pse.methods.registry import METHODS, OptionError, find_method, read_options, run_method
from pse.methods.registry_text import BEGIN, END, markdown_list, write_list
from pse.methods.shares import counted_share
from pse.methods.survey_replicates import jackknife_weights, replicated_share
from pse.methods.surveys import survey_design
from pse.records.problems import TableError

PAGE = Path(__file__).parents[2] / "docs" / "methods.md"


def run(folder, name, text=None, **options):
    path = folder / "data.csv"
    path.write_text(METHODS[name].example if text is None else text, encoding="utf-8")
    return run_method(name, path, options={**METHODS[name].example_options, **options})


@pytest.mark.parametrize("name", METHODS)
def test_every_method_runs_on_its_example(name, tmp_path):
    method = METHODS[name]
    got = run(tmp_path, name)
    assert isinstance(got.estimate, Estimate) and 0 < got.estimate.lower <= got.estimate.upper
    assert got.estimate.interval in method.gives
    assert got.notices == ()


@pytest.mark.parametrize("name", METHODS)
def test_every_method_says_what_a_reader_needs(name):
    method = METHODS[name]
    for text in (method.title, method.row, method.gives, method.assumes, method.pitfalls):
        assert text.endswith((".", ")")) and text[0].isupper(), text
    assert all(one.meaning for one in (*method.columns, *method.options))
    assert set(method.example_options) <= {option.name for option in method.options}
    for option in method.options:
        assert (option.kind == "choice") == bool(option.allowed)
        assert (option.kind == "columns") == (option.column is not None)


@pytest.mark.parametrize("name", METHODS)
def test_a_blank_example_of_every_method_is_a_problem_with_a_row_not_a_fault(name, tmp_path):
    head = METHODS[name].example.splitlines()[0]
    with pytest.raises(TableError) as refused:
        run(tmp_path, name, f"{head}\n{',' * head.count(',')}\n")
    assert "row" in str(refused.value)


def test_results_are_those_of_the_functions(tmp_path):
    assert run(tmp_path, "chapman").estimate == chapman(first=400, second=350, both=52)
    guesses = [400, 250, 900, 500, 3000, 300, 450, 600, 500]
    assert run(tmp_path, "crowd").estimate == crowd_size(guesses, how="median")
    share = counted_share(holders=60, asked=240)
    assert run(tmp_path, "multiplier").estimate == multiplier(
        count=500, share=share, kind="service", how="log"
    )


def test_the_interval_of_a_clustered_survey_is_that_of_the_jackknife(tmp_path):
    table = pd.read_csv(StringIO(METHODS["multiplier-survey"].example))
    design = survey_design(table, weight="weight", cluster="cluster")
    share = replicated_share(table["holds"].to_numpy(float), design, jackknife_weights(design))
    want = multiplier(count=300, share=share, kind="service", how="log")
    got = run(tmp_path, "multiplier-survey").estimate
    assert got.point == pytest.approx(want.point)
    assert np.log(got.upper / got.lower) == pytest.approx(np.log(want.upper / want.lower), rel=0.1)


def test_rows_of_people_and_rows_with_counts_are_the_same(tmp_path):
    counted = "seen,people\n1,3\n2,2\n3,1\n"
    single = "seen\n1\n1\n1\n2\n2\n3\n"
    assert run(tmp_path, "chao", counted).estimate == run(tmp_path, "chao", single).estimate


def test_a_share_from_a_report_is_taken_too(tmp_path):
    got = run(tmp_path, "multiplier", "count,share,error\n500,0.25,0.02795\n")
    assert got.estimate.upper == pytest.approx(run(tmp_path, "multiplier").estimate.upper, rel=1e-3)
    with pytest.raises(ValueError, match="columns holders and asked, or share and error; got holders, share"):
        run(tmp_path, "multiplier", "count,holders,share\n500,60,0.25\n")


def test_problems_of_a_file_come_all_at_once_by_row_without_values(tmp_path):
    with pytest.raises(TableError) as refused:
        run(tmp_path, "delphi", 'round,expert,guess\n1,Ann Secret,"1,5"\n0,b,Bob Secret\n')
    text = str(refused.value)
    assert "Secret" not in text
    assert "data has 3 problem(s)" in text
    assert "row 2, guess" in text and "Write a point, not a comma" in text
    assert "row 3, round" in text and "row 3, guess" in text


@pytest.mark.parametrize(
    ("name", "column"),
    [("consensus", "point"), ("pool-evidence", "denominator"), ("reverse-tracking", "mapped")],
)
def test_a_size_of_two_readings_is_a_problem(name, column, tmp_path):
    """60.000 is 60 in one office and sixty thousand in another."""
    table = pd.read_csv(StringIO(METHODS[name].example), dtype=str)
    table.loc[0, column] = "60.000"
    with pytest.raises(TableError) as caught:
        run(tmp_path, name, table.to_csv(index=False))
    told = [(problem.rule, problem.column, problem.row) for problem in caught.value.problems]
    assert ("two_numbers", column, 2) in told


def test_semicolons_and_byte_order_marks(tmp_path):
    with pytest.raises(TableError, match="must be separated by commas; this file has semicolons"):
        run(tmp_path, "chapman", "first;second;both\n400;350;52\n")
    marked = run(tmp_path, "chapman", "\ufefffirst,second,both\n400,350,52\n")
    assert marked.estimate.point == pytest.approx(chapman(first=400, second=350, both=52).point)


def test_unknown_columns_are_told_and_not_used(tmp_path):
    got = run(tmp_path, "chapman", "first,second,both,note\n400,350,52,x\n")
    assert len(got.notices) == 1 and "unknown columns are kept as text and not used: 'note'" in got.notices[0]


def test_lists_are_zero_or_one_and_partial_lists_may_be_blank(tmp_path):
    with pytest.raises(TableError, match="row 3, clinic: must be a whole number, from 0 to 1; got 2"):
        run(tmp_path, "closed", "outreach,clinic,survey\n1,0,1\n1,2,0\n")
    with pytest.raises(TableError, match="row 2, survey: must not be blank"):
        run(tmp_path, "closed", "outreach,clinic,survey\n1,0,\n1,1,0\n")
    with pytest.raises(TableError, match=r"survey.*the column is missing"):
        run(tmp_path, "closed", "outreach,clinic\n1,0\n1,1\n")


def test_a_list_works_in_an_area_or_does_not(tmp_path):
    rows = METHODS["partial-lists"].example.replace("north,0,1,,120", "north,0,1,0,120")
    with pytest.raises(ValueError, match="blank in all rows of an area or in none; got both in 1 area"):
        run(tmp_path, "partial-lists", rows)


def test_rows_that_a_method_refuses_are_counted_below_the_header(tmp_path):
    with pytest.raises(ValueError, match=r"got none in row 2.*Row 1 is the first one below the header"):
        run(tmp_path, "closed", "outreach,clinic,survey\n1,0,1\n0,0,0\n")


def test_covariates_are_columns_that_an_option_names(tmp_path):
    rows = "seen,young\n" + "1,0\n1,1\n" * 40 + "2,1\n2,0\n3,1\n" * 8
    plain, by_age = run(tmp_path, "one-list", rows), run(tmp_path, "one-list", rows, covariates="young")
    assert plain.estimate.point != by_age.estimate.point
    with pytest.raises(TableError, match="row 2, young: must be a number"):
        run(tmp_path, "one-list", "seen,young\n1,yes\n", covariates="young")


def test_one_row_means_one(tmp_path):
    with pytest.raises(ValueError, match="chapman must have one row below the header; got 2 rows"):
        run(tmp_path, "chapman", "first,second,both\n400,350,52\n400,350,52\n")


def test_warnings_of_a_method_are_notices(tmp_path):
    rows = METHODS["consensus"].example.replace("survey B", "survey A")
    got = run(tmp_path, "consensus", rows)
    assert "Entries 1, 2 share their source" in got.notices[0]


def test_no_estimate_keeps_its_lower_limit(tmp_path):
    with pytest.raises(NoEstimateError) as refused:
        run(tmp_path, "one-list", "seen,people\n1,60\n")
    assert refused.value.lower >= 60


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("chapman", {"how": "log"}, "--option must be one of interval for chapman; got 'how'"),
        ("crowd", {}, "how must be given; got nothing. Which middle. Add --option how=median"),
        ("crowd", {"how": "mode"}, "how must be one of 'median'"),
        ("closed", {"lists": "a,a", "model": "Mt", "interval": "log"}, "each once, with a comma between"),
        ("closed", {"lists": " , ", "model": "Mt", "interval": "log"}, "lists must name columns"),
        ("closed", {"lists": "a,b", "model": "Mt", "interval": "log", "ordered": "true"}, "'yes', 'no'"),
        ("last-visits", {"sampled": "50"}, "divide it by 100"),
        ("last-visits", {"sampled": "0,5"}, "sampled must be a number; got a text. Write 0.5, not 0,5."),
        ("last-visits", {"sampled": "0.5", "window": "2.5"}, "window must be a whole number"),
        ("reverse-tracking", {"mapped_total": "nan"}, "mapped_total must be a number, 0 or more"),
    ],
)
def test_wrong_options(name, options, words):
    with pytest.raises(OptionError, match=words.replace("(", r"\(")):
        read_options(find_method(name), options)


def test_wrong_names_levels_and_roles(tmp_path):
    with pytest.raises(OptionError, match=r"got 'chapmann'\. Did you mean chapman"):
        find_method("chapmann")
    with pytest.raises(OptionError, match="`pse methods` lists them"):
        find_method("xyz")
    with pytest.raises(OptionError, match=r"Give 0\.95 for 95%"):
        run_method("chapman", tmp_path / "data.csv", options={}, level=95)
    with pytest.raises(OptionError, match="every column must have one role"):
        run(tmp_path, "closed", lists="people,outreach")


def test_details_are_weights_by_the_number_of_the_entry_without_a_name(tmp_path):
    got = run(tmp_path, "consensus").details
    assert got["entry"].tolist() == [1, 2, 3, "prior"] and got["weight"].sum() == pytest.approx(1)
    assert run(tmp_path, "pool-evidence").details["entry"].tolist() == [1, 2, 3]
    anchored = run(tmp_path, "anchored-multiplier").details
    assert list(anchored) == ["entry", "people", "weight"] and anchored["entry"][0] == "anchor"
    assert run(tmp_path, "chapman").details is None


def test_details_of_averaged_models_are_their_weights_the_largest_first(tmp_path):
    models = run(tmp_path, "log-linear-average")
    assert models.details["model"][0] == "[1,2,3]" and len(models.details) == 8
    assert models.details["weight"].sum() == pytest.approx(1)
    assert models.details["weight"].is_monotonic_decreasing
    graphs = run(tmp_path, "decomposable-graphs").details
    assert graphs["graph"][0] == "[outreach][clinic][survey]" and graphs["weight"].sum() == pytest.approx(1)


def test_log_linear_models_are_named_by_the_number_of_the_list(tmp_path):
    turned = run(tmp_path, "log-linear", lists="clinic,survey,outreach", interactions="[13,2]")
    assert turned.estimate.point == pytest.approx(run(tmp_path, "log-linear").estimate.point)
    with pytest.raises(ValueError, match="interactions must name lists 1 to 3"):
        run(tmp_path, "log-linear", interactions="[14,2,3]")
    none = run(tmp_path, "log-linear", interactions="[1,2,3]").estimate
    assert none.point == pytest.approx(run(tmp_path, "closed").estimate.point)


def test_areas_are_numbered_and_drawn_as_their_total(tmp_path):
    got = run(tmp_path, "area-pool")
    areas = got.details
    assert areas["area"].tolist() == [1, 2] and list(areas) == ["area", "point", "lower", "upper"]
    assert areas["point"].sum() == pytest.approx(got.estimate.point, rel=0.05)


def test_the_level_of_a_file_is_told_where_it_is_not_the_one_asked_for(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(METHODS["multiplier-pool"].example, encoding="utf-8")
    options = METHODS["multiplier-pool"].example_options
    got = run_method("multiplier-pool", path, options=options, level=0.9)
    assert got.estimate.level == 0.95 and got.notices == ("The interval is at 95%, the level of the file.",)


def test_the_seed_decides_the_draws(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(METHODS["sample-coverage"].example, encoding="utf-8")
    options = METHODS["sample-coverage"].example_options
    first, again, other = (
        run_method("sample-coverage", path, options=options, seed=seed).estimate for seed in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.parametrize("name", ["latent-class", "successive-sampling", "scale-up-bayes"])
def test_methods_with_chains_tell_when_each_is_done(name, tmp_path):
    method, told = METHODS[name], []
    path = tmp_path / "data.csv"
    path.write_text(method.example, encoding="utf-8")
    run_method(name, path, options=method.example_options, progress=lambda done, of: told.append((done, of)))
    assert told[:4] == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_areas_need_a_prior_that_is_whole(tmp_path):
    with pytest.raises(ValueError, match="got no prior_upper, prior_probability"):
        path = tmp_path / "data.csv"
        path.write_text(METHODS["consensus"].example, encoding="utf-8")
        options = {"scale": "log", "tau_multiplier": "0.01", "prior_median": "3000"}
        run_method("consensus", path, options=options)


def test_the_page_has_the_list_of_the_registry(tmp_path):
    text = PAGE.read_text(encoding="utf-8")
    fresh = tmp_path / "methods.md"
    fresh.write_text(text.replace(markdown_list(), "an old list"), encoding="utf-8")
    write_list(fresh)
    assert fresh.read_text(encoding="utf-8") == text, "run pse.methods.registry_text.write_list on the page"
    assert text.count(BEGIN) == text.count(END) == 1 and markdown_list() in text


def test_the_page_names_only_methods_that_are_there():
    prose = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0]
    named = set(re.findall(r"`([a-z][a-z-]+)`", prose)) | set(re.findall(r"pse run ([a-z-]+)", prose))
    parts = {"people", "duplication"}  # a column and an option
    assert len(named) > 20 and named - parts <= set(METHODS)
