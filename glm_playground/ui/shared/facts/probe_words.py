"""What probes and their findings are called on the screen, and findings as measured facts."""

from typing import Any

from glm_playground.catalog import Claim, Fact
from glm_playground.evals.probe_findings import ProbeFinding, ProbeOutcome, Why
from glm_playground.evals.probe_suite import Probe
from glm_playground.ui.shared.facts.measured import OWN_RUNS
from glm_playground.ui.shared.figures import tokens
from glm_playground.ui.shared.i18n import _, day, number
from glm_playground.ui.shared.text.answer_markdown import literal


def probe_names() -> dict[Probe, str]:
    """What is measured, in words."""
    return {
        Probe.STREAMS: _("Streaming"),
        Probe.USAGE: _("Usage reported"),
        Probe.JSON_MODE: _("JSON mode"),
        Probe.JSON_SCHEMA: _("JSON Schema"),
        Probe.TOOL: _("Tool called"),
        Probe.TOOL_SCHEMA: _("Tool called, with a JSON Schema"),
        Probe.STOP: _("Stop sequence"),
        Probe.MAX_TOKENS: _("Max tokens"),
        Probe.SEED: _("Seed gives the same answer"),
        Probe.THINKING_OFF: _("Thinking is off when turned off"),
        Probe.CONTEXT: _("Whole context"),
    }


def answer_name(answer: ProbeOutcome) -> str:
    """Yes, no or not clear."""
    return {ProbeOutcome.YES: _("yes"), ProbeOutcome.NO: _("no"), ProbeOutcome.UNCLEAR: _("not clear")}[answer]


def why_text(why: Why) -> str:
    """The reason of a finding."""
    return {
        Why.ONE_PIECE: _("the answer came in one piece"),
        Why.AT_ONCE: _("all pieces came at one moment"),
        Why.NO_USAGE: _("no usage was reported"),
        Why.NOT_JSON: _("the answer is not JSON"),
        Why.NOT_THE_SCHEMA: _("the answer does not fit the schema"),
        Why.NO_CALL: _("the tool was not called"),
        Why.OTHER_ARGUMENTS: _("the tool was called with arguments that it does not have"),
        Why.WENT_ON: _("the answer continues past the stop sequence"),
        Why.TOO_LONG: _("the answer is longer than max_tokens"),
        Why.THOUGHT: _("it thought anyway"),
        Why.REFUSED: _("the gateway refused the request"),
        Why.DIFFERENT: _("the answers differ"),
        Why.SAME_ANYWAY: _("the answers are the same without a seed, too"),
        Why.TOO_FEW: _("fewer than two answers to compare"),
        Why.CUT: _("the answer was cut off too early to tell"),
        Why.TOO_SHORT: _("the answer is too short to tell"),
        Why.NOT_ASKED: _("the gateway has no such field, so it was not asked"),
        Why.NO_ANSWER: _("no answer came"),
        Why.MIXED: _("the answers disagree"),
        Why.READ_LESS: _("fewer tokens were read than sent"),
        Why.NOT_FOUND: _("the code at the beginning was not found"),
    }[why]


def finding_text(found: ProbeFinding) -> str:
    """What was measured, as Markdown: "no: the answer is not JSON"."""
    parts = [answer_name(found.answer)]
    if found.why:
        parts.append(why_text(found.why))
    text = ": ".join(parts)
    if found.why is Why.MIXED:
        text += " " + _("({held} of {count})").format(held=number(found.held), count=number(found.counted))
    if found.tokens is not None:
        text += " " + _("({amount} read)").format(amount=tokens(found.tokens))
    return text


def measured_fact(found: ProbeFinding | None) -> Fact[Any]:
    """The finding as a fact of the kind measured; unknown where it is not clear, with why."""
    if found is None:
        return Fact[Any](why=_("no probe of yours has measured it"))
    if found.answer is ProbeOutcome.UNCLEAR:
        said = _("measured on {date}, n={count}: {text}")
        return Fact[Any](why=said.format(date=day(found.day), count=number(found.counted), text=finding_text(found)))
    note = _("probe at {gateway}, n={count}").format(gateway=literal(found.gateway), count=number(found.counted))
    if found.why:
        note += f": {why_text(found.why)}"
    holds = found.answer is ProbeOutcome.YES
    claim = Claim[Any](value=holds, source=OWN_RUNS, read=found.day, kind="measured", note=note)
    return Fact[Any](value=holds, claims=(claim,))
