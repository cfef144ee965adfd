"""Entries of the registry for samples of networks: the numbers of the functions, and refusals by row."""

from io import StringIO

import numpy as np
import pandas as pd
import pytest

from pse.methods.multiplier import multiplier
from pse.methods.rds import rds_sample
from pse.methods.rds_bootstrap import rds_share
from pse.methods.refusal import NoEstimateError
from pse.methods.registry import METHODS, OptionError, run_method
from pse.methods.scale_up import known_population_degrees, scale_up_size
from pse.methods.successive_sampling import successive_sampling
from pse.methods.successive_sampling_prior import degree_prior, quartile_size_prior
from pse.methods.successive_sampling_recruits import two_surveys
from pse.methods.surveys import survey_design
from pse.records.problems import TableError


def run(folder, name, text=None, seed=1, **options):
    path = folder / "data.csv"
    path.write_text(METHODS[name].example if text is None else text, encoding="utf-8")
    given = {**METHODS[name].example_options, **options}
    given = {option: value for option, value in given.items() if value is not None}
    return run_method(name, path, options=given, seed=seed)


def example(name):
    return pd.read_csv(StringIO(METHODS[name].example))


def test_the_multiplier_of_a_sample_is_that_of_its_share(tmp_path):
    sample = rds_sample(example("multiplier-rds"), id="id", recruiter="recruiter", degree="degree", seed="")
    rng = np.random.default_rng(1)
    share = rds_share(sample, "holds", "1", how="RDS-II", bootstrap="tree", replicates=2000, rng=rng)
    want = multiplier(count=300, share=share, kind="service", how="bootstrap", replicates=2000, rng=rng)
    assert run(tmp_path, "multiplier-rds").estimate == want
    assert run(tmp_path, "multiplier-rds", seed=2).estimate != want


def test_weights_that_need_a_size_take_the_believed_one(tmp_path):
    with pytest.raises(ValueError, match="population must be given for SS weights"):
        run(tmp_path, "multiplier-rds", weights="SS", bootstrap="gile")
    got = run(tmp_path, "multiplier-rds", weights="SS", bootstrap="gile", population="900", replicates="100")
    assert got.estimate.lower >= 300


@pytest.mark.parametrize("holds", [0, 1])
def test_a_sample_without_a_share_still_says_that_the_counted_are_there(tmp_path, holds):
    table = example("multiplier-rds").assign(holds=holds).astype({"recruiter": "Int64"})
    with pytest.raises(NoEstimateError, match="some of the sample, not all") as refused:
        run(tmp_path, "multiplier-rds", table.to_csv(index=False))
    assert refused.value.lower == 300


def test_all_problems_of_chains_come_at_once_by_row_without_codes(tmp_path):
    rows = "id,recruiter,degree,holds\nann,,3,1\nben,eve,4,0\ncat,cat,2,1\nann,ann,5,0\n"
    with pytest.raises(ValueError, match=r"the sample has \d problem") as refused:
        run(tmp_path, "multiplier-rds", rows)
    text = str(refused.value)
    assert "row(s) 2: recruiter must be the id of another row" in text
    assert "row(s) 1, 4: id must not be that of another row" in text
    assert text.endswith("\nRow 1 is the first one below the header.")
    assert not any(code in text for code in ("ann", "ben", "cat", "eve"))


def test_answers_and_contacts_are_checked_by_row(tmp_path):
    with pytest.raises(TableError, match="row 3, degree: must be a number, more than 0"):
        run(tmp_path, "multiplier-rds", "id,recruiter,degree,holds\n1,,3,1\n2,1,0,0\n")
    with pytest.raises(TableError, match="row 2, degree: must be a whole number, 1 or more"):
        run(tmp_path, "successive-sampling", "degree\n0\n5\n")
    with pytest.raises(TableError, match="row 2, kp: must not be blank"):
        run(tmp_path, "scale-up", "nurses,teachers,kp\n1,2,\n")


def test_prior_and_posterior_stand_side_by_side_from_the_same_draws(tmp_path):
    got = run(tmp_path, "successive-sampling", seed=3)
    prior, posterior = got.details.set_index("belief")["point"]
    assert got.details["belief"].tolist() == ["prior", "posterior"]
    assert prior == 150 and posterior == got.estimate.point < 150  # contacts of the example fall


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": None}, "a prior by its median must have size and no other number; got none"),
        ({"upper_quartile": "300"}, "no other number; got size, upper_quartile"),
        (
            {"prior": "quartiles", "size": None, "lower_quartile": "90"},
            "must have lower_quartile and upper_quartile and no other number; got lower_quartile",
        ),
        ({"size": "40"}, r"size must be above seen \(60\)"),
        ({"largest": "100000000000"}, "largest must be at most 10,000,000 above seen"),
    ],
)
def test_a_prior_has_the_numbers_that_state_it_and_no_others(tmp_path, options, words):
    with pytest.raises(ValueError, match=words):
        run(tmp_path, "successive-sampling", **options)


def test_two_surveys_are_told_apart_by_their_column(tmp_path):
    table = example("successive-sampling-two")
    one, two = (table[table["survey"] == number] for number in (1, 2))
    both = two_surveys(one["degree"], two["degree"], again=two["again"] == 1)
    fit = successive_sampling(
        both,
        prior=quartile_size_prior(seen=both.seen, largest=1000, quartiles=(100, 250)),
        degree_prior=degree_prior(both.degrees),
        rng=np.random.default_rng(1),
    )
    assert run(tmp_path, "successive-sampling-two").estimate == fit.estimate()
    for wrong in ("1,5,1\n1,4,\n2,5,0\n2,3,1\n", "1,5,\n1,4,\n2,5,\n2,3,1\n"):
        with pytest.raises(ValueError, match="again must be blank in the first survey, 0 or 1 in the second"):
            run(tmp_path, "successive-sampling-two", f"survey,degree,again\n{wrong}")


def test_scale_up_is_that_of_the_functions_with_the_design_of_the_file(tmp_path):
    table = example("scale-up").assign(cluster=np.arange(40) // 4, weight=1.0 + np.arange(40) % 3)
    known = {"nurses": 1000, "teachers": 2500}
    degrees = known_population_degrees(table, known, total_population=100_000)
    want = scale_up_size(
        table["kp"],
        degrees,
        total_population=100_000,
        how="survey",
        design=survey_design(table, weight="weight", cluster="cluster"),
    )
    assert run(tmp_path, "scale-up", table.to_csv(index=False)).estimate == want
    plain = scale_up_size(table["kp"], degrees, total_population=100_000, how="mle")
    assert run(tmp_path, "scale-up", how="mle").estimate == plain
    with pytest.raises(ValueError, match='design must not be given with "mle"'):
        run(tmp_path, "scale-up", table.to_csv(index=False), how="mle")


def test_factors_divide_the_basic_size(tmp_path):
    basic = run(tmp_path, "scale-up").estimate
    assert run(tmp_path, "scale-up-generalised").estimate.point == pytest.approx(basic.point / 0.8 / 0.5)


def test_blank_answers_about_known_groups_are_told_and_refused_by_bayesian_models(tmp_path):
    rows = METHODS["scale-up"].example.replace("nurses,teachers,kp\n1,", "nurses,teachers,kp\n,")
    assert "1 of 40 respondents have blanks" in run(tmp_path, "scale-up", rows).notices[0]
    with pytest.raises(TableError, match="row 2, nurses: must not be blank"):
        run(tmp_path, "scale-up-bayes", rows)


def test_sizes_are_numbers_one_for_each_known_group(tmp_path):
    with pytest.raises(
        ValueError, match=r"one for each of the 2 known groups, in their order; got 3\. Write"
    ):
        run(tmp_path, "scale-up", sizes="7,807,2500")
    with pytest.raises(OptionError, match="sizes must be a number; got a text"):
        run(tmp_path, "scale-up", sizes="1000,many")
    with pytest.raises(OptionError, match="Add --option sizes=NUMBER,NUMBER"):
        run(tmp_path, "scale-up", sizes=None)


def test_silence_about_the_kp_is_a_refusal_with_its_limit(tmp_path):
    silent = example("scale-up").assign(kp=0).to_csv(index=False)
    with pytest.raises(NoEstimateError, match="this silence still allows sizes up to") as refused:
        run(tmp_path, "scale-up", silent)
    assert refused.value.lower == 0


def test_transmission_goes_with_its_models_and_its_error(tmp_path):
    with pytest.raises(ValueError, match="must be given both or not at all; got one"):
        run(tmp_path, "scale-up-bayes", model="transmission", transmission="0.5")
    with pytest.raises(ValueError, match="transmission must be given for each unknown group"):
        run(tmp_path, "scale-up-bayes", model="transmission")
    factors = {"transmission": "0.5", "transmission_error": "0.05"}
    shown = run(tmp_path, "scale-up-bayes", model="transmission", **factors).estimate
    assert shown.point == pytest.approx(2 * run(tmp_path, "scale-up-bayes").estimate.point, rel=0.15)


def test_limits_of_degrees_that_decide_the_size_are_told(tmp_path):
    got = run(tmp_path, "scale-up-bayes", lowest_log_degree="6", highest_log_degree="8")
    assert "outside the prior's limits 6 and 8" in got.notices[0]
