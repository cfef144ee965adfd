"""Respondent-driven samples for tests: the reference ones, and random ones."""

import numpy as np
import pandas as pd

from pse.methods.rds import RdsSample, rds_sample
from tests.methods.reference import reference_input

TRAIT = {"faux": "X", "fauxmadrona": "disease", "fauxsycamore": "disease", "fauxtime": "var1"}
GROUP = {"faux": "blue", "fauxmadrona": "1", "fauxsycamore": "1", "fauxtime": "1"}
POPULATION = {"faux": 1000, "fauxmadrona": 1000, "fauxsycamore": 715, "fauxtime": 3000}
COLUMNS = {
    "faux": ("id", "network.size"),
    "fauxmadrona": ("id", "degree"),
    "fauxsycamore": ("id", "degree"),
    "fauxtime": ("SER", "NETWORK"),
}


def reference_sample(name: str) -> RdsSample:
    """Return one of the reference samples."""
    person, degree = COLUMNS[name]
    table = reference_input("RDS", name)
    return rds_sample(table, id=person, recruiter="recruiter.id", degree=degree, seed="seed")


def made_table(rng: np.random.Generator, *, people: int, seeds: int, values: int) -> pd.DataFrame:
    """Return a random forest: everybody but the seeds was recruited by somebody above."""
    by = [rng.integers(max(row, 1)) if row >= seeds else -1 for row in range(people)]
    return pd.DataFrame(
        {
            "id": [f"p{row}" for row in range(people)],
            "by": ["seed" if row < 0 else f"p{row}" for row in by],
            "degree": rng.integers(1, 30, size=people),
            "trait": rng.integers(values, size=people).astype(str),
        }
    )


def made_sample(rng: np.random.Generator, *, people: int = 60, seeds: int = 3, values: int = 2) -> RdsSample:
    """Return the sample of `made_table`."""
    table = made_table(rng, people=people, seeds=seeds, values=values)
    return rds_sample(table, id="id", recruiter="by", degree="degree", seed="seed")
