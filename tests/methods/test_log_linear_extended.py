"""Empty cells: which fitted counts fall to 0 and whether the size exists, beside linear programmes."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from pse.methods.existence import unseen_cell
from pse.methods.histories import history_patterns
from pse.methods.log_linear_cells import log_linear_cells
from pse.methods.log_linear_extended import extended_face, extended_fit
from pse.methods.log_linear_faces import Faces, solution
from pse.methods.log_linear_terms import hierarchical_models, model_terms, term_design
from tests.methods.test_log_linear import table

FOUR = hierarchical_models(4, most_order=3)


def possible_cells(design, counts):
    """Cells that stay above 0, by the programme of Fienberg and Rinaldo 2012: as many as can fall do."""
    seen, empty = counts > 0, int((counts == 0).sum())
    found = linprog(
        np.concatenate([np.zeros(design.shape[1]), -np.ones(empty)]),
        A_ub=np.hstack([design[~seen], np.eye(empty)]),
        b_ub=np.zeros(empty),
        A_eq=np.hstack([design[seen], np.zeros((seen.sum(), empty))]),
        b_eq=np.zeros(seen.sum()),
        bounds=[(None, None)] * design.shape[1] + [(0, 1)] * empty,
    )
    cells = np.ones(len(counts), dtype=bool)
    cells[np.flatnonzero(~seen)[found.x[design.shape[1] :] > 0.5]] = False
    return cells


counts_of_four = st.lists(st.sampled_from([0, 0, 1, 5]), min_size=15, max_size=15).filter(any)


@settings(max_examples=60, deadline=None)
@given(counts_of_four, st.sampled_from(FOUR))
def test_cells_that_fall_and_the_size_are_those_of_linear_programmes(counts, terms):
    cells = log_linear_cells(table(counts))
    design = term_design(cells.patterns, terms)
    face = extended_face(design, cells.counts, np.eye(1, len(terms)))
    assert (face.cells == possible_cells(design, cells.counts)).all()
    assert face.states == (unseen_cell(design, cells.counts),)


@settings(max_examples=40, deadline=None)
@given(counts_of_four, st.lists(st.sampled_from(FOUR), min_size=1, max_size=6))
def test_faces_of_many_models_are_those_of_each(counts, models):
    cells = log_linear_cells(table(counts))
    faces = Faces(cells)  # what it learned from one model must not change the next
    for terms in models:
        design = term_design(cells.patterns, terms)
        one = extended_face(design, cells.counts, np.eye(1, len(terms)))
        many, states = faces.face(terms)
        assert (many == one.cells).all() and states == one.states


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([0, 1, 5]), min_size=15, max_size=15).filter(any),
    st.lists(st.integers(1, 15), min_size=2, max_size=3, unique=True),
    st.sampled_from(FOUR),
)
def test_faces_with_missing_cells_are_those_of_each(counts, missing, terms):
    counts = [0 if j + 1 in missing else count for j, count in enumerate(counts)]
    if not any(counts):
        return
    names = [f"{j:04b}" for j in missing]
    cells = log_linear_cells(table(counts), impossible=names[:1], unobserved=names[1:])
    design, unseen = (term_design(rows, terms) for rows in (cells.patterns, cells.unseen))
    many, states = Faces(cells).face(terms)
    if np.linalg.matrix_rank(design) < len(terms):
        assert states == ("rank",)
        return
    one = extended_face(design, cells.counts, unseen)
    assert (many == one.cells).all() and states == one.states


def test_a_direction_of_several_coefficients_is_found():
    # two opposite empty corners of a 2 x 2 x 2 table: no margin of [12,13,23] is empty, and yet 000 and 111
    # stay at 0 (Haberman 1974, The Analysis of Frequency Data)
    full = np.vstack([np.zeros((1, 3), dtype=int), history_patterns(3)])
    design = term_design(full, model_terms(("a", "b", "c"), "[12,13,23]"))
    counts = np.array([0, 4, 5, 6, 7, 8, 9, 0])
    face = extended_face(design, counts, np.eye(0, 7))
    assert face.cells.tolist() == [False, *[True] * 6, False]


def test_the_extended_fit_is_the_limit_of_fits_with_ever_fewer_people_in_empty_cells():
    given = table([70, 80, 25, 90, 0, 20, 0])
    terms = model_terms(given.lists, "[13,23]")
    design = term_design(given.patterns, terms)
    limit = extended_fit(design, given.counts, np.eye(1, 6))
    for few in (1e-2, 1e-4):
        near = extended_fit(design, np.maximum(given.counts, few), np.eye(1, 6))
        assert near.unseen[0] == pytest.approx(limit.unseen[0], rel=few)
        assert near.covariance[0, 0] == pytest.approx(limit.covariance[0, 0], rel=few)
        assert near.bias[0] == pytest.approx(limit.bias[0], rel=few)
    assert limit.coefficients[terms.index(5)] == -math.inf


@pytest.mark.parametrize("model", ["[1234,1345]", "[1234,145,245,345]", "[123,125,135,145,235]"])
def test_an_answer_of_the_least_squares_that_is_wrong_is_not_taken(model):
    # with these empty cells SciPy 1.17's least squares tell a miss of 0 for weights that miss by more than 1
    counts = np.ones(31, dtype=np.int64)
    counts[[2, 4, 5, 6, 8, 12, 13, 14, 20, 22, 25]] = 0
    cells = log_linear_cells(table(counts))
    terms = model_terms(cells.lists, model)
    design = term_design(cells.patterns, terms)
    wanted = possible_cells(design, counts)
    assert (Faces(cells).face(terms)[0] == wanted).all()
    assert (extended_face(design, counts, np.eye(1, len(terms))).cells == wanted).all()


def test_solutions_keep_their_equations_or_there_are_none():
    rng = np.random.default_rng(0)
    for _ in range(150):
        rows = rng.integers(-1, 2, size=(rng.integers(1, 8), 9)).astype(float)
        aim = rng.integers(-1, 2, size=9).astype(float)
        found = solution(rows, aim, 1.0)
        wanted = np.eye(1, len(rows) + 1, len(rows))[0]
        programme = linprog(np.zeros(9), A_eq=np.vstack([rows, aim]), b_eq=wanted, bounds=(0, None))
        assert (found is not None) == (programme.status == 0)
        if found is not None:
            assert rows @ found == pytest.approx(0, abs=1e-6) and aim @ found == pytest.approx(1)
            assert (found >= 0).all()
