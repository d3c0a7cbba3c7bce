"""What the demo prints of a search."""

from rich.table import Table

from homeward_client.transport import Json

COLUMNS = (
    "score: how alike the pack finds the two faces, 1 at most; it is no probability. quality: what makes the street "
    "face hard to compare. flags: reasons for care, which exclude nobody; same_photo: two faces of one photo are in "
    "the list, and at most one of them is the child. More words: docs/glossary.md."
)
_WHY_NOT_MEASURED = {
    "fewer_than_20_references": "it takes references of at least 20 other cases",
}


def candidate_table(title: str, answer: Json) -> Table:
    """The ranked list as a case worker sees it: no place, no picture, no face id."""
    table = Table(title=title, caption=_caption(answer), caption_justify="left", title_justify="left")
    for column in ("rank", "score", "state", "quality", "flags", "candidate"):
        table.add_column(column, justify="right" if column in ("rank", "score") else "left")
    for row in answer["candidates"]:
        table.add_row(
            str(row["rank"]),
            f"{row['score']:.2f}",
            row["state"],
            ", ".join(row["quality_reasons"]) or "good",
            ", ".join(row["flags"]) or "-",
            str(row["id"])[:8],
        )
    return table


def _caption(answer: Json) -> str:
    return (
        f"pack {answer['pack']['name']}, about {answer['gallery_size']} faces, expected false candidates: "
        f"{_expected(answer['expected_false_candidates'], answer['expected_false_reason'])}"
    )


def _expected(count: float | None, reason: str | None) -> str:
    """How many of such a list are not the child, where other cases allow to count it."""
    if count is not None:
        return f"{count:g}"
    return f"not measured: {_WHY_NOT_MEASURED.get(str(reason), reason)}"
