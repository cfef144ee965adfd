"""The tables of a microplan as CSV files, with the marks that a country's spreadsheets expect."""

from pathlib import Path

import pandas as pd

from mapping.microplan.tables import Microplan
from mapping.output import write_csv, write_receipt
from pse import checks


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
        columns = [column for column in table.columns if column not in ("table", "row")]
        shown = pd.DataFrame({column: _whole_where_possible(table[column]) for column in columns})
        write_csv(shown, paths[-1], separator=separator, decimal=decimal)
    return [*paths, write_receipt(plan.released, folder)]


def _whole_where_possible(column: pd.Series) -> pd.Series:
    """Return staff, packs and other whole numbers as such: 64 and not 64.0."""
    if pd.api.types.is_float_dtype(column) and (column.dropna() == column.dropna().round()).all():
        return column.astype("Int64")
    return column
