"""What may leave the building. The towns of towns.py stand on both sides of the limits 10 and 5."""

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import pse
from mapping.maps import waterfall_bars, write_maps
from mapping.release import LEVELS, release, safe_text, withheld_spots
from mapping.release.rules import RULES
from mapping.release.shape import ASKED_FOR
from tests.mapping.towns import SIZES, TOWNS, town_study, town_tables

KEYS = {"municipality", "name", "kp", "other_kp", "order", "step", "component", "channel", "day", "weekend"}
KEYS |= {"interval", "level", "method", "size_basis", "adults", "denominator", "source", "form", "hidden"}
"""Columns that stay in a hidden row: keys, words, and the adults, who are in every census."""

SMALL = {"almost", "small", "tiny", "none"}
FEW = {"edge", "raised"}  # one or two spots, which would show their own size
OTHER_SHAPE = {"steps", "extrapolated", "duplication", "uplift", "days"}
"""Tables that go out by KP only, or with rounded ratios."""

BY_MUNICIPALITY = ["municipalities", "municipality_days", "components"]
HIDDEN = {"public": SMALL | FEW, "programme": SMALL | FEW, "restricted": set()}


@pytest.fixture(scope="module")
def study():
    return town_study()


@pytest.fixture(scope="module")
def sizes(study):
    return pse.estimate_study(study)


@pytest.fixture(scope="module")
def sensitivity(study):
    return pse.sensitivity_table(study)


def rounds_to_ten(size):
    return f"{size + 1e-9:.0f}" == "10"


def _fsw(table):
    return table[table["kp"].eq("FSW")].set_index("municipality")


def _numbers(name, table):
    """Columns to blank; the table of duplication has p and m only where shares were asked."""
    return [column for column in RULES[name].numbers if column in table or name != "duplication"]


def make_towns(tables):
    return pse.make_study(title="T", country="C", year=2020, tables=tables)


def by_phone(points):
    """The towns with people met by phone only, so many in each."""
    tables = town_tables()
    nothing = tables["level1"].iloc[:1].copy()
    nothing[["spot_id", "kp", "typology", "kp_min", "kp_max"]] = None
    tables |= {"level1": nothing, "level2": tables["level2"].iloc[:0]}
    del tables["overrides"]
    towns = {"municipality": sorted(SIZES), "kp": "FSW", "setting": "phone", "people": points}
    return {**tables, "nonspot": pd.DataFrame(towns)}


# --- which cells


def test_the_towns_have_the_sizes_that_were_added_by_hand(sizes):
    assert _fsw(sizes.municipalities)["point"].to_dict() == pytest.approx(SIZES)


@pytest.mark.parametrize("level", LEVELS)
def test_sizes_under_the_limit_zeros_and_single_spots_are_hidden(sizes, level):
    table = _fsw(release(sizes, level).municipalities)
    assert set(table.index[table["hidden"]]) == HIDDEN[level]
    assert set(table.index[table["point"].isna()]) == HIDDEN[level]


def test_the_limit_is_judged_on_the_unrounded_point(sizes):
    assert rounds_to_ten(SIZES["almost"])
    assert bool(_fsw(release(sizes).municipalities).loc["almost", "hidden"])


@pytest.mark.parametrize("level", ["public", "programme"])
@pytest.mark.parametrize("name", BY_MUNICIPALITY)
def test_a_hidden_cell_has_no_number_in_any_table(sizes, level, name):
    released = release(sizes, level)
    hidden = released.municipalities.loc[released.municipalities["hidden"], ["municipality", "kp"]]
    rows = released.tables[name].merge(hidden, on=["municipality", "kp"])
    assert len(rows)
    assert rows["hidden"].all()
    assert rows[[column for column in rows if column not in KEYS]].isna().all(axis=None)


@pytest.mark.parametrize("level", LEVELS)
def test_hidden_rows_are_blank_and_shown_numbers_are_true(sizes, sensitivity, level):
    released = release(sizes, level, sensitivity=sensitivity)
    for name, table in released.tables.items():
        if name != "spots":
            assert table.loc[table["hidden"], _numbers(name, table)].isna().all(axis=None), name
        if name in OTHER_SHAPE and level != "restricted":
            continue
        whole = sensitivity if name == "sensitivity" else getattr(sizes, name, table)
        for column in whole.select_dtypes("number"):
            shown = table[column].notna()
            assert (table.loc[shown, column].astype(float) == whole.loc[shown, column].astype(float)).all()


@pytest.mark.parametrize("level", ["public", "programme"])
def test_no_row_shows_a_size_under_the_limit(sizes, sensitivity, level):
    limit = {"public": 10, "programme": 5}[level]
    for name, table in release(sizes, level, sensitivity=sensitivity, withheld=()).tables.items():
        for column in ("point", "people", "computed_point", "both_from_kp", "usual"):
            if column in table:
                assert not (table[column].dropna().astype(float) < limit).any(), (name, column)


def test_at_restricted_every_number_is_there(sizes):
    released = release(sizes, "restricted")
    for name, table in released.tables.items():
        if name not in ("national_steps", "national_components"):
            whole = getattr(sizes, name)
            pd.testing.assert_frame_equal(table[whole.columns], whole)
    assert released.hidden == 0
    assert "Nothing is hidden" in released.receipt


def test_a_national_size_under_the_limit_is_hidden_everywhere(sizes, sensitivity):
    released = release(sizes, sensitivity=sensitivity)  # 4 TG in the whole country
    national = released.national.set_index("kp")
    # MSM have two spots in the whole country, which would show each other's size
    assert national["hidden"].to_dict() == {"FSW": False, "MSM": True, "TG": True}
    for name, table in released.tables.items():
        if "kp" in table and len(RULES[name].numbers):
            rows = table[table["kp"].eq("TG")]
            assert rows[_numbers(name, rows)].isna().all(axis=None), name
    assert released.unions["hidden"].all()


def test_shown_totals_stay_true(sizes):
    assert release(sizes).national.set_index("kp")["point"]["FSW"] == pytest.approx(sum(SIZES.values()))


@pytest.mark.parametrize("level", ["public", "programme"])
def test_a_size_is_hidden_with_the_small_one_before_its_override(sizes, level):
    cell = _fsw(release(sizes, level).municipalities).loc["raised"]  # 3 people, which an override made 20
    assert cell[["point", "computed_point", "computed_lower", "computed_upper", "rate"]].isna().all()


def test_a_small_part_of_a_shown_size_is_hidden(sizes):
    released = release(sizes)
    parts = _fsw(released.components).loc["big"].set_index("component")["point"]
    assert parts.isna().all()  # 8 people by phone, and 114 at spots that would show them
    assert _fsw(released.municipalities).loc["big", "point"] == 122


def test_corrections_by_municipality_do_not_go_out(sizes):
    for level in ("public", "programme"):
        assert "municipality" not in release(sizes, level).steps
    assert "municipality" in release(sizes, "restricted").steps


def test_rows_about_one_or_two_spots_are_hidden(sizes):
    classes = release(sizes, "programme").size_classes.set_index(["kp", "size_class"])
    assert classes.loc[("MSM", "50 and more"), "hidden"]  # one spot, of 60 people
    assert classes.loc[("FSW", "5 to 9"), "spots"] == 8
    assert classes["people"].isna().all()
    concentration = release(sizes, "programme").concentration.set_index("kp")
    assert concentration["hidden"].to_dict() == {"FSW": False, "MSM": True, "TG": True}


def test_the_lowest_rate_does_not_give_a_hidden_cell_away():
    tables = town_tables()
    places = tables["municipalities"].set_index("municipality")
    places["mapped"] = ["yes"] * 6 + ["no"] * 2
    places.loc["far", "adult_women"] = 1_000_000
    tables["municipalities"] = places.reset_index()
    denominators = {"FSW": "adult_women"}
    study = pse.make_study(title="T", country="C", year=2020, tables=tables, denominators=denominators)
    sizes = pse.estimate_study(study)
    rows = sizes.extrapolated.set_index(["municipality", "kp", "form"])
    assert rows.loc[("far", "FSW", "lowest"), "point"] == 300  # tiny: 3 in 10,000
    table = release(sizes).extrapolated.set_index(["kp", "form"])
    assert ("FSW", "lowest") not in table.index
    assert not table.loc[("FSW", "pooled"), "hidden"]
    assert table.loc[("FSW", "pooled"), "municipalities"] == 2


def test_a_typology_of_two_spots_is_hidden_with_its_ratio_and_a_partner():
    tables = town_tables()
    rare = tables["level1"]["spot_id"].isin(["S02", "S03"])
    for name in ("level1", "level2"):
        tables[name]["typology"] = ["lodge" if row else "bar" for row in rare]
    released = release(pse.estimate_study(make_towns(tables)), "programme")
    assert released.ratios.set_index(["kp", "stratum"]).loc[("FSW", "lodge"), "hidden"]
    typologies = released.typologies.set_index(["kp", "typology"])
    assert typologies.loc[("FSW", "lodge"), "hidden"]
    assert typologies.loc[("FSW", "bar"), "hidden"]  # else the sum of all spots would give it


@settings(deadline=None, max_examples=10)
@given(st.lists(st.floats(0, 30), min_size=7, max_size=7), st.sampled_from(["public", "programme"]))
@example([9.999999, 10, 4.999999, 5, 0, 0.4, 30], "public")
def test_whatever_the_sizes_a_shown_one_is_at_least_the_limit(points, level):
    limit = {"public": 10, "programme": 5}[level]
    sizes = pse.estimate_study(make_towns(by_phone(points)))
    table = release(sizes, level).municipalities
    assert table.loc[sizes.municipalities["point"] < limit, "hidden"].all()
    shown = ~table["hidden"]
    assert (table.loc[shown, "point"].astype(float) >= limit).all()
    assert table.loc[shown, "point"].tolist() == sizes.municipalities.loc[shown, "point"].tolist()


def test_whole_numbers_stay_whole_beside_hidden_ones(sizes):
    assert str(release(sizes).size_classes["spots"].dtype) == "Int64"


@pytest.mark.parametrize("level", LEVELS)
def test_the_tables_of_the_caller_are_not_changed(study, level):
    sizes, untouched = pse.estimate_study(study), pse.estimate_study(study)
    released = release(sizes, level, withheld=())
    for table in released.tables.values():
        table.insert(0, "mine", 1)
    for name in [name for name in RULES if hasattr(sizes, name)] + ["spots"]:
        pd.testing.assert_frame_equal(getattr(sizes, name), getattr(untouched, name))


def test_a_table_that_no_rule_names_does_not_go_out(sizes):
    named = set(RULES) - {"sensitivity"} - set(ASKED_FOR)
    assert set(release(sizes).tables) == named - {"national_steps"}
    assert set(release(sizes, "restricted").tables) == named | {"spots"}


# --- spots


def test_public_has_no_spots_and_says_so(sizes):
    released = release(sizes, withheld=())
    assert "spots" not in released.tables
    with pytest.raises(AttributeError, match="level 'public' has no table 'spots'"):
        _ = released.spots
    codes = set(sizes.spots["spot_id"])
    for name, table in released.tables.items():
        texts = table.select_dtypes(exclude=["number", "bool"]).astype(str)
        assert not texts.isin(codes).any(axis=None), name


def test_programme_has_code_typology_status_and_size_class_in_the_order_of_codes(sizes):
    spots = release(sizes, "programme", withheld=()).spots
    assert list(spots) == ["spot_id", "kp", "typology", "status", "size_class"]
    assert spots["spot_id"].is_monotonic_increasing
    assert spots.set_index("spot_id").loc["S00"].tolist() == ["FSW", "street", "active", "under 5"]
    few = spots[spots["kp"].eq("MSM")]  # two spots in all, whose people are hidden
    assert few[["typology", "size_class"]].isna().all(axis=None)


def test_spots_that_must_not_leave_stay_at_programme_too():
    tables = town_tables()
    status = ["refused", "unsafe", "inactive"]
    tables["level2"]["status"] = status + ["active"] * (len(tables["level2"]) - 3)
    tables["level2"]["do_not_publish"] = ["no"] * 4 + ["yes"] + ["no"] * (len(tables["level2"]) - 5)
    study = pse.make_study(title="T", country="C", year=2020, tables=tables)
    withheld = withheld_spots(study)
    assert withheld == {"S00", "S01", "S04"}
    released = release(pse.estimate_study(study), "programme", withheld=withheld)
    assert not released.spots["spot_id"].isin(withheld).any()
    assert "3 are left out (refused, unsafe or do_not_publish)" in " ".join(released.receipt.split())
    closed = released.spots.set_index("spot_id").loc["S02"]
    assert closed["status"] == "inactive"
    assert pd.isna(closed["size_class"])


def test_programme_fails_closed_when_it_is_not_said_what_must_stay(sizes):
    released = release(sizes, "programme")
    assert "spots" not in released.tables
    assert "it was not said which spots must not leave" in " ".join(released.receipt.split())


# --- receipt


def test_the_receipt_counts_what_is_hidden(sizes):
    released = release(sizes)
    words = " ".join(released.receipt.split())
    # FSW: all towns but `big`; MSM and TG: everything
    assert released.hidden == 6 + 7 + 7
    assert released.receipt.startswith("Release level: public\n")
    assert "sizes under 10 people" in words
    assert "20 of 21 municipality x KP cells" in words
    assert max(map(len, released.receipt.splitlines())) <= 78


def test_the_share_of_people_shown_is_in_the_receipt(sizes):
    # shown: 122 of 170.5 FSW + 90 MSM + 4 TG
    assert "5 % of the cells and 46 % of the people" in " ".join(release(sizes).receipt.split())


def test_an_unknown_level_is_refused(sizes):
    with pytest.raises(
        ValueError, match="release must be one of public, programme, restricted; got 'secret'"
    ):
        release(sizes, "secret")


# --- maps


def test_the_waterfall_is_summed_before_anything_is_hidden(sizes):
    bars = waterfall_bars(release(sizes, "programme").for_maps().steps, "FSW").set_index("step")
    assert bars.loc["total", "end"] == pytest.approx(sum(SIZES.values()))
    assert bars.loc["level1", "end"] == pytest.approx(114 + 10 + 9.5 + 6 + 3 + 3)


def test_maps_of_a_release_can_be_drawn_and_leave_out_hidden_kps(tmp_path, study, sizes):
    from mapping.boundaries import study_boundaries

    released = release(sizes)
    assert released.unmapped_kps == ["MSM", "TG"]
    paths = write_maps(released.for_maps(), study_boundaries(study), tmp_path, formats=("png",))
    names = {path.stem for path in paths}
    assert names >= {"rate_map_FSW", "waterfall_FSW"}
    assert not any("TG" in name or "MSM" in name for name in names)


def test_a_kp_met_online_only_keeps_its_waterfall():
    tables = town_tables()
    tables["virtual"] = pd.DataFrame(
        {
            "municipality": ["big"], "kp": ["PWID"], "platform_type": ["app"], "platform": ["P"],
            "accounts_min": [100], "accounts_max": [100], "share_genuine": [1], "share_active": [1],
            "share_resident": [1], "profiles_per_person": [2], "share_at_spots": [0],
        }
    )  # fmt: skip
    sizes = pse.estimate_study(pse.make_study(title="T", country="C", year=2020, tables=tables))
    bars = waterfall_bars(release(sizes).for_maps().steps, "PWID").set_index("step")
    assert bars.loc["total", "end"] == 50


# --- text


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-cmd", "@x", "\t=1", "\r=1", "\n=1", "\0=1", "＝1", "＋a", "－a", "＠a"]
)
def test_text_that_a_spreadsheet_would_run_gets_a_mark(text):
    assert safe_text(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-5", "+3.5", "-1e-7", "bar", "2016-02-29", "a=b", "", "Ђаковица"])
def test_numbers_and_harmless_text_stay_as_they_are(text):
    assert safe_text(text) == text


@given(st.text(alphabet=st.sampled_from("=+-@\t\r\n\0＝＋－＠ 1a.e"), max_size=6))
def test_no_text_starts_a_formula(text):
    safe = safe_text(text)
    starts = safe.lstrip(" ").startswith(tuple("=+-@\t\r\n\0＝＋－＠"))
    assert not starts or float(safe) == float(text)
    assert safe in (text, f"'{text}")


def test_the_towns_are_all_used():
    assert set(SIZES) == set(TOWNS) - {"far"}
