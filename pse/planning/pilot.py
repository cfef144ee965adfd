"""A simulated country like the one of a study: every number from its records, with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pse import checks
from pse.planning.reports import Records, said_and_seen
from pse.records.study import Study
from pse.simulation.scenario import Scenario, scenario_of
from pse.spots.bootstrap import make_state
from pse.spots.chain import Parts, study_parts, total_parts
from pse.spots.options import Options, options_of
from pse.spots.unlisted import LIST
from pse.spots.unlisted_draws import Naming

FEW_PEOPLE = 10
"""Fewer people than this are not printed (SAFETY: n < 10)."""

_USUAL = Scenario()

_COMPLETE = "The list of spots is taken as complete; then informants matter for the sizes they say alone."
_GAPS = "Spots that nobody names stay unlisted and are estimated, as with --unlisted people."

_ONLINE = (
    " Accounts are counted with an error of up to 10%, and about ten people are asked online in each place."
)

Found = dict[str, tuple[Any, str]]
"""Number of a scenario -> its value, and a sentence that says where it comes from."""


@dataclass(frozen=True)
class Pilot:
    """A scenario made from a study.

    Attributes
    ----------
    kp : str
        The KP that the numbers are about.
    scenario : Scenario
        For `pse.design.try_plans`; its own field work is the plan of the study.
    sources : dict of str to str
        Number of the scenario -> a sentence: where it comes from.
    """

    kp: str
    scenario: Scenario
    sources: dict[str, str]


def pilot_kps(study: Study) -> list[str]:
    """Return the KPs of a study that have an active visited spot: those that can be planned from it."""
    active = study.level2["status"] == "active"
    return sorted(set(study.level2.loc[active, "kp"].dropna().astype(str)))


def scenario_from(
    study: Study,
    *,
    kp: str,
    unlisted: str | None = None,
    interview_sd: float | None = None,
    **changes: Any,
) -> Pilot:
    """Make a scenario like a study, for one KP.

    Parameters
    ----------
    study : Study
        A mapping exercise or a pilot of one, with spots visited.
    kp : str
        Code of a KP with an active visited spot.
    unlisted : {"none", "people"}, optional
        `none`: the list of spots is complete. `people`: informants miss spots as often as their namings
        show; spots and people that nobody named are part of the country and are estimated. By default as
        the options of the study say.
    interview_sd : float, optional
        sigma, standard deviation of the logarithm of one interview's size; needed where no spot of any KP has
        two interviews.
    **changes
        Numbers of the scenario that you know better, such as ``municipalities=38``.

    Returns
    -------
    Pilot

    Raises
    ------
    ValueError
        If the KP has no active visited spot, or sigma is neither recorded nor given.

    Notes
    -----
    Ours: moments of the records, not a fitted model. The chance that an informant names a spot is that of
    `pse.spots.unlisted`. The tail of spot sizes is ln(1 + excess), excess = (variance - mean) / mean^2 of
    sizes of visited spots, less the error of reports. Rounding of small sizes is in sigma as well as in the
    simulator, so errors of small spots are a little too large.

    Examples
    --------
    >>> import pse
    >>> pilot = scenario_from(pse.read_study(pse.sample_folder()), kp="PWID")
    >>> pilot.scenario.municipalities, pilot.sources["municipalities"]
    (26, '26 municipalities: those with spots of PWID.')
    """
    checks.one_of(kp, pilot_kps(study), name="kp")
    options = _options(study, interview_sd)
    missed = study.options.get("unlisted", "none") if unlisted is None else unlisted
    checks.one_of(missed, ("none", "people", "chao2"), name="unlisted")
    parts = study_parts(study, options)
    records = _records(study, parts, options, kp)
    naming = _naming_of(parts, records)
    complete = missed == "none"
    found: Found = {
        **_places(study, records),
        **_spots(records, 0.0 if complete or naming is None else _unnamed(naming)),
        **_people(study, parts, options, records, with_unlisted=not complete),
        **_naming(naming),
        **said_and_seen(records),
        "team_noise": _team(study, parts, options),
        **_field_work(study, parts, records),
        "complete_list": (complete, _COMPLETE if complete else _GAPS),
    }
    numbers = {name: value for name, (value, _) in found.items()}
    sources = {name: text for name, (_, text) in found.items()}
    sources |= {name: f"{name.capitalize()}: {value}, as you gave it." for name, value in changes.items()}
    return Pilot(kp, scenario_of(_USUAL, {**numbers, **changes}), sources)


def _options(study: Study, interview_sd: float | None) -> Options:
    choices: dict[str, Any] = {"unlisted": "people"}
    if study.options.get("duplication") in ("days", "none"):
        choices["duplication"] = "auto"  # visits to spots are asked for, whatever the totals use
    if interview_sd is not None:
        choices["interview_sd"] = interview_sd
    return options_of(study, choices)


def _records(study: Study, parts: Parts, options: Options, kp: str) -> Records:
    spots = parts.spots
    of_kp = (spots.units.table["kp"] == kp).to_numpy() & (spots.cell >= 0)
    return Records(
        kp=kp,
        of_kp=of_kp,
        spots=spots,
        level1=study.level1,
        level2=study.level2,
        basis=options.size_basis,
        interview_sd=options.interview_sd,
    )


def _places(study: Study, records: Records) -> Found:
    towns = records.towns
    rows = study.level1[study.level1["informant_type"] != LIST]
    zone = rows["municipality"].astype(str) + "\x1f" + rows["zone"].astype(object).fillna("").astype(str)
    places, zones = rows["municipality"].nunique(), zone.nunique()
    who = pd.DataFrame({"who": rows["interview_id"], "zone": zone}).drop_duplicates()
    mean_zones = max(1, round(zones / places)) if places else 1
    informants = max(1, round(who["who"].nunique() / max(places * mean_zones, 1)))
    return {
        "municipalities": (towns, f"{_count(towns, 'municipality')}: those with spots of {records.kp}."),
        "zones": (mean_zones, f"{_count(mean_zones, 'zone')} in each, on average over level 1."),
        "informants": (
            informants,
            f"{_count(informants, 'informant')} a zone: {who['who'].nunique():,} interviews of level 1 "
            "(lists are none), whatever KP they named.",
        ),
    }


def _spots(records: Records, unnamed: float) -> Found:
    groups, of_kp, towns = records.spots.groups, records.of_kp, records.towns
    active, closed = int((groups.active & of_kp).sum()), int((groups.inactive & of_kp).sum())
    new, left = int((groups.new & of_kp).sum()), int((groups.unvisited & of_kp).sum())
    open_ = active + new + left * active / max(active + closed, 1) + unnamed
    return {
        "spots": (
            open_ / towns,
            f"{open_ / towns:.1f} spots with people in each municipality: {active + new} found active, and "
            f"of {left} not visited the same share as among the visited"
            + (f"; {unnamed:.0f} that nobody named." if unnamed else "."),
        ),
        "false_spots": (
            closed / max(active, 1),
            f"{closed / max(active, 1):.2f} closed spots for each active one, of the visited.",
        ),
    }


def _people(study: Study, parts: Parts, options: Options, records: Records, *, with_unlisted: bool) -> Found:
    spots, of_kp, kp = parts.spots, records.of_kp, records.kp
    at_spots = float(spots.people.point[of_kp].sum())
    crude = float(spots.crude.point[of_kp].sum())
    total = total_parts(study, parts, options).point.reshape(-1, len(spots.cells.kps))
    unlisted = parts.unlisted.people.point.reshape(-1, len(spots.cells.kps))
    k = spots.cells.kps.index(kp)
    unnamed = float(unlisted[:, k].sum())
    people = float(total[:, k].sum()) - (0.0 if with_unlisted else unnamed)
    at_any = at_spots + (unnamed if with_unlisted else 0.0)
    home = float(study.nonspot.loc[study.nonspot["kp"] == kp, "people"].sum()) / people
    online_only = max(0.0, 1 - at_any / people - home)
    a_town = people / records.towns
    size = f"{a_town:.1f}" if people >= FEW_PEOPLE else f"Fewer than {FEW_PEOPLE}"
    sources = spots.duplication.table
    asked = set(sources.loc[sources["kp"] == kp, "source"]) - {"none"}
    further = crude / at_spots - 1 if asked else _USUAL.further_spots
    return {
        "people": (
            a_town,
            f"{size} people in each municipality, as estimated.",
        ),
        "home": (home, f"{home:.0%} of them not at spots (nonspot)."),
        "online_only": (
            online_only,
            f"{online_only:.0%} of them only online (virtual).{_ONLINE if online_only else ''}",
        ),
        "online": _online(study, kp, online_only),
        "further_spots": (
            further,
            f"{further:.2f} further spots a person goes to: "
            + ("from D of the study." if asked else "nobody was asked, so this is an assumption."),
        ),
    }


def _online(study: Study, kp: str, online_only: float) -> tuple[float, str]:
    """Return the share of people at spots who use platforms, people weighted by 1/M."""
    rows = study.people[(study.people["kp"] == kp) & study.people["spot_id"].notna()]
    if "uses_platforms" in rows and rows["uses_platforms"].notna().any():
        rows = rows[rows["uses_platforms"].notna()]
        weight = 1 / rows["spots_visited"].to_numpy(dtype=float)
        share = float(np.average(rows["uses_platforms"].to_numpy(dtype=float), weights=weight))
        return share, f"{share:.0%} of people at spots use platforms, as they said."
    if online_only == 0:
        return 0.0, "Nobody at spots is taken to use platforms, because no platform was counted."
    return _USUAL.online, f"{_USUAL.online:.0%} of people at spots use platforms: an assumption."


def _naming_of(parts: Parts, records: Records) -> Naming | None:
    """Return the fitted chances of being named by an informant, if the records can tell."""
    for part in parts.unlisted.draws:
        if isinstance(part, Naming) and len(part.named) and records.of_kp[part.named].any():
            return part
    return None


def _unnamed(part: Naming) -> float:
    """Return how many spots nobody named: each named one stands for (1-p)^t / (1 - (1-p)^t) more."""
    rate = part.informants * np.exp(part.coefficients[0] + part.coefficients[1] * part.log_size)
    return float((1 / np.expm1(np.minimum(rate, 500))).sum())


def _naming(part: Naming | None) -> Found:
    """Return the numbers behind the chance of being named by one informant: 1 - exp(-naming x E^power)."""
    if part is None:
        text = "How often informants name a spot is not in the records, so it is an assumption."
        return {"naming": (_USUAL.naming, text), "naming_power": (_USUAL.naming_power, text)}
    a, b = part.coefficients
    middle = float(part.log_size.mean())
    power = max(0.0, float(b))
    naming = float(np.exp(a + (b - power) * middle))
    chance = 1 - np.exp(-naming * np.exp(power * middle))
    text = f"A spot of middling size is named by {chance:.1%} of the informants of its zone, as recorded."
    return {"naming": (naming, text), "naming_power": (power, f"Naming grows as size to the {power:.2f}.")}


def _team(study: Study, parts: Parts, options: Options) -> tuple[float, str]:
    ready = make_state(study, parts, options)
    tau = float(ready.state.team_sd)
    if any("whole team" in text for text in ready.notices):
        return 0.0, "Errors that a whole team shares cannot be seen in the records and are left out."
    return tau, f"{tau:.0%} is the error that all sizes of one municipality share, over all KPs."


def _field_work(study: Study, parts: Parts, records: Records) -> Found:
    groups, units, of_kp = parts.spots.groups, parts.spots.units, records.of_kp
    listed = units.table["listed"].to_numpy() & of_kp
    known = listed & (groups.active | groups.inactive)
    status = units.table["status"].astype(str)
    refused = (listed & status.isin(["refused", "unsafe"]).to_numpy()).sum()
    went = known.sum() + refused
    open_ = of_kp & (groups.active | groups.new)
    rows = parts.spots.sizes.active_rows[open_]
    repeated, how = round(float(rows.mean()) - 1, 2), "."
    if repeated == 0 and records.interview_sd is None:
        repeated, how = _USUAL.repeated, ": an assumption, because none was repeated for this KP."
    visited = max(0.01, round(float(went / max(listed.sum(), 1)), 2))
    at = units.of(study.people)
    asked = np.bincount(at[at >= 0], minlength=len(of_kp))[open_]
    per_spot = max(1, round(float(asked.mean()))) if asked.any() else _USUAL.asked
    return {
        "visited": (visited, f"{visited:.0%} of the listed spots visited."),
        "refused": (float(refused / max(went, 1)), f"{refused} visits refused or unsafe."),
        "repeated": (repeated, f"{1 + repeated:.2f} interviews at a visited spot{how}"),
        "asked": (per_spot, _asked_sentence(per_spot, asked.any())),
    }


def _asked_sentence(per_spot: int, recorded: bool) -> str:
    people = "person" if per_spot == 1 else "people"
    why = "." if recorded else ": an assumption, because nobody was asked one by one."
    return f"{per_spot} {people} asked about visits at a spot{why}"


def _count(n: int, word: str) -> str:
    many = word[:-1] + "ies" if word.endswith("y") else word + "s"
    return f"{n:,} {word if n == 1 else many}"
