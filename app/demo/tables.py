"""What the demo prints of a search."""

from rich.table import Table

from homeward_client.transport import Json


def candidate_table(title: str, answer: Json) -> Table:
    """The ranked list as a case worker sees it: no place, no picture, no face id."""
    table = Table(title=title, caption=_caption(answer), caption_justify="left", title_justify="left")
    for column in ("rank", "score", "state", "quality", "flags", "candidate"):
        table.add_column(column, justify="right" if column in ("rank", "score") else "left")
    for row in answer["candidates"][:10]:
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
    expected = answer["expected_false_candidates"]
    reason = answer["expected_false_reason"]
    return (
        f"pack {answer['pack']['name']}, about {answer['gallery_size']} faces, "
        f"expected false candidates: {expected if expected is not None else f'not measured ({reason})'}"
    )
