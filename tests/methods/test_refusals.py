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
from tests.methods.refusal_cases import Make, named_cases

# What other modules still do wrong, by the name of the case: mended there, each line here must go.
NO_REMEDY = "the refusal does not say what to do"
KNOWN = {
    r"(zot|oizt)\w+, log-normal: (all twice|one person twice|.*one seen (twice|once))": NO_REMEDY,
    r"(chao|zelterman), log-normal: (all twice|one person twice|all often|once and often)": NO_REMEDY,
    r"jackknife: (all once|one person once|huge, all once)": NO_REMEDY,
    r"mixture: (all once|one person once|huge, all once)": NO_REMEDY,
    r"multiplier chain, \w+: nobody, (one|huge)": NO_REMEDY,
    r"people in need, draws: (every|one).*, no count": NO_REMEDY,
    r"survey size: (nobody|one person)": NO_REMEDY,
    r"(PLACE|reverse tracking, found): nobody": NO_REMEDY,
    r"ztpoisson, (semi)?parametric: one person twice": "a warning of the machine, 0 times infinity",
    r"ztpoisson, parametric: huge, one seen twice": "the lower limit of the refusal is infinite",
    r"people in need, delta: (every|one).*, no count": "it divides by a size of 0",
}
ENDLESS = {  # not run: the time grows with the size of the lists, here some minutes
    r".*: huge without overlap",
    r".*, hypergeometric: huge with one on both",
}


def marks(name: str) -> list[pytest.MarkDecorator]:
    """Return the mark of a case that is known to go wrong."""
    if any(re.fullmatch(pattern, name) for pattern in ENDLESS):
        return [pytest.mark.xfail(run=False, reason="exact tails of lists of 1e9 people take minutes")]
    return [
        pytest.mark.xfail(strict=True, reason=why)
        for pattern, why in KNOWN.items()
        if re.fullmatch(pattern, name)
    ]


def cases() -> list:
    """Return the cases with their marks."""
    return [pytest.param(make, id=name, marks=marks(name)) for name, make in named_cases()]


def complaint(make: Make) -> str:
    """Return what is wrong with the answer of a method; empty if it is a finite interval or a refusal."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", EstimateWarning)
        try:
            got = make()
        except NoEstimateError as no:
            told = re.fullmatch(r".+ must .+; .+\. [A-Z].+\.", str(no)) is not None  # the last is the remedy
            below = no.lower is None or (np.isfinite(no.lower) and no.lower >= 0)
            return "" if told and below else f"no remedy, or lower limit {no.lower}: {no}"
        except ValueError as wrong:
            return "" if re.search(r"must .+; ", str(wrong)) else f"not in the form: {wrong}"
        except Exception as other:
            return f"{type(other).__name__}: {other}"
    return "" if np.isfinite([got.lower, got.point, got.upper]).all() else f"not finite: {got}"


@pytest.mark.parametrize("make", cases())
def test_data_that_say_little_give_a_finite_interval_or_a_refusal_that_helps(make):
    assert complaint(make) == ""


def test_every_known_fault_is_of_a_case():
    names = [case.id for case in cases()]
    assert all(any(re.fullmatch(pattern, name) for name in names) for pattern in [*KNOWN, *ENDLESS])


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
