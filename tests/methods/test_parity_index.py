"""Every reference result is named on the page of its family, and docs/parity.md counts them rightly."""

import re
from pathlib import Path

import pytest

from tests.methods.reference import FOLDER, reference_names

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {  # a new page is one line
    "parity_decomposable.md": ("dga",),
    "parity_latent.md": ("LCMCR", "conting"),
    "parity_lists.md": ("Rcapture", "FSA", "CARE1"),
    "parity_log_linear.md": ("Rcapture",),
    "parity_multiplier.md": ("RDSpopsize",),
    "parity_one_list.md": ("singleRcapture", "SPECIES"),
    "parity_rds.md": ("RDS", "python-rdstools"),
    "parity_scale_up.md": ("NSUM", "networkscaleup", "networkreporting"),
    "parity_sparse.md": ("SparseMSE",),
    "parity_sspse.md": ("sspse",),
}
PACKAGES = sorted({package for named in PAGES.values() for package in named})


def stems(text: str, package: str) -> set[str]:
    """Return the results that a text names: `stem` between backticks, or package/stem."""
    return {*re.findall(r"`([^`\s]+)`", text), *re.findall(rf"\b{re.escape(package)}/([\w.+-]+)", text)}


def rows(head: str) -> list[list[str]]:
    """Return the cells of the table of the index that has this head."""
    text = (DOCS / "parity.md").read_text(encoding="utf-8")
    assert text.count(head) == 1
    table = text.partition(head)[2].lstrip("\n").split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[1:]]


def counts() -> dict[str, list[str]]:
    """Return the row of each package, by its name without the version."""
    head = (
        "| package | results | reproduced | in part | not | largest difference of what is reproduced | page |"
    )
    return {row[0].split()[0]: row[1:] for row in rows(head)}


def exceptions(package: str, how: str) -> list[str]:
    """Return the results of a package that are reproduced in part or not, as the index names them."""
    table = rows("| package | how | results | why |")
    assert all(row[3] for row in table) and {row[1] for row in table} == {"in part", "not"}
    return [stem for row in table if row[:2] == [package, how] for stem in re.findall(r"`([^`]+)`", row[2])]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_reference_result_is_named_on_a_page(package):
    wanted = reference_names(package)
    if not wanted:
        pytest.skip("the reference values of other packages are not on this machine")
    pages = [DOCS / page for page, packages in PAGES.items() if package in packages]
    named = set().union(*(stems(page.read_text(encoding="utf-8"), package) for page in pages))
    assert not set(wanted) - named


@pytest.mark.parametrize("package", PACKAGES)
def test_the_index_counts_what_there_is(package):
    total, whole, part, lost = map(int, counts()[package][:4])
    assert whole + part + lost == total
    for how, count in (("in part", part), ("not", lost)):
        named = exceptions(package, how)
        assert len(named) == len(set(named)) == count
        if reference_names(package):
            assert not set(named) - set(reference_names(package))
    if reference_names(package):
        assert total == len(reference_names(package))


def test_the_index_links_to_the_pages_of_each_package():
    assert set(counts()) == set(PACKAGES)
    for package, row in counts().items():
        pages = {page for page, packages in PAGES.items() if package in packages}
        assert set(re.findall(r"\((parity_\w+\.md)\)", row[5])) == pages


def test_every_page_and_every_package_has_its_line():
    assert set(PAGES) == {path.name for path in DOCS.glob("parity_*.md")}
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()} if FOLDER.exists() else set(PACKAGES)
    assert folders - {"inputs"} == set(PACKAGES)


def test_stems_are_whole_names():
    text = "| `HIV_CI_M0`, `HIV_*` | dga/madigan_york5_delta0.5 | Ned_all2 |"
    assert stems(text, "dga") == {"HIV_CI_M0", "HIV_*", "madigan_york5_delta0.5"}
