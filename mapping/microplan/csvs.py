"""The tables of a microplan as CSV files, with the marks that a country's spreadsheets expect."""

from pathlib import Path

import pandas as pd

from mapping.microplan.tables import Microplan
from mapping.output import write_receipt
from mapping.release import safe_text
from pse import checks

DECIMALS = 6


def check_marks(*, separator: str, decimal: str) -> None:
    """Refuse marks that a spreadsheet could not tell apart.

    Raises
    ------
    ValueError
        If the separator is none of ``, ; tab`` or the decimal mark none of ``. ,``, or both are alike.

    Examples
    --------
    >>> check_marks(separator=";", decimal=",")
    """
    checks.one_of(separator, (",", ";", "\t"), name="separator")
    checks.one_of(decimal, (".", ","), name="decimal")
    if separator == decimal:
        raise ValueError(f"decimal must differ from separator; got {decimal!r} for both. Use ; as separator.")


def write_csvs(plan: Microplan, folder: Path, *, separator: str = ",", decimal: str = ".") -> list[Path]:
    """Write each table, the sizes and the norms as CSV (UTF-8 with a byte order mark), and the receipt.

    Parameters
    ----------
    plan : Microplan
        From `microplan`.
    folder : pathlib.Path
        A folder that is there.
    separator, decimal : str
        ``,`` ``;`` or tab; ``.`` or ``,``.
    """
    check_marks(separator=separator, decimal=decimal)
    tables = {"sizes": plan.people, "norms": plan.norms.table(), **plan.tables}
    paths = []
    for name, table in tables.items():
        paths.append(folder / f"{name}.csv")
        shown = pd.DataFrame(
            {safe_text(c): _plain(table[c]) for c in table.columns if c not in ("table", "row")}
        )
        shown.to_csv(
            paths[-1],
            index=False,
            sep=separator,
            decimal=decimal,
            encoding="utf-8-sig",
            lineterminator="\r\n",
        )
    return [*paths, write_receipt(plan.released, folder)]


def _plain(column: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(column):
        known = column.dropna()
        if (known == known.round()).all():
            return column.astype("Int64")  # staff, packs and other whole numbers: 64 and not 64.0
        return column.round(DECIMALS) + 0.0
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_integer_dtype(column):
        return column
    return column.astype(object).map(safe_text, na_action="ignore")
