"""The report as one HTML file: no script, no picture of anybody, nothing fetched from anywhere."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from indexer.evaluation.case_search import RANKS
from indexer.evaluation.plots import Plot

Report = Mapping[str, Any]

_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff; max-width: 76rem; margin: 2rem auto;
  padding: 0 1rem; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc; }
table { border-collapse: collapse; margin: 1rem 0; font-size: .92rem; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #e2e2e2; }
td { font-variant-numeric: tabular-nums; } small { color: #555; display: block; }
figure { margin: 1.5rem 0; } img { max-width: 100%; height: auto; } figcaption { color: #444; }
.wide { overflow-x: auto; } .note { background: #fff6e0; border-left: 4px solid #b36b00; padding: .6rem 1rem; }
@media print { body { margin: 0; max-width: none; } figure, table { break-inside: avoid; } }
"""
_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
"""
_NOTE = (
    '<p class="note">What was measured on these pictures, with this pack. It says nothing about other pictures: '
    "measure on your own before you trust a list. A score is no probability, and a candidate is no identity.</p>"
)
_ALERTS = (
    "<h2>Alerts</h2><p>FNIR: searches that raise no alert for a child who is there, at the threshold that lets "
    "through FPIR of the searches for children who are not.</p>"
)


def page(report: Report, plots: Sequence[Plot]) -> str:
    """``report`` as `report.json` holds it."""
    title = f"Homeward: {report['pack']['name']} on {report['dataset']['name']}"
    parts = [
        _HEAD.format(title=escape(title), style=_STYLE),
        f"<h1>{escape(title)}</h1>",
        _NOTE,
        _about(report),
        "<h2>Case search</h2><p>Searches for a child whose face is in the gallery: is it among the first?</p>",
        *_case_search(report["case_search"]),
        _ALERTS,
        _alerts(report["alert"]),
        "<h2>Verification</h2><p>Pairs of pictures: FNMR at FMR (ISO/IEC 19795-1).</p>",
        _verification(report["verification"]),
        "<h2>Mirrored templates</h2><p>Hits in the first 20 gained by averaging with the mirror image.</p>",
        _mirrors(report["mirrored_templates"]),
        _calibration(report.get("calibration")),
        "<h2>Plots</h2>",
        *map(_figure, plots),
        "</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _about(report: Report) -> str:
    """Everything but the protocols, as nested as it is."""
    names = ("command", "times", "seed", "pack", "dataset", "distractors", "failures_to_enrol", "method")
    rows = [(name, _told(report.get(name))) for name in names]
    return _table("What this is", ("", ""), rows)


def _told(value: object) -> str:
    if isinstance(value, Mapping):
        return "".join(f"{escape(_words(str(name)))}: {_told(each)}<br>" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_told, value))
    return "none" if value is None else escape(str(value))


def _case_search(section: Report) -> Iterable[str]:
    yield _hits("By gap in years", section["bands"] | {"all": section["all"]})
    for name, groups in section["by"].items():
        yield _hits(f"By {_words(name)}", groups)


def _hits(caption: str, groups: Report) -> str:
    columns = ["", "searches (people)", "", *(f"first {rank}" for rank in RANKS)]
    rows = []
    for name, group in groups.items():
        for number, kind in enumerate(("raw", "as", "as_minus_raw")):
            head = (escape(name), f"{group['searches']} ({group['people']})") if number == 0 else ("", "")
            cells = [_cell(group[kind][f"hit_{rank}"], signed=kind == "as_minus_raw") for rank in RANKS]
            rows.append((*head, _KINDS[kind], *cells))
    return _table(caption, columns, rows)


_KINDS = {"raw": "raw", "as": "AS", "as_minus_raw": "AS &minus; raw"}


def _alerts(section: Report) -> str:
    rates = [name for name in section if name.startswith("fnir")]
    rows = []
    for group in ("all", *section[rates[0]]["bands"]):
        for number, kind in enumerate(_KINDS):
            found = [section[rate]["all"] if group == "all" else section[rate]["bands"][group] for rate in rates]
            cells = [_cell(each[kind], signed=kind == "as_minus_raw") for each in found]
            rows.append((escape(group) if number == 0 else "", _KINDS[kind], *cells))
    counts = f"{section['searches_with_mate']} searches with the mate, {section['searches_without_mate']} without"
    return _table(f"FNIR: {counts}", ["gap in years", "", *map(_at_rate, rates)], rows)


def _verification(section: Report) -> str:
    rates = list(section["raw"])
    rows = [(_KINDS[kind], *(_cell(section[kind][rate]) for rate in rates)) for kind in ("raw", "as")]
    counts = f"{section['pairs_of_one_person']} pairs of one person, {section['pairs_of_two_people']} of two"
    return _table(f"FNMR: {counts}", ["", *map(_at_rate, rates)], rows)


def _mirrors(section: Report) -> str:
    rows = [
        (escape(_words(name)), *(_cell(section[name][kind], signed=True) for kind in ("raw", "as")))
        for name in ("references", "references_and_faces")
    ]
    return _table("Gained hits in the first 20", ["mirrored", "raw", "AS"], rows)


def _calibration(section: Report | None) -> str:
    if section is None:
        return ""
    return "<h2>Calibration</h2>" + _table("Tested on people it was not fitted on", ("", ""), [("", _told(section))])


def _figure(plot: Plot) -> str:
    title, caption = escape(plot.title), escape(plot.caption)
    if plot.png is None:
        return f"<h3>{title}</h3><p>{caption} Not measured: {escape(plot.why_not or '')}.</p>"
    data = base64.b64encode(plot.png).decode()
    image = f'<img src="data:image/png;base64,{data}" alt="Plot: {title}. The tables above hold the figures.">'
    return f"<figure><h3>{title}</h3>{image}<figcaption>{caption}</figcaption></figure>"


def _cell(figure: Report, *, signed: bool = False) -> str:
    if figure["value"] is None:
        return f"not measured<small>{escape(figure['not_measured'])}</small>"
    sign = "+" if signed else ""
    told = f"{100 * figure['value']:{sign}.1f}{'' if signed else ' %'}"
    for name, words in (("wilson", "Wilson"), ("by_identity", "by identity")):
        if name in figure:
            low, high = figure[name]
            told += f"<small>{words} {100 * low:{sign}.1f} to {100 * high:{sign}.1f}</small>"
    return told


def _table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{each}</th>' for each in columns)
    body = "".join(
        "<tr>" + f'<th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in rest) + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="wide"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _at_rate(name: str) -> str:
    """`fnir_at_fpir_0.01` as a column's head."""
    of, _, at, rate = name.split("_")
    return f"{of.upper()} at {at.upper()} {100 * float(rate):g} %"


def _words(name: str) -> str:
    return name.replace("_", " ")
