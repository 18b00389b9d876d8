"""The verdict of an evaluation, for a room to read: its sentences, pass rates as bars, and how much was asked."""

from collections.abc import Iterator
from decimal import Decimal
from html import escape

import streamlit as st

from glm_playground.bundles.shown_verdict import ShownPair, ShownRate, ShownVerdict
from glm_playground.ui.shared.answer.verdict_words import pair_sentence
from glm_playground.ui.shared.figures import dollars
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.text.answer_markdown import literal

_MOST_SENTENCES, _MOST_BARS = 2, 6


def draw_verdict(verdict: ShownVerdict) -> None:
    """Draws what fits on a screen; the notes of the speaker and the report have the rest."""
    for said in verdict_sentences(verdict, _MOST_SENTENCES):
        st.markdown(said)
    st.html(_bars(verdict))
    left_out = verdict.left_out + max(len(verdict.rates) - _MOST_BARS, 0)
    if left_out:
        said = ngettext("{count} more candidate is not shown.", "{count} more candidates are not shown.", left_out)
        st.markdown(said.format(count=number(left_out)))
    with st.container(horizontal=True, gap="large"):
        st.metric(_("Cases"), number(verdict.cases), width="content")
        st.metric(_("Answers"), number(verdict.answers), width="content")
        cost = _("Cost, {state}").format(state=_("play money")) if verdict.play_money else _("Cost")
        st.metric(cost, literal(dollars(Decimal(verdict.dollars))), width="content")


def verdict_sentences(verdict: ShownVerdict, most: int) -> Iterator[str]:
    """What the verdict says of the pairs, as Markdown; those told apart first."""
    for pair in verdict.pairs[:most]:
        yield _sentence(pair, verdict)


def _sentence(pair: ShownPair, verdict: ShownVerdict) -> str:
    first, second = (literal(_name(verdict.rates[place], verdict)) for place in (pair.first, pair.second))
    return pair_sentence(
        first,
        second,
        (100 * pair.low, 100 * pair.high),
        separable=pair.separable,
        second_ahead=pair.low + pair.high < 0,
        more_cases=pair.more_cases,
    )


def _name(rate: ShownRate, verdict: ShownVerdict) -> str:
    """The model; with its settings where it stands there more than once."""
    alike = sum(one.model == rate.model for one in verdict.rates) > 1
    return f"{rate.model} {rate.settings}".strip() if alike else rate.model


def _bars(verdict: ShownVerdict) -> str:
    """A table with a bar for each rate and its interval on it; all text is escaped."""
    rows, unknown = [], escape(_("unknown"))
    for rate in verdict.rates[:_MOST_BARS]:
        name = escape(_name(rate, verdict))
        if rate.rate is None:
            rows.append(f"<tr><th scope='row'>{name}</th><td></td><td>{unknown}</td></tr>")
            continue
        estimate, low, high = (100 * share for share in rate.rate)
        told = _("{estimate}% ({low} to {high})")
        told = told.format(estimate=number(estimate), low=number(low), high=number(high))
        bar = (
            f"<div class='stage-rate'><div style='width:{estimate:.1f}%'></div>"
            f"<span style='left:{low:.1f}%;width:{high - low:.1f}%'></span></div>"
        )
        rows.append(f"<tr><th scope='row'>{name}</th><td>{bar}</td><td>{escape(told)}</td></tr>")
    caption = escape(_("Pass rates, with their 95% intervals"))
    return f"<table class='stage-rates'><caption>{caption}</caption><tbody>{''.join(rows)}</tbody></table>"
