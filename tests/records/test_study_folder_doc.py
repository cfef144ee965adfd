"""docs/study_folder.md says of every table and column what `pse.records.tables` declares.

Run this file as a module (`python -m tests.records.test_study_folder_doc`) to write the tables anew.
"""

import re
from pathlib import Path

import pytest

from pse.records.settings import Settings
from pse.records.tables import KPS, STATUSES, TABLES, Table

DOC = Path(__file__).resolve().parents[2] / "docs" / "study_folder.md"
_BLOCK = "<!-- table {name} -->\n{text}<!-- end -->"


def as_markdown(table: Table) -> str:
    """Return the declaration of a table as the document shows it."""
    lines = [table.meaning]
    if table.key:
        lines[0] += f" {', '.join(f'`{name}`' for name in table.key)} together come once."
    lines += ["", "| column | needed | must be | may be blank | what it is |", "|---|---|---|---|---|"]
    for column in table.columns:
        needed = "yes" if column.required else "optional"
        lines.append(f"| `{column.name}` | {needed} | {column.rule} | {column.blank} | {column.meaning} |")
    return "\n".join(lines) + "\n"


def with_tables(text: str) -> str:
    """Return the document with each block of a table written anew."""
    for name, table in TABLES.items():
        block = re.compile(rf"<!-- table {name} -->\n.*?<!-- end -->", re.DOTALL)
        new = _BLOCK.format(name=name, text=as_markdown(table))
        text = block.sub(lambda _, new=new: new, text)
    return text


@pytest.mark.parametrize("name", TABLES)
def test_the_document_shows_the_table_as_it_is_declared(name):
    block = _BLOCK.format(name=name, text=as_markdown(TABLES[name]))
    assert block in DOC.read_text(encoding="utf-8"), f"run python -m {__spec__.name} to write the tables anew"


def test_the_document_names_every_setting_code_and_status():
    text = DOC.read_text(encoding="utf-8")
    missing = [word for word in (*Settings.model_fields, *KPS, *STATUSES) if f"`{word}`" not in text]
    assert missing == []


def test_every_column_says_what_it_is():
    unclear = [
        c.name for t in TABLES.values() for c in t.columns if not c.meaning.endswith(".") or not c.blank
    ]
    assert unclear == []


def test_keys_are_declared_columns():
    assert all(set(table.key) <= set(table.by_name) for table in TABLES.values())


if __name__ == "__main__":
    DOC.write_text(with_tables(DOC.read_text(encoding="utf-8")), encoding="utf-8")
