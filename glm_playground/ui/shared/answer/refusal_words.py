"""What a user is told where a cap kept a request from being sent: which one, how much, and when it frees."""

from decimal import Decimal

from glm_playground.runs.caps import Cap, Measure, Refusal, Scope
from glm_playground.ui.shared.figures import dollars, tokens
from glm_playground.ui.shared.i18n import _, moment, ngettext, number
from glm_playground.ui.shared.text.answer_markdown import literal


def explain_refusal(refusal: Refusal) -> tuple[str, str]:
    """A headline, and what to do, both Markdown."""
    unsent = _("Nothing was sent, so nothing is charged, and your prompt is kept.")
    if refusal.cap is None:
        why, later = _("Whoever runs this server has stopped it for everybody."), _("Send again later.")
        return _("Sending is stopped."), " ".join(filter(None, (why, unsent, later, _more_text(refusal))))
    cap = refusal.cap
    sentences = [_cap_text(cap), _used_text(refusal, cap), unsent, _when_text(refusal, cap), _more_text(refusal)]
    return _title(refusal, refusal.cap), " ".join(filter(None, sentences))


def amount_text(measure: Measure, amount: Decimal) -> str:
    """So much of what a cap bounds, as Markdown: "200", "50,000,000 tokens", "$25.00"."""
    if measure is Measure.DOLLARS:
        return literal(dollars(amount))
    if measure is Measure.TOKENS:
        return tokens(int(amount))
    return number(amount)


def _title(refusal: Refusal, cap: Cap) -> str:
    if refusal.too_large:
        return _("The request alone could use more than a cap of this server.")
    titles = {
        Measure.RUNNING: _("Too many answers are running at once."),
        Measure.REQUESTS: _("Too many requests within a minute."),
        Measure.TOKENS: _("The tokens for today are used up."),
        Measure.DOLLARS: _("The budget for today is used up."),
    }
    return titles[cap.measure]


def _cap_text(cap: Cap) -> str:
    limits = {
        Measure.RUNNING: _("{limit} at once"),
        Measure.REQUESTS: _("{limit} a minute"),
        Measure.TOKENS: _("{limit} a day"),
        Measure.DOLLARS: _("{limit} a day"),
    }
    sentences = {
        Scope.OWNER: _("The cap for one person is {limit}."),
        Scope.ADDRESS: _("The cap for all who share your network address is {limit}."),
        Scope.TOTAL: _("The cap for everybody on this server together is {limit}."),
        Scope.PRESENT: _("The cap for one person on the page Present is {limit}."),
    }
    limit = limits[cap.measure].format(limit=amount_text(cap.measure, cap.limit))
    return sentences[cap.scope].format(limit=limit)


def _used_text(refusal: Refusal, cap: Cap) -> str:
    if cap.measure not in {Measure.TOKENS, Measure.DOLLARS}:
        return ""
    said = _("{used} is used, or reserved for answers that are running; this request could use up to {asked} more.")
    used, asked = (amount_text(cap.measure, amount) for amount in (refusal.used, refusal.asked))
    return said.format(used=used, asked=asked)


def _more_text(refusal: Refusal) -> str:
    if not refusal.more:
        return ""
    said = ngettext(
        "{count} later request of that hour was refused, too, and is not kept in the history.",
        "{count} later requests of that hour were refused, too, and are not kept in the history.",
        refusal.more,
    )
    return said.format(count=number(refusal.more))


def _when_text(refusal: Refusal, cap: Cap) -> str:
    if refusal.too_large:
        return _("Lower the max tokens, then send again.")
    if cap.measure is Measure.RUNNING:
        return _("Send again when an answer has ended.")
    if refusal.frees_at is None:
        return _("Send again later.")
    when = literal(moment(refusal.frees_at))
    if cap.measure is Measure.REQUESTS:
        return _("Send again after {time}.").format(time=when)
    return _("Send again after {time}, or sooner with lower max tokens.").format(time=when)
