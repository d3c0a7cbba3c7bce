"""Every sentence has its translation, and no translation has a place that its message has not."""

import re

import pytest

import app.main  # noqa: F401 - every error a person can meet is loaded
from app.pages.catalogue import catalogue, untranslated
from app.pages.language import ENGLISH, LANGUAGES

PLACES = re.compile(r"\{\w*\}|%\(\w+\)[sd]|%%")
OTHERS = sorted(set(LANGUAGES) - {ENGLISH})


@pytest.mark.parametrize("code", OTHERS)
def test_every_message_is_translated(code: str):
    assert untranslated(code) == []


@pytest.mark.parametrize("code", OTHERS)
def test_translations_have_the_places_of_their_message(code: str):
    for message in catalogue(code):
        if message.id and isinstance(message.id, str):
            assert sorted(PLACES.findall(message.string)) == sorted(PLACES.findall(message.id)), message.id
