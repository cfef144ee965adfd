"""A study in which everything private is a unique token. Invented; its places lie in the open sea."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from tests.attacks.scan import Token
from tests.records.tiny import write_folder

TOWNS = {"T1": (-128.0, -47.5), "T2": (-127.5, -47.5), "T3": (-127.0, -47.5), "T4": (-126.5, -47.5)}
SIDE = 0.5  # degrees
LETTERS = ("bcdfghjklmnpqrstvwxz", "бгджзилцчшюя")
TYPOLOGIES = ("bar", "street", "hotel")


@dataclass(frozen=True)
class Canary:
    """The folder of the study, its private tokens, and its spots as points in degrees."""

    folder: Path
    tokens: list[Token]
    spots: gpd.GeoDataFrame

    def texts(self) -> list[Token]:
        return [token for token in self.tokens if token.degrees is None]

    def codes(self) -> list[Token]:
        return [Token(code, text=code) for code in self.spots["spot_id"]]

    def barred(self) -> set[str]:
        """Return the codes of the spots that are refused, unsafe and not to be published."""
        return set(self.spots["spot_id"].iloc[1:4])


class _Mint:
    """Make tokens that occur nowhere else, and remember them."""

    def __init__(self, width: float) -> None:
        self.width = width
        self.rng = random.Random(20160229)
        self.tokens: list[Token] = []

    def word(self, name: str, *, letters: str = LETTERS[0]) -> str:
        text = "".join(self.rng.choice(letters) for _ in range(11))
        self.tokens.append(Token(f"{name} {len(self.tokens)}", text=text))
        return text

    def phone(self, name: str) -> str:
        text = "+38344" + "".join(self.rng.choice("123456789") for _ in range(7))
        self.tokens.append(Token(f"{name} {len(self.tokens)}", text=text))
        return text

    def degrees(self, name: str, low: float) -> float:
        """Return a coordinate with 7 decimals, away from borders and centre of its area."""
        value = low + 0.1 + self.width * (self.rng.uniform(0, 0.43) + self.rng.choice((0.0, 0.57)))
        value = float(f"{value:.6f}{self.rng.randint(1, 9)}")
        self.tokens.append(Token(f"{name} {len(self.tokens)}", degrees=value))
        return value


def make_canary(folder: Path, *, spots_of_a_town: int = 12, width: float = 0.3) -> Canary:
    """Write the study to `folder` and return it with its tokens; `width` of a town's spots in degrees."""
    mint = _Mint(width)
    spots = _spots(mint, spots_of_a_town)
    tables = {
        "municipalities": _municipalities(),
        "level1": _level1(spots, mint),
        "level2": _level2(spots, mint),
        "people": _people(spots, mint),
        "virtual": _virtual(mint),
        "nonspot": pd.DataFrame(
            {"municipality": list(TOWNS), "kp": "FSW", "setting": "home", "people": 31,
             "remark": [mint.word("remark") for _ in TOWNS]}
        ),
        "overrides": pd.DataFrame(
            {"municipality": ["T4"], "kp": ["FSW"], "point": [220], "lower": [200], "upper": [260],
             "reason": [mint.word("reason")], "role": [mint.word("role")], "phone": [mint.phone("phone")]}
        ),
    }  # fmt: skip
    settings = {
        "title": "Canary", "country": "Nowhere", "year": 2016, "size_basis": "usual_day",
        "denominators": {"FSW": "adult_women"},
    }  # fmt: skip
    write_folder(folder, tables, settings)
    _write_boundaries(folder / "boundaries.geojson", mint)
    mint.tokens.append(Token("folder", text=folder.name))
    points = shapely.points(spots[["lon", "lat"]].to_numpy())
    return Canary(folder, mint.tokens, gpd.GeoDataFrame(spots, geometry=points, crs="EPSG:4326"))


def _spots(mint: _Mint, spots_of_a_town: int) -> pd.DataFrame:
    rows = []
    for town, (west, south) in TOWNS.items():
        for number in range(spots_of_a_town):
            rows.append(
                {
                    "municipality": town,
                    "spot_id": f"{town}code{number:02}{town}",
                    "typology": TYPOLOGIES[number % 3],
                    "spot_name": mint.word("spot_name", letters=LETTERS[number % 2]),
                    "lat": mint.degrees("lat", south),
                    "lon": mint.degrees("lon", west),
                    "size": 6 + number,
                }
            )
    return pd.DataFrame(rows)


def _municipalities() -> pd.DataFrame:
    return pd.DataFrame(
        {"municipality": list(TOWNS), "name": ["Alpha", "Beta", "Gamma", "Delta"], "adult_men": 20_000,
         "adult_women": [21_000, 22_000, 23_000, 24_000], "mapped": "yes"}
    )  # fmt: skip


def _level1(spots: pd.DataFrame, mint: _Mint) -> pd.DataFrame:
    table = spots.drop(columns="size").assign(
        informant_type="taxi",
        kp="FSW",
        zone=mint.word("zone"),
        kp_min=spots["size"],
        kp_max=spots["size"] + 4,
    )
    for column in ("interview_id", "informant_name", "remark"):
        table[column] = [mint.word(column) for _ in range(len(table))]
    return table.assign(informant_phone=[mint.phone("informant_phone") for _ in range(len(table))])


def _level2(spots: pd.DataFrame, mint: _Mint) -> pd.DataFrame:
    zone = next(token.text for token in mint.tokens if token.name.startswith("zone"))
    size = spots["size"]
    table = spots.drop(columns="size").assign(
        kp="FSW", zone=zone, status="active", usual_min=size, usual_max=size + 2, peak_min=size + 3,
        peak_max=size + 5, peak_days="fri sat", share_other_spots=0.3, other_spots_mean=1.0,
        hours="20-24", do_not_publish="no",
    )  # fmt: skip
    table.loc[[1, 2, 3], "status"] = ["refused", "unsafe", "active"]
    table.loc[[1, 2], ["usual_min", "usual_max", "peak_min", "peak_max"]] = None
    table.loc[3, "do_not_publish"] = "yes"
    for column in ("interview_id", "interviewer", "remark"):
        table[column] = [mint.word(column) for _ in range(len(table))]
    return table


def _people(spots: pd.DataFrame, mint: _Mint) -> pd.DataFrame:
    rows = spots[["municipality", "spot_id"]].assign(kp="FSW", spots_visited=1, sex="f", age_group="25-29")
    for column in ("person_id", "nickname"):
        rows[column] = [mint.word(column) for _ in range(len(rows))]
    return rows.assign(phone=[mint.phone("phone") for _ in range(len(rows))])


def _virtual(mint: _Mint) -> pd.DataFrame:
    return pd.DataFrame(
        {"municipality": list(TOWNS), "kp": "FSW", "platform_type": "app",
         "platform": [mint.word("platform") for _ in TOWNS], "accounts_min": 80, "accounts_max": 120,
         "share_genuine": 0.9, "share_active": 0.8, "share_resident": 0.9, "profiles_per_person": 1.5,
         "share_at_spots": 0.2, "handle": [mint.word("handle") for _ in TOWNS]}
    )  # fmt: skip


def _write_boundaries(path: Path, mint: _Mint) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"municipality": town, "surveyor": mint.word("surveyor")},
            "geometry": shapely.geometry.mapping(shapely.box(west, south, west + SIDE, south + SIDE)),
        }
        for town, (west, south) in TOWNS.items()
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
