"""How long bootstraps of a one-list size take: ``python -m benchmarks.one_list``.

1,880 invented people seen once or more, three covariates in four columns, 500 resamples; processor time, the
best of three. R with singleRcapture, where it is installed, runs the same in the same run.
"""

import time
from typing import get_args

import numpy as np
import pandas as pd

from benchmarks.beside_r import beside, in_r
from pse.methods.one_list import fit_one_list
from pse.methods.one_list_bootstrap import Bootstrap, bootstrap_size

PEOPLE, REPLICATES = 12_690, 500

IN_R = """
library(singleRcapture)
for (kind in c("nonparametric", "semiparametric", "parametric")) {
  seconds <- cpu(estimatePopsize(
    seen ~ sex + young + region, data = table, model = "ztpoisson", popVar = "bootstrap",
    controlPopVar = controlPopVar(bootType = kind, B = 500)))
  cat(kind, seconds, "\\n")
}
"""


def seen_people(*, rng: np.random.Generator) -> pd.DataFrame:
    """Return people seen at least once, with sex, age and region, of whom most are never seen."""
    table = pd.DataFrame(
        {
            "sex": rng.integers(0, 2, PEOPLE),
            "young": rng.integers(0, 2, PEOPLE),
            "region": rng.choice(["a", "b", "c"], PEOPLE),
        }
    )
    mean = 0.12 * np.exp(0.4 * table["sex"] + 0.3 * table["young"] - 0.3 * (table["region"] == "b"))
    table["seen"] = rng.poisson(mean)
    return table[table["seen"] > 0].reset_index(drop=True)


def theirs(table: pd.DataFrame) -> dict[str, float]:
    """Return processor seconds of singleRcapture by kind; empty where R or the package is not there."""
    printed = in_r("singleRcapture", IN_R, table) or ""
    return {kind: float(seconds) for kind, seconds in map(str.split, printed.splitlines())}


def main() -> None:
    table = seen_people(rng=np.random.default_rng(1))
    fit = fit_one_list(
        table,
        seen="seen",
        family="ztpoisson",
        numeric=["sex", "young"],
        categories={"region": ["a", "b", "c"]},
    )
    reference = theirs(table)
    for kind in get_args(Bootstrap):
        seconds = []
        for seed in range(3):
            start = time.process_time()
            bootstrap_size(fit, kind=kind, replicates=REPLICATES, rng=np.random.default_rng(seed))
            seconds.append(time.process_time() - start)
        told = beside("singleRcapture", reference.get(kind), min(seconds))
        print(f"{kind}: {len(table):,} people x {REPLICATES}: {min(seconds):.2f} s; {told}")


if __name__ == "__main__":
    main()
