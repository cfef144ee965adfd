"""Attacks on masked points. Each first succeeds on a naive mask, then fails on ours. Constructed places."""

import hashlib
import hmac

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from mapping.release.masking import mask_points

UTM = "EPSG:32634"
HOME = np.array([500_000.0, 4_700_000.0])
MINIMUM, MAXIMUM = 200.0, 1000.0
CLOSE = 50.0  # metres: as good as found
KEY = hashlib.sha256(b"the key of this test").digest()


def at(places, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapely.points(np.add(HOME, places)), crs=UTM)


def area(half=10_000.0):
    return gpd.GeoDataFrame({"municipality": ["M1"]}, geometry=[shapely.Point(HOME).buffer(half)], crs=UTM)


def venues(step=400.0, half=5_200.0):
    grid = np.arange(-half, half, step)
    return at([(x, y) for x in grid for y in grid])


def spots(places):
    return at(places, spot_id=[f"S{i:04}" for i in range(len(places))], municipality=["M1"] * len(places))


def ours(table, *, key=KEY, where=None, areas=None, **ring):
    areas = area() if areas is None else areas
    return mask_points(
        table,
        key=key,
        areas=areas,
        residents=areas.assign(adults=10**7),
        venues=venues() if where is None else where,
        withheld=frozenset(),
        **{"minimum": MINIMUM, "maximum": MAXIMUM, **ring},
    )


def places(table):
    """Return x, y in metres from `HOME`."""
    return shapely.get_coordinates(table.geometry.to_numpy()) - HOME


def naive_donut(true, rng):
    """Displace as a careless script does: a draw from whatever numbers come next."""
    angle, share = 2 * np.pi * rng.random(len(true)), rng.random(len(true))
    radius = np.sqrt(share * (MAXIMUM**2 - MINIMUM**2) + MINIMUM**2)
    return true + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


TRUE = np.array([[0.0, 0.0], [3000.0, -1000.0], [-2500.0, 2500.0]])


def test_averaging_a_hundred_maps_finds_a_spot_that_is_drawn_anew_each_time():
    maps = [naive_donut(TRUE, np.random.default_rng(number)) for number in range(400)]
    assert np.hypot(*(np.mean(maps, axis=0) - TRUE).T).max() < 2 * CLOSE
    hundred = np.hypot(*(np.mean(maps[:100], axis=0) - TRUE).T)
    assert hundred.max() < MINIMUM


def test_averaging_a_hundred_of_our_maps_gains_nothing():
    """A hundred exports are one: other spots are added, rows change places, the points stay."""
    rng = np.random.default_rng(1)
    table = spots(TRUE)
    first = places(ours(table))
    maps = []
    for number in range(100):
        new = at(rng.uniform(-3000, 3000, (2, 2)), spot_id=[f"X{number}", f"Y{number}"], municipality="M1")
        shuffled = pd.concat([table, new]).sample(frac=1, random_state=number)
        masked = ours(gpd.GeoDataFrame(shuffled, crs=UTM))
        maps.append(places(masked[masked["spot_id"].isin(table["spot_id"])]))
    assert all(np.array_equal(one, first) for one in maps)
    assert np.hypot(*(np.mean(maps, axis=0) - TRUE).T).min() >= MINIMUM


def undo(masked, seed):
    """Return where the spots were if `seed` was the seed: the displacement does not depend on the place."""
    return masked - naive_donut(np.zeros_like(masked), np.random.default_rng(seed))


def test_a_seed_beside_the_points_or_a_small_one_gives_the_spots_back():
    """One spot is known (the reader was there), the seed is tried from 0: all the others follow, to 0.0 m."""
    masked = naive_donut(TRUE, np.random.default_rng(7_351))
    known = TRUE[0]
    found = next(seed for seed in range(20_001) if np.hypot(*(undo(masked, seed)[0] - known)) < 0.001)
    assert found == 7_351
    assert np.hypot(*(undo(masked, found) - TRUE).T).max() == pytest.approx(0, abs=1e-6)


def test_no_small_seed_and_no_public_key_gives_our_spots_back():
    """The reader knows the method, the codes and one spot, and tries 20,001 seeds and the likely keys."""
    masked = places(ours(spots(TRUE)))
    moves = np.array([naive_donut(np.zeros((3, 2)), np.random.default_rng(seed)) for seed in range(20_001)])
    assert np.hypot(*np.moveaxis(masked - moves - TRUE, -1, 0)).max(axis=1).min() > CLOSE
    guesses = [number.to_bytes(32, "big") for number in range(30)]
    guesses += [hashlib.sha256(text).digest() for text in (b"", b"S0000", b"secret", b"pse")]
    for key in guesses:
        shifts = places(ours(spots(np.zeros((3, 2))), key=key))
        assert np.hypot(*(masked - shifts - TRUE).T).max() > CLOSE


def test_knowing_some_spots_tells_nothing_about_another():
    """Displacements of neighbours are unrelated: the mean of 200 known ones is no guess for the next."""
    true = np.random.default_rng(3).uniform(-4000, 4000, (201, 2))
    moves = places(ours(spots(true))) - true
    assert np.hypot(*(moves[-1] - moves[:-1].mean(axis=0))) > MINIMUM / 2
    assert abs(np.corrcoef(moves[:-1, 0], moves[1:, 0])[0, 1]) < 0.25


def naive_snap(masked, venues_):
    """Move each masked point to the nearest venue, so that the map looks likely."""
    near = np.hypot(*np.moveaxis(masked[:, None] - venues_[None], -1, 0)).argmin(axis=1)
    return venues_[near]


MOTEL = np.array([[150.0, -220.0]])


def test_snapping_to_plausible_venues_points_at_the_only_motel():
    snapped = naive_snap(naive_donut(MOTEL, np.random.default_rng(5)), MOTEL)
    assert np.hypot(*(snapped - MOTEL).T).max() == 0


def test_the_only_motel_in_the_ring_is_found_on_a_mask_that_asks_for_residents_only():
    """A reader looks for motels in the ring round the point. There is one: that is the spot."""
    point = naive_donut(MOTEL, np.random.default_rng(5))
    distance = np.hypot(*(MOTEL - point).T)
    assert ((distance >= MINIMUM) & (distance <= MAXIMUM)).sum() == 1


def test_a_village_with_one_motel_gets_no_point_from_us():
    table = spots(MOTEL)
    masked = ours(table, where=at(MOTEL))
    assert masked.geometry.isna().all()
    assert list(masked["reason"]) == ["k"]


def candidates(point, where):
    distance = np.hypot(*(where - point).T)
    return int(((distance >= MINIMUM) & (distance <= MAXIMUM)).sum())


def test_every_point_that_we_show_has_at_least_five_candidates():
    rng = np.random.default_rng(8)
    where = rng.uniform(-6000, 6000, (250, 2))
    masked = ours(spots(where[:120]), where=at(where))
    shown = masked[masked["masked"]]
    assert 10 < len(shown) < 120
    assert min(candidates(point, where) for point in places(shown)) >= 5


def naive_square(true, rng):
    """Add a uniform number to x and y: corners are likelier, and the direction is not uniform."""
    return true + rng.uniform(-MAXIMUM, MAXIMUM, true.shape)


def fourth_harmonic(moves):
    """Return the mean of exp(4 i angle): 0 for a uniform direction, far from it for a square."""
    angle = np.arctan2(moves[:, 1], moves[:, 0])
    far = np.hypot(*moves.T) > 0.8 * MAXIMUM
    return abs(np.exp(4j * angle[far]).mean())


def many(number=800):
    return np.random.default_rng(11).uniform(-4000, 4000, (number, 2))


def test_direction_bias_shows_in_a_square_mask():
    moves = naive_square(many(), np.random.default_rng(2)) - many()
    assert fourth_harmonic(moves) > 0.25


def test_our_directions_are_uniform_and_our_radii_uniform_over_the_area():
    """Kolmogorov-Smirnov against the uniform law; a mean move of 0 within 4 standard errors."""
    from scipy.stats import kstest

    masked = ours(spots(many()))
    assert masked["masked"].all()
    moves = places(masked) - many()
    angle = np.arctan2(moves[:, 1], moves[:, 0]) / (2 * np.pi) % 1
    share = (np.hypot(*moves.T) ** 2 - MINIMUM**2) / (MAXIMUM**2 - MINIMUM**2)
    assert kstest(angle, "uniform").pvalue > 0.001
    assert kstest(share, "uniform").pvalue > 0.001
    assert fourth_harmonic(moves) < 0.15
    assert np.abs(moves.mean(axis=0)).max() < 4 * MAXIMUM / np.sqrt(2 * len(moves))


def naive_swap(true, where):
    """Swap each place with a venue in the ring; where there is none, leave it, as a known package does."""
    result = true.copy()
    for i, place in enumerate(true):
        distance = np.hypot(*(where - place).T)
        inside = where[(distance >= MINIMUM) & (distance <= MAXIMUM)]
        if len(inside):
            result[i] = inside[0]
    return result


LONELY = np.array([[0.0, 0.0], [5000.0, 5000.0]])


def test_location_swap_leaves_a_lonely_spot_at_its_true_place():
    where = np.array([[300.0, 0.0], [0.0, 400.0]])
    swapped = naive_swap(LONELY, where)
    assert np.hypot(*(swapped - LONELY).T).tolist() == [300.0, 0.0]


def test_ours_never_leaves_a_true_point():
    """Lonely, in a municipality too small for the ring, and in a crowd: a point is far away or not there."""
    crowd = np.vstack([LONELY, many(100)])
    for areas in (area(), area(150.0), area(700.0)):
        for where in (None, at(LONELY)):
            masked = ours(spots(crowd), where=where, areas=areas)
            assert len(masked) == len(crowd)
            shown = masked["masked"].to_numpy()
            moved = np.hypot(*(places(masked[shown]) - crowd[shown]).T)
            assert (moved >= MINIMUM - 1e-6).all()
            assert masked.geometry[~shown].isna().all()


def naive_same_draw(true, *, maximum):
    """Take one draw for both exports and stretch it: 'stable', with another distance the second time."""
    moves = naive_donut(np.zeros_like(true), np.random.default_rng(9))
    return true + moves * maximum / MAXIMUM


def test_two_distances_on_one_draw_give_the_spot_by_two_equations():
    one, two = naive_same_draw(TRUE, maximum=1000.0), naive_same_draw(TRUE, maximum=2000.0)
    assert 2 * one - two == pytest.approx(TRUE)


def test_two_distances_of_ours_are_two_draws():
    one, two = places(ours(spots(TRUE))), places(ours(spots(TRUE), maximum=2000.0))
    assert np.hypot(*(2 * one - two - TRUE).T).min() > CLOSE
    turn = [np.arctan2(*(points - TRUE).T) for points in (one, two)]
    assert np.abs(turn[0] - turn[1]).min() > 0.01


def test_the_codes_alone_do_not_give_the_draw():
    """A hash without a key can be repeated by everybody who knows the codes; the HMAC cannot."""

    def shift(digest):
        u, v = (int.from_bytes(digest[i : i + 8]) / 2**64 for i in (0, 8))
        radius = np.sqrt(u * (MAXIMUM**2 - MINIMUM**2) + MINIMUM**2)
        return np.array([radius * np.cos(2 * np.pi * v), radius * np.sin(2 * np.pi * v)])

    codes = [f"S{i:04}" for i in range(3)]
    naive = TRUE + [shift(hashlib.sha256(code.encode()).digest()) for code in codes]
    repeated = [shift(hashlib.sha256(code.encode()).digest()) for code in codes]
    assert naive - repeated == pytest.approx(TRUE)
    masked = places(ours(spots(TRUE)))
    for guess in (repeated, [shift(hmac.digest(b"", code.encode(), "sha256")) for code in codes]):
        assert np.hypot(*(masked - guess - TRUE).T).min() > CLOSE
