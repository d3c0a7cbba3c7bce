"""The pages, by who sees them. docs/pages.md has a row for each."""

from app.pages.routes import start

PAGES = (start.router,)
