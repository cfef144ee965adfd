"""Age and sex of the people interviewed, where they were recorded."""

import numpy as np
import pandas as pd


def ages_table(people: pd.DataFrame) -> pd.DataFrame:
    """Return the mix of people met at spots by `kp, sex, age_group`.

    Parameters
    ----------
    people : pandas.DataFrame
        Checked table; people at spots with `sex` or `age_group`.

    Returns
    -------
    pandas.DataFrame
        `kp, sex, age_group, answers, share`. Shares are weighted by 1/M, because people met at spots are
        met in proportion to the number M of spots they visit; they add up to 1 within a KP. Empty where
        neither was recorded.
    """
    keys = ["kp", "sex", "age_group"]
    rows = people[people["spot_id"].notna() & (people["spots_visited"] > 0)]
    recorded = [name for name in ("sex", "age_group") if name in rows and rows[name].notna().any()]
    if rows.empty or not recorded:
        return pd.DataFrame(columns=[*keys, "answers", "share"])
    frame = pd.DataFrame({"kp": rows["kp"].astype(object), "weight": 1 / rows["spots_visited"].astype(float)})
    for name in ("sex", "age_group"):
        frame[name] = rows[name].fillna("not recorded") if name in recorded else "not recorded"
    table = frame.groupby(keys, as_index=False)["weight"].agg(answers="size", weight="sum")
    total = table.groupby("kp")["weight"].transform("sum")
    share = np.where(total > 0, table["weight"] / total, 0.0)
    return table.drop(columns="weight").assign(share=share)
