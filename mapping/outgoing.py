"""How one run goes out: its level, threshold and language, and the ledger of what went out before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mapping.labels import check_language, texts
from mapping.plain import WrongUse
from mapping.release import Level, Released, release
from mapping.release.ledger import LedgerError, read_ledger, write_to_ledger
from mapping.release.levels import check_threshold
from pse.spots.results import StudyEstimates


@dataclass(frozen=True)
class Outgoing:
    """What the user chose about one release; the choices are checked before any work is done.

    Attributes
    ----------
    level : {"public", "programme", "restricted"}
        Who may see the results.
    threshold, reason : float, str, optional
        Another threshold than that of the level, in people, and why.
    ledger : pathlib.Path, optional
        Folder of earlier releases. This one is compared with them, and added to them once it is written.
    lang : str
        Language of the receipt and of the last lines on the screen.
    """

    level: Level = "public"
    threshold: float | None = None
    reason: str | None = None
    ledger: Path | None = None
    lang: str = "en"

    def __post_init__(self) -> None:
        try:
            check_language(self.lang)
            check_threshold(self.level, self.threshold, self.reason)
        except ValueError as error:
            raise WrongUse(str(error)) from error
        if self.ledger is not None and self.level == "restricted":
            raise WrongUse(
                "--ledger must come with public or programme; got restricted, which does not go out. "
                "Leave it out."
            )

    def release(
        self, sizes: StudyEstimates, *, sensitivity: pd.DataFrame | None, withheld: Collection[str]
    ) -> Released:
        """Return what may be shown, after a look at the ledger."""
        try:
            return release(
                sizes,
                self.level,
                sensitivity=sensitivity,
                withheld=withheld,
                threshold=self.threshold,
                reason=self.reason,
                lang=self.lang,
                ledger=None if self.ledger is None else read_ledger(self.ledger),
            )
        except LedgerError as error:
            raise WrongUse(str(error)) from error

    def remember(self, released: Released, *, day: str) -> str:
        """Add the release to the ledger, once it is written; return a sentence about it, if there is one."""
        if self.ledger is None:
            return ""
        place = write_to_ledger(released.tables, self.ledger, level=self.level, day=day)
        return texts("done", self.lang)["ledger"].format(name=place.name)
