"""From a page's name and what it shows to HTML."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.house import House
from app.pages.cookie import form_token
from app.pages.language import LANGUAGES, Language, language_code, load_languages
from app.pages.ways import ways
from models.actor import Actor

HTML = Path(__file__).parent / "html"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types homeward"
)

# Passkeys are asked for by our own pages alone, and a photo's place only by the volunteer's; nothing else is used.
PERMISSIONS = (
    "publickey-credentials-get=(self), publickey-credentials-create=(self), geolocation=(self), "
    "camera=(), microphone=(), display-capture=(), payment=(), usb=()"
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": PERMISSIONS,
    "Referrer-Policy": "same-origin",  # with none at all a form's Origin would be `null`, also when it is our own
    "Vary": "Accept-Language, Cookie",
}


@dataclass(frozen=True)
class Renderer:
    """Every language's templates, read once."""

    languages: Mapping[str, Language]
    environments: Mapping[str, Environment]

    def language(self, request: Request) -> Language:
        return self.languages[language_code(request)]

    def page(
        self, request: Request, house: House, actor: Actor | None, page: str, status: int = 200, /, **shown: Any
    ) -> HTMLResponse:
        """The ``page`` (`review/workbench.html`) for ``actor``, None for whoever is not signed in."""
        language = self.language(request)
        template = self.environments[language.code].get_template(page)
        body = template.render(
            request_path=request.url.path,
            here=request.url.path if request.method == "GET" else "/",  # a form's address is no page
            actor=actor,
            language=language,
            languages=LANGUAGES,
            form_token=form_token(house.context.keyring, request),
            **shown,
        )
        return HTMLResponse(body, status, HEADERS)


@cache
def load_renderer() -> Renderer:
    """The same one for every service of this process."""
    languages = load_languages()
    return Renderer(languages, {code: _environment(language) for code, language in languages.items()})


def _environment(language: Language) -> Environment:
    made = Environment(
        loader=FileSystemLoader(HTML),
        autoescape=True,
        undefined=StrictUndefined,  # a name a page does not get is a mistake, never an empty place
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    translations = language.translations
    made.install_gettext_callables(translations.gettext, translations.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {
        "day": language.day,
        "moment": language.moment,
        "number": language.number,
        "percent": language.percent,
        "error": language.error,
    }
    made.globals["ways"] = ways
    return made
