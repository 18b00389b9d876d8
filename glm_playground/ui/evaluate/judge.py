"""The judge on the page Evaluate: who it is, what it says of the pairs, and how far it can be taken by its word."""

from functools import partial
from typing import NamedTuple

import streamlit as st

from glm_playground import bounds
from glm_playground.chat.setup import Setup, asked_of
from glm_playground.evals.judge import Judge, Opinion
from glm_playground.evals.judge_figures import Bias, JudgeFigures, WinRate
from glm_playground.evals.judged import JudgeVerdict, PairResult
from glm_playground.evals.verdict import Interval
from glm_playground.gateway import Gateways
from glm_playground.ui.evaluate.words import Names, candidate_name
from glm_playground.ui.shared.figures import dollars, tokens
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.page.session import model_choices
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.long_text import draw_typed

_OPENED = "evaluate_opened_run"
_MOST_PAIRS = 500


class PairRow(NamedTuple):
    """A row of the table of pairs."""

    case: str
    first: str
    second: str
    opinion: Opinion
    reasons: tuple[str, str]
    run_id: str | None


def draw_judge_choice(key: str) -> Judge | None:
    """Draws the field for a judge; None where nobody judges. Its gateway is named where one was chosen."""
    chosen = st.selectbox(
        _("Judge"),
        model_choices(),
        None,
        key=f"{key}_judge",
        placeholder=_("nobody"),
        accept_new_options=True,
        width=260,
        persist_state="session",
        help=_("A model that says whether answers are as a rubric describes, and which of two is better."),
    )
    model, gateway = asked_of(chosen or "")
    if not model or len(model) > bounds.MODEL_CHARACTERS or len(gateway) > bounds.GATEWAY_CHARACTERS:
        return None
    in_pairs = st.checkbox(_("Compare answers in pairs"), True, key=f"{key}_judge_pairs", persist_state="session")
    return Judge(model, gateway, in_pairs=in_pairs)


def judge_name(judge: Judge, gateways: Gateways) -> str:
    """Model, gateway and settings, with what answers in the model's place."""
    gateway = gateways.find(judge.gateway)
    setup = Setup(model=judge.model, gateway=judge.gateway, parameters=judge.parameters)
    return candidate_name(setup, gateway.stand_in if gateway else None)


def pair_rows(found: JudgeVerdict) -> tuple[PairRow, ...]:
    """What the table shows: pairs without a verdict first."""
    rows = [_pair_row(one) for one in found.pairs]
    return tuple(sorted(rows, key=lambda row: row.opinion.told)[:_MOST_PAIRS])


def _pair_row(one: PairResult) -> PairRow:
    judged = one.judged
    return PairRow(
        judged.case, judged.first, judged.second, judged.opinion, one.reasons, next(filter(None, one.run_ids), None)
    )


def draw_judge(found: JudgeVerdict, rows: tuple[PairRow, ...], names: Names, gateways: Gateways) -> None:
    """Draws all of it.

    Args:
        found: what the judge said; its pairs are not looked at.
        rows: those of the table.
        names: what the candidates are called on the screen.
        gateways: where the judge is asked.
    """
    work = found.work
    parts = [
        _("**Judge: {name}**").format(name=literal(judge_name(found.judge, gateways))),
        ngettext("{count} reply", "{count} replies", work.answered).format(count=number(work.answered)),
        f"{literal(dollars(work.spent.dollars))}, {tokens(work.spent.tokens)}",
    ]
    if work.left:
        parts.append(_("{count} waiting").format(count=number(work.left)))
    if work.not_answered:
        parts.append(_("{count} without a reply").format(count=number(work.not_answered)))
    st.markdown(" · ".join(parts))
    for name in found.figures.same_family:
        said = _("{name} is of the judge's family, which a judge may favour.")
        st.markdown(":material/flag: " + said.format(name=literal(names.get(name, name))))
    for rate in found.wins:
        st.markdown(win_text(rate, names))
    _draw_figures(found.figures)
    if rows:
        _draw_pairs(rows, names)
    with st.expander(_("What the judge is asked"), type="compact", key="evaluate_judge_prompt"):
        for prompt in (*([found.judge.pair_prompt] if found.judge.in_pairs else []), found.judge.rubric_prompt):
            draw_typed(prompt)


def win_text(found: WinRate, names: Names) -> str:
    """What the judge prefers of a pair, as Markdown."""
    first, second = (literal(names.get(name, name)) for name in (found.first, found.second))
    if found.rate is None:
        said = _("The judge has no verdict on **{first}** and **{second}**.").format(first=first, second=second)
    else:
        said = _("The judge prefers **{first}** to **{second}** in {share}.").format(
            first=first, second=second, share=share_text(found.rate)
        )
        if not found.separable:
            said += " " + _("They are not separable.")
    counts = _("{wins} won, {losses} lost, {ties} tied, {abstained} without a verdict")
    counts = counts.format(
        wins=number(found.wins),
        losses=number(found.losses),
        ties=number(found.ties),
        abstained=number(found.abstained),
    )
    return f"{said} ({counts})"


def share_text(found: Interval) -> str:
    """A share with its interval."""
    low, estimate, high = (number(100 * value) for value in (found.low, found.estimate, found.high))
    return _("{estimate}% ({low} to {high})").format(estimate=estimate, low=low, high=high)


def _draw_figures(found: JudgeFigures) -> None:
    words = {
        Opinion.FLIPPED: _("{count} of {pairs} pairs change with the order: an abstention."),
        Opinion.NONSENSE: _("{count} of {pairs} pairs have a reply that is not as asked: no verdict."),
        Opinion.UNANSWERED: _("{count} of {pairs} pairs lack a reply."),
    }
    said = [
        text.format(count=number(found.counts[opinion]), pairs=number(found.pairs))
        for opinion, text in words.items()
        if found.counts.get(opinion)
    ]
    if found.length:
        text = _("The longer answer is preferred in {share}.").format(share=share_text(found.length.rate))
        if found.voted_length:
            by_you = _("By your votes it is in {share}.").format(share=share_text(found.voted_length.rate))
            text = f"{text} {by_you}"
        said.append(text)
    if agreed := found.agreement:
        text = _("It agrees with your votes in {share}, over {pairs} pairs.")
        said.append(text.format(share=share_text(agreed.same), pairs=number(agreed.pairs)))
    if said:
        st.caption("  \n".join(said))
    for bias, text in _flagged(found):
        st.markdown(":material/flag: " + text.format(share=share_text(bias.rate)))


def _flagged(found: JudgeFigures) -> list[tuple[Bias, str]]:
    both = [
        (found.place, _("It chooses the first of two answers in {share}; a fair judge does in a half.")),
        (found.length, _("It prefers the longer answer in {share}: its choices may be about length.")),
    ]
    return [(bias, text) for bias, text in both if bias and bias.flagged]


def _draw_pairs(rows: tuple[PairRow, ...], names: Names) -> None:
    import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415 - takes a while

    frame = pd.DataFrame(
        {
            "open": [_("Open") for _row in rows],
            "case": [row.case for row in rows],
            "verdict": [_opinion(row, names) for row in rows],
            "reason": [" / ".join(dict.fromkeys(filter(None, row.reasons))) for row in rows],
        }
    )
    column, key = st.column_config, "evaluate_pairs_open"
    st.dataframe(
        frame,
        hide_index=True,
        height=min(320, (len(rows) + 1) * 35 + 3),
        key="evaluate_pairs",
        alt=_("Pairs, those without a verdict first"),
        column_config={
            "open": column.ButtonColumn(_("Run"), on_click=partial(_open_run, rows, key), key=key, type="tertiary"),
            "case": column.TextColumn(_("Case")),
            "verdict": column.TextColumn(_("Verdict"), width=300),
            "reason": column.TextColumn(_("Reason"), width=300),
        },
    )


def _opinion(row: PairRow, names: Names) -> str:
    first, second = names.get(row.first, row.first), names.get(row.second, row.second)
    return {
        Opinion.FIRST: first,
        Opinion.SECOND: second,
        Opinion.TIE: _("tie"),
        Opinion.FLIPPED: _("changes with the order"),
        Opinion.NONSENSE: _("no verdict: not as asked"),
        Opinion.UNANSWERED: _("no reply"),
    }[row.opinion]


def _open_run(rows: tuple[PairRow, ...], key: str) -> None:
    # A callback cannot change the page; the script that follows does.
    place = st.session_state[key].row
    if place < len(rows) and rows[place].run_id:
        st.session_state[_OPENED] = rows[place].run_id
