"""The tables: check values from the published sizes and from the sample, and what must hold of any sizes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.microplan.commodities import adequacy, commodities, condoms
from mapping.microplan.formulas import FORMULAS
from mapping.microplan.norms import Norms, read_norms
from mapping.microplan.people import BOUNDS, of_country, of_municipalities
from mapping.microplan.services import services
from mapping.microplan.stock import order
from mapping.microplan.tables import microplan
from mapping.microplan.targets import targets
from mapping.microplan.whole import largest_remainder, nearest, share_out, up
from mapping.microplan.workforce import shared_workforce, workforce
from mapping.release import release
from tests.mapping.microplan.conftest import PUBLISHED

NORMS = read_norms()
STAFF = {"FSW": (64, 76, 88), "MSM": (97, 103, 107), "PWID": (108, 131, 155)}
SYRINGES = {
    "syringes_2020": (955_400, 1_163_800, 1_372_000),
    "syringes_2030": (1_433_100, 1_745_700, 2_058_000),
}
OAMT = (1_911, 2_328, 2_744)
"""MICROPLANS.md: 90 % reach; 200 and 300 syringes; 40 % if all were opioid dependent."""


def changed(name, value, kp="FSW"):
    """Return the usual norms with one value changed, the norm of everybody where the KP has none."""
    key = NORMS.key(name, kp)
    return Norms("T", {**NORMS.norms, key: NORMS.norms[key].model_copy(update={"value": value})})


def bounds(row):
    return tuple(float(row[name]) for name in BOUNDS)


def people(rows):
    """Rows (municipality, kp, low, central, high) as a table of people."""
    table = pd.DataFrame(rows, columns=["municipality", "kp", *BOUNDS])
    return table.assign(name=table["municipality"], hidden=table["central"].isna())


def whole_country(kp="FSW", size=(100.0, 200.0, 300.0)):
    return people([("", kp, *size), ("a", kp, *size)])


# Check values -------------------------------------------------------------------------------------


def test_staff_of_the_published_sizes(published_plan):
    table = published_plan.tables["national_workforce"].set_index("kp")
    assert {kp: bounds(table.loc[kp]) for kp in STAFF} == STAFF


def test_staff_at_one_per_fifty(published):
    table = microplan(published, changed("people_per_peer_educator", 50)).tables["national_workforce"]
    assert bounds(table.set_index("kp").loc["FSW"]) == (76, 91, 106)


def test_syringes_and_oamt_of_the_published_sizes(published_plan):
    table = published_plan.tables["syringes"].set_index("how")
    assert {how: bounds(table.loc[how]) for how in SYRINGES} == SYRINGES
    assert bounds(published_plan.tables["oamt"].set_index("how").loc["oamt_2012"]) == OAMT


def test_the_sample_gives_the_same_within_one_person_times_the_norm(plan):
    staff = plan.tables["national_workforce"].set_index("kp")
    assert {kp: bounds(staff.loc[kp]) for kp in STAFF} == STAFF
    table = plan.tables["syringes"].set_index("how")
    for how, each in (("syringes_2020", 200), ("syringes_2030", 300)):
        assert np.abs(np.subtract(bounds(table.loc[how]), SYRINGES[how])).max() <= each
    assert np.abs(np.subtract(bounds(plan.tables["oamt"].iloc[0]), OAMT)).max() <= 1


def test_the_sizes_are_the_published_ones(plan):
    for row in of_country(plan.people).to_dict("records"):
        assert np.abs(np.subtract(bounds(row), PUBLISHED[row["kp"]])).max() < 1


def test_condoms_by_hand():
    # 10 clients x 1 act x weeks worked, 2 partner acts x 52, over 12 months, with wastage
    row = condoms(whole_country(), NORMS).iloc[0]
    clients, acts, weeks, partner, wastage = (
        NORMS.value(name, "FSW")
        for name in (
            "clients_per_week",
            "acts_per_client",
            "weeks_worked",
            "partner_acts_per_week",
            "condom_wastage",
        )
    )
    each = (clients * acts * weeks + partner * 52) / 12 * (1 + wastage)
    assert bounds(row) == pytest.approx((100 * each, 200 * each, 300 * each))
    assert row["period"] == "month"


def test_syringes_are_planned_on_the_larger_of_norm_and_behaviour():
    table = commodities(whole_country("PWID"), NORMS)
    goods = of_country(table).set_index("how")["central"]
    assert goods["syringes_plan"] == max(goods["syringes_2030"], goods["syringes_behaviour"])
    spared = NORMS.value("oamt_current", "PWID") * NORMS.value("oamt_reduction", "PWID")
    used = 200 * NORMS.value("injections_per_day", "PWID") * 365 * (1 - spared)
    assert goods["syringes_behaviour"] == pytest.approx(used)
    assert goods["naloxone_carrying"] == pytest.approx(200 * 0.729)


def test_order_of_stock_by_hand():
    given = {"lead_months": 3, "review_months": 3, "buffer_months": 2, "on_order": 0, "pack_size": 144}
    assert order(monthly_need=1000, on_hand=500, **given) == 53 * 144  # 7,500 pieces are 52.08 packs
    assert order(monthly_need=1000, on_hand=8000, **given) == 0
    assert order(monthly_need=1000, on_hand=9000, **given) == 0


def test_the_contacts_decide_where_they_need_more_staff():
    table = of_country(workforce(whole_country(), changed("contacts_per_month", 8)))
    assert table["binding"].tolist() == ["contacts"]
    assert table["needed"].tolist() == table["contacts_central"].tolist() == [12]  # 200 x 0.9 x 8 / 120
    assert table["central"].tolist() == [3]
    assert of_country(workforce(whole_country(), NORMS))["binding"].tolist() == ["ratio"]


def test_the_last_quarter_reaches_the_reach_and_a_cost_gives_a_budget():
    cost = {
        ("cost_per_person_year", "FSW"): NORMS.norms["reach", "all"].model_copy(
            update={"value": 80, "unit": "euro"}
        )
    }
    table = of_country(targets(whole_country(), Norms("T", {**NORMS.norms, **cost})))
    assert table["central"].tolist() == pytest.approx([45, 90, 135, 180])
    assert table["budget"].tolist() == pytest.approx([45 * 20, 90 * 20, 135 * 20, 180 * 20])
    assert of_country(targets(whole_country(), NORMS))["budget"].isna().all()


def test_the_gap_of_a_service_is_target_less_those_served(counts):
    served = pd.DataFrame({"municipality": ["a"], "kp": ["FSW"], "step": ["tested"], "people": [30.0]})
    table = services(whole_country(), NORMS, served)
    row = table[table["municipality"].eq("a") & table["service"].eq("hiv_test")].iloc[0]
    assert row["gap"] == pytest.approx(row["central"] - 30)
    assert table[table["municipality"].eq("")]["gap"].isna().all()


def test_adequacy():
    assert adequacy(distributed=0, need=10) == 0
    assert np.isnan(adequacy(distributed=10, need=0))


# Properties ---------------------------------------------------------------------------------------

sizes = st.lists(
    st.tuples(*[st.floats(0, 2000, allow_nan=False)] * 3).map(lambda three: tuple(sorted(three))),
    min_size=1,
    max_size=8,
)


def as_people(rows, kp="FSW"):
    total = [sum(part) for part in zip(*rows, strict=True)]
    return people([("", kp, *total), *((f"m{i}", kp, *row) for i, row in enumerate(rows))])


@settings(max_examples=40, deadline=None)
@given(rows=sizes, more=st.floats(0, 1), less=st.floats(0, 1))
def test_more_reach_never_needs_fewer_staff(rows, more, less):
    less, more = sorted((less, more))
    low = workforce(as_people(rows), changed("reach", less))
    high = workforce(as_people(rows), changed("reach", more))
    for name in (*BOUNDS, "needed", "outreach_workers", "supervisors"):
        assert (low[name] <= high[name]).all()


@settings(max_examples=40, deadline=None)
@given(rows=sizes)
def test_shares_add_up_to_the_number_of_the_country(rows):
    table = shared_workforce(as_people(rows), NORMS)
    places, country = of_municipalities(table), of_country(table).iloc[0]
    for bound in BOUNDS:
        assert places[f"share_{bound}"].sum() == country[f"share_{bound}"]
        assert places[bound].sum() == country[bound] >= country[f"share_{bound}"]
    assert (places["share_low"] <= places["share_central"]).all()
    assert (places["share_central"] <= places["share_high"]).all()
    assert (places["share_low"] >= 0).all()


@settings(max_examples=25, deadline=None)
@given(rows=sizes, kp=st.sampled_from(["FSW", "MSM", "PWID"]))
def test_low_central_high_in_order_everywhere(rows, kp):
    table = as_people(rows, kp)
    for made in (
        workforce(table, NORMS), commodities(table, NORMS), services(table, NORMS), targets(table, NORMS),
    ):  # fmt: skip
        assert (made["low"] <= made["central"]).all() and (made["central"] <= made["high"]).all()


@settings(max_examples=60, deadline=None)
@given(quotas=st.lists(st.floats(0, 50), min_size=1, max_size=12))
def test_largest_remainder_stays_within_one_of_the_quota(quotas):
    total = float(up(sum(quotas)))
    parts = largest_remainder(quotas, total)
    if sum(quotas) > 0:
        assert parts.sum() == total
        exact = np.array(quotas) * total / sum(quotas)
        assert (np.abs(parts - exact) < 1 + 1e-6).all()


@settings(max_examples=60, deadline=None)
@given(rows=sizes)
def test_share_out_keeps_totals_and_order(rows):
    low, central, high = (np.array(part) / 60 for part in zip(*rows, strict=True))
    parts = share_out(low, central, high)
    assert [part.sum() for part in parts] == [float(up(v.sum())) for v in (low, central, high)]
    assert (parts[0] >= 0).all() and (parts[0] <= parts[1]).all() and (parts[1] <= parts[2]).all()


def test_whole_numbers():
    assert up([75.0000000001, 75.00001, np.nan])[:2].tolist() == [75, 76]
    assert nearest([0.5, 2327.49]).tolist() == [1, 2327]


# What is hidden -----------------------------------------------------------------------------------


def test_a_hidden_size_hides_every_number_made_from_it(plan):
    gone = plan.people[plan.people["hidden"]]
    assert len(gone) > 0
    for name, table in plan.tables.items():
        if "kp" not in table or "municipality" not in table:
            continue
        for place, kp in zip(gone["municipality"], gone["kp"], strict=True):
            rows = table[table["municipality"].eq(place) & table["kp"].eq(kp)]
            if name in ("workforce", "commodities", "services", "targets"):
                assert len(rows)
            assert rows.get("hidden", pd.Series(dtype=bool)).all(), name
            numbers = rows.select_dtypes("number").drop(columns=["quarter"], errors="ignore")
            assert numbers.isna().all().all(), name


def test_the_tables_are_a_function_of_what_is_released_and_of_nothing_else(public, plan, counts):
    """Whatever the hidden sizes are, the plan is the same: they are not in what it is made from."""
    blank = {name: public.tables[name] for name in ("national", "municipalities", "components")}
    assert (
        blank["municipalities"]
        .loc[blank["municipalities"]["hidden"], ["point", "lower", "upper"]]
        .isna()
        .all()
        .all()
    )
    again = microplan(replace(public, tables=blank), NORMS, coverage=counts)
    for name, table in again.tables.items():
        if name != "gap":
            pd.testing.assert_frame_equal(table, plan.tables[name])


def test_hidden_municipalities_share_the_rest_and_show_no_part(plan):
    table = plan.tables["workforce"]
    for kp in ("FSW", "MSM", "PWID"):
        rows = table[table["kp"].eq(kp)]
        shown = of_municipalities(rows)["share_central"].sum()
        total = of_country(rows)["share_central"].iloc[0]
        hidden = of_municipalities(rows)["hidden"].any()
        assert shown <= total if hidden else shown == total


def test_spots_are_in_no_public_plan(sample, sample_sizes):
    for level in ("public", "programme"):
        made = microplan(release(sample_sizes, level), NORMS, study=sample)
        assert not {"register", "site_load"} & set(made.tables)


# Every number says how ----------------------------------------------------------------------------


def test_every_row_says_how_it_is_computed_in_six_languages(plan):
    from mapping.labels import LANGUAGES, texts

    hows = {how for table in plan.tables.values() if "how" in table for how in table["how"]}
    assert len(hows) > 15
    for lang in LANGUAGES:
        assert {f"how_{how}" for how in hows | set(FORMULAS)} <= set(texts("microplan", lang))


def test_a_kp_without_norms_is_refused(published):
    bare = Norms(
        "T", {key: norm for key, norm in NORMS.norms.items() if key != ("people_per_peer_educator", "PWID")}
    )
    with pytest.raises(ValueError, match="norms must have people_per_peer_educator for PWID; got none"):
        microplan(published, bare)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"on_hand": -1}, "on_hand must be a number, 0 or more; got -1"),
        ({"pack_size": 0}, "pack_size must be a number above 0; got 0"),
        ({"monthly_need": -5}, "monthly_need must be a number, 0 or more; got -5"),
    ],
)
def test_stock_refuses_what_cannot_be(wrong, words):
    given = {
        "monthly_need": 10, "lead_months": 1, "review_months": 1, "buffer_months": 1, "on_hand": 0,
        "on_order": 0, "pack_size": 10,
    }  # fmt: skip
    with pytest.raises(ValueError, match=words):
        order(**{**given, **wrong})
