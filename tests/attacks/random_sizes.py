"""Random sizes of small studies, and the careless way to hide their small numbers."""

import numpy as np

import pse
from mapping.release.audit import audit
from mapping.release.rules import RULES
from mapping.release.shape import duplication_weights

SMALL = {"alba": [20] * 5, "bora": [3, 3, 2], "cira": [12] * 4, "dova": [15] * 6, "none": []}
"""`bora` has 8 people at three spots, `none` nobody: too few to show."""

KIND = ["interval", "level", "method"]


def estimated(study, *, seed=1, replicates=200, **options):
    options = {"interview_sd": 0.1, "team_sd": 0.3, **options}
    rng = np.random.default_rng(seed)
    return pse.estimate_study(study, interval="bootstrap", replicates=replicates, rng=rng, **options)


def blanked(table, columns=("point", "lower", "upper")):
    """Hide the careless way: blank what is small, and nothing else."""
    table = table.copy()
    table.loc[table["point"] < 10, list(columns)] = np.nan
    return table.assign(hidden=table["point"].isna())


def audited(sizes, released):
    """Return what the strongest reader of ours finds: he knows the rules, the reasons and every 1 / D."""
    reasons = {kp: found.reasons for kp, found in released.sight.kps.items()}
    return audit(
        released.tables,
        threshold=released.threshold,
        reasons=reasons,
        true=sizes_at(sizes, released),
        weights=duplication_weights(sizes.steps),
    )


def sizes_at(sizes, released):
    from mapping.release.shape import tables_at

    return tables_at(sizes, released.level, tuple(RULES))
