"""The plots of a comparison, one at a time, each beside its numbers and above what it cannot show."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import streamlit as st

from glm_playground.catalog import AnyFact, ModelCard, Source
from glm_playground.catalog.comparison import LaidOver, ScoreName
from glm_playground.catalog.topics import Board, Topic, boards
from glm_playground.ui.compare import charts
from glm_playground.ui.compare.points import (
    Point,
    benchmarks,
    board_facts,
    facts_of,
    frontier,
    points,
    score_facts,
)
from glm_playground.ui.compare.words import fact_labels, score_label
from glm_playground.ui.shared.facts.board_words import board_name
from glm_playground.ui.shared.facts.plain_values import plain
from glm_playground.ui.shared.facts.price_basis import draw_basis, load_line, prices_now
from glm_playground.ui.shared.facts.sourced import sourced
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.text.answer_markdown import literal

_MOST_DRAWN = 40
_MOST_NAMED = 40
_UNSTATED = "plot_unstated"


class Plotted(NamedTuple):
    """The models of a comparison with where their facts come from."""

    cards: tuple[ModelCard, ...]
    sources: Mapping[str, Source]
    over: LaidOver
    own_name: str
    """Of the configured gateway."""


@st.fragment
def draw_plots(cards: tuple[ModelCard, ...], sources: Mapping[str, Source], over: LaidOver, own_name: str) -> None:
    """Draws the list of plots and the chosen one."""
    plots: dict[str, tuple[str, Callable[[Plotted], None]]] = {
        "price": (_("Price and score"), _draw_price_and_score),
        "limits": (_("Context and output"), _draw_limits),
        "size": (_("Size"), _draw_sizes),
        "release": (_("Release"), _draw_release),
        "scores": (_("Scores side by side"), _draw_scores),
    }
    chosen = st.segmented_control(
        _("Plot"),
        list(plots),
        format_func=lambda name: plots[name][0],
        default="price",
        key="compare_plot",
        label_visibility="collapsed",
        required=True,
        persist_state="session",
    )
    if chosen in plots:
        plots[chosen][1](Plotted(cards, sources, over, own_name))


def _draw_price_and_score(plotted: Plotted) -> None:
    cards = plotted.cards
    prices = prices_now(plotted.over, plotted.own_name)
    offers = [prices.offer(card) for card in cards]
    priced = [prices.blended(offered) for offered in offers]
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        unstated = bool(st.session_state.get(_UNSTATED))
        found = {board.id: board for board in _with_scores(cards, priced, unstated)}
        chosen = None
        if found:
            names = {key: board_name(board) for key, board in found.items()}
            chosen = st.selectbox(
                _("Score"), list(found), format_func=names.__getitem__, key=f"plot_score_{unstated}", width=380
            )
        draw_basis(prices)
        st.checkbox(_("Scores without stated conditions too"), key=_UNSTATED, persist_state="session")
    if chosen is None:
        st.markdown(_("No score of these models is published."))
        return
    series = (
        (_("Price at your workload, USD per 1M tokens"), priced),
        (names[chosen], board_facts(cards, found[chosen])),
    )
    everyone = points(cards, series)
    drawn = [point for point in everyone if not point.unknown]
    best = frontier(drawn)
    takeaway = ""
    if best:
        listed = ", ".join(point.card.name for point in best)
        text = _("On the frontier (filled), nothing is better for the price or cheaper for the score: {models}.")
        takeaway = text.format(models=listed)
    _draw(everyone, drawn, partial(charts.scatter, best=best), takeaway, plotted.sources, say=True)
    st.caption(
        _("Prices: {sellers}. {load}.").format(sellers=literal(prices.seller_names), load=load_line(prices.basis))
    )


def _with_scores(cards: Sequence[ModelCard], priced: Sequence[AnyFact], unstated: bool) -> list[Board]:
    """The boards of abilities, the one that shows most models at a price first."""
    known = {card.id for card, price in zip(cards, priced, strict=True) if price.known}
    found = [board for board in boards(cards, unstated=unstated) if board.topic is not Topic.SERVICE]
    return sorted(found, key=lambda board: -len(known & board.scores.keys()))


def _draw_limits(plotted: Plotted) -> None:
    _draw_bars(plotted, ("facts.context_tokens", "facts.max_output_tokens"), _("Tokens"))


def _draw_sizes(plotted: Plotted) -> None:
    _draw_bars(plotted, ("facts.size_total", "facts.size_active"), _("Billions of parameters"))


def _draw_bars(plotted: Plotted, keys: tuple[str, ...], axis: str) -> None:
    labels = fact_labels()
    found = points(plotted.cards, [(labels[key], facts_of(plotted.cards, key)) for key in keys])
    drawn = [point for point in found if len(point.unknown) < len(keys)]
    takeaway = " ".join(_greatest(drawn, place) for place in range(len(keys)))
    _draw(found, drawn, partial(charts.bars, axis=axis), takeaway, plotted.sources)


def _greatest(drawn: Sequence[Point], place: int) -> str:
    known = [point for point in drawn if point.figures[place].number is not None]
    if not known:
        return ""
    first = max(known, key=lambda point: point.figures[place].number or 0)
    figure = first.figures[place]
    return _("{what}: most with {model}, {value}.").format(
        what=figure.series, model=first.card.name, value=plain(figure.fact)
    )


def _draw_release(plotted: Plotted) -> None:
    key = "facts.release"
    found = points(plotted.cards, [(fact_labels()[key], facts_of(plotted.cards, key))])
    drawn = sorted((point for point in found if not point.unknown), key=lambda point: str(point.figures[0].day))
    takeaway = ""
    if drawn:
        takeaway = _("First {first}, last {last}.").format(first=drawn[0].card.name, last=drawn[-1].card.name)
    _draw(found, drawn, charts.timeline, takeaway, plotted.sources)


def _draw_scores(plotted: Plotted) -> None:
    found = benchmarks(plotted.cards)
    if not found:
        st.markdown(_("No score of these models is published."))
        return
    chosen = st.selectbox(_("Benchmark"), list(found), key="plot_benchmark", width=320)
    st.caption(
        _(
            "Only scores under the same conditions stand in one plot. Where a publisher states none, two models may "
            "still have been run differently."
        )
    )
    for name in found[chosen]:
        st.markdown(f"**{literal(_conditions(name))}**")
        scored = points(plotted.cards, [(score_label(name), score_facts(plotted.cards, name))])
        drawn = [point for point in scored if not point.unknown]
        _draw(scored, drawn, partial(charts.bars, axis=score_label(name)), _greatest(drawn, 0), plotted.sources)


def _conditions(name: ScoreName) -> str:
    if name.conditions or name.kind != "vendor":
        return score_label(name)
    return _("{benchmark}, no conditions stated").format(benchmark=name.benchmark)


def _draw(
    found: Sequence[Point],
    drawn: Sequence[Point],
    chart: Callable[[Sequence[Point]], Any],
    takeaway: str,
    sources: Mapping[str, Source],
    *,
    say: bool = False,
) -> None:
    """Draws the plot, its numbers with their sources, and the models that it cannot show; `say` writes the takeaway."""
    shown = drawn[:_MOST_DRAWN]
    if shown:
        left, right = st.columns([11, 9], gap="medium")
        with left:
            count = ngettext("{count} model.", "{count} models.", len(shown)).format(count=number(len(shown)))
            st.altair_chart(chart(shown), alt=f"{count} {takeaway}".strip())
        with right:
            st.markdown(_numbers(shown, sources) + (f"\n\n{literal(takeaway)}" if say else ""))
    if len(drawn) > len(shown):
        left_out = len(drawn) - len(shown)
        text = ngettext(
            "{count} more model is not drawn; choose fewer to see it.",
            "{count} more models are not drawn; choose fewer to see them.",
            left_out,
        )
        st.caption(text.format(count=number(left_out)))
    _draw_unknown(found)


def _numbers(shown: Sequence[Point], sources: Mapping[str, Source]) -> str:
    series = [figure.series for figure in shown[0].figures]
    head = (f":small[{literal(name)}]" for name in (_("Model"), *series))
    lines = [f"| {' | '.join(head)} |", "|---" + "|--:" * len(series) + "|"]
    for point in shown:
        cells = (sourced(figure.fact, sources) for figure in point.figures)
        lines.append(f"| :small[{literal(point.card.name)}] | {' | '.join(cells)} |")
    return "\n".join(lines)


def _draw_unknown(found: Sequence[Point]) -> None:
    """Says why a model is not shown: a score under other conditions is not an unknown one, and neither is nothing."""
    lacking = [point for point in found if point.unknown]
    if not lacking:
        return
    reasons: dict[str, list[str]] = {}
    for point in lacking[:_MOST_NAMED]:
        reasons.setdefault(_reason(point), []).append(point.card.name)
    pieces = [f"{literal(', '.join(names))} ({literal(reason)})" for reason, names in reasons.items()]
    if len(lacking) > _MOST_NAMED:
        rest = len(lacking) - _MOST_NAMED
        pieces.append(ngettext("{count} more model", "{count} more models", rest).format(count=number(rest)))
    st.caption(_("Not shown: {models}").format(models="; ".join(pieces)))


def _reason(point: Point) -> str:
    unknown = [figure for figure in point.figures if figure.fact.value is None]
    word = _("unknown")
    return " + ".join(f"{figure.series}: {figure.fact.why or word}" for figure in unknown)
