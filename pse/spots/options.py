"""Every choice of the chain that changes the answer, in one place, each with its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from pse import checks
from pse.records.tables import DAYS

if TYPE_CHECKING:
    from pse.records.study import Study

ALLOWED: dict[str, tuple[str, ...]] = {
    "pool": ("mean", "median", "widest"),
    "ratio": ("all", "active", "active_share", "mean"),
    "ratio_strata": ("typology", "size"),
    "duplication": ("auto", "people", "shares", "days", "none"),
    "size_basis": ("usual_day", "peak_day"),
    "unlisted": ("none", "chao2", "people"),
}
"""Options that are one of a few words."""


@dataclass(frozen=True)
class Options:
    """Choices of the chain. A keyword of `estimate_study` beats `study.toml`, which beats the default.

    Attributes
    ----------
    pool : {"mean", "median", "widest"}
        How several informants of one spot become one minimum and one maximum: mean of the minima and
        mean of the maxima, their medians, or the smallest minimum and largest maximum.
    ratio : {"all", "active", "active_share", "mean"}
        Form of R, the factor for listed spots that nobody visited (METHOD, section 2, step 4):
        sum(E2)/sum(E1) over all visited spots with inactive ones at 0; over active spots only; active
        only times the share of visited spots that were active; unweighted mean of E2/E1 of active spots.
    ratio_strata : {"typology", "size"}
        R within KP x typology, or within KP x quartile of level-1 size.
    ratio_min_spots : int
        With fewer visited spots than this in a stratum, R of the whole KP is used.
    duplication : {"auto", "people", "shares", "days", "none"}
        Source of D, the factor for people who go to several spots. `auto` takes people's own answers
        where they are recorded, else the shares of level 2, else 1 with a notice, for each KP. `days`
        reads a size as a one-day count and returns different people in a week (never chosen by `auto`).
    duplication_min_people : int
        With fewer answers than this in a municipality, D from shares is that of the whole KP.
    size_basis : {"usual_day", "peak_day"}
        The day that a size is about. It is stamped on every result.
    weekend : tuple of str
        The days that count as weekend, from `mon` to `sun`.
    unlisted : {"none", "chao2", "people"}
        People at spots that nobody named, as a component of its own: left out; spots missed by Chao2 times
        the people of a spot named once (a lower bound for spots); or named spots weighted by their chance
        of being named.
    interview_sd : float or None
        Random intervals only: sigma, standard deviation of the logarithm of one interview's size (0.3: off
        by 30 %). None takes it from spots with several interviews.
    team_sd : float or None
        Random intervals only: tau, standard deviation of the logarithm of the factor that all sizes of one
        KP in one municipality share, because one team counted them. None takes it from the spread between
        municipalities of level 2 over level 1, which assumes that level 1 shares no such factor.
    """

    pool: Literal["mean", "median", "widest"] = "mean"
    ratio: Literal["all", "active", "active_share", "mean"] = "all"
    ratio_strata: Literal["typology", "size"] = "typology"
    ratio_min_spots: int = 5
    duplication: Literal["auto", "people", "shares", "days", "none"] = "auto"
    duplication_min_people: int = 30
    size_basis: Literal["usual_day", "peak_day"] = "usual_day"
    weekend: tuple[str, ...] = ("sat", "sun")
    unlisted: Literal["none", "chao2", "people"] = "none"
    interview_sd: float | None = None
    team_sd: float | None = None

    def __post_init__(self) -> None:
        """Refuse a value that no step knows."""
        for name, allowed in ALLOWED.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}; got {getattr(self, name)!r}")
        for name in ("ratio_min_spots", "duplication_min_people"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be a whole number, 1 or more; got {value!r}")
        for name in ("interview_sd", "team_sd"):
            if getattr(self, name) is not None:
                checks.non_negative(**{name: getattr(self, name)})
        if isinstance(self.weekend, str) or not self.weekend or set(self.weekend) - set(DAYS):
            raise ValueError(f"weekend must be a list of days out of {', '.join(DAYS)}; got {self.weekend!r}")
        object.__setattr__(self, "weekend", tuple(self.weekend))

    def changed(self, **choices: Any) -> Options:
        """Return a copy with `choices` in place of the present ones."""
        return replace(self, **choices)

    def as_dict(self) -> dict[str, Any]:
        """Return the choices as plain values, for `run.json`."""
        return asdict(self)


def options_for(settings: dict[str, Any], choices: dict[str, Any]) -> Options:
    """Return the options of one run: `choices` beat `settings` (from study.toml), which beat the defaults.

    Raises
    ------
    ValueError
        If a name is not an option, or a value is not one that the option allows.
    """
    names = {field.name for field in fields(Options)}
    unknown = sorted(set(choices) - names)
    if unknown:
        raise ValueError(
            f"options must be some of {', '.join(sorted(names))}; got {', '.join(unknown)}. "
            "See pse.Options for their meaning."
        )
    return Options(**{**settings, **choices})


def options_of(study: Study, choices: Mapping[str, Any]) -> Options:
    """Return the options of one run on a study: `choices` beat what its records say.

    Raises
    ------
    ValueError
        As `options_for` does.
    """
    basis = {} if study.size_basis is None else {"size_basis": study.size_basis}
    return options_for({**study.options, **basis}, dict(choices))
