"""Whether two sightings can be of one child, as far as time and place are known."""

import math

from indexer.plausibility import PhotoEntries

MOST_DAYS = 730
"""Children change: links are shown to be precise between pictures at most two years apart."""
MOST_KM_A_DAY = 1000.0
"""A train or a lorry carries a child so far in a day, and a wrong place or clock is commoner than a flight."""
EARTH_KM = 6371.0


def makes_sense(one: PhotoEntries, other: PhotoEntries) -> bool:
    """True also where nothing is known; several volunteers may differ, and one pair of entries that fits is enough."""
    days = min((abs((a - b).days) for a in one.taken_on for b in other.taken_on), default=None)
    if days is not None and days > MOST_DAYS:
        return False
    km = min((distance_km(a, b) for a in one.places for b in other.places), default=None)
    return days is None or km is None or km <= MOST_KM_A_DAY * (days + 1)


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Along the surface, between two points in degrees (WGS 84 as a sphere: haversine)."""
    latitude, longitude = (math.radians(value) for value in one)
    other_latitude, other_longitude = (math.radians(value) for value in other)
    half = (
        math.sin((other_latitude - latitude) / 2) ** 2
        + math.cos(latitude) * math.cos(other_latitude) * math.sin((other_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(math.sqrt(min(half, 1.0)))
