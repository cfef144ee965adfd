"""The list of methods as it stands in docs/methods.md, made from the registry."""

from __future__ import annotations

from pathlib import Path

from pse.methods.registry import METHODS
from pse.methods.registry_parts import Method

__all__ = ["BEGIN", "END", "markdown_list", "write_list"]

BEGIN, END = "<!-- methods: begin -->", "<!-- methods: end -->"


def markdown_list() -> str:
    """Return one table for each family, from the registry.

    Examples
    --------
    >>> markdown_list().splitlines()[0]
    '### Two lists'
    """
    blocks = []
    for family in dict.fromkeys(method.family for method in METHODS.values()):
        rows = [_row(method) for method in METHODS.values() if method.family == family]
        head = ["| method | when | columns of the file | options | gives |", "|---|---|---|---|---|"]
        blocks.append("\n".join([f"### {family[0].upper()}{family[1:]}", "", *head, *rows]))
    return "\n\n".join(blocks)


def _row(method: Method) -> str:
    columns = ", ".join(f"`{one.name}`" if one.required else f"[`{one.name}`]" for one in method.columns)
    options = ", ".join(f"`{one.name}`" if one.needed else f"[`{one.name}`]" for one in method.options)
    cells = (
        f"`{method.name}`",
        method.title,
        columns or "those of the options",
        options or "none",
        method.gives,
    )
    return f"| {' | '.join(cells)} |"


def write_list(page: Path) -> None:
    """Put the list between the marks of a page, where there is another one so far."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n{markdown_list()}\n{END}{after}", encoding="utf-8")
