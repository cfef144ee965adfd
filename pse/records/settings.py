"""The settings of a study: study.toml, or the sheet `study` of a workbook."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pse.records.problems import Place, Problem, listed, near_miss, safe_heading, safe_value
from pse.records.said import Said, say
from pse.records.tables import KPS

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\S+$")]

_KNOWN = ("title", "country", "year", "size_basis", "denominators", "kps", "options", "privacy")


class Settings(BaseModel):
    """Settings of a study.

    Attributes
    ----------
    title, country : str
        As printed on every result.
    year : int
        Year of the field work.
    size_basis : {"usual_day", "peak_day"} or None
        The day that a size is about; None leaves it to the options.
    denominators : dict of str to str
        KP -> column of municipalities that holds the adults a rate is about.
    kps : dict of str to str
        Further KP codes -> label.
    options : dict
        Options of the chain (`pse.Options`).
    privacy : dict
        Settings of what may leave the organisation.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)

    title: _Text
    country: _Text
    year: Annotated[int, Field(ge=1950, le=2100)]
    size_basis: Literal["usual_day", "peak_day"] | None = None
    denominators: dict[_Code, _Text] = {}
    kps: dict[_Code, _Text] = {}
    options: dict[str, Any] = {}
    privacy: dict[str, Any] = {}

    @property
    def kp_codes(self) -> tuple[str, ...]:
        """Every KP code that the data may use: the built-in ones and those declared."""
        return (*KPS, *(code for code in self.kps if code not in KPS))


def check_settings(given: Mapping[str, Any], place: Place) -> tuple[Settings | None, list[Problem]]:
    """Return the settings, or None and why they cannot be used.

    Parameters
    ----------
    given : mapping
        Settings as read.
    place : Place
        The file or sheet that they come from.

    Returns
    -------
    Settings or None
        None if any setting is wrong.
    list of Problem
        One for each wrong setting; a notice for each that is not known.
    """
    problems = _unknown_settings(given, place)
    try:
        settings = Settings.model_validate(dict(given))
    except ValidationError as error:
        names = list(dict.fromkeys(str(detail["loc"][0]) for detail in error.errors()))
        return None, problems + [_wrong(name, given, place) for name in names] + _unusable(given, place)
    problems += _unusable(given, place) + _denominator_kps(settings, place) + _two_bases(settings, place)
    return (None if any(p.severity == "error" for p in problems) else settings), problems


def usable_codes(given: Mapping[str, Any]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return KP codes and denominators of settings that may be wrong elsewhere, to check the tables with."""
    kps, denominators = given.get("kps"), given.get("denominators")
    codes = tuple(str(code) for code in kps) if isinstance(kps, Mapping) else ()
    named = denominators if isinstance(denominators, Mapping) else {}
    return (*KPS, *(code for code in codes if code not in KPS)), {k: str(v) for k, v in named.items()}


def _unknown_settings(given: Mapping[str, Any], place: Place) -> list[Problem]:
    return [
        place.notice(
            "unknown_setting",
            say("unknown_setting", setting=safe_heading(name)),
            remedy=_did_you_mean(name, _KNOWN),
        )
        for name in given
        if name not in _KNOWN
    ]


def _wrong(name: str, given: Mapping[str, Any], place: Place) -> Problem:
    if name not in given:
        return place.error("missing_setting", say("must_be_there", rule=say(f"setting_{name}")), column=name)
    value = given[name]
    shown = safe_value(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
    rule = say(f"setting_{name}")
    message = say("must_be_got", rule=rule, shown=shown) if shown else say("must_be", rule=rule)
    return place.error("setting", message, column=name)


def _unusable(given: Mapping[str, Any], place: Place) -> list[Problem]:
    """Return a problem for each option that the chain does not know or cannot use."""
    from pse.spots.options import Options

    options = given.get("options", {})
    known = [field.name for field in fields(Options)]
    problems = []
    for name, value in options.items() if isinstance(options, Mapping) else ():
        column = f"options.{name}" if name in known else "options"
        if name not in known:
            message = say("unknown_option", known=", ".join(known), option=safe_heading(name))
            remedy = _did_you_mean(name, known)
            problems.append(place.error("unknown_option", message, column=column, remedy=remedy))
        elif not _is_option(name, value):
            shown = safe_heading(value) if isinstance(value, str) else safe_value(value)
            message = say("must_be_got", rule=_option_rule(name), shown=shown)
            problems.append(place.error("option", message, column=column))
    return problems


def _is_option(name: str, value: Any) -> bool:
    from pse.spots.options import Options

    try:
        Options(**{name: option_value(name, value)})
    except (ValueError, TypeError):
        return False
    return True


def _option_rule(name: str) -> Said:
    """Return what an option must be, in words that can be said in six languages."""
    from pse.spots.options import ALLOWED, Options

    default = getattr(Options(), name)
    if name in ALLOWED:
        return say("one_of", codes=", ".join(ALLOWED[name]))
    if isinstance(default, int):
        return say("number_within", number=say("any_count"), limits=say("or_more", low=1))
    return say("kind_days" if isinstance(default, tuple) else "kind_number")


def option_value(name: str, value: Any) -> Any:
    """Return an option as the chain takes it: a cell `fri sat` of a workbook is a list of days."""
    return tuple(value.split()) if name == "weekend" and isinstance(value, str) else value


def _denominator_kps(settings: Settings, place: Place) -> list[Problem]:
    known = settings.kp_codes
    return [
        place.error(
            "unknown_kp",
            say("denominator_kp", known=listed(known), code=safe_heading(code)),
            column="denominators",
            remedy=_did_you_mean(code, known) or say("declare_kp"),
        )
        for code in settings.denominators
        if code not in known
    ]


def _two_bases(settings: Settings, place: Place) -> list[Problem]:
    other = settings.options.get("size_basis", settings.size_basis)
    if settings.size_basis is None or other == settings.size_basis:
        return []
    problem = place.error(
        "two_size_bases", say("two_size_bases"), column="size_basis", remedy=say("leave_one_out")
    )
    return [problem]


def _did_you_mean(value: str, known: Any) -> str:
    near = near_miss(value, known)
    return say("did_you_mean", near=near) if near else ""
