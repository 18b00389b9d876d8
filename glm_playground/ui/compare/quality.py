"""Quality at a glance: what is published of each model by topic, and under which conditions.

Independent figures stand apart from what makers and sellers say of their own models.
"""

from collections.abc import Mapping, Sequence

import streamlit as st

from glm_playground.catalog import ModelCard, Source
from glm_playground.catalog.comparison import score_fact
from glm_playground.catalog.topics import Board, Topic, boards, scores_of
from glm_playground.ui.shared.facts.board_words import board_name, topic_names
from glm_playground.ui.shared.facts.fact_values import aside, table_head, title
from glm_playground.ui.shared.facts.sourced import sourced
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.styled import styled

_MOST_MODELS = 24


@st.fragment
def draw_quality(cards: tuple[ModelCard, ...], sources: Mapping[str, Source]) -> None:
    """Draws the topics, the independent figures, and what makers publish in one topic."""
    shown = cards[:_MOST_MODELS]
    found = boards(shown)
    by_maker = [board for board in found if not board.independent]
    topics = [topic for topic in Topic if any(board.topic is topic for board in by_maker)]
    if not found:
        st.markdown(_("No score of these models is published."))
        return
    parts = [title(_("What is published, by topic")), _topics(shown, found), aside(_legend())]
    if independent := [board for board in found if board.independent]:
        parts += [title(_("Independent figures")), _values(shown, independent, sources)]
        parts.append(aside(_("Versions of an index are boards of their own: they are not comparable.")))
    if len(cards) > len(shown):
        more = len(cards) - len(shown)
        text = ngettext("{count} more model is not shown.", "{count} more models are not shown.", more)
        parts.append(aside(text.format(count=number(more))))
    st.markdown("\n\n".join(parts))
    if topics:
        _draw_topic(shown, topics, by_maker, sources)


def _draw_topic(
    cards: Sequence[ModelCard], topics: Sequence[Topic], found: Sequence[Board], sources: Mapping[str, Source]
) -> None:
    names = topic_names()
    st.markdown(title(_("As makers and sellers publish it")))
    chosen = st.segmented_control(
        _("Topic"),
        topics,
        format_func=names.__getitem__,
        default=topics[0],
        key="quality_topic",
        required=True,
        label_visibility="collapsed",
    )
    # The topic last chosen may be one that these models have no score in.
    topic = chosen if chosen in topics else topics[0]
    st.markdown(_values(cards, [board for board in found if board.topic is topic], sources))


def _topics(cards: Sequence[ModelCard], found: Sequence[Board]) -> str:
    """A line a topic: how many scores each model has, and how many of them stand beside another model's."""
    names = topic_names()
    lines = table_head((_("Topic"), *(literal(card.name) for card in cards)), ("---", *("--:" for _card in cards)))
    unknown = styled("gray", _("unknown"))
    for topic in Topic:
        theirs = [board for board in found if board.topic is topic]
        if theirs:
            cells = (_known(card, theirs) or unknown for card in cards)
            lines.append(f"| {names[topic]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _known(card: ModelCard, theirs: Sequence[Board]) -> str:
    mine = [board for board in theirs if card.id in board.scores]
    if not mine:
        return ""
    shared = sum(len(board.scores) > 1 for board in mine)
    return f"{number(len(mine))} {aside(f'({number(shared)} ⇄)')}"


def _legend() -> str:
    return _(
        "Number of scores; ⇄: so many of them stand beside another of these models' under the same stated conditions, "
        "or in the same document where none are stated. Unknown: nobody published one."
    )


def _values(cards: Sequence[ModelCard], found: Sequence[Board], sources: Mapping[str, Source]) -> str:
    """A line a board: each model's value with its source; what is known under other conditions says so."""
    lines = table_head(
        (_("Benchmark (conditions)"), *(literal(card.name) for card in cards)), ("---", *("--:" for _card in cards))
    )
    benchmarks = {card.id: {score.benchmark for score in scores_of(card)} for card in cards}
    other, unknown = aside(_("other conditions")), aside(_("unknown"))
    for board in found:
        cells = []
        for card in cards:
            if score := board.scores.get(card.id):
                cells.append(sourced(score_fact((score,)), sources))
            else:
                cells.append(other if board.benchmark in benchmarks[card.id] else unknown)
        lines.append(f"| :small[{literal(board_name(board))}] | {' | '.join(cells)} |")
    return "\n".join(lines)
