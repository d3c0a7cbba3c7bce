"""Who the demo shows, and how its scripted reviewers know them."""

import io

import numpy as np
import pytest
from PIL import Image

from app.demo.eyes import Eyes
from app.demo.scenes import harder_reference
from app.demo.sources import GROUP_PICTURE, STRANGER_PICTURE, people_of, sample_picture
from app.demo.story import Cast
from indexer.packs.base import Pack


@pytest.fixture(scope="module")
def cast(pack: Pack) -> Cast:
    return Cast.of(pack)


def test_six_people_stand_in_the_group_and_a_seventh_apart(pack: Pack, cast: Cast) -> None:
    assert [person.number for person in [*cast.group, cast.stranger]] == [0, 1, 2, 3, 4, 5, 6]
    faces = sorted(pack.find(sample_picture(GROUP_PICTURE)), key=lambda face: face.box[0])
    for person, face in zip(cast.group, faces, strict=True):  # left to right
        left, top, right, bottom = person.box
        assert (right - left, bottom - top) == pytest.approx((face.box[2] - face.box[0], face.box[3] - face.box[1]))
        height, width = person.pixels.shape[:2]
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
    assert len(people_of(pack, sample_picture(STRANGER_PICTURE))) == 1


def test_reviewers_know_each_of_the_seven_from_a_poor_print_and_nobody_from_a_wall(pack: Pack, cast: Cast) -> None:
    everyone = [*cast.group, cast.stranger]
    eyes = Eyes(pack, everyone)
    assert [eyes.who(harder_reference(person, 1)) for person in everyone] == [0, 1, 2, 3, 4, 5, 6]
    with io.BytesIO() as wall:
        Image.fromarray(np.full((200, 160, 3), 120, np.uint8)).save(wall, "JPEG")
        assert eyes.who(wall.getvalue()) is None
