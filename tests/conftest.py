"""Shared by all tests: where the reference folder is, and a study to start from."""

import os
from pathlib import Path

import matplotlib
import pytest
from hypothesis import settings

matplotlib.use("Agg")
# how long an example takes says something about the machine, not about the code
settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")
os.environ.setdefault("COLUMNS", "120")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def reference() -> Path:
    """Return the folder of published numbers, or skip where it is not beside the project."""
    folder = ROOT.parent / "shared" / "reference"
    if not folder.is_dir():
        pytest.skip("the folder ../shared/reference with published numbers is not here")
    return folder


@pytest.fixture(scope="session")
def sample():
    """Return the bundled sample study."""
    import pse

    return pse.read_study(pse.sample_folder())


@pytest.fixture(scope="session")
def sample_sizes(sample):
    """Return the estimates of the bundled sample."""
    import pse

    return pse.estimate_study(sample)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Give a client and the processes of two workers behind one scheduler, all on loopback."""
    pytest.importorskip("distributed", reason="Dask comes with the extra `cluster`")
    from tests.engine_cluster import loopback_cluster

    with loopback_cluster(tmp_path_factory.mktemp("dask")) as running:
        yield running
