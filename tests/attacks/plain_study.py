"""A study without duplication whose sizes can be set: every municipality has its people at equal spots."""

import pandas as pd

from pse.records.study import Study, make_study


def plain_study(
    spots: dict[str, list[int]],
    *,
    adults: int = 10_000,
    typologies: tuple[str, ...] = ("bar",),
    more: dict[str, pd.DataFrame] | None = None,
) -> Study:
    """Return a study of FSW with the sizes of the spots of each municipality, and other tables as given."""
    rows = [
        (town, f"{town}{number:02d}", typologies[number % len(typologies)], size)
        for town, sizes in spots.items()
        for number, size in enumerate(sizes)
    ]
    frame = pd.DataFrame(rows, columns=["municipality", "spot_id", "typology", "size"])
    frame = frame.assign(kp="FSW", zone=None)
    level1 = frame.assign(
        interview_id=[f"A{n}" for n in range(len(frame))],
        informant_type="taxi",
        kp_min=frame["size"],
        kp_max=frame["size"],
    )
    level2 = frame.assign(
        interview_id=[f"B{n}" for n in range(len(frame))],
        status="active",
        usual_min=frame["size"],
        usual_max=frame["size"],
        peak_min=frame["size"],
        peak_max=frame["size"],
        peak_days="sat sun",
    )
    places = pd.DataFrame(
        {
            "municipality": list(spots),
            "name": [town.capitalize() for town in spots],
            "adult_men": adults,
            "adult_women": adults,
            "mapped": "yes",
            "lat": [42.0 + 0.1 * number for number in range(len(spots))],
            "lon": [21.0 + 0.2 * (number % 3) for number in range(len(spots))],
        }
    )
    tables = {
        "municipalities": places,
        "level1": level1.drop(columns="size"),
        "level2": level2.drop(columns="size"),
        **(more or {}),
    }
    return make_study(
        title="Plain", country="Nowhere", year=2020, tables=tables, denominators={"FSW": "adult_women"}
    )
