"""What the chain returns: one frozen object with tables of one shape."""

from dataclasses import dataclass, field

import pandas as pd

from pse.estimate import Estimate
from pse.spots.draws import Draws
from pse.spots.options import Options


@dataclass(frozen=True)
class StudyEstimates:
    """Sizes of a study, every table with its keys first and then the estimate.

    The estimate columns are `point, lower, upper` (people), `interval` (`range`: the bounds are reported
    minima and maxima, not a confidence interval), `level` (blank for a range), `method` and `size_basis`
    (the day that the size is about). With `interval="bootstrap"` the tables `national`, `municipalities`,
    `typologies`, `days`, `municipality_days` and `components` have confidence intervals, with
    `interval="model"` credible ones; `spots`, `steps`, `size_classes`, `concentration` and `extrapolated`
    keep reported ranges.

    Attributes
    ----------
    national : pandas.DataFrame
        One row per KP, mapped area only, with `adults, denominator, rate, rate_lower, rate_upper` (per
        1,000 adults) and `computed_point, computed_lower, computed_upper` (before any override).
    municipalities : pandas.DataFrame
        The same by `municipality, name, kp`: every mapped municipality, with 0 where no spot is known.
    spots : pandas.DataFrame
        One row per spot x KP, sorted by both, with status, level-1 size, ratio, duplication factor, size.
    typologies : pandas.DataFrame
        `kp, component, typology, spots`, people and `mean_size`: geographic typologies and platforms.
    days, municipality_days, uplift : pandas.DataFrame
        People at spots by day of the week, and the weekend uplift by KP and size of municipality.
    components, national_components, steps : pandas.DataFrame
        Where the people of each total come from, and of the whole mapped area; the running total after each
        correction.
    ratios, duplication : pandas.DataFrame
        What R and D rest on.
    effort, informants : pandas.DataFrame
        Interviews and spots by KP; informants by type.
    size_classes, concentration, ages : pandas.DataFrame
        How people are spread over spots; age and sex where recorded.
    unions, extrapolated, checks : pandas.DataFrame
        Union of each pair of KPs; sizes of unmapped municipalities by three named rates (never part of a
        mapped total); checks of one answer against another.
    options : Options
        The choices behind the numbers.
    unlisted : pandas.DataFrame
        Nominations by `municipality, kp`: informants, spots named, missed spots, coverage, how many more
        informants raise it to 95 %, new spots of level 2, people at unlisted spots; empty unless asked for.
    attendance, dual : pandas.DataFrame
        People of a day against people of a week, where days a week were asked; people who are both on
        platforms and at spots, seen from either side. By KP; bounds are blank without draws.
    draws : Draws or None
        Joint draws behind random intervals; None for a range.
    diagnostics : pandas.DataFrame
        How well the sampler of the model converged, by parameter; empty unless `interval="model"`.
    notices : tuple of str
        Sentences that a reader of the numbers should know.
    """

    national: pd.DataFrame
    municipalities: pd.DataFrame
    spots: pd.DataFrame
    typologies: pd.DataFrame
    days: pd.DataFrame
    municipality_days: pd.DataFrame
    uplift: pd.DataFrame
    components: pd.DataFrame
    national_components: pd.DataFrame
    steps: pd.DataFrame
    ratios: pd.DataFrame
    duplication: pd.DataFrame
    effort: pd.DataFrame
    informants: pd.DataFrame
    size_classes: pd.DataFrame
    concentration: pd.DataFrame
    ages: pd.DataFrame
    unions: pd.DataFrame
    extrapolated: pd.DataFrame
    checks: pd.DataFrame
    options: Options = field(repr=False)
    notices: tuple[str, ...] = ()
    unlisted: pd.DataFrame = field(default_factory=pd.DataFrame)
    attendance: pd.DataFrame = field(default_factory=pd.DataFrame)
    dual: pd.DataFrame = field(default_factory=pd.DataFrame)
    draws: Draws | None = field(default=None, repr=False)
    diagnostics: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)

    def estimate(self, kp: str) -> Estimate:
        """Return the national size of one KP as an `Estimate`.

        Raises
        ------
        ValueError
            If the study has no such KP.
        """
        found = national_estimates(self.national)
        if kp not in found:
            raise ValueError(f"kp must be one of {', '.join(found)}; got {kp!r}")
        return found[kp]

    def __str__(self) -> str:
        """Return one line per KP, fit for a report."""
        return "\n".join(f"{kp}: {found}" for kp, found in national_estimates(self.national).items())

    def __repr__(self) -> str:
        """Say how much there is, never where."""
        return f"StudyEstimates({len(self.national)} KPs, {len(self.spots)} spots x KP)"


def national_estimates(national: pd.DataFrame) -> dict[str, Estimate]:
    """Return one `Estimate` for each row of `.national`, by KP."""
    return {str(row["kp"]): _estimate(row) for _, row in national.iterrows()}


def _estimate(row: pd.Series) -> Estimate:
    point = float(row["point"])
    return Estimate(
        point=point,
        lower=min(float(row["lower"]), point),  # sums of the same numbers may differ in the last digit
        upper=max(float(row["upper"]), point),
        interval=row["interval"],
        level=None if pd.isna(row["level"]) else float(row["level"]),
        method=str(row["method"]),
    )
