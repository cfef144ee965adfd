"""Internal validity of a network scale-up: each known group is estimated from the others.

A group whose size comes out wrong when it is treated as unknown has barriers, transmission bias or a wrong
official size. Small errors here do not show that the KP is free of them: nobody hides being a teacher.

Source: Killworth PD, McCarty C, Bernard HR, Shelley GA, Johnsen EC. Evaluation Review 1998;22:289-308; Feehan
DM, Salganik MJ. Sociological Methodology 2016;46:153-186, online appendix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd

from pse import checks
from pse.methods.refusal import NoEstimateError
from pse.methods.scale_up import How, known_population_degrees, scale_up_size
from pse.methods.surveys import SurveyDesign

__all__ = ["leave_one_out_known_groups"]


def leave_one_out_known_groups(
    reports: pd.DataFrame,
    known: Mapping[str, float],
    *,
    total_population: float,
    how: How,
    design: SurveyDesign | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return for each known group its size as estimated with degrees from all other known groups.

    Parameters
    ----------
    reports, known, total_population
        As for `known_population_degrees`; at least two known groups. Who left a group blank is left out of
        its estimate.
    how, design, level
        As for `scale_up_size`.

    Returns
    -------
    pandas.DataFrame
        One row for each group, in the order of `known`: `group`, `known`, `point`, `lower`, `upper`,
        `interval`, `level`, `method`, `error` ((point - known) / known), `held` (the interval has the known
        size in it), `reason` (why there is no estimate, with blanks in the numbers; else empty).

    Examples
    --------
    >>> reports = pd.DataFrame({"nurses": [1, 0, 2], "teachers": [3, 1, 2], "smiths": [1, 1, 1]})
    >>> sizes = {"nurses": 100, "teachers": 300, "smiths": 150}
    >>> got = leave_one_out_known_groups(reports, sizes, total_population=10_000, how="mle")
    >>> got[["group", "known", "point", "held"]].round(0).to_numpy().tolist()
    [['nurses', 100.0, 150.0, True], ['teachers', 300.0, 250.0, True], ['smiths', 150.0, 133.0, True]]
    """
    checks.count(known_groups=len(known), at_least=2)
    rows = []
    for group, size in known.items():
        others = {name: people for name, people in known.items() if name != group}
        row: dict[str, object] = {"group": group, "known": float(size)}
        try:
            degrees = known_population_degrees(reports, others, total_population=total_population)
            answered = reports[group].notna()  # with 0 of 0 a respondent says nothing, in every `how`
            got = scale_up_size(
                reports[group].where(answered, 0),
                degrees.where(answered, 0.0),
                total_population=total_population,
                how=how,
                design=design,
                level=level,
            )
            row |= asdict(got)
            row |= {"error": got.point / size - 1, "held": got.lower <= size <= got.upper, "reason": ""}
        except NoEstimateError as refusal:
            row |= dict.fromkeys(("point", "lower", "upper", "error"), np.nan)
            row |= {"interval": None, "level": level, "method": None, "held": None, "reason": str(refusal)}
        rows.append(row)
    order = ["group", "known", "point", "lower", "upper", "interval", "level", "method"]
    return pd.DataFrame(rows)[[*order, "error", "held", "reason"]]
