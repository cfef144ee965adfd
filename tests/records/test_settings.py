"""Settings of a study: what is taken, and what is said of the rest."""

import pytest

from pse.labels import LANGUAGES
from pse.records.problems import Place
from pse.records.settings import check_settings
from tests.records.tiny import tiny_settings

PLACE = Place("study.toml")


def problems_of(**changes):
    return check_settings({**tiny_settings(), **changes}, PLACE)[1]


WRONG = [
    ({"title": " "}, "title", "must be a text, not blank"),
    ({"country": ["x"]}, "country", "must be a text, not blank"),
    ({"year": 16}, "year", "must be a year from 1950 to 2100; got 16"),
    ({"year": "soon"}, "year", "must be a year from 1950 to 2100"),
    ({"size_basis": "week"}, "size_basis", "must be one of usual_day, peak_day"),
    (
        {"denominators": "adult_women"},
        "denominators",
        "must be a table of KP = column of municipalities, both text",
    ),
    ({"kps": {"TWO WORDS": "x"}}, "kps", "must be a table of KP code = label; a code holds no space"),
    ({"options": {"pool": "mode"}}, "options.pool", "must be one of mean, median, widest; got 'mode'"),
    (
        {"options": {"ratio_min_spots": 0}},
        "options.ratio_min_spots",
        "must be a whole number, 1 or more; got 0",
    ),
    (
        {"options": {"weekend": "sat sonntag"}},
        "options.weekend",
        "must be days out of mon tue wed",
    ),
    ({"options": {"weekend": 6}}, "options.weekend", "must be days out of mon tue wed"),
    ({"options": {"team_sd": "x"}}, "options.team_sd", "must be a number, 0 or more; got 'x'"),
    ({"options": {"size_basis": "peak_day"}}, "size_basis", "must be the same as options.size_basis"),
    (
        {"denominators": {"FWS": "adult_women"}},
        "denominators",
        "must name a KP out of FSW, MSM, PWID, TG, PRIS",
    ),
]


@pytest.mark.parametrize(("change", "column", "words"), WRONG)
def test_wrong_setting_is_said_in_plain_words(change, column, words):
    (problem,) = problems_of(**change)
    assert (problem.file, problem.severity, problem.column) == ("study.toml", "error", column)
    assert problem.message.startswith(words)


@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang != "en"])
def test_a_wrong_setting_is_told_in_the_language(lang):
    for change, _, _ in WRONG:
        (problem,) = problems_of(**change)
        assert problem.in_language(lang).message != problem.message


def test_unknown_option_names_the_options_there_are():
    (problem,) = problems_of(options={"ratios": "all"})
    assert problem.message.startswith(
        "must be one of pool, ratio, ratio_strata, ratio_min_spots, duplication,"
    )
    assert problem.message.endswith("got an unknown option 'ratios'")
    assert problem.remedy == "Did you mean 'ratio'?"


def test_unknown_setting_is_a_notice():
    (problem,) = problems_of(titel="x")
    assert (problem.severity, problem.remedy) == ("notice", "Did you mean 'title'?")
    assert problem.message == "the setting 'titel' is not known and is not used"


def test_missing_settings_are_all_named():
    problems = check_settings({}, PLACE)[1]
    assert [(p.column, p.rule) for p in problems] == [
        ("title", "missing_setting"),
        ("country", "missing_setting"),
        ("year", "missing_setting"),
    ]


def test_kp_codes_are_the_built_in_ones_and_those_declared():
    settings, problems = check_settings(
        {**tiny_settings(), "kps": {"CLIENT": "clients", "FSW": "women"}}, PLACE
    )
    assert settings is not None
    assert problems == []
    assert settings.kp_codes == ("FSW", "MSM", "PWID", "TG", "PRIS", "CLIENT")


def test_privacy_is_kept_as_it_is():
    settings, _ = check_settings({**tiny_settings(), "privacy": {"threshold": 20}}, PLACE)
    assert settings is not None
    assert settings.privacy == {"threshold": 20}
