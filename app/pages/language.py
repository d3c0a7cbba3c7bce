"""The languages of the pages: which one a person reads, and its words, dates and numbers."""

import io
from dataclasses import dataclass
from datetime import date, datetime
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from fastapi import Request

from app.pages.cookie import LANGUAGE_COOKIE
from models.errors import HomewardError

LOCALES = Path(__file__).parent / "locales"
ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "zh_Hans": "简体中文"}
_ASKED_AS = {"zh": "zh_Hans", "zh_CN": "zh_Hans", "zh_SG": "zh_Hans", "zh_Hans": "zh_Hans", "en": "en"}


@dataclass(frozen=True)
class Language:
    """One language. Messages are looked up by their English text."""

    code: str
    locale: Locale
    translations: NullTranslations

    @property
    def tag(self) -> str:
        """As HTML names it (BCP 47): `zh-Hans`."""
        return self.code.replace("_", "-")

    def say(self, message: str, **values: object) -> str:
        said = self.translations.gettext(message)
        return said.format(**values) if values else said

    def error(self, error: HomewardError) -> str:
        """An error's message. Its template, the docstring, is what is translated."""
        template = " ".join((type(error).__doc__ or "").split())
        return self.translations.gettext(template).format(**error.details)

    def day(self, value: date) -> str:
        return format_date(value, "medium", locale=self.locale)

    def moment(self, value: datetime) -> str:
        """In UTC, which it says; a script shows the reader's own time instead."""
        return f"{format_datetime(value, 'medium', locale=self.locale)} UTC"

    def number(self, value: float) -> str:
        return format_decimal(value, locale=self.locale)

    def percent(self, share: float) -> str:
        return format_percent(share, "#,##0.#%", locale=self.locale)


def load_languages() -> dict[str, Language]:
    """By code. The catalogues are text, compiled here: nothing binary lies in the project."""
    return {code: Language(code, Locale.parse(code), _translations(code)) for code in LANGUAGES}


def language_code(request: Request) -> str:
    """What was chosen here, else what the browser prefers, else English."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    asked = [
        part.split(";")[0].strip().replace("-", "_") for part in request.headers.get("accept-language", "").split(",")
    ]
    found = negotiate_locale(asked, list(_ASKED_AS), sep="_")
    return _ASKED_AS.get(found or ENGLISH, ENGLISH)


def _translations(code: str) -> NullTranslations:
    file = LOCALES / code / "messages.po"
    if code == ENGLISH:
        return NullTranslations()
    with file.open("rb") as opened, io.BytesIO() as compiled:
        write_mo(compiled, read_po(opened, locale=code))
        compiled.seek(0)
        return GNUTranslations(compiled)
