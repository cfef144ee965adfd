"""The tables of a study, each declared once: columns, what may stand in them, and what they mean."""

from dataclasses import dataclass, replace
from typing import Literal

from pse.records.said import say

Kind = Literal["key", "code", "text", "count", "number", "share", "flag", "answer", "days", "hours", "date"]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
STATUSES = ("active", "inactive", "not_found", "duplicate", "refused", "unsafe")
KPS = {
    "FSW": "female sex workers",
    "MSM": "men who have sex with men",
    "PWID": "people who inject drugs",
    "TG": "transgender people",
    "PRIS": "people in prison",
}
"""KP codes that every study knows; `[kps]` of study.toml declares more."""

TEXT_KINDS = ("key", "code", "text", "days", "hours", "date")
NUMBER_KINDS = ("count", "number", "share")

MOST = 1e9
"""Largest number that any column may hold: above it, it is a phone number or a slip."""

MOST_AT_A_SPOT = 1_000_000
"""Largest number of people at a spot: no spot holds more, and many phone numbers are above it."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name, kind, meaning : str
        Heading, kind of value, and one line that says what it is.
    required : bool
        Whether the heading must be there.
    blank : str
        When a cell may be blank: `no`, `yes`, or the condition in words (then `rules.py` checks it).
    private : bool
        Whether no value of it may ever be printed in a message.
    allowed : tuple of str
        Codes that may stand in it; empty when any may.
    refers : {"", "kp", "kps", "municipality"}
        Codes that are declared elsewhere: a KP code, several of them, or a row of municipalities.
    low, high : float
        Smallest and largest number.
    above_low : bool
        Whether `low` itself is too small.
    people : bool
        Whether a `number` is of people; every `count` may be.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = True
    blank: str = "no"
    private: bool = False
    allowed: tuple[str, ...] = ()
    refers: Literal["", "kp", "kps", "municipality"] = ""
    low: float = 0
    high: float = MOST
    above_low: bool = False
    people: bool = False

    @property
    def may_be_thousands(self) -> bool:
        """Whether somebody may write `60.000` into it and mean sixty thousand."""
        return self.people or self.kind == "count"

    @property
    def rule(self) -> str:
        """The rule in words, as in a message: what follows "must be"."""
        if self.allowed:
            return say("one_of", codes=", ".join(self.allowed))
        if self.refers:
            return say(f"refers_{self.refers}")
        if self.kind in ("count", "number") and (self.low, self.high, self.above_low) != (0, MOST, False):
            return say("number_within", number=say(f"any_{self.kind}"), limits=self._limits())
        return say(f"kind_{self.kind}")

    def _limits(self) -> str:
        low, high = f"{self.low:,.10g}", f"{self.high:,.10g}"
        if self.high == MOST:
            return say("more_than" if self.above_low else "or_more", low=low)
        return say("above_to" if self.above_low else "from_to", low=low, high=high)


@dataclass(frozen=True)
class Needed:
    """Columns that must not be blank in some rows.

    Attributes
    ----------
    columns : tuple of str
        The columns.
    where : str
        The column that decides.
    is_ : str
        Its value in those rows; empty when any value decides, that is, wherever it is given.
    """

    columns: tuple[str, ...]
    where: str
    is_: str = ""


@dataclass(frozen=True)
class Table:
    """One table of a study.

    Attributes
    ----------
    name, meaning : str
        Name of the file without its ending (and of the sheet), and what one row is.
    columns : tuple of Column
        Declared columns in their order.
    key : tuple of str
        Columns that together must not come twice; empty when rows may repeat.
    required : bool
        Whether the file must be there.
    header_only : bool
        Whether the file may be there without a row.
    prefixes : tuple of str
        Headings that begin so are known too (text): `name_` for the names in other languages.
    ordered : tuple of (str, str)
        Pairs of columns of which the first must not be above the second.
    needed : tuple of Needed
        What must be there where something else is.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    required: bool = False
    header_only: bool = True
    prefixes: tuple[str, ...] = ()
    ordered: tuple[tuple[str, str], ...] = ()
    needed: tuple[Needed, ...] = ()

    @property
    def by_name(self) -> dict[str, Column]:
        """Declared columns by heading."""
        return {column.name: column for column in self.columns}

    def with_numbers(self, names: list[str]) -> "Table":
        """Return the table with `names` declared as optional columns of numbers."""
        known = self.by_name
        added = [
            _adults(name, "Adults of a denominator.", required=False, blank="where not mapped")
            for name in names
            if name not in known
        ]
        return replace(self, columns=(*self.columns, *added))


_MUNICIPALITY = Column("municipality", "code", "Code of the municipality.", refers="municipality")
_KP = Column("kp", "code", "KP code: FSW, MSM, PWID, TG, PRIS, or one that study.toml declares.", refers="kp")
_ZONE = Column("zone", "code", "Zone of the municipality; blank when it has one zone.", blank="yes")
_SPOT_ID = Column("spot_id", "key", "Code of the spot, the same in all tables; not made from its name.")
_LAT = Column("lat", "number", "Latitude in degrees (WGS 84).", False, "yes", True, low=-90, high=90)
_LON = Column("lon", "number", "Longitude in degrees (WGS 84).", False, "yes", True, low=-180, high=180)
_SPOT_NAME = Column("spot_name", "text", "Name of the spot, for the desk only.", False, "yes", True)
_DATE = Column("date", "date", "Day of the interview.", required=False, blank="yes")


def _adults(name: str, meaning: str, *, required: bool = True, blank: str) -> Column:
    return Column(name, "number", meaning, required, blank, people=True)


def _at_spot(name: str, meaning: str, *, required: bool = True, blank: str) -> Column:
    return Column(name, "count", meaning, required, blank, high=MOST_AT_A_SPOT)


_DAY_NAMES = dict(
    zip(DAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True)
)
_NAMED = "only where spot_id is blank"
_ACTIVE = "only where status is not active"
_AS_USUAL = "which means as usual; both or neither"

MUNICIPALITIES = Table(
    "municipalities",
    "One row per municipality, mapped or not.",
    (
        replace(_MUNICIPALITY, refers=""),
        Column("name", "text", "Name of the municipality as it is printed."),
        _adults("adult_men", "Adult men who live there.", blank="only where mapped is no"),
        _adults("adult_women", "Adult women who live there.", blank="only where mapped is no"),
        Column("mapped", "flag", "Whether the municipality was mapped; only then it has an estimate."),
        replace(_LAT, meaning="Latitude of the seat in degrees (WGS 84).", private=False),
        replace(_LON, meaning="Longitude of the seat in degrees (WGS 84).", private=False),
    ),
    key=("municipality",),
    required=True,
    header_only=False,
    prefixes=("name_",),
)

LEVEL1 = Table(
    "level1",
    "One row per key informant x spot x KP. An informant who named nothing has one row with a blank spot_id.",
    (
        Column("interview_id", "key", "Code of the interview with a key informant.", private=True),
        Column("informant_type", "code", "Kind of informant, such as taxi driver; `list` when it is a list."),
        _MUNICIPALITY,
        _ZONE,
        replace(_SPOT_ID, blank="where the informant named nothing"),
        replace(_KP, blank=_NAMED),
        Column("typology", "code", "Kind of spot, such as bar, street, park.", blank=_NAMED),
        _at_spot("kp_min", "Smallest number of people of the KP at the spot.", blank=_NAMED),
        _at_spot("kp_max", "Largest number of people of the KP at the spot.", blank=_NAMED),
        _DATE,
        _SPOT_NAME,
        Column("peak_days", "days", "Days with the most people.", required=False, blank="yes"),
        _LAT,
        _LON,
    ),
    key=("interview_id", "spot_id", "kp"),
    required=True,
    header_only=False,
    ordered=(("kp_min", "kp_max"),),
    needed=(Needed(("kp", "typology", "kp_min", "kp_max"), "spot_id"),),
)

LEVEL2 = Table(
    "level2",
    "One row per interview at a spot x KP (and shift).",
    (
        Column("interview_id", "key", "Code of the interview at the spot.", private=True),
        _MUNICIPALITY,
        _ZONE,
        _SPOT_ID,
        _KP,
        Column("status", "code", "What the team found at the spot.", allowed=STATUSES),
        Column("typology", "code", "Kind of spot, such as bar, street, park.", blank=_ACTIVE),
        _at_spot("usual_min", "Smallest number of people on a usual day.", blank=_ACTIVE),
        _at_spot("usual_max", "Largest number of people on a usual day.", blank=_ACTIVE),
        _at_spot("peak_min", "Smallest number on a peak day.", blank=_AS_USUAL),
        _at_spot("peak_max", "Largest number on a peak day.", blank=_AS_USUAL),
        Column("peak_days", "days", "Peak days; blank when no day stands out.", blank="yes"),
        _DATE,
        Column("shift", "code", "Shift that the row is about, such as day or night.", False, "yes"),
        *(
            _at_spot(day, f"People on a {name}, where they were counted.", required=False, blank="yes")
            for day, name in _DAY_NAMES.items()
        ),
        Column("hours", "hours", "Hours with people, such as 18-24 00-02.", False, "yes"),
        Column("share_other_spots", "share", "Share of them who also go to other spots.", False, "yes"),
        Column(
            "other_spots_mean",
            "number",
            "Mean number of other spots among those who go to other spots.",
            required=False,
            blank="only where share_other_spots is 0 or blank",
        ),
        Column(
            "share_other_shift",
            "share",
            "Share of this shift's people who are also counted in the other shift of the spot.",
            required=False,
            blank="yes",
        ),
        Column(
            "do_not_publish", "flag", "yes: the spot never leaves the organisation.", False, "which means no"
        ),
        _SPOT_NAME,
        _LAT,
        _LON,
    ),
    key=("interview_id", "spot_id", "kp", "shift"),
    required=True,
    ordered=(
        ("usual_min", "usual_max"),
        ("peak_min", "peak_max"),
        ("usual_min", "peak_min"),
        ("usual_max", "peak_max"),
    ),
    needed=(
        Needed(("typology", "usual_min", "usual_max"), "status", "active"),
        Needed(("shift",), "share_other_shift"),
    ),
)

PEOPLE = Table(
    "people",
    "One row per person interviewed x spot x KP.",
    (
        Column("person_id", "key", "Code of the person, not made from name or birth.", private=True),
        _MUNICIPALITY,
        _KP,
        replace(_SPOT_ID, blank="where the person was met on a platform"),
        Column("spots_visited", "count", "Spots the person visited in the period, this one included."),
        Column("days_per_week", "number", "Days a week at spots.", False, "yes", high=7, above_low=True),
        Column("profiles", "count", "Profiles on web sites and apps.", False, "yes"),
        Column("uses_platforms", "answer", "Whether the person uses web sites or apps.", False, "yes"),
        Column(
            "also_kp", "code", "Other KPs of the person, with a space between.", False, "yes", refers="kps"
        ),
        Column("sex", "code", "Sex as recorded.", False, "yes"),
        Column("age_group", "code", "Age group as recorded.", False, "yes"),
    ),
    key=("person_id", "spot_id", "kp"),
)

_FROM_PEOPLE = "where people.csv has rows of the KP"

VIRTUAL = Table(
    "virtual",
    "One row per municipality x KP x platform (web sites and apps).",
    (
        _MUNICIPALITY,
        _KP,
        Column("platform_type", "code", "Kind of platform, such as app, web site."),
        Column("platform", "code", "Code or name of the platform.", private=True),
        Column("accounts_min", "count", "Smallest number of accounts counted."),
        Column("accounts_max", "count", "Largest number of accounts counted."),
        Column("share_genuine", "share", "Share of accounts that are a real person."),
        Column("share_active", "share", "Share of the genuine ones active in the period."),
        Column("share_resident", "share", "Share of the active ones who live in the municipality."),
        Column("profiles_per_person", "number", "Mean profiles of a person.", blank=_FROM_PEOPLE, low=1),
        Column(
            "share_at_spots", "share", "Share of these people who also come to spots.", blank=_FROM_PEOPLE
        ),
        Column("profiles_min", "number", "Smallest profiles per person.", False, "both or neither", low=1),
        Column("profiles_max", "number", "Largest profiles per person.", False, "both or neither", low=1),
    ),
    key=("municipality", "kp", "platform_type", "platform"),
    ordered=(
        ("accounts_min", "accounts_max"),
        ("profiles_min", "profiles_max"),
        ("profiles_min", "profiles_per_person"),
        ("profiles_per_person", "profiles_max"),
    ),
)

NONSPOT = Table(
    "nonspot",
    "One row per group of people who never come to a spot.",
    (
        _MUNICIPALITY,
        _KP,
        Column("setting", "code", "Where they are reached: home, phone, ... (`phone`: by telephone only)."),
        Column("people", "number", "People; a decimal number is allowed.", people=True),
        Column("people_min", "number", "Smallest number of people.", False, "both or neither", people=True),
        Column("people_max", "number", "Largest number of people.", False, "both or neither", people=True),
    ),
    ordered=(("people_min", "people"), ("people", "people_max")),
)

OVERRIDES = Table(
    "overrides",
    "One row per municipality x KP whose total a meeting has changed.",
    (
        _MUNICIPALITY,
        _KP,
        Column("point", "number", "Total that replaces the computed one.", people=True),
        Column("lower", "number", "Its lower bound.", people=True),
        Column("upper", "number", "Its upper bound.", people=True),
        Column("reason", "text", "Why the computed total was changed."),
        Column("role", "text", "Who decided: a role, never a name."),
    ),
    key=("municipality", "kp"),
    ordered=(("lower", "point"), ("point", "upper")),
)

COVERAGE = Table(
    "coverage",
    "One row per municipality x KP x step of the programme: counts only.",
    (
        _MUNICIPALITY,
        _KP,
        Column("step", "code", "Step of the programme, such as registered, contacted, tested."),
        Column("people", "count", "People who reached the step."),
        Column("period", "code", "Period of the count, such as 2016-Q1.", required=False, blank="yes"),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (MUNICIPALITIES, LEVEL1, LEVEL2, PEOPLE, VIRTUAL, NONSPOT, OVERRIDES, COVERAGE)
}
"""Every table of a study by name, in the order in which problems are reported."""
