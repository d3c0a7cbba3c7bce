"""Time and place: what is known may forbid a link, what is unknown never does."""

from datetime import date

import pytest

from indexer.linking.sense import distance_km, makes_sense
from indexer.plausibility import PhotoEntries

LIMA, CUSCO, TOKYO = (-12.05, -77.04), (-13.53, -71.97), (35.68, 139.69)


def sighting(day: date | None = None, place: tuple[float, float] | None = None) -> PhotoEntries:
    return PhotoEntries(date(2026, 1, 1), (day,) if day else (), places=(place,) if place else ())


@pytest.mark.parametrize(
    ("one", "other", "possible"),
    [
        (sighting(), sighting(), True),
        (sighting(date(2024, 1, 1)), sighting(date(2025, 12, 31)), True),
        (sighting(date(2024, 1, 1)), sighting(date(2026, 1, 1)), False),
        (sighting(date(2025, 1, 1)), sighting(), True),
        (sighting(date(2025, 1, 1), LIMA), sighting(date(2025, 1, 1), CUSCO), True),
        (sighting(date(2025, 1, 1), LIMA), sighting(date(2025, 1, 2), TOKYO), False),
        (sighting(date(2025, 1, 1), LIMA), sighting(date(2025, 1, 17), TOKYO), True),
        (sighting(None, LIMA), sighting(date(2025, 1, 1), TOKYO), True),
        (sighting(date(2025, 1, 1), LIMA), sighting(date(2025, 1, 1)), True),
    ],
)
def test_a_child_is_not_in_two_distant_places_at_once_nor_the_same_years_later(one, other, possible: bool):
    assert makes_sense(one, other) is possible
    assert makes_sense(other, one) is possible


def test_where_volunteers_differ_one_entry_that_fits_is_enough():
    both = PhotoEntries(date(2026, 1, 1), (date(2020, 1, 1), date(2025, 1, 1)), places=(TOKYO, LIMA))
    assert makes_sense(both, sighting(date(2025, 1, 1), LIMA))


def test_distances_are_along_the_surface():
    assert distance_km(LIMA, LIMA) == 0
    assert distance_km((0, 0), (0, 90)) == pytest.approx(10_007.5, abs=1)
    assert distance_km(LIMA, CUSCO) == pytest.approx(573, abs=5)
