"""The technical sheet of one model: the rows of RunAPI's page, and what is known beyond them."""

from glm_playground.catalog import AnyFact, Fact, GatewayFacts, ModelCard, Parameter
from glm_playground.service.status import RunsSeen
from glm_playground.ui.models.status_words import last_success_text, runs_text
from glm_playground.ui.shared.facts.fact_values import arithmetic_labels, billions, code, fact_text, wire_text
from glm_playground.ui.shared.facts.fact_view import Row, row
from glm_playground.ui.shared.facts.live_facts import LiveFacts, listed_fact_text
from glm_playground.ui.shared.i18n import _, clock, number

_AS_CODE = {"model_id", "endpoint"}


def page_rows(card: ModelCard, live: LiveFacts, seen: RunsSeen | None) -> list[Row]:
    """The eight rows of RunAPI's model page, and two more claims about the status."""
    facts = card.gateway("runapi") or GatewayFacts(id="runapi")
    labels = {
        "model_id": _("Model ID"),
        "provider": _("Provider"),
        "modality": _("Modality"),
        "task_type": _("Task type"),
        "billing": _("Billing"),
        "endpoint": _("Endpoint"),
        "commercial": _("Commercial use"),
        "status": _("Status, advertised"),
    }
    rows = []
    for key, fact in facts.rows:
        text = code(fact.value) if fact.value and key in _AS_CODE else None
        rows.append(row(f"runapi.{key}", labels[key], fact, text))
    return [*rows, *_status_rows(live, seen)]


def _status_rows(live: LiveFacts, seen: RunsSeen | None) -> list[Row]:
    listed = row("live.listed", _("Status, now"), live.listed, listed_fact_text(live.listed))
    if live.models_read_at:
        tag = f"{live.server.name}, {clock(live.models_read_at)}"
        if live.server.stand_in:
            tag += " · " + _("stand-in")
        listed = listed._replace(tag=tag)
    # Our own runs are no claim of a source: the row opens how they are counted.
    own: AnyFact = Fact[str](why=_("counted over the last 50 runs since the app started"))
    tag = " · ".join(filter(None, (last_success_text(seen), seen and live.server.stand_in and _("stand-in"))))
    return [listed, Row("runs", _("Status, our runs"), runs_text(seen), ((_("Our own runs"), own),), tag or None)]


def limit_rows(card: ModelCard) -> list[Row]:
    """Sizes and lengths."""
    facts = card.facts
    runapi = card.gateway("runapi")
    rows = [
        row("context_tokens", _("Context"), facts.context_tokens),
        row("max_output_tokens", _("Largest output"), facts.max_output_tokens),
    ]
    if runapi:
        rows += [
            row("runapi.context_tokens", _("Context on RunAPI"), runapi.context_tokens),
            row("runapi.max_output_tokens", _("Output on RunAPI"), runapi.max_output_tokens),
        ]
    sizes = ((_("Size, total"), facts.size_total), (_("Size, active"), facts.size_active))
    return [
        *rows,
        row("max_tokens_default", _("Output, default"), facts.max_tokens_default),
        row("size_total", sizes[0][0], facts.size_total),
        row("size_active", sizes[1][0], facts.size_active),
        row("vocabulary", _("Vocabulary"), facts.vocabulary),
    ]


def model_rows(card: ModelCard) -> list[Row]:
    """Release, licence and what the model takes and gives."""
    facts = card.facts
    weights = code(facts.weights.value) if facts.weights.value else None
    runapi = card.gateway("runapi")
    words = [row("runapi.overview", _("RunAPI's words"), runapi.overview)] if runapi else []
    words += [row("runapi.card_text", _("RunAPI's card"), runapi.card_text)] if runapi else []
    if runapi and runapi.compared_with.known:
        words.append(row("runapi.compared_with", _("RunAPI compares it with"), runapi.compared_with))
    return [
        row("release", _("Release"), facts.release),
        row("availability", _("At Z.ai"), facts.availability),
        row("best_for", _("Best for"), card.best_for),
        row("license", _("Licence"), facts.license),
        row("license_conditions", _("Licence conditions"), facts.license_conditions),
        row("open_weights", _("Open weights"), facts.open_weights),
        row("weights", _("Weights"), facts.weights, weights),
        row("input_modalities", _("Input modality"), facts.input_modalities),
        row("output_modalities", _("Output modality"), facts.output_modalities),
        row("knowledge_cutoff", _("Knowledge cutoff"), facts.knowledge_cutoff),
        *words,
    ]


def feature_rows(card: ModelCard) -> list[Row]:
    """What a request may ask for, as Z.ai documents it."""
    facts = card.facts
    rows = [
        row("thinking", _("Thinking"), facts.thinking),
        row("reasoning_effort", _("Reasoning effort"), facts.reasoning_effort),
        row("reasoning_field", _("Reasoning field"), facts.reasoning_field),
        row("tool_calling", _("Tools"), facts.tool_calling),
        row("tool_stream", _("Tools in a stream"), facts.tool_stream),
        row("structured_output", _("Structured output"), facts.structured_output),
        row("context_caching", _("Caching"), facts.context_caching),
    ]
    sampling = (card.parameter("temperature"), card.parameter("top_p"))
    return rows + [_range_row(parameter) for parameter in sampling if parameter]


def runapi_rows(card: ModelCard) -> list[Row]:
    """What RunAPI declares for the model; a capability nobody spoke of is unknown."""
    facts = card.gateway("runapi") or GatewayFacts(id="runapi")
    labels = {
        "text": _("Text"),
        "sync": _("Non-streaming"),
        "streaming": _("Streaming"),
        "default_thinking": _("Thinking by default"),
        "reasoning_controls": _("Reasoning controls"),
        "function_tools": _("Tools"),
        "structured_output": _("Structured output"),
        "multimodal_input": _("Images as input"),
        "hosted_tools": _("Hosted tools"),
        "explicit_cache_controls": _("Cache controls"),
    }
    return [row(f"runapi.capability.{key}", labels[key], fact) for key, fact in facts.capabilities.items()]


def weight_rows(card: ModelCard) -> list[Row]:
    """What somebody gets who wants to serve the model."""
    facts = card.facts
    weights = code(facts.weights.value) if facts.weights.value else None
    return [
        row("open_weights", _("Open weights"), facts.open_weights),
        row("weights", _("Weights"), facts.weights, weights),
        row("license", _("Licence"), facts.license),
        row("size_total", _("Size, total"), facts.size_total),
        row("size_active", _("Size, active"), facts.size_active),
    ]


def architecture_rows(card: ModelCard) -> list[Row]:
    """How the model is built."""
    facts = card.facts
    labels = {
        "architecture": _("Architecture"),
        "layers": _("Layers"),
        "dense_layers": _("Dense layers"),
        "moe_layers": _("MoE layers"),
        "mtp_layers": _("MTP layers"),
        "hidden_size": _("Hidden size"),
        "attention": _("Attention"),
        "attention_heads": _("Attention heads"),
        "kv_heads": _("KV heads"),
        "experts": _("Experts"),
        "experts_per_token": _("Experts per token"),
        "shared_experts": _("Shared experts"),
        "training_tokens": _("Training tokens"),
        "tokenizer": _("Tokenizer"),
    }
    return [row(key, label, getattr(facts, key)) for key, label in labels.items()]


def arithmetic_rows(card: ModelCard) -> list[Row]:
    """Our own count of the parameters, from the published shapes."""
    if card.arithmetic is None:
        return []
    labels = arithmetic_labels()
    known = (row(f"arithmetic.{key}", labels[key], fact) for key, fact in card.arithmetic.items() if fact.known)
    return list(known)


def parameter_rows(card: ModelCard) -> list[Row]:
    """Every request parameter with its range and default."""
    return [
        _range_row(parameter, key=f"parameter.{parameter.name}", label=code(parameter.name))
        for parameter in card.parameters
    ]


def _range_row(parameter: Parameter, key: str | None = None, label: str | None = None) -> Row:
    named = {"minimum": _("minimum"), "maximum": _("maximum"), "default": _("default"), "values": _("values")}
    pieces = []
    if parameter.minimum.known and parameter.maximum.known:
        least, most = fact_text(parameter.minimum), fact_text(parameter.maximum)
        pieces.append(_("{least} to {most}").format(least=least, most=most))
    elif parameter.minimum.known:
        pieces.append(_("at least {number}").format(number=fact_text(parameter.minimum)))
    elif parameter.maximum.known:
        pieces.append(_("up to {number}").format(number=fact_text(parameter.maximum)))
    if parameter.values.known:
        values = wire_text(parameter.values)
        # What an array or an object may hold, where a plain value is itself one of these.
        pieces.append(_("types: {values}").format(values=values) if parameter.type in {"array", "object"} else values)
    if parameter.default.known:
        pieces.append(f"{named['default']} {wire_text(parameter.default)}")
    facts = tuple((named[side], fact) for side, fact in parameter.items())
    text = "; ".join(pieces) or _("unknown")
    return Row(key or parameter.name, label or code(parameter.name), text, facts)


def two_lines(card: ModelCard) -> tuple[str, str]:
    """What the model is, in two sentences; what is unknown is said to be so."""
    facts = card.facts
    unknown = _("unknown")
    if facts.open_weights.value is None:
        what = _("{name} is a model of Z.ai; whether its weights are open is unknown.")
    elif facts.open_weights.value and not facts.license.known:
        what = _(
            "{name} is an open-weight model of Z.ai: {total} parameters, {active} active. Its licence was not found."
        )
    elif facts.open_weights.value:
        what = _(
            "{name} is an open-weight model of Z.ai under the licence {licence}: {total} parameters, {active} active."
        )
    else:
        what = _("{name} is a closed model of Z.ai; its size is not published.")
    first = what.format(
        name=card.name,
        licence=fact_text(facts.license),
        total=billions(facts.size_total.value) if facts.size_total.value is not None else unknown,
        active=billions(facts.size_active.value) if facts.size_active.value is not None else unknown,
    )
    limits = card.limits("runapi")
    second = _("It reads up to {context} tokens and writes up to {output}; released {release}.").format(
        context=_count(limits.context_tokens),
        output=_count(limits.max_output_tokens),
        release=fact_text(facts.release),
    )
    return first, second


def _count(tokens: int | None) -> str:
    return _("an unknown number of") if tokens is None else number(tokens)
