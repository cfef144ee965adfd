"""Reference values of established packages; tests that need them skip where the folder is absent."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "reference" / "methods"


def reference(package: str, name: str) -> dict[str, Any]:
    """Return one reference result: `call`, `data`, `notes`, `result`."""
    path = FOLDER / package / f"{name}.json"
    if not path.exists():
        pytest.skip("the reference values of other packages are not on this machine")
    return json.loads(path.read_text(encoding="utf-8"))


def reference_names(package: str) -> list[str]:
    """Return the names of the results of a package; empty where the folder is absent."""
    return sorted(path.stem for path in (FOLDER / package).glob("*.json"))


def reference_input(package: str, name: str) -> pd.DataFrame:
    """Return one data set of a package."""
    path = FOLDER / "inputs" / package / f"{name}.csv"
    if not path.exists():
        pytest.skip("the reference values of other packages are not on this machine")
    return pd.read_csv(path)
