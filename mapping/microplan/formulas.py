"""How numbers are computed, once more as spreadsheet formulas: a test recalculates them and compares.

The key is what stands in the column `how` of a table; the label files hold a sentence for each of them. In
a template ``{people}`` is the size of the row (low, central or high, as the column), ``{@name}`` the cell of
the same row in the column `name`, and any other name a norm of the row's KP on the sheet Norms.
"""

from mapping.microplan.services import SHARES
from mapping.microplan.targets import QUARTERS

BOUNDS = "bounds"
"""Stands for the three columns low, central, high."""

_UP = "ROUNDUP(ROUND({},6),0)"
_NEAREST = "ROUND(ROUND({},6),0)"
_SYRINGES_USED = "{people}*{injections_per_day}*365*(1-{oamt_current}*{oamt_reduction})"
_CONDOMS = (
    "{people}*({clients_per_week}*{acts_per_client}*{weeks_worked}+{partner_acts_per_week}*52)/12"
    "*(1+{condom_wastage})"
)
_ADEQUACY = 'IF(OR({@distributed}="",{@central}=0),"",{@distributed}/{@central})'

FORMULAS: dict[str, dict[str, str]] = {
    "size": {},
    "workforce": {
        BOUNDS: _UP.format("{people}*{reach}/{people_per_peer_educator}"),
        "contacts_" + BOUNDS: _UP.format("{people}*{reach}*{contacts_per_month}/{contacts_per_peer_month}"),
        "binding": 'IF({@contacts_central}>{@central},"contacts","ratio")',
        "needed": "MAX({@central},{@contacts_central})",
        "outreach_workers": _UP.format("{people}*{reach}/{people_per_outreach_worker}"),
        "supervisors": _UP.format("{@needed}/{peer_educators_per_supervisor}"),
    },
    "workforce_shared": {
        BOUNDS: _UP.format("{people}*{reach}/{people_per_peer_educator}"),
    },
    "condoms": {
        BOUNDS: _CONDOMS,
        "adequacy": _ADEQUACY,
    },
    "lubricant": {
        BOUNDS: f"{_CONDOMS}*{{lubricant_per_condom}}",
        "adequacy": _ADEQUACY,
    },
    "syringes_2020": {BOUNDS: "{people}*{syringes_2020}"},
    "syringes_2030": {BOUNDS: "{people}*{syringes_2030}"},
    "syringes_behaviour": {BOUNDS: _SYRINGES_USED},
    "syringes_plan": {
        BOUNDS: f"MAX({{people}}*{{syringes_2030}},{_SYRINGES_USED})",
        "adequacy": _ADEQUACY,
    },
    "naloxone": {
        BOUNDS: "{people}*{naloxone_trained}*{naloxone_supplied}*{naloxone_kits}",
        "adequacy": _ADEQUACY,
    },
    "naloxone_carrying": {BOUNDS: "{people}*{naloxone_trained}*{naloxone_supplied}*{naloxone_carrying}"},
    "oamt_2012": {BOUNDS: _NEAREST.format("{people}*{opioid_dependent}*{oamt_coverage_2012}")},
    "oamt_current": {BOUNDS: _NEAREST.format("{people}*{opioid_dependent}*{oamt_coverage}")},
    **{
        f"service_{name}": {
            BOUNDS: f"{{people}}*{{{eligible}}}*{{{target}}}",
            "gap": 'IF({@current}="","",MAX(0,{@central}-{@current}))',
            "events": f"{{@central}}*{{{name}_events}}",
            "units": f"{{@central}}*{{{name}_events}}*{{{name}_units}}",
        }
        for name, (eligible, target) in SHARES.items()
    },
    **{f"target_q{q}": {BOUNDS: f"{{people}}*{{reach}}*{{ramp_q{q}}}"} for q in QUARTERS},
    "stock": {
        "order": (
            "MAX(0,ROUNDUP(ROUND(({@monthly_need}*({lead_months}+{review_months}+{buffer_months})"
            "-{@on_hand}-{@on_order})/{@pack_size},6),0))*{@pack_size}"
        ),
    },
    "sum_shown": {},
    "gap": {},
    "register": {},
    "site_load": {},
}


def template(how: str, column: str) -> tuple[str, str]:
    """Return the template of a cell and the bound it is about; empty where the cell is not a formula.

    Examples
    --------
    >>> template("syringes_2020", "high")
    ('{people}*{syringes_2020}', 'high')
    """
    cells = FORMULAS.get(how, {})
    if column in cells:
        return cells[column], "central"
    for bound in ("low", "central", "high"):
        if column.endswith(bound):
            key = column[: -len(bound)] + BOUNDS
            if key in cells:
                return cells[key], bound
    return "", ""
