"""The offline web map in Chromium, without a network: no request, no error, and the right words."""

import shutil

import pytest

import pse
from mapping.boundaries import study_boundaries
from mapping.labels import LANGUAGES
from mapping.release import release
from mapping.webmap import write_webmap
from tests.mapping.pages import masked, released_tables, squares

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def areas():
    return squares()


@pytest.fixture(scope="module")
def page(areas, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "map.html"
    return write_webmap(
        released_tables(), areas, path, title="A </title><script>alert(1)</script>", source="Us & <them>"
    )


@pytest.fixture(scope="module")
def sample():
    study = pse.read_study(pse.sample_folder())
    return study, release(pse.estimate_study(study)), study_boundaries(study)


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=chromium, args=ARGS, ignore_default_args=["--hide-scrollbars"]
        )
        yield found
        found.close()


@pytest.fixture
def visit(browser):
    """Return a function that opens a file offline; nothing may be asked for, nothing go wrong."""
    contexts, trouble = [], []

    def open_page(path, **options):
        context = browser.new_context(viewport={"width": 1200, "height": 800}, **options)
        context.set_offline(True)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: trouble.append(message.text))
        tab.on("pageerror", lambda error: trouble.append(str(error)))
        tab.on("request", lambda asked: None if asked.url == path.as_uri() else trouble.append(asked.url))
        tab.goto(path.as_uri())
        tab.wait_for_function("performance.getEntriesByName('first map').length > 0")
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert trouble == []


def area(tab, index):
    return tab.locator(f'path[data-area="{index}"]')


def lines_of(locator):
    return [line.strip() for line in locator.inner_text().replace("\xa0", " ").splitlines() if line.strip()]


def test_a_popup_shows_size_range_rate_and_denominator(visit, page):
    tab = visit(page)
    area(tab, 5).hover()
    assert lines_of(tab.locator("#popup")) == [
        "Zhur", "Female sex workers (FSW)",
        "People", "1,251 (1,249 to 1,254)",
        "per 1,000 adult women", "12.5 (12.5 to 12.5)",
        "Adult women", "100,040",
    ]  # fmt: skip


def test_hidden_and_not_mapped_have_a_word_and_a_pattern_of_their_own(visit, page):
    tab = visit(page)
    area(tab, 1).hover()
    assert lines_of(tab.locator("#popup")) == ["Đakovica", "Female sex workers (FSW)", "hidden"]
    area(tab, 6).hover()
    assert lines_of(tab.locator("#popup"))[-1] == "not mapped"
    assert area(tab, 1).get_attribute("fill") == "url(#dotted)"
    assert area(tab, 6).get_attribute("fill") == "url(#hatched)"
    assert {"hidden (small number)", "not mapped"} <= set(lines_of(tab.locator("#legend")))


def test_a_name_is_text_and_never_a_tag(visit, page):
    tab = visit(page)
    area(tab, 3).hover()
    assert lines_of(tab.locator("#popup"))[0] == "<b>Evil</b> & Co"
    assert tab.locator("b").count() == 0


def test_another_kp_gives_another_layer(visit, page):
    tab = visit(page)
    tab.get_by_label("XY").check()
    assert tab.locator("#heading").inner_text() == "XY, by municipality"
    area(tab, 5).hover()
    assert "2,501 (2,497 to 2,507)" in lines_of(tab.locator("#popup"))
    assert tab.locator("#unit").inner_text() == "per 1,000 adult men"


def test_the_slider_shows_people_at_spots_on_a_day(visit, page):
    tab = visit(page)
    tab.get_by_label("Day", exact=True).fill("6")
    assert "Saturday" in tab.locator("#heading").inner_text()
    assert "+25 % against a usual day" in tab.locator("#national").inner_text()
    area(tab, 5).hover()
    shown = lines_of(tab.locator("#popup"))
    assert shown[1] == "FSW · Saturday, at spots only"
    assert shown[3] == "521 (520 to 522)"  # 1,250.5 x 1.25 / 3 = 521.04
    assert tab.locator("#day").get_attribute("aria-valuetext") == "Saturday, at spots only"


def test_without_municipal_days_only_the_national_number_follows_the_slider(visit, areas, tmp_path):
    released = released_tables(without=["municipality_days"])
    path = write_webmap(released, areas, tmp_path / "m.html", title="T", source="S")
    tab = visit(path)
    tab.get_by_label("Day", exact=True).fill("6")
    assert "map and table show the whole size" in tab.locator("#national").inner_text()
    area(tab, 5).hover()
    assert "1,251 (1,249 to 1,254)" in lines_of(tab.locator("#popup"))


def test_without_days_there_is_nothing_to_slide(visit, areas, tmp_path):
    released = released_tables(without=["municipality_days", "days"])
    tab = visit(write_webmap(released, areas, tmp_path / "m.html", title="T", source="S"))
    assert tab.get_by_label("Day", exact=True).is_disabled()


def test_search_finds_names_without_their_accents(visit, page):
    tab = visit(page)
    tab.get_by_label("Find a municipality").fill("fushe")
    assert tab.locator("#found").inner_text() == "1 of 8"
    assert tab.locator("#rows tr[data-area] th").all_inner_texts() == ["Fushë-Kosovë"]
    assert area(tab, 0).get_attribute("fill-opacity") == "1"
    assert area(tab, 2).get_attribute("fill-opacity") != "1"
    tab.keyboard.press("Enter")
    assert lines_of(tab.locator("#popup"))[0] == "Fushë-Kosovë"
    tab.keyboard.press("Escape")
    assert tab.locator("#rows tr[data-area]").count() == 8
    assert tab.locator("#popup").is_hidden()


def test_search_for_nothing_that_is_there(visit, page):
    tab = visit(page)
    tab.get_by_label("Find a municipality").fill("no such place")
    tab.keyboard.press("Enter")
    assert tab.locator("#found").inner_text() == "0 of 8"
    assert tab.locator("#popup").is_hidden()


def test_the_map_is_used_by_keyboard_alone(visit, page):
    tab = visit(page)
    for _ in range(12):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.dataset.area !== undefined"):
            break
    focused = "Number(document.activeElement.dataset.area)"
    assert tab.evaluate("document.activeElement.tagName") == "path"
    assert tab.evaluate(focused) == 0
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')").startswith(
        "Fushë-Kosovë. People: 5 (3 to 8)"
    )
    walked = []
    for key in ("ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown"):
        tab.keyboard.press(key)
        walked.append(tab.evaluate(focused))
    assert walked == [1, 5, 4, 0]
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("Enter")
    assert "pinned" in tab.locator("#popup").get_attribute("class")
    tab.keyboard.press("Escape")
    assert tab.locator("#popup").is_hidden()


def test_a_click_keeps_the_numbers_open(visit, page):
    tab = visit(page)
    area(tab, 5).click()
    tab.mouse.move(5, 5)
    assert lines_of(tab.locator("#popup"))[0] == "Zhur"
    tab.mouse.click(*_corner_of_map(tab))
    assert tab.locator("#popup").is_hidden()


def _corner_of_map(tab):
    box = tab.locator("#map").bounding_box()
    return box["x"] + box["width"] - 5, box["y"] + box["height"] - 5


def test_the_focus_can_be_seen(visit, page):
    tab = visit(page)
    before = tab.locator("#map").screenshot()
    area(tab, 2).focus()
    tab.evaluate("document.getElementById('popup').hidden = true")
    assert tab.locator('path[stroke="#b34700"]').bounding_box()["width"] > 50
    assert tab.locator("#map").screenshot() != before


def test_a_row_in_focus_highlights_its_area(visit, page):
    tab = visit(page)
    tab.locator('#rows tr[data-area="4"]').focus()
    assert lines_of(tab.locator("#popup"))[0] == "Obiliq"
    tab.keyboard.press("ArrowDown")
    name = tab.locator("#rows tr:focus th").inner_text()
    assert lines_of(tab.locator("#popup"))[0] == name != "Obiliq"


def test_the_table_sorts_and_hidden_rows_stay_last(visit, page):
    tab = visit(page)

    def order():
        return [row.get_attribute("data-area") for row in tab.locator("#rows tr[data-area]").all()]

    tab.locator("th.people button").click()
    assert order() == ["5", "4", "3", "2", "0", "1", "6", "7"]
    assert tab.locator("th.people").get_attribute("aria-sort") == "descending"
    tab.locator("th.people button").click()
    assert order() == ["0", "2", "3", "4", "5", "1", "6", "7"]


def test_numbers_are_written_as_in_the_language(visit, areas, tmp_path):
    path = write_webmap(released_tables(), areas, tmp_path / "m.html", title="T", source="S", lang="sr-Cyrl")
    tab = visit(path)
    area(tab, 5).hover()
    shown = lines_of(tab.locator("#popup"))
    assert shown[3] == "1.251 (1.249 до 1.254)" and shown[5] == "12,5 (12,5 до 12,5)"
    assert tab.locator("#rows .total th").inner_text() == "Све мапиране општине"


def test_print_shows_map_and_table_without_controls(visit, page):
    tab = visit(page)
    tab.emulate_media(media="print")
    assert tab.locator("#rows tr").count() == 9
    for control in (".controls", ".leaflet-control-zoom", ".hint"):
        assert tab.locator(control).is_hidden()
    frame, last = tab.locator("#map").bounding_box(), area(tab, 7)
    tab.wait_for_timeout(100)
    shape = last.bounding_box()
    assert frame["x"] <= shape["x"] and shape["x"] + shape["width"] <= frame["x"] + frame["width"]
    assert tab.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_a_narrow_screen_needs_no_sideways_scrolling(visit, page):
    tab = visit(page)
    tab.set_viewport_size({"width": 380, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 380


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_column_of_a_long_table_is_cut_beside_the_map(visit, sample, tmp_path, lang):
    _, released, areas = sample
    tab = visit(write_webmap(released, areas, tmp_path / "m.html", title="T", source="S", lang=lang))
    for width in (1440, 1200, 1020, 800):
        tab.set_viewport_size({"width": width, "height": 800})
        cut = tab.locator(".numbers").evaluate("box => box.scrollWidth - box.clientWidth")
        assert cut <= 0, width
        assert tab.locator("#map").bounding_box()["width"] >= 300
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_the_country_fits_into_the_map_beside_a_wide_table(visit, sample, tmp_path):
    _, released, areas = sample
    tab = visit(write_webmap(released, areas, tmp_path / "m.html", title="T", source="S", lang="sq"))
    tab.set_viewport_size({"width": 1020, "height": 800})
    tab.reload()
    tab.wait_for_function("performance.getEntriesByName('first map').length > 0")
    frame = tab.locator("#map").bounding_box()
    shapes = [tab.locator(f'path[data-area="{n}"]').bounding_box() for n in range(len(areas))]
    assert min(shape["x"] for shape in shapes) >= frame["x"]
    assert max(shape["x"] + shape["width"] for shape in shapes) <= frame["x"] + frame["width"]


def test_points_of_the_kp_on_show_are_drawn(visit, areas, tmp_path):
    points = masked(["XY"])
    path = write_webmap(
        released_tables("programme"), areas, tmp_path / "m.html", title="T", source="S", points=points
    )
    tab = visit(path)
    drawn = """() => {
        const canvas = document.querySelector("canvas");
        if (!canvas) return false;
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return pixels.some((value) => value > 0);
    }"""
    assert not tab.evaluate(drawn)
    tab.get_by_label("XY").check()
    tab.wait_for_function(drawn)
    assert "Spots, moved on purpose" in lines_of(tab.locator("#legend"))
    assert "For partners of the programme only" in tab.locator("header").inner_text()


def test_the_sample_opens_in_every_language_without_a_word_missing(visit, sample, tmp_path):
    _, released, areas = sample
    for lang in LANGUAGES:
        tab = visit(
            write_webmap(released, areas, tmp_path / f"{lang}.html", title="T", source="S", lang=lang)
        )
        tab.locator("#day").fill("6")
        area(tab, 0).focus()
        shown = tab.locator("body").inner_text()
        assert "undefined" not in shown and "NaN" not in shown and "{" not in shown
