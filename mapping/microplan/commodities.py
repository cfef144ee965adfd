"""Goods: condoms and lubricant by month, syringes and naloxone by year."""

import numpy as np
import pandas as pd

from mapping.microplan.norms import Norms
from mapping.microplan.people import BOUNDS, KEYS, in_order_of, with_bounds, with_norm
from pse import checks

MONTHS = 12
WEEKS = 52
DAYS = 365


def condoms(people: pd.DataFrame, norms: Norms) -> pd.DataFrame:
    """Return condoms and lubricant per month, in pieces.

    Notes
    -----
    n x (clients per week x acts x weeks worked + partner acts per week x 52) / 12 x (1 + wastage); lubricant
    is that times sachets per condom. MICROPLANS, table Condoms and lubricant.

    Returns
    -------
    pandas.DataFrame
        Keys, `commodity`, `period` (month), `low, central, high`, `how`.
    """
    kp = people["kp"]
    acts = norms.values("clients_per_week", kp) * norms.values("acts_per_client", kp)
    acts = acts * norms.values("weeks_worked", kp) + norms.values("partner_acts_per_week", kp) * WEEKS
    each = acts / MONTHS * (1 + norms.values("condom_wastage", kp))
    lubricant = each * norms.values("lubricant_per_condom", kp)
    return pd.concat(
        [
            _rows(people, each, "condoms", "month", "condoms"),
            _rows(people, lubricant, "lubricant", "month", "lubricant"),
        ],
        ignore_index=True,
    )


def syringes(people: pd.DataFrame, norms: Norms) -> pd.DataFrame:
    """Return syringes per year: by the norms for 2020 and 2030, by behaviour, and the plan.

    Notes
    -----
    By behaviour: n x injections per day x 365 x (1 - OAMT coverage x reduction). The plan is the larger of
    behaviour and the norm for 2030. Only KPs with these norms have rows. MICROPLANS, table Syringes.
    """
    people = with_norm(people, norms, "syringes_2030")
    kp = people["kp"]
    norm, older = norms.values("syringes_2030", kp), norms.values("syringes_2020", kp)
    spared = norms.values("oamt_current", kp) * norms.values("oamt_reduction", kp)
    used = norms.values("injections_per_day", kp) * DAYS * (1 - spared)
    forms = {"2020": older, "2030": norm, "behaviour": used, "plan": np.maximum(norm, used)}
    rows = [_rows(people, each, "syringes", "year", f"syringes_{name}") for name, each in forms.items()]
    return pd.concat(rows, ignore_index=True)


def naloxone(people: pd.DataFrame, norms: Norms) -> pd.DataFrame:
    """Return naloxone kits per year and the people who would carry one (90-90-90).

    Notes
    -----
    Kits: n x trained x supplied x kits per person supplied; carrying: n x trained x supplied x carrying.
    """
    people = with_norm(people, norms, "naloxone_trained")
    kp = people["kp"]
    supplied = norms.values("naloxone_trained", kp) * norms.values("naloxone_supplied", kp)
    kits = supplied * norms.values("naloxone_kits", kp)
    carrying = supplied * norms.values("naloxone_carrying", kp)
    return pd.concat(
        [
            _rows(people, kits, "naloxone", "year", "naloxone"),
            _rows(people, carrying, "naloxone_carrying", "year", "naloxone_carrying"),
        ],
        ignore_index=True,
    )


def commodities(people: pd.DataFrame, norms: Norms) -> pd.DataFrame:
    """Return all goods of all places, in the order of `people`, with blank `distributed` and `adequacy`."""
    parts = [condoms(people, norms), syringes(people, norms), naloxone(people, norms)]
    table = pd.concat(parts, ignore_index=True)
    table = in_order_of(people, table).assign(distributed=np.nan, adequacy=np.nan)
    return table[[*KEYS, "commodity", "period", *BOUNDS, "distributed", "adequacy", "how", "hidden"]]


def adequacy(*, distributed: float, need: float) -> float:
    """Return distributed / need; blank where nothing is needed.

    Examples
    --------
    >>> adequacy(distributed=500, need=2000)
    0.25
    """
    checks.non_negative(distributed=distributed, need=need)
    return distributed / need if need > 0 else float("nan")


def _rows(people: pd.DataFrame, each: np.ndarray, commodity: str, period: str, how: str) -> pd.DataFrame:
    table = pd.concat([people[KEYS], with_bounds(people, each)], axis=1)
    return table.assign(commodity=commodity, period=period, how=how, hidden=people["hidden"])
