"""Services: HIV tests, STI care, PrEP, OAMT and ART by municipality."""

import numpy as np
import pandas as pd

from mapping.microplan.norms import Norms
from mapping.microplan.people import BOUNDS, KEYS, in_order_of, with_bounds, with_norm

SHARES = {
    "hiv_test": ("hiv_test_eligible", "hiv_test_target"),
    "sti": ("sti_eligible", "sti_target"),
    "prep": ("prep_eligible", "prep_target"),
    "oamt": ("opioid_dependent", "oamt_coverage"),
    "art": ("art_eligible", "art_target"),
}
"""Service -> the norms for the share of people who are eligible, and for the share of those to serve."""

STEPS = {"hiv_test": "tested", "sti": "sti", "prep": "prep", "oamt": "oamt", "art": "art"}
"""Service -> the step of coverage.csv that counts who has it now."""


def services(people: pd.DataFrame, norms: Norms, counts: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return one row per place, KP and service that the norms name for the KP.

    Parameters
    ----------
    people : pandas.DataFrame
        From `people_table`.
    norms : Norms
        Shares eligible and to serve, events per person and year, units per event.
    counts : pandas.DataFrame, optional
        Released counts `municipality, kp, step, people`, from `release_coverage`.

    Returns
    -------
    pandas.DataFrame
        Keys, `service`; `low, central, high`: target in people; `current` (blank where not counted), `gap` =
        max(0, target - current); `events` and `units` per year at the central target; `how`.
    """
    now = {} if counts is None else counts.set_index(["municipality", "kp", "step"])["people"].to_dict()
    parts = []
    for name, (eligible, target) in SHARES.items():
        rows = with_norm(people, norms, target)
        share = norms.values(eligible, rows["kp"]) * norms.values(target, rows["kp"])
        table = pd.concat([rows[KEYS], with_bounds(rows, share)], axis=1)
        events = table["central"] * norms.values(f"{name}_events", rows["kp"])
        keys = zip(rows["municipality"], rows["kp"], strict=True)
        current = np.array([now.get((place, kp, STEPS[name]), np.nan) for place, kp in keys], dtype=float)
        current = np.where(rows["hidden"], np.nan, current)
        parts.append(
            table.assign(
                service=name,
                current=current,
                gap=np.maximum(table["central"] - current, 0),
                events=events,
                units=events * norms.values(f"{name}_units", rows["kp"]),
                how=f"service_{name}",
                hidden=rows["hidden"],
            )
        )
    columns = [*KEYS, "service", *BOUNDS, "current", "gap", "events", "units", "how", "hidden"]
    return in_order_of(people, pd.concat(parts, ignore_index=True))[columns]


def oamt(people: pd.DataFrame, norms: Norms) -> pd.DataFrame:
    """Return people on OAMT at the older and at the current target, in whole people.

    Notes
    -----
    n x share opioid dependent x coverage. The targets are about opioid *dependent* people: with a share of 1
    the numbers are an upper limit.
    """
    rows = with_norm(people, norms, "oamt_coverage")
    dependent = norms.values("opioid_dependent", rows["kp"])
    parts = []
    for how, name in (("oamt_2012", "oamt_coverage_2012"), ("oamt_current", "oamt_coverage")):
        bounds = with_bounds(rows, dependent * norms.values(name, rows["kp"]), whole="nearest")
        parts.append(pd.concat([rows[KEYS], bounds], axis=1).assign(how=how, hidden=rows["hidden"]))
    return pd.concat(parts, ignore_index=True)
