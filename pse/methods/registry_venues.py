"""Methods for people met or counted at venues."""

from __future__ import annotations

import math

import pandas as pd

from pse.estimate import Estimate
from pse.methods.registry_parts import Given, Method, Option, number, people, size, text
from pse.methods.surveys import Measure
from pse.methods.venues import last_visit_size, place_size, reverse_tracking, time_location_size
from pse.records.tables import Column

__all__ = ["METHODS"]

COMES = "Everybody of the KP comes to venues in the time that counts"
WEIGHT = number("weight", "Venues that the row stands for; 1 without it.", needed=False, above_0=True)
STRATUM = text("stratum", "Stratum of the venue.", needed=False)
POPULATION = people("population", "Venues of the stratum on the list.", needed=False)


def _names(table: pd.DataFrame, *names: str) -> dict[str, str]:
    return {name: name for name in names if name in table}


def _place(table: pd.DataFrame, given: Given) -> Estimate:
    duplication = Measure(given["duplication"], given["duplication_error"], math.inf, "given")
    return place_size(
        table,
        duplication=duplication,
        level=given.level,
        **_names(table, "weight", "stratum", "population"),  # type: ignore[arg-type]
    )


METHODS = (
    Method(
        name="place",
        family="venues",
        title="PLACE: workers and patrons counted at a sample of venues, and the share of each who are KP.",
        row="One venue visited; closed ones stay in with 0.",
        columns=(
            people("workers", "Workers at the busy time."),
            Column("workers_kp", "share", "Share of them who are KP."),
            people("patrons", "Patrons at the busy time."),
            Column("patrons_kp", "share", "Share of them who are KP."),
            WEIGHT,
            STRATUM,
            POPULATION,
        ),
        options=(
            Option("duplication", "share", "People for each person counted: the mean of 1 / venues visited."),
            Option("duplication_error", "number", "Its standard error; 0 where nobody goes to two venues."),
        ),
        gives="People at venues with a confidence interval.",
        assumes=f"{COMES}; the list of venues is complete and the sample is drawn by chance.",
        pitfalls="Shares that interviewers guess. Venues that nobody named.",
        example="workers,workers_kp,patrons,patrons_kp,weight\n10,0.5,20,0.1,5\n4,0.5,30,0.1,5\n0,0.5,10,0.1,5\n6,0.5,0,0.1,5\n",
        example_options={"duplication": "0.8", "duplication_error": "0.05"},
        estimate=_place,
    ),
    Method(
        name="time-location",
        family="venues",
        title="Time-location sample: the sum of weights by how often people come.",
        row="One interview.",
        columns=(
            text("event", "Venue-day-time at which it was held."),
            number(
                "weight",
                "1 / chance of the event x present / interviewed / visits in the period.",
                above_0=True,
            ),
            STRATUM,
        ),
        options=(),
        gives="People who come in the period, with a confidence interval.",
        assumes=f"{COMES}; visits are counted in events of the frame.",
        pitfalls="Visits per week in place of events of the frame. Events at which nobody was met.",
        example="event,weight\n1,50\n1,10\n2,20\n2,20\n3,20\n3,60\n",
        estimate=lambda table, given: time_location_size(
            table,
            event="event",
            weight="weight",
            level=given.level,
            **_names(table, "stratum"),  # type: ignore[arg-type]
        ),
    ),
    Method(
        name="reverse-tracking",
        family="venues",
        title="A later visit to a sample of spots corrects the total of a mapping.",
        row="One spot visited again.",
        columns=(
            size("mapped", "People by the mapping."),
            size("found", "People counted now."),
            STRATUM,
            POPULATION,
        ),
        options=(Option("mapped_total", "number", "People by the mapping at all spots."),),
        gives="A corrected total with a confidence interval.",
        assumes="The spots visited are a chance sample of the mapping; closed ones are in it with 0.",
        pitfalls="New spots are not in it. A count at another time of day is another number.",
        example="mapped,found\n10,8\n20,17\n30,20\n40,35\n",
        example_options={"mapped_total": "1000"},
        estimate=lambda table, given: reverse_tracking(
            table,
            mapped_total=given["mapped_total"],
            level=given.level,
            **_names(table, "stratum", "population"),  # type: ignore[arg-type]
        ),
    ),
    Method(
        name="last-visits",
        family="venues",
        title="One day's visitors and when each came last before (LMS); also for websites and apps.",
        row="One person asked, or one answer with the people who gave it.",
        columns=(
            people("days", "Days since the last visit before.", low=1),
            people("people", "People with this answer; 1 without it.", needed=False),
        ),
        options=(
            Option("sampled", "share", "Share of the day's visitors who were asked."),
            Option("window", "count", "Days of the period; longer answers count as it.", None, False),
        ),
        gives="People who come in the period, with a confidence interval.",
        assumes="The day is like any other.",
        pitfalls="Weekdays and trends. Answers rounded to a week or a month.",
        example="days,people\n1,20\n2,10\n7,8\n30,2\n",
        example_options={"sampled": "0.5"},
        estimate=lambda table, given: last_visit_size(
            days=table["days"],
            people=table.get("people"),
            sampled=given["sampled"],
            window=given["window"],
            level=given.level,
        ),
    ),
)
