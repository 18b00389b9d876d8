"""The comparison as an HTML table that the server writes.

A table can be read by screen readers, searched by the browser and printed, and a browser draws it in a tenth of the
time that a grid takes.
"""

from collections.abc import Callable, Sequence
from html import escape

from glm_playground.catalog import AnyFact, ModelCard
from glm_playground.catalog.comparison import ComparedRow, Comparison, differs_from
from glm_playground.catalog.comparison_files import mark
from glm_playground.ui.compare.filters import Shown
from glm_playground.ui.shared.page.own_html import page_link

_MOST_TINTED = 1500


def is_tinted(comparison: Comparison) -> bool:
    """Whether cells that differ from the first model's are tinted: of many, all do."""
    return len(comparison.cards) > 1 and len(comparison.rows) * len(comparison.cards) <= _MOST_TINTED


def html_table(
    shown: Shown,
    *,
    by_model: bool,
    name: str,
    corner: str,
    sign_help: str,
    fact_address: Callable[[str], str],
    model_address: Callable[[str], str],
) -> str:
    """The table, a row a fact, or with `by_model` a row a model.

    A fact's name leads to its claims, a model's to its sheet. A click on a cell leads to the claims of both
    (`ui/server/first_page.py`).

    Args:
        shown: what stands in it.
        by_model: whether the facts are the columns.
        name: what screen readers call the table.
        corner: stands over the names of the rows.
        sign_help: what the signs of difference mean.
        fact_address: of the claims of a row, by its key, below the app's.
        model_address: of the sheet of a model, by its id, below the app's.
    """
    rows, cards = shown.comparison.rows, shown.comparison.cards
    facts = [
        _fact_head(row, label, fact_address(row.key), sign_help) for row, label in zip(rows, shown.labels, strict=True)
    ]
    models = [_model_head(card, model_address(card.id)) for card in cards]
    tinted = is_tinted(shown.comparison)
    cells = [_cells(row, texts, tinted) for row, texts in zip(rows, shown.texts, strict=True)]
    if by_model:
        heads, lines = facts, list(zip(models, map("".join, zip(*cells, strict=True)), strict=True))
    else:
        heads, lines = models, list(zip(facts, map("".join, cells), strict=True))
    body = "".join(f"<tr><th scope=row{head}{line}</tr>" for head, line in lines)
    top = "".join(f"<th scope=col{head}" for head in heads)
    return (
        f'<div class="comparison"><table aria-label="{escape(name)}">'
        f"<thead><tr><th scope=col>{escape(corner)}</th>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _fact_head(row: ComparedRow, label: str, address: str, sign_help: str) -> str:
    """What follows `<th scope=row` or `<th scope=col`."""
    sign = mark(row.difference)
    shown = f'&nbsp;<span class="sign" title="{escape(sign_help)}">{escape(sign)}</span>' if sign else ""
    return f">{page_link(address, label)}{shown}</th>"


def _model_head(card: ModelCard, address: str) -> str:
    return f' data-model="{escape(card.id)}">{page_link(address, card.name)}</th>'


def _cells(row: ComparedRow, texts: Sequence[str], tinted: bool) -> list[str]:
    side = " figure" if _is_figures(row.facts) else ""
    return [
        _cell(text, side + (" other" if tinted and differs_from(fact, row.facts[0]) else ""))
        for text, fact in zip(texts, row.facts, strict=True)
    ]


def _cell(text: str, classes: str) -> str:
    named = f' class="{classes.strip()}"' if classes else ""
    return f"<td{named}>{escape(text)}</td>"


def _is_figures(facts: Sequence[AnyFact]) -> bool:
    values = [fact.value for fact in facts if fact.value is not None]
    return not any(isinstance(value, str | tuple | bool) for value in values)
