"""Label files: every language has every text, with the same names to fill in."""

import re
from pathlib import Path

import pytest

import mapping.labels as labels

FOLDER = Path(labels.__file__).parent
SECTIONS = sorted({path.name.split(".")[0] for path in FOLDER.glob("*.toml")})


@pytest.mark.parametrize("lang", labels.LANGUAGES)
@pytest.mark.parametrize("section", SECTIONS)
def test_every_language_has_every_text(section, lang):
    english, other = labels.texts(section, "en"), labels.texts(section, lang)
    assert set(other) == set(english)
    for key, text in english.items():
        assert other[key].strip()
        assert sorted(re.findall(r"{(\w*)", other[key])) == sorted(re.findall(r"{(\w*)", text)), key
    assert labels.reviewed(section, lang) in (True, False)


def test_no_letter_of_another_script_slips_in():
    for path in FOLDER.glob("*.sr-Cyrl.toml"):
        for key, text in labels.texts(path.name.split(".")[0], "sr-Cyrl").items():
            words = re.findall(r"\w+", re.sub(r"{\w*}", "", text))
            mixed = [w for w in words if re.search("[A-Za-z]", w) and re.search("[а-яА-ЯђјљњћџЂЈЉЊЋЏ]", w)]
            assert not mixed, (path.name, key)


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="lang must be one of en, sq, sr-Latn, sr-Cyrl, mk, uk; got 'de'"):
        labels.texts("days", "de")


@pytest.mark.parametrize(
    ("value", "lang", "decimals", "text"),
    [
        (5036.5, "en", 0, "5,037"),
        (5036.5, "sq", 0, "5\u00a0037"),
        (1234567.8, "sr-Cyrl", 1, "1.234.567,8"),
        (8.94, "uk", 1, "8,9"),
        (0, "mk", 0, "0"),
    ],
)
def test_numbers_as_each_language_writes_them(value, lang, decimals, text):
    assert labels.number(value, lang, decimals=decimals) == text
