"""The pages, by who sees them. docs/pages.md has a row for each."""

from app.pages.routes import (
    accounts,
    approvals,
    audit,
    cases,
    decisions,
    erasures,
    grants,
    objections,
    operation,
    references,
    review,
    searches,
    start,
    supervision,
    volunteer,
    withdrawals,
)

PAGES = (
    start.router,
    review.router,
    volunteer.router,
    cases.router,
    references.router,
    searches.router,
    supervision.router,
    approvals.router,
    decisions.router,
    grants.router,
    withdrawals.router,
    objections.router,
    operation.router,
    accounts.router,
    erasures.router,
    audit.router,
)
