"""Attack on the hashes in run.json: guess a small file until its hash fits."""

import csv
import hashlib
import hmac
import io
import json

import pytest

import pse
from mapping.output import run_record, write_estimates
from mapping.release import release, withheld_spots
from tests.records.tiny import tiny_tables, write_folder

PEOPLE = 37


def small_file(people):
    """Return nonspot.csv with a guess in it, byte for byte as the study has it; all else is known."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerows([["municipality", "kp", "setting", "people"], ["M1", "FSW", "home", people]])
    return text.getvalue().encode()


def guessed(run, name, content, digest):
    """Return the guesses of 0 to 500 people that a hash fits."""
    return [people for people in range(501) if digest(content(people)) == run["inputs"][name]]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    tables = tiny_tables()
    tables["nonspot"]["people"] = PEOPLE
    return write_folder(tmp_path_factory.mktemp("guess") / "study", tables)


def run_of(folder, level, tmp_path):
    """Write the tables of one level as the command does, and return run.json."""
    study = pse.read_study(folder)
    sizes = pse.estimate_study(study)
    released = release(sizes, level, withheld=withheld_spots(study))
    run = run_record(
        command="estimate",
        given={"seed": None},
        options=sizes.options.as_dict(),
        study={"title": study.title},
        inputs=study.sources,
        released=released,
        notices=0,
        date="2016-02-29",
    )
    write_estimates(released, tmp_path / level, run=run)
    return json.loads((tmp_path / level / "run.json").read_text(encoding="utf-8"))


def plain(content):
    return hashlib.sha256(content).hexdigest()


def test_a_plain_hash_of_a_small_file_gives_its_number(study, tmp_path):
    """As it was at every level, and is at restricted, which has the number anyway."""
    run = run_of(study, "restricted", tmp_path)
    assert run["hashes"] == "SHA-256"
    assert guessed(run, "nonspot.csv", small_file, plain) == [PEOPLE]


@pytest.mark.parametrize("level", ["public", "programme"])
def test_the_hashes_that_go_out_fit_no_guess(study, level, tmp_path):
    """Not the plain hash, not one keyed by nothing or by the settings, which are known."""
    run = run_of(study, level, tmp_path)
    assert set(run["inputs"]) == {path.name for path in study.iterdir()}
    assert all(len(value) == 64 for value in run["inputs"].values())
    assert guessed(run, "nonspot.csv", small_file, plain) == []
    settings = hashlib.sha256((study / "study.toml").read_bytes()).digest()
    for known in (b"", b"pse run 1", settings):
        key = hashlib.scrypt(known, salt=b"pse run 1", n=2**14, r=8, p=1, dklen=32)

        def keyed(content, key=key):
            digest = hashlib.sha256(content).digest()
            return hmac.digest(key, b"nonspot.csv" + digest, "sha256").hex()

        assert guessed(run, "nonspot.csv", small_file, keyed) == []


def test_who_holds_the_records_can_check_the_hashes(study, tmp_path):
    assert run_of(study, "public", tmp_path)["inputs"] == run_of(study, "programme", tmp_path)["inputs"]
