"""The demo's street scenes come from a seed, and so does everything measured on them."""

import io

import numpy as np
import pytest
from PIL import Image

from app.demo.scenes import SIZE, compose_scenes, harder_reference
from app.demo.sources import Person


@pytest.fixture(scope="module")
def people() -> list[Person]:
    """Drawn stand-ins: composing needs pixels and a box, not a face."""
    rng = np.random.default_rng(1)
    return [Person(number, _blocks(rng), (20.0, 20.0, 60.0, 76.0)) for number in range(4)]


def _blocks(rng: np.random.Generator) -> np.ndarray:
    return np.kron(rng.integers(0, 255, (8, 8, 3)), np.ones((12, 10, 1), np.int64)).astype(np.uint8)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(people: list[Person]) -> None:
    scenes = compose_scenes(people, 3, seed=7)
    assert scenes == compose_scenes(people, 3, seed=7)
    assert scenes[:2] == compose_scenes(people, 2, seed=7)  # a scene does not depend on how many follow
    assert scenes[0].jpeg != compose_scenes(people, 1, seed=8)[0].jpeg


def test_no_two_scenes_are_alike_and_each_says_who_is_in_it(people: list[Person]) -> None:
    scenes = compose_scenes(people, 8, seed=7)
    assert len({scene.jpeg for scene in scenes}) == 8
    assert {len(scene.people) for scene in scenes} == {1, 2, 3}
    assert {number for scene in scenes for number in scene.people} == {0, 1, 2, 3}
    for scene in scenes:
        with Image.open(io.BytesIO(scene.jpeg)) as picture:
            assert (picture.format, picture.size) == ("JPEG", SIZE)


def test_references_of_a_person_differ_by_their_seed_alone(people: list[Person]) -> None:
    first = harder_reference(people[0], 1)
    assert first == harder_reference(people[0], 1)
    assert len({first, harder_reference(people[0], 2), harder_reference(people[1], 1)}) == 3
