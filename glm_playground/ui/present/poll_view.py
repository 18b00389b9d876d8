"""A vote of the audience on stage: the code that opens its page, the count as it grows, and then the names."""

import io

import streamlit as st

from glm_playground.ledger import LedgerError
from glm_playground.ledger.polls import Poll, PollCount
from glm_playground.service import storage
from glm_playground.settings import ENVIRONMENT_NAMES
from glm_playground.ui.present import stage as stages
from glm_playground.ui.server.audience import PATH
from glm_playground.ui.server.owner import owner
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.page.public_address import is_for_this_computer, public_address
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.long_text import draw_markdown

_COUNTS_EVERY_S = 1.0


def draw_poll(now: stages.Stage) -> None:
    """Draws the code or what came of the vote, and both answers under it."""
    poll = now.poll
    if poll is None:
        return
    if now.count is not None:
        _draw_result(poll, now.count)
        _draw_answers(poll, f"A: {poll.candidate_a}", f"B: {poll.candidate_b}")
        return
    address = public_address(f"{PATH}/{poll.id}")
    read, scanned = st.columns([10, 4], gap="large")
    with read:
        _draw_address(poll, address)
        _draw_answers(poll, "A", "B")
    with scanned:
        st.image(qr_code(address), width="stretch", alt=_("QR code of {address}").format(address=address))


def _draw_answers(poll: Poll, *names: str) -> None:
    for place, name, answer in zip(st.columns(2, gap="large"), names, (poll.answer_a, poll.answer_b), strict=True):
        with place:
            st.markdown(f"**{literal(name)}**")
            draw_markdown(answer)


def _draw_address(poll: Poll, address: str) -> None:
    count, told = st.columns([1, 5], gap="large")
    with count:
        _draw_count(poll.id)
    with told, st.container(gap=None, key="stage_address"):
        st.text(address)
        if is_for_this_computer(address):
            said = _("No phone reaches it: it is for this computer only. Set {name}.")
            st.warning(said.format(name=literal(ENVIRONMENT_NAMES["public_address"])))
        else:
            st.caption(_("Your phone must reach this address. One vote a browser."))


@st.fragment(run_every=_COUNTS_EVERY_S)
def _draw_count(poll_id: str) -> None:
    # The split is not shown: whoever votes late would follow the others.
    try:
        count = number(storage.needed_ledger().polls.count(owner(), poll_id).votes)
    except LedgerError:
        count = _("unknown")
    st.metric(_("Votes"), count, width="content")


def _draw_result(poll: Poll, count: PollCount) -> None:
    names = {"first": poll.candidate_a, "second": poll.candidate_b, "tie": _("As good"), "both_bad": _("Both bad")}
    with st.container(horizontal=True, gap="large"):
        for choice, name in names.items():
            st.metric(literal(name), number(count.choices[choice]), width="content")
    st.markdown(_preferred(poll, count))
    from_addresses = ngettext("From {count} network address.", "From {count} network addresses.", count.addresses)
    said = [from_addresses.format(count=number(count.addresses))]
    if poll.named:
        said.append(_("The names had been on stage before."))
    st.caption(" ".join([*said, _("One vote a browser is all that is checked, and this room is no sample.")]))


def _preferred(poll: Poll, count: PollCount) -> str:
    """What the votes say of the two, with how far chance goes; ties and "both bad" prefer none."""
    first, second = count.choices["first"], count.choices["second"]
    if not first + second:
        return _("Nobody preferred one of them.")
    # It takes a second to load.
    from glm_playground.evals.verdict import wilson  # noqa: PLC0415

    more, name = (first, poll.candidate_a) if first >= second else (second, poll.candidate_b)
    low, high = wilson(float(more), first + second)
    text = ngettext(
        "Of {count} vote for one of them, {share}% prefer {name} (95% interval {low}% to {high}%).",
        "Of {count} votes for one of them, {share}% prefer {name} (95% interval {low}% to {high}%).",
        first + second,
    ).format(
        count=number(first + second),
        share=number(100 * more / (first + second)),
        name=literal(name),
        low=number(100 * low),
        high=number(100 * high),
    )
    return " ".join([text, _("That may be chance.")] if low <= 0.5 <= high else [text])


def qr_code(address: str) -> str:
    """The address as a QR code, an SVG: black on white in any theme, since readers need its margin."""
    # Imported when a vote is opened.
    import segno  # noqa: PLC0415

    drawn = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(drawn, kind="svg", xmldecl=False, border=4, light="#fff", dark="#000", omitsize=True)
    return drawn.getvalue().decode()
