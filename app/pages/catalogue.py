"""The translators' catalogues: `make catalogues` puts into each what the pages say now.

Messages come from four places: the pages, our Python (`say`, `N_`), the docstrings of errors, which are their messages,
and the advice on pictures. Scripts have no words of their own: they take them from the page.
"""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import jinja2.ext  # noqa: F401 - Babel finds its extractor by name
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.errors import status_of
from app.pages.language import ENGLISH, LANGUAGES, LOCALES
from app.pages.messages import fixed_messages
from models.errors import HomewardError

PAGES = Path(__file__).parent
HEADER = "# Homeward's pages. A message is its own English text. `make catalogues` keeps this file up to date."
BEGUN = datetime(2026, 11, 23, tzinfo=UTC)  # a date that changed with every run would hide what a translator changed
METHODS = [("**.py", "python"), ("html/**.html", "jinja2")]
_TOLD_ELSEWHERE = ("app.commands.", "app.demo.", "tests.")  # to operators, on the command line
KEYWORDS = {"say": None, "N_": None, "_": None, "gettext": None, "ngettext": (1, 2)}
OPTIONS = {"html/**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}}


def messages() -> Catalog:
    """Everything that can be shown, without translations."""
    found = Catalog(project="Homeward", fuzzy=False, creation_date=BEGUN)
    for file, _line, message, comments, context in extract_from_dir(PAGES, METHODS, OPTIONS, KEYWORDS):
        found.add(message, locations=[(file, 0)], auto_comments=comments, context=context)
    for message in [*_error_messages(), *fixed_messages()]:
        found.add(message)
    return found


def catalogue(code: str) -> Catalog:
    """As it is kept for the language ``code``; empty where there is none yet."""
    file = file_of(code)
    if not file.exists():
        return Catalog(code, header_comment=HEADER, project="Homeward", version="1", revision_date=BEGUN, fuzzy=False)
    with file.open("rb") as opened:
        return read_po(opened, locale=code)


def updated(code: str) -> Catalog:
    """``code``'s catalogue with the messages of now: new ones empty, those that are said no more gone."""
    kept = catalogue(code)
    kept.update(messages(), no_fuzzy_matching=True, update_header_comment=False)
    kept.obsolete.clear()
    return kept


def untranslated(code: str) -> list[str]:
    """Messages that readers of ``code`` would see in English."""
    return [str(message.id) for message in updated(code) if message.id and not (message.string and all(message.string))]


def file_of(code: str) -> Path:
    return LOCALES / code / "messages.po"


def main() -> None:
    for code in LANGUAGES:
        if code != ENGLISH:
            made = updated(code)
            with io.BytesIO() as text:
                write_po(text, made, width=118, no_location=True, omit_header=False, sort_output=True)
                file_of(code).write_bytes(text.getvalue())


def _error_messages() -> Iterator[str]:
    """Of every error that a person can be told: the service's own faults are told in one sentence."""
    for kind in _kinds(HomewardError):
        if status_of(kind) < 500 and not kind.__module__.startswith(_TOLD_ELSEWHERE):
            yield " ".join((kind.__doc__ or "").split())


def _kinds(root: type[HomewardError]) -> Iterator[type[HomewardError]]:
    for kind in root.__subclasses__():
        yield kind
        yield from _kinds(kind)


if __name__ == "__main__":
    import app.main  # noqa: F401 - every error a person can meet is loaded

    main()
