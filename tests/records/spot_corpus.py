"""Mentions of invented spots with known truth: the same spot as several informants would write it down."""

import string
import unicodedata

import numpy as np
import pandas as pd

from pse.records.names import in_script

ONSETS = [
    "b",
    "d",
    "dr",
    "f",
    "g",
    "k",
    "kr",
    "l",
    "m",
    "n",
    "p",
    "pr",
    "r",
    "s",
    "š",
    "t",
    "v",
    "z",
    "ž",
    "č",
]
VOWELS = ["a", "e", "i", "o", "u"]
ENDS = ["", "", "n", "r", "s", "k", "t", "m"]
KINDS = {
    "bar": ["Bar", "Kafe", "Kafe bar", "Caffe", ""],
    "motel": ["Motel", "Hotel", "Bujtina", ""],
    "park": ["Park", "Parku", ""],
    "street": ["Rruga", "Ulica", ""],
    "station": ["Stacioni i autobusëve", "Autobuska stanica", ""],
}
NUMBERED = ("park", "street")


def own_name(rng):
    syllables = [
        rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(ENDS) for _ in range(rng.integers(2, 4))
    ]
    return "".join(syllables).capitalize()


def spots(number, municipalities, *, rng):
    """Return true spots: a name of one or two words of its own, a kind, a place, a municipality."""
    kinds = rng.choice(list(KINDS), size=number, p=[0.4, 0.2, 0.15, 0.15, 0.1])
    names = [
        " ".join(own_name(rng) for _ in range(1 + (rng.random() < 0.3)))
        + (f" {rng.integers(1, 6)}" if kind in NUMBERED and rng.random() < 0.3 else "")
        for kind in kinds
    ]
    home = rng.integers(0, municipalities, size=number)
    return pd.DataFrame(
        {
            "name": names,
            "kind": kinds,
            "municipality": [f"M{m:02d}" for m in home],
            "lat": 42.3 + 0.1 * (home // 6) + rng.normal(0, 0.02, number),
            "lon": 20.5 + 0.15 * (home % 6) + rng.normal(0, 0.03, number),
        }
    )


def typo(word, rng):
    if len(word) < 5:
        return word
    at = int(rng.integers(1, len(word) - 1))
    letter = rng.choice(list(string.ascii_lowercase))
    return [
        word[:at] + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
    ][rng.integers(4)]


def written(name, kind, rng):
    """Return a name as one informant's interviewer writes it."""
    words = name.split()
    if rng.random() < 0.25:
        at = int(rng.integers(len(words)))
        words[at] = typo(words[at], rng)
    if rng.random() < 0.15 and not words[-1].isdigit():
        words[-1] += "i"
    text = f"{rng.choice(KINDS[kind])} {' '.join(words)}".strip()
    if rng.random() < 0.1:
        text = " ".join(reversed(text.split()))
    how = rng.random()
    if how < 0.2:
        text = in_script(text, "Cyrl")
    elif how < 0.5:
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return text.upper() if rng.random() < 0.15 else text


def mentions(number, *, each, municipalities, rng):
    """Return `number` mentions, on average `each` of a spot; every mention has a code of its own."""
    true = spots(max(1, number // each), municipalities, rng=rng)
    at = np.sort(rng.integers(0, len(true), size=number))
    place = rng.random(number) < 0.6
    kind = np.where(rng.random(number) < 0.05, rng.choice(list(KINDS), number), true["kind"].to_numpy()[at])
    frame = pd.DataFrame(
        {
            "spot_id": [f"m{i:06d}" for i in range(number)],
            "municipality": true["municipality"].to_numpy()[at],
            "spot_name": [written(n, k, rng) for n, k in true[["name", "kind"]].to_numpy()[at]],
            "typology": np.where(rng.random(number) < 0.8, kind, None),
            "lat": np.where(place, true["lat"].to_numpy()[at] + rng.normal(0, 0.0002, number), np.nan),
            "lon": np.where(place, true["lon"].to_numpy()[at] + rng.normal(0, 0.0003, number), np.nan),
            "interview_id": [f"i{i % max(1, number // 6)}" for i in range(number)],
        }
    )
    return frame, at


def pair_quality(pairs, spot_ids, truth):
    """Return precision and recall of pairs of codes against the true spot of each code."""
    number = dict(zip(spot_ids, truth, strict=True))
    right = sum(number[a] == number[b] for a, b in zip(pairs["first"], pairs["second"], strict=True))
    sizes = np.bincount(truth)
    wanted = int((sizes * (sizes - 1) // 2).sum())
    return right / max(len(pairs), 1), right / max(wanted, 1)
