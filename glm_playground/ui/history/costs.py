"""What the runs cost: by day, model or outcome, with how sure each sum is, and the server's own word against it."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from glm_playground.ledger import Ledger, Total
from glm_playground.ledger.sums import By, Sum, sum_of, sums
from glm_playground.runs.run import Outcome
from glm_playground.ui.history.balance import draw_balance
from glm_playground.ui.shared.answer.run_footer import outcome_name
from glm_playground.ui.shared.figures import dollars
from glm_playground.ui.shared.i18n import _, day, number
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.styled import styled

_PERIODS = {"7": 7, "30": 30, "90": 90, "all": None}
_BY, _PERIOD = "history_by", "history_period"


def draw_costs(ledger: Ledger, owner: str) -> None:
    """Draws the totals, real money apart from play money, and the balance."""
    by, since = _draw_choice()
    read = ledger.totals_by_server if by is By.SERVER else ledger.totals
    totals = read(owner, since.date() if since else None)
    for stand_in, title in (
        (False, _("Runs on a gateway")),
        (True, _("Runs answered by a stand-in, in play money")),
    ):
        mine = [total for total in totals if total.stand_in is stand_in]
        if mine:
            st.markdown(f"**{title}**")
            st.markdown(_summary(sum_of(mine)))
            _draw_table(mine, by)
    if not totals:
        st.markdown(_("No run of yours ended in this time."))
    st.caption(
        _(
            "Estimated: the reported tokens times a published price. Settled: the server stated the amount. Not "
            "charged: the server's policy for a failed generation, or free. Unknown: no usage or no price; such runs "
            "are in no sum. Days are UTC."
        )
    )
    draw_balance(ledger, owner)


def _draw_choice() -> tuple[By, datetime | None]:
    words = {By.DAY: _("day"), By.MODEL: _("model"), By.SERVER: _("gateway"), By.OUTCOME: _("outcome")}
    periods = {
        "7": _("7 days"),
        "30": _("30 days"),
        "90": _("90 days"),
        "all": _("all"),
    }
    with st.container(horizontal=True, gap="medium"):
        by = st.segmented_control(
            _("Group by"),
            list(words),
            format_func=words.__getitem__,
            key=_BY,
            default=None if _BY in st.session_state else By.DAY,
            required=True,
            persist_state="session",
        )
        period = st.segmented_control(
            _("The last"),
            list(periods),
            format_func=periods.__getitem__,
            key=_PERIOD,
            default=None if _PERIOD in st.session_state else "30",
            required=True,
            persist_state="session",
        )
    days = _PERIODS[str(period)]
    return by or By.DAY, datetime.now(UTC) - timedelta(days=days - 1) if days else None


def _summary(total: Sum) -> str:
    parts = [_("{count} runs").format(count=number(total.runs))]
    if total.estimated_runs:
        estimated = _("{amount} estimated for {count}").format(
            amount=literal(dollars(total.estimated)), count=number(total.estimated_runs)
        )
        parts.append(styled("orange", estimated))
    if total.settled_runs:
        parts.append(
            _("{amount} settled for {count}").format(
                amount=literal(dollars(total.settled)), count=number(total.settled_runs)
            )
        )
    if total.not_charged_runs:
        parts.append(_("{count} not charged").format(count=number(total.not_charged_runs)))
    if total.unknown_runs:
        parts.append(_("{count} of unknown cost").format(count=number(total.unknown_runs)))
    return " · ".join(parts)


def _draw_table(totals: list[Total], by: By) -> None:
    heads = {By.DAY: _("Day"), By.MODEL: _("Model"), By.SERVER: _("Gateway"), By.OUTCOME: _("Outcome")}
    names = [
        _("Runs"),
        _("Failed"),
        _("Tokens in"),
        _("Tokens out"),
        _("Estimated"),
        _("Settled"),
        _("Not charged"),
        _("Unknown"),
    ]
    lines = [f"| {heads[by]} | {' | '.join(names)} |", "|---|" + "--:|" * len(names)]
    for row in sums(totals, by):
        counts = (row.runs, row.failed, row.prompt_tokens, row.completion_tokens)
        cells = [
            _name(row, by),
            *map(number, counts),
            _amount(row.estimated_runs, dollars(row.estimated)),
            _amount(row.settled_runs, dollars(row.settled)),
            number(row.not_charged_runs),
            number(row.unknown_runs),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    st.markdown("\n".join(lines))


def _amount(runs: int, text: str) -> str:
    return literal(text) if runs else "–"


def _name(row: Sum, by: By) -> str:
    if not row.name:
        return _("Warm-ups") if by is By.MODEL else _("unknown")
    if by is By.DAY:
        return day(datetime.fromisoformat(row.name).date())
    return outcome_name(Outcome(row.name)) if by is By.OUTCOME else literal(row.name)
