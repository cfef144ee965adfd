"""Effective draws of the size per second: latent classes here, and LCMCR where R has it.

``python -m benchmarks.latent_class``. One thread each: processor time is counted, over all chains and with
the warm-up. Effective draws are those of the median. Data are simulated.
"""

import json
import time

import numpy as np
import pandas as pd

from benchmarks.beside_r import in_r
from pse.methods.chains import Chains
from pse.methods.histories import Histories, histories
from pse.methods.latent_class import latent_class_draws

CLASSES, DRAWS, WARMUP, THIN = 10, 2000, 10_000, 50
IN_R = """
table[1:(ncol(table) - 1)] <- lapply(table[1:(ncol(table) - 1)], factor)
names(table)[ncol(table)] <- "Freq"
start <- proc.time()[1]
s <- LCMCR::lcmCR(table, tabular = TRUE, K = %d, a_alpha = .25, b_alpha = .25, seed = 1, verbose = FALSE)
n <- LCMCR::lcmCR_PostSampl(s, burnin = %d, samples = %d, thinning = %d, output = FALSE)
cat(sprintf('{"seconds": %%f, "draws": [%%s]}', proc.time()[1] - start, paste(n, collapse = ",")))
"""


def population(size: int, classes: int) -> Histories:
    """Return five lists of people of several classes with chances of their own."""
    rng = np.random.default_rng(classes)
    chance = rng.beta(1, 3, size=(classes, 5))[rng.integers(0, classes, size=size)]
    on = (rng.random(chance.shape) < chance).astype(int)
    return histories(pd.DataFrame(on[on.any(axis=1)], columns=list("abcde")))


def ours(given: Histories) -> tuple[float, float]:
    """Return effective draws and seconds."""
    start = time.process_time()
    length = {"draws": DRAWS, "warmup": WARMUP, "thin": THIN}
    drawn = latent_class_draws(given, classes=CLASSES, rng=np.random.default_rng(1), **length)
    return drawn.size.effective, time.process_time() - start


def theirs(given: Histories) -> tuple[float, float] | None:
    """Return the same of LCMCR, or None where R or LCMCR is absent; its one chain is cut into four."""
    met = given.counts > 0
    table = pd.DataFrame(given.patterns[met], columns=list(given.lists)).assign(Freq=given.counts[met])
    printed = in_r("LCMCR", IN_R % (CLASSES, WARMUP, 4 * DRAWS, THIN), table)
    if printed is None:
        return None
    got = json.loads(printed)
    return Chains(np.reshape(got["draws"], (4, -1))).effective, got["seconds"]


def main() -> None:
    """Print one line for each population."""
    # compile first
    latent_class_draws(population(100, 2), classes=2, draws=4, warmup=0, rng=np.random.default_rng(1))
    for size, classes in ((500, 1), (2000, 2), (10_000, 3), (100_000, 4)):
        given = population(size, classes)
        for name, got in (("pse", ours(given)), ("LCMCR", theirs(given))):
            told = f"{got[0] / got[1]:,.0f} effective draws/s, {got[1]:.1f} s" if got else "absent"
            print(f"{size:>7,} people, {classes} classes: {name}: {told}", flush=True)


if __name__ == "__main__":
    main()
