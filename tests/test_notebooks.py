"""Every notebook runs from top to bottom, and prints what its text says."""

import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))


def run(path):
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=300,
        coalesce_streams=True,  # else a line that is printed in two pieces may come apart on a busy machine
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute(
        env={**os.environ, "PYTHONPATH": str(path.parents[1])}
    )  # this checkout, not an installed one
    return notebook


def printed(notebook):
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            texts.append(output.get("text", ""))
            texts.append(output.get("data", {}).get("text/plain", ""))
    return "\n".join(texts)


def text_of(stem):
    """Return what the notebook of this name prints when it is run."""
    return printed(run(next(path for path in NOTEBOOKS if path.stem == stem)))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_committed_without_output(path):
    assert not any(cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells)


def test_kosovo_2016_tells_the_published_numbers():
    text = text_of("01_kosovo_2016")
    for number in (
        "5,037 (4,213 to 5,860, range",
        "6,814 (6,445 to 7,117, range",
        "5,819 (4,777 to 6,860, range",
        "75% of MSM are in five municipalities",
        "'mean_rate': 13051",
        "'lowest_rate': 8918",
        "'pooled_rate': 13300",
    ):
        assert number in text
    assert "103,298" in text or "Kenya is skipped" in text


def test_field_data_goes_from_the_forms_to_a_first_estimate():
    text = text_of("02_field_data")
    words = " ".join(text.split())
    assert "Formularët janë në forms." in text and ". >= ${kp_min}" in text
    assert '"Шифра интервјуа" = "interview_id"' in text and "proposed in import.toml" in words
    table = text[text.index("skedari") :]
    found = re.findall(r"^(gabim|njoftim) .*?  +(\d+)  ", table[: table.index("Gabime: ")], re.M)
    errors, notices = ([int(row) for kind, row in found if kind == one] for one in ("gabim", "njoftim"))
    assert (errors, notices) == ([5, 4, 4], [62, 2, 7, 77])  # each planted mistake once, at its row
    assert "Gabime: 3. Njoftime: 5." in text
    assert "Sheets of the copy: problemi, interviews, spot" in text
    assert "Errors: 0. Notices: 5." in text and "Rows set aside: 2" in text
    assert "the person is under 18 and is not counted as a sex worker" in words
    assert "The telephone number is in a table of the study: False" in text
    assert "044 123" not in text  # it stands in the private folder only
    assert "Klina, Klinë, Клина: one municipality, shown as Klinë, Klina, Клина" in text
    assert "before: 2 places of one spot" in text and "after: 1 place of one spot" in text
    assert "names alike (100 of 100); same typology" in text
    before, decided = map(int, re.search(r"(\d+) spots before the decision, (\d+) after it", text).groups())
    assert decided == before - 1
    assert f"{before} spots when the decision is taken back" in text and f"{decided} spots in the end" in text
    assert "Three municipalities: the study can be estimated." in text
    assert len(re.findall(r"^(?:FSW|PWID) +\d+ +\d+ to \d+ ", text, re.M)) == 2


def test_maps_tells_what_was_checked_drawn_and_refused():
    text = text_of("03_maps")
    for words in (
        "38 areas; 0 problems in the file; 0 overlaps or gaps",
        "0 overlaps or gaps after simplifying",
        "level must be 'restricted' for a chart of single spots; got 'public'. Draw areas instead.",
        "7 maps; over ",
        "24 areas tested, 14 without a number;",
        "17 maps and charts; sizes.gpkg",
    ):
        assert words in text


def test_uncertainty_tells_range_from_interval_and_what_to_measure_better():
    text = text_of("05_uncertainty")

    def found(pattern):
        match = re.search(pattern, text)
        assert match, pattern
        return [float(number) for number in match.groups()]

    assert len(re.findall(r"\(.* to .*, range; ", text)) == 3
    assert len(re.findall(r"\(.* to .*, 95% confidence; .* bootstrap of 500 draws\)", text)) == 3
    ranges, intervals = found(r"(\d) of 3 ranges and (\d) of 3 intervals hold the truth")
    assert ranges == 3 and intervals >= 2
    assert found(r"the widest interval has (\d+)% of its range")[0] < 70
    listed, few = found(r"listed spots only: ([+-][\d.]+)% from the truth, (\d) of 3")
    whole, most = found(r"with unlisted ones: ([+-][\d.]+)% from the truth, (\d) of 3")
    assert listed < -5 and abs(whole) < 3 and few < most
    assert len(re.findall(r"(?:FSW|MSM|PWID): \d+% of the variance is from \w+: \w+", text)) == 3
    assert found(r"intervals are (\d+)% narrower on average")[0] > 15
    assert found(r"width of the sum over the added widths: ([\d.]+)")[0] < 0.95
    best, worst = found(r"the third largest may be number (\d+) to (\d+)")
    assert best <= 3 <= worst and best < worst
    assert found(r"(\d+) of 30 intervals of 95 % hold the truth")[0] >= 24  # fewer: a chance of 0.06 %
    page = (NOTEBOOKS[0].parents[1] / "docs" / "coverage.md").read_text(encoding="utf-8")
    rows = [row.split("|") for row in page.splitlines() if row.startswith("| ")]
    national = [float(row[4].strip(" %")) for row in rows[1:]]
    shown = f"{len(national)} scenarios: national cover {min(national):.1f} to {max(national):.1f} %"
    assert shown in text


def test_triangulation_tells_which_method_misses_and_what_a_consensus_is_worth():
    text = text_of("06_triangulation")
    assert len(re.findall(r"-- (?:holds|misses) the truth", text)) == 7
    assert (
        "two lists (outreach, clinic): " in text
        and "got 2 difference(s): recall (entries 1, 2, 3 | 4)" in text
    )
    assert re.search(
        r"95% credible; consensus of 3 estimates, log scale, elicited prior, tau x 1, \d+% of", text
    )
    assert "the consensus holds the truth of 2,400" in text
    assert "prior on the bias of 1 method(s)" in text and "elicited prior" in text
    found = re.findall(r"^(.+): (\d+) of 100 intervals hold the truth; mean (\S+) of the truth", text, re.M)
    held = {name: (int(times), float(mean)) for name, times, mean in found}
    assert held["two lists"][0] < 60 and held["two lists"][1] < 0.9  # visible people are on both
    assert held["multiplier"][0] >= 88  # 95 expected: fewer has a chance of 0.1 %
    assert held["consensus of the two"][0] > held["two lists"][0] + 20
