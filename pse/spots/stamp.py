"""What every estimates table says about its numbers: a range, by which method, about which day."""

import numpy as np
import pandas as pd

from pse.spots.options import Options

METHOD_NAME = "programmatic mapping"


class Stamp:
    """Write on a table what its numbers are: a range, its method with the choices made, its day."""

    def __init__(self, duplication: pd.DataFrame, options: Options) -> None:
        self._sources = (
            dict(zip(duplication["kp"], duplication["source"], strict=True)) if len(duplication) else {}
        )
        self._options = options

    def __call__(self, table: pd.DataFrame, basis: str | None = None) -> pd.DataFrame:
        """Return `table` with `interval, level, method, size_basis` after its three numbers."""
        at = list(table.columns).index("upper") + 1
        table = table.copy(deep=False)
        sources = {kp: self._sources.get(kp, "none") for kp in table["kp"].unique()}
        table.insert(at, "interval", "range")
        table.insert(at + 1, "level", np.nan)
        table.insert(at + 2, "method", table["kp"].map({kp: self._method(s) for kp, s in sources.items()}))
        table.insert(
            at + 3,
            "size_basis",
            basis or table["kp"].map({kp: self._basis(s) for kp, s in sources.items()}),
        )
        return table

    def _method(self, source: str) -> str:
        chosen = self._options
        return (
            f"{METHOD_NAME}: pool {chosen.pool}, ratio {chosen.ratio} by {chosen.ratio_strata}, "
            f"duplication {source}"
        )

    def _basis(self, source: str) -> str:
        return "week" if source == "days" else self._options.size_basis
