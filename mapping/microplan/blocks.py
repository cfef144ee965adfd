"""The week of a roster: seven days of six four-hour blocks, 42 slots, Monday 00-04 first."""

import pandas as pd

from pse.records.tables import DAYS

BLOCKS = ("00-04", "04-08", "08-12", "12-16", "16-20", "20-24")
"""Four-hour blocks of a day, named by their first and last hour."""

BLOCK_HOURS = 4
BLOCK_MINUTES = 60 * BLOCK_HOURS
SLOTS = len(DAYS) * len(BLOCKS)


def slot_numbers(table: pd.DataFrame) -> pd.Series:
    """Return the slot of each row from its `day` and `block`, 0 to 41; blank where either is unknown.

    >>> slot_numbers(pd.DataFrame({"day": ["mon", "sun"], "block": ["00-04", "20-24"]})).astype(int).tolist()
    [0, 41]
    """
    day = table["day"].astype(object).map({name: number for number, name in enumerate(DAYS)})
    block = table["block"].astype(object).map({name: number for number, name in enumerate(BLOCKS)})
    return day * len(BLOCKS) + block


def slot_name(slot: int) -> tuple[str, str]:
    """Return the day and the block of a slot.

    >>> slot_name(41)
    ('sun', '20-24')
    """
    day, block = divmod(int(slot), len(BLOCKS))
    return DAYS[day], BLOCKS[block]
