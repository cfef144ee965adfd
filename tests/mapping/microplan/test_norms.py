"""Norms are data: complete, sourced or marked, and nowhere in the formulas."""

import ast
import tomllib
from pathlib import Path

import pytest

import mapping.microplan as package
from mapping.microplan.norms import FOLDER, check_needed, make_norms, overlay, read_norms

FILES = sorted(path for path in FOLDER.glob("*.toml") if path.stem != "local_template")
FORMULAS = ("workforce", "commodities", "services", "stock", "targets", "people", "whole", "tables")
PART = {"value", "unit", "source", "note", "assumption"}


def test_the_bundled_sets_are_there():
    wanted = {"who_pwid_2012", "who_hepatitis_2030", "gam_current", "swit_2013", "naco_ti", "kenya_2018"}
    assert wanted | {"default"} == {path.stem for path in FILES}
    assert (FOLDER / "local_template.toml").exists()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_norm_has_value_unit_population_source_note_and_says_if_it_is_an_assumption(path):
    norms = read_norms(base=path.stem)
    assert norms.norms
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    found.pop("title")
    for by_population in found.values():
        for population, parts in by_population.items():
            assert population and parts.keys() >= PART
            assert parts["note"] or not parts["assumption"]
            assert parts["assumption"] == parts["source"].startswith("Assumption")


def test_the_template_is_comments_only_and_changes_nothing():
    template = read_norms(FOLDER / "local_template.toml")
    assert dict(template.norms) == dict(read_norms().norms)


@pytest.mark.parametrize("name", FORMULAS)
def test_no_formula_module_holds_a_literal_of_the_norms(name):
    calendar = {0, 1, 12, 52, 365, 6, 0.5, 4}  # months, weeks, days; rounding; quarters
    values = {norm.value for norm in read_norms().norms.values()} - calendar
    source = Path(package.__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    numbers = {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    }
    assert not (values - {2.0, 3.0}) & numbers  # 2 and 3 count things in code too
    assert numbers <= calendar | {2, 3}


def test_known_norms_of_the_planning_notes():
    norms = read_norms()
    ratio = "people_per_peer_educator"
    assert [norms.value(ratio, kp) for kp in ("FSW", "MSM", "PWID")] == [60, 60, 40]
    assert norms.value("syringes_2020", "PWID") == 200
    assert norms.value("syringes_2030", "PWID") == 300
    assert norms.value("oamt_coverage_2012", "PWID") == 0.4
    assert norms.value("oamt_coverage", "PWID") == 0.5
    assert read_norms(base="swit_2013").value(ratio, "FSW") == 50
    carried = [norms.value(f"naloxone_{part}", "PWID") for part in ("trained", "supplied", "carrying")]
    assert round(carried[0] * carried[1] * carried[2], 3) == 0.729  # S-O-S


def test_a_local_file_is_laid_over(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'title = "Mine"\n[people_per_peer_educator.FSW]\nvalue = 50\nunit = "people"\n'
        'source = "National guideline"\nyear = 2025\nnote = ""\nassumption = false\n',
        encoding="utf-8",
    )
    norms = read_norms(path)
    assert norms.value("people_per_peer_educator", "FSW") == 50
    assert norms.value("people_per_peer_educator", "MSM") == 60
    assert norms.title.endswith("Mine")
    assert overlay(read_norms(), norms).norms == norms.norms


GOOD = {"value": 5, "unit": "people", "source": "S", "note": "", "assumption": False}


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({**GOOD, "value": -1}, "value must be a number, 0 or more; got -1"),
        ({**GOOD, "value": "many"}, "value must be a number, 0 or more; got many"),
        ({**GOOD, "value": 0}, r"people_per_peer_educator.FSW must be above 0; got 0"),
        ({**GOOD, "unit": "share of people", "value": 90}, "must be between 0 and 1; got 90"),
        ({k: v for k, v in GOOD.items() if k != "source"}, "source is missing"),
        ({**GOOD, "colour": "red"}, "colour is not a part of a norm"),
        (60, "must be a table with value, unit, source"),
    ],
)
def test_a_wrong_norm_is_refused_by_name(parts, words):
    with pytest.raises(ValueError, match=words):
        make_norms({"people_per_peer_educator": {"FSW": parts}}, title="T")


def test_all_problems_of_a_file_come_at_once():
    wrong = {"reach": {"FSW": {**GOOD, "value": -1}, "MSM": {**GOOD, "value": -2}}}
    with pytest.raises(ValueError, match=r"norms has 2 problem\(s\).*reach.FSW.*reach.MSM"):
        make_norms(wrong, title="T")


def test_a_pack_size_of_0_is_refused():
    with pytest.raises(ValueError, match=r"pack_size_condoms\.all must be above 0; got 0"):
        make_norms({"pack_size_condoms": {"all": {**GOOD, "value": 0}}}, title="T")


def test_a_missing_norm_names_the_kp_and_what_to_add():
    with pytest.raises(ValueError, match=r"norms must have people_per_peer_educator.* for TG; got none"):
        check_needed(read_norms(), ["FSW", "TG"])


def test_a_file_that_is_not_toml_is_refused(tmp_path):
    path = tmp_path / "norms.toml"
    path.write_text("value 5", encoding="utf-8")
    with pytest.raises(ValueError, match="norms must be a TOML file in UTF-8"):
        read_norms(path)
