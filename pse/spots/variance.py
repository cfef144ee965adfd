"""What makes a national size uncertain, factor by factor: what to measure better next time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pse import checks
from pse.records.study import Study
from pse.spots.bootstrap import Ready, make_state, run_blocks
from pse.spots.bootstrap_block import Answers, Donors, PeopleFactor, Platforms, ShareFactor
from pse.spots.chain import Parts, study_parts
from pse.spots.intervals import ROUNDING, joint_draws
from pse.spots.options import options_of

ADVICE: Mapping[str, str] = {
    "reports": "second interviews at spots",
    "teams": "let teams swap municipalities",
    "unvisited": "visit more spots",
    "visits": "ask more people at spots",
    "online": "ask for profiles and accounts",
    "nonspot": "count people at home and by telephone more closely",
    "unlisted": "ask more informants",
    "overrides": "agree on a closer range",
}
"""What makes each factor smaller; its keys are the factors."""

COLUMNS = ["kp", "factor", "share", "share_if_known", "sd_people", "advice"]


def variance_shares(
    study: Study,
    *,
    replicates: int = 1000,
    rng: np.random.Generator | None = None,
    engine: Any = None,
    **options: Any,
) -> pd.DataFrame:
    """Return how much of the variance of each national size comes from each factor.

    Parameters
    ----------
    study : Study
        Checked records.
    replicates : int
        Draws of each run; there are two runs a factor, and one of all factors together.
    rng : numpy.random.Generator, optional
        Gives the seed that all runs share, so that they differ by the factor alone.
    engine
        As in `estimate_study`.
    **options
        As in `estimate_study`, such as ``unlisted="people"``.

    Returns
    -------
    pandas.DataFrame
        For each KP one row a factor: `reports` (error of interviews), `teams` (what all sizes of a
        municipality share), `unvisited` (donors of unvisited spots), `visits` (answers behind D), `online`
        (accounts, profiles), `nonspot` and `overrides` (their ranges), `unlisted`; then `together` (the rest
        to 1) and `all`. `share` is the variance with this factor alone over that with all;
        `share_if_known` is what would go if this factor alone were known exactly; `sd_people` is the
        standard deviation of the size with this factor alone, in people; `advice` says what to measure
        better. Blank for a KP without an interval, and shares are blank where nothing varies.

    Notes
    -----
    Ours: the bootstrap with parts turned off. Factors multiply, so `together` holds what only several of
    them make, such as an unvisited spot that takes over the error of its donor; for small spreads it is
    small. It is a difference of drawn variances: with 1,000 draws each is off by about 4 %, so a
    `together` a little under 0 means nothing. Shares say nothing about what is not drawn: a list that
    misses spots with ``unlisted="none"``, informants and people who lie, a wrong share of genuine accounts.

    Examples
    --------
    >>> import pse
    >>> study = pse.read_study(pse.sample_folder())
    >>> found = variance_shares(study, replicates=20, rng=np.random.default_rng(1))
    >>> found.loc[found["kp"] == "FSW", "factor"].tolist()[-2:]
    ['together', 'all']
    """
    checks.count(replicates=replicates, at_least=2)
    chosen = options_of(study, options)
    parts = study_parts(study, chosen)
    ready = make_state(study, parts, chosen)
    seed = int((np.random.default_rng() if rng is None else rng).integers(2**63))

    def spread(one: Ready) -> np.ndarray:
        return _variances(one, parts, replicates, seed, engine)

    alone = {name: spread(_with_only(ready, name)) for name in ADVICE}
    known = {name: spread(_OFF[name](ready)) for name in ADVICE}
    return _table(parts.spots.cells.kps, spread(ready), alone, known)


def _variances(ready: Ready, parts: Parts, replicates: int, seed: int, engine: Any) -> np.ndarray:
    """Return the variance of the national size of each KP, in people squared; 0 if it is rounding only."""
    columns = run_blocks(ready.state, replicates, np.random.default_rng(seed), engine=engine)
    national = joint_draws(columns, ready, parts, level=0.95).people.sum(axis=1)
    sd, mean = national.std(axis=0, ddof=1), national.mean(axis=0)
    return np.where(sd <= ROUNDING * (1 + mean), 0.0, sd) ** 2


def _table(
    kps: list[str], total: np.ndarray, alone: Mapping[str, np.ndarray], known: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    rows = []
    for code, kp in enumerate(kps):
        whole = total[code] if total[code] > 0 else np.nan
        shares = {name: values[code] / whole for name, values in alone.items()}
        rows += [
            (kp, name, share, 1 - known[name][code] / whole, np.sqrt(alone[name][code]), ADVICE[name])
            for name, share in shares.items()
        ]
        rows.append((kp, "together", 1 - sum(shares.values()), np.nan, np.nan, ""))
        rows.append((kp, "all", whole / whole, whole / whole, np.sqrt(total[code]), ""))
    return pd.DataFrame(rows, columns=COLUMNS)


def _with_only(ready: Ready, factor: str) -> Ready:
    """Turn off every factor but one."""
    for name, off in _OFF.items():
        ready = ready if name == factor else off(ready)
    return ready


# What follows turns one factor off: its numbers stand at the point. Random numbers are still drawn for it,
# and do nothing, so that the other factors get the same ones in every run.


def _state(ready: Ready, **changes: Any) -> Ready:
    return replace(ready, state=replace(ready.state, **changes))


def _no_reports(ready: Ready) -> Ready:
    return _state(ready, log_variance=np.zeros_like(ready.state.log_variance))


def _no_teams(ready: Ready) -> Ready:
    return _state(ready, team_sd=0.0)


def _no_donors(ready: Ready) -> Ready:
    return _state(ready, donors=tuple(_stand_still(one) for one in ready.state.donors))


def _stand_still(donors: Donors) -> Donors:
    """Make receivers their own donors: their factor is 1 until theirs is drawn, so they stay at E1 x R."""
    own = np.full_like(donors.donors, donors.receivers[0])
    return replace(donors, donors=own, ratio=np.ones_like(donors.ratio), active=donors.visited)


def _no_visits(ready: Ready) -> Ready:
    return _state(ready, visits=tuple(_exact(one) for one in ready.state.visits))


def _exact(factor: PeopleFactor | ShareFactor) -> PeopleFactor | ShareFactor:
    if isinstance(factor, PeopleFactor):
        return replace(factor, sd=np.zeros_like(factor.sd))
    everybody = np.ones_like(factor.share)  # D = 1 / (1 + m) = mean if all go to m others
    return replace(factor, share=everybody, others=everybody * (1 / factor.mean - 1))


def _no_nonspot(ready: Ready) -> Ready:
    return _state(ready, nonspot=ready.state.nonspot.at_point())


def _no_overrides(ready: Ready) -> Ready:
    return _state(ready, overrides=ready.state.overrides.at_point())


def _no_online(ready: Ready) -> Ready:
    online: Platforms = ready.state.platforms
    accounts, inverse = online.accounts[1], online.inverse[1]
    filled = {kp: 1 / inverse[rows[0]] for kp, rows in online.fill_profiles.items()}
    at_spots = {kp: online.at_spots[rows[0]] for kp, rows in online.fill_visits.items()}
    changed = replace(
        online,
        accounts=(accounts,) * 3,
        inverse=(inverse,) * 3,
        profiles={kp: _all_say(answers, filled[kp]) for kp, answers in online.profiles.items()},
        visits={kp: _all_say(answers, at_spots[kp]) for kp, answers in online.visits.items()},
    )
    return _state(ready, platforms=changed)


def _all_say(answers: Answers, value: float) -> Answers:
    return Answers(np.full(len(answers.value), value), np.ones(len(answers.value)))


def _no_unlisted(ready: Ready) -> Ready:
    """Leave the component out: it is drawn last, and a number that stands still has no variance."""
    columns = {name: n for name, n in ready.columns.items() if not name.startswith("unlisted")}
    return replace(_state(ready, unlisted=()), columns=columns)


_OFF: Mapping[str, Callable[[Ready], Ready]] = {
    "reports": _no_reports,
    "teams": _no_teams,
    "unvisited": _no_donors,
    "visits": _no_visits,
    "online": _no_online,
    "nonspot": _no_nonspot,
    "unlisted": _no_unlisted,
    "overrides": _no_overrides,
}
