"""Key-population size estimation: field records and counts in, estimates out.

The names below are the public interface; each is loaded when it is first used, so that importing the
package (and `pse --help`) stays quick.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_WHERE = {
    "Estimate": "pse.estimate",
    "EstimateWarning": "pse.estimate",
    "add": "pse.combine",
    "pool": "pse.combine",
    "union": "pse.combine",
    "Study": "pse.records.study",
    "read_study": "pse.records.study",
    "make_study": "pse.records.study",
    "Problem": "pse.records.problems",
    "TableError": "pse.records.problems",
    "write_template": "pse.records.template",
    "Options": "pse.spots.options",
    "StudyEstimates": "pse.spots.chain",
    "estimate_study": "pse.spots.chain",
    "sensitivity_table": "pse.spots.sensitivity",
    "sample_folder": "pse.sample",
}
__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'pse' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
