"""Step 12: a community meeting may change a municipal number. Both numbers, the reason and the role stay."""

import numpy as np
import pandas as pd

from pse.spots.three import Three
from pse.spots.totals import Cells


def apply_overrides(computed: Three, overrides: pd.DataFrame, cells: Cells) -> tuple[Three, np.ndarray]:
    """Return the totals by cell after overrides, and how many overrides each cell has (0 or 1).

    Parameters
    ----------
    computed : Three
        Totals of the chain by municipality x KP.
    overrides : pandas.DataFrame
        Checked table: `municipality, kp, point, lower, upper, reason, role`; one row per cell at most.

    Notes
    -----
    A cell with an override takes its three numbers as they are. The computed ones stay in
    `computed_point`, `computed_lower`, `computed_upper` of the tables.
    """
    cell = cells.of(overrides)
    known = cell >= 0
    count = np.bincount(cell[known], minlength=cells.n)
    given = Three.of(overrides).sum_by(cell, n=cells.n)
    return given.where(count > 0, computed), count
