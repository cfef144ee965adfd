"""The notebook on microplans runs from top to bottom and prints the check values."""

from tests.test_notebooks import text_of


def test_microplan_tells_staff_syringes_gaps_and_what_is_hidden():
    text = text_of("04_microplan")
    for words in (
        "FSW: 76 peer educators (64 to 88)",
        "MSM: 103 peer educators (97 to 107)",
        "PWID: 131 peer educators (108 to 155)",
        "1:50: 76 91 106",
        "above_upper",
        "later_larger",
        "7 sizes are hidden; 0 of their 26 commodity rows have a number",
        "13 sheets: Rreth, Norms,",
    ):
        assert words in text
