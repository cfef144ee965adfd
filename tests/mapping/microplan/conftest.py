"""Plans that the tests of microplans share."""

from dataclasses import replace

import pandas as pd
import pytest

from mapping.microplan.norms import read_norms
from mapping.microplan.tables import microplan
from mapping.release import release

PUBLISHED = {"FSW": (4213, 5037, 5860), "MSM": (6445, 6814, 7117), "PWID": (4777, 5819, 6860)}
"""Low, central, high: Kosovo 2016, JMIR Public Health Surveill 2019;5(1):e11194."""


@pytest.fixture(scope="session")
def public(sample_sizes):
    return release(sample_sizes)


@pytest.fixture(scope="session")
def restricted(sample_sizes):
    return release(sample_sizes, "restricted")


@pytest.fixture(scope="session")
def published(public):
    """The public release of the sample with the published sizes as those of the country."""
    national = public.national.copy()
    for i, kp in enumerate(national["kp"].astype(str)):
        low, central, high = PUBLISHED[kp]
        national.loc[national.index[i], ["lower", "point", "upper"]] = [low, central, high]
    return replace(public, tables={**public.tables, "national": national})


@pytest.fixture(scope="session")
def counts(sample):
    """Counts of a programme in every mapped municipality, FSW and PWID."""
    steps = {"registered": 60, "contacted": 50, "regular": 40, "referred": 30, "tested": 20}
    places = sample.municipalities.loc[sample.municipalities["mapped"].astype(bool), "municipality"]
    rows = [
        (place, kp, step, people + 2 * n)
        for n, place in enumerate(places.astype(str))
        for kp in ("FSW", "PWID")
        for step, people in steps.items()
    ]
    return pd.DataFrame(rows, columns=["municipality", "kp", "step", "people"])


@pytest.fixture(scope="session")
def plan(public, counts):
    return microplan(public, read_norms(), coverage=counts)


@pytest.fixture(scope="session")
def published_plan(published):
    return microplan(published, read_norms())
