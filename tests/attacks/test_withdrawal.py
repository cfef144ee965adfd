"""SAFETY 13: a spot that was withdrawn stays out, however its records come back. SAFETY 11: and quietly."""

import logging
import sqlite3
import traceback

import pandas as pd
import pytest

import pse
from mapping.output import write_csv, write_estimates
from mapping.release import release, withheld_spots
from tests.attacks.canary import make_canary
from tests.attacks.scan import Token, scan
from tests.records.tiny import write_folder

SETTINGS = {
    "title": "Canary", "country": "Nowhere", "year": 2016, "size_basis": "usual_day",
    "denominators": {"FSW": "adult_women"},
}  # fmt: skip
TABLES = ("municipalities", "level1", "level2", "people", "virtual", "nonspot", "overrides")


@pytest.fixture(scope="module")
def canary(tmp_path_factory):
    return make_canary(tmp_path_factory.mktemp("study") / "qxzwdstudy")


def read_tables(study):
    """Return the tables of a study as another program would write them out again."""
    return {name: getattr(study, name) for name in TABLES}


def by_csv(tables, folder):
    """Import again what our own writer of CSV wrote."""
    write_folder(folder, {}, SETTINGS)
    for name, table in tables.items():
        write_csv(table, folder / f"{name}.csv")
    return folder


def by_workbook(tables, folder):
    folder.mkdir()
    path = folder / "study.xlsx"
    settings = {name: value for name, value in SETTINGS.items() if name != "denominators"}
    settings["denominators.FSW"] = "adult_women"
    with pd.ExcelWriter(path, engine="xlsxwriter") as writer:
        pd.DataFrame({"setting": settings.keys(), "value": settings.values()}).to_excel(
            writer, sheet_name="study", index=False
        )
        for name, table in tables.items():
            table.to_excel(writer, sheet_name=name, index=False)
    return path


def by_database(tables, folder):
    """Through SQL, which knows no truth values: yes and no come back as 1 and 0."""
    with sqlite3.connect(":memory:") as database:
        for name, table in tables.items():
            table.to_sql(name, database, index=False)
        tables = {name: pd.read_sql(f"select * from {name}", database) for name in tables}
    return write_folder(folder, tables, SETTINGS)


def seen_again(tables, folder):
    """A later round: another team found the withdrawn spots active, and its rows stand first."""
    again = tables["level2"].assign(
        status="active", do_not_publish=False, usual_min=5, usual_max=6, peak_min=5, peak_max=6
    )
    again["interview_id"] = [f"again{number}" for number in range(len(again))]
    both = pd.concat([again, tables["level2"]], ignore_index=True)
    return write_folder(folder, {**tables, "level2": both}, SETTINGS)


@pytest.mark.parametrize("way", [by_csv, by_workbook, by_database, seen_again])
def test_withdrawn_spots_stay_out_after_a_re_import(canary, way, tmp_path):
    path = way(read_tables(pse.read_study(canary.folder)), tmp_path / "again")
    study = pse.read_study(path)
    assert withheld_spots(study) == canary.barred()
    released = release(pse.estimate_study(study), "programme", withheld=withheld_spots(study))
    write_estimates(released, tmp_path / "out", run={})
    found = scan(tmp_path / "out", canary.codes())
    assert len(found) == len(canary.codes()) - 3
    assert not found & canary.barred()


def test_a_careless_table_of_active_spots_shows_one_that_was_withdrawn(canary, tmp_path):
    study = pse.read_study(canary.folder)
    spots = pse.estimate_study(study).spots
    write_csv(spots[spots["status"].eq("active")][["spot_id", "kp"]], tmp_path / "spots.csv")
    assert scan(tmp_path, canary.codes()) & canary.barred()


def test_no_log_error_or_repr_tells_a_token(canary, caplog, tmp_path):
    """Everything that can be printed of a study, its estimates and its release, and errors on the way."""
    caplog.set_level(logging.DEBUG)
    study = pse.read_study(canary.folder)
    sizes = pse.estimate_study(study)
    told = [repr(study), str(study), repr(sizes), str(sizes), *map(str, study.notices), *sizes.notices]
    for level in ("public", "programme", "restricted"):
        told += [repr(release(sizes, level, withheld=withheld_spots(study)))]
    tables = read_tables(study)
    tables["level1"] = tables["level1"].assign(kp_min=tables["level1"]["spot_name"], lat="north of the mill")
    tables["level2"] = tables["level2"].assign(municipality=tables["level2"]["spot_name"])
    with pytest.raises(pse.TableError) as caught:
        pse.read_study(write_folder(tmp_path / "broken", tables, SETTINGS))
    told += ["".join(traceback.format_exception(caught.value)), caplog.text]
    (tmp_path / "told.txt").write_text("\n".join(told), encoding="utf-8")
    assert len(caught.value.problems) > 50
    assert (
        scan(tmp_path / "told.txt", [*canary.tokens, Token("free text", text="north of the mill")]) == set()
    )


def test_a_careless_error_tells_the_name_and_is_found(canary, tmp_path):
    study = pse.read_study(canary.folder)
    with pytest.raises(ValueError, match="could not convert") as caught:
        study.level1["spot_name"].astype(float)
    (tmp_path / "told.txt").write_text(str(caught.value), encoding="utf-8")
    assert len(scan(tmp_path / "told.txt", canary.texts())) == 1
