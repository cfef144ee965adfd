"""Data that say little or nothing: every method gives a finite interval, or refuses in words that help.

A refusal for want of data (NoEstimateError) must end with what to do; one of a wrong argument (ValueError)
must have the form of `pse.checks`.
"""

import re
import warnings

import numpy as np
import pytest

from pse.estimate import EstimateWarning
from pse.methods.refusal import NoEstimateError
from tests.methods.refusal_cases import HISTORIES, Make, all_models, named_cases

HELPS = r".+ must .+; .+\. [A-Z].+\."  # the rule, what was got, and last what to do


def complaint(make: Make) -> str:
    """Return what is wrong with the answer of a method; empty if it is a finite interval or a refusal."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", EstimateWarning)
        try:
            got = make()
        except NoEstimateError as no:
            told = re.fullmatch(HELPS, str(no)) is not None
            below = no.lower is None or (np.isfinite(no.lower) and no.lower >= 0)
            return "" if told and below else f"no remedy, or lower limit {no.lower}: {no}"
        except ValueError as wrong:
            return "" if re.search(r"must .+; ", str(wrong)) else f"not in the form: {wrong}"
        except Exception as other:
            return f"{type(other).__name__}: {other}"
    return "" if np.isfinite([got.lower, got.point, got.upper]).all() else f"not finite: {got}"


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in named_cases()])
def test_data_that_say_little_give_a_finite_interval_or_a_refusal_that_helps(make):
    assert complaint(make) == ""


@pytest.mark.parametrize("name", [name for name, given in HISTORIES.items() if given.n])
def test_every_row_of_all_log_linear_models_has_a_size_or_says_why_not(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = all_models(HISTORIES[name])
    refused = rows["refused"] != ""
    assert all(re.fullmatch(HELPS, text) for text in rows.loc[refused, "refused"])
    assert rows.loc[refused, ["point", "lower", "upper"]].isna().all(axis=None)
    assert np.isfinite(rows.loc[~refused, ["point", "lower"]]).all(axis=None)
    bounded = ~refused & rows["standard_error"].notna()
    assert np.isfinite(rows.loc[bounded, "upper"]).all() and rows.loc[~bounded, "upper"].isna().all()
    assert (rows.loc[~refused & ~bounded, "point"] == HISTORIES[name].n).all()


def _refuse(text: str, lower: float | None = None):
    raise NoEstimateError(text, lower=lower)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: _refuse("lists must overlap; got none."), "no remedy"),
        (lambda: _refuse("lists must overlap; got none. Join them.", np.inf), "lower limit inf"),
        (lambda: int("about 20"), "not in the form"),
        (lambda: np.array([1.0]) / np.array([0.0]), "RuntimeWarning"),
        (lambda: _refuse("lists must overlap; got none. Join them.", 7), ""),
    ],
)
def test_faults_are_told_apart(make, told):
    got = complaint(make)
    assert told in got
    assert bool(got) == bool(told)
