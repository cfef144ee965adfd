"""Effective draws of the size in a second of the processor, by successive sampling.

    OMP_NUM_THREADS=1 python -m benchmarks.successive_sampling [--people 500] [--size 1000 10000 100000]

With reported degrees and with imputed visibilities. The survey is simulated: `--people` drawn from each
`--size`. With R and sspse on the machine, the same data go through `posteriorsize` too, with effective draws
counted the same way on its one chain; without them only our numbers are printed.
"""

import argparse
import time

import numpy as np
import pandas as pd

from benchmarks.beside_r import in_r
from pse.methods.chains import Chains
from pse.methods.successive_sampling import successive_sampling
from pse.methods.successive_sampling_checks import successive_sample
from pse.methods.successive_sampling_prior import beta_size_prior, degree_prior
from pse.methods.successive_sampling_recruits import one_survey
from pse.methods.successive_sampling_visibility import Measure, reports, visible_sampling

SCATTER = Measure(optimism=1, size=15, concentration=2, concentration_people=10)
IN_R = """
seconds <- cpu(fit <- sspse::posteriorsize(
  table$degree, median.prior.size = {median}, maxN = {largest}, samplesize = 2000, warmup = 5000,
  interval = 10, seed = 1, visibility = FALSE))
cat(fit$sample[, "N"], seconds)
"""


def run(size: int, people: int) -> pd.DataFrame:
    """Return one row for each way."""
    rng = np.random.default_rng(size)
    everybody = rng.negative_binomial(6, 0.5, size=size) + 1
    seen = everybody[successive_sample(everybody, draws=people, rng=rng)]
    prior = beta_size_prior(seen=people, largest=10 * size, stated="median", size=size)
    belief = degree_prior(seen)
    given = reports(seen, recruits=rng.binomial(2, 0.45, size=people), coupons=2)
    ways = {
        "reported degrees": lambda: (
            successive_sampling(one_survey(seen), prior=prior, degree_prior=belief, rng=rng).sizes
        ),
        "imputed visibilities": lambda: (
            visible_sampling(given, prior=prior, degree_prior=belief, measure=SCATTER, rng=rng).size.sizes
        ),
    }
    rows = []
    for way, draw in ways.items():
        start = time.process_time()
        sizes = draw()
        rows.append(_row(size, way, sizes, time.process_time() - start))
    return pd.DataFrame([*rows, *_sspse(size, seen, prior.largest)])


def _row(size: int, way: str, draws: np.ndarray, seconds: float) -> dict[str, object]:
    effective = Chains(draws).effective
    return {
        "size": size,
        "way": way,
        "seconds": seconds,
        "effective": effective,
        "a second": effective / seconds,
    }


def _sspse(size: int, seen: np.ndarray, largest: int) -> list[dict[str, object]]:
    """Return the row of sspse, or none where it is not installed."""
    code = IN_R.format(median=size, largest=largest)
    printed = in_r("sspse", code, pd.DataFrame({"degree": seen}))
    if printed is None:
        return []
    *draws, seconds = map(float, printed.split())
    return [_row(size, "sspse, reported degrees", np.array([draws]), seconds)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--size", type=int, nargs="+", default=[1000, 10_000, 100_000])
    options = parser.parse_args()
    run(100, 50)  # compiles
    table = pd.concat([run(size, options.people) for size in options.size])
    print(table.to_string(index=False, float_format="{:.1f}".format))
