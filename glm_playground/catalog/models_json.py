"""The catalogue for other programs, in the shape of models.dev's `api.json` (`models_schema`).

A provider holds its models by id. What nobody published is left out, never zero or false. Beside the fields of
models.dev each model has, by field, `sources` and `conflicts` with the words they rest on, and `unknown` with why.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from glm_playground.catalog.card import GatewayFacts, ModelCard, PriceFacts
from glm_playground.catalog.catalog import Catalog, GatewaySheet
from glm_playground.catalog.models_schema import ADDITIONS, REQUIRED
from glm_playground.catalog.running_cost import NOT_LISTED
from glm_playground.catalog.types import AnyFact, Claim, Fact, Score, Source

NOBODY = "nobody published it, as far as is known"
"""Why a field is unknown whose fact says nothing more."""

_COSTS = {"input": "input", "output": "output", "cache_read": "cache_read", "cache_write": "cache_write_5m"}
# models.dev's words for what goes in and out; Z.ai's guides call documents files.
_MODALITIES = {"file": "pdf"}
_EFFORTS = frozenset({"none", "minimal", "low", "medium", "high", "xhigh", "max"})
_REASONING_FIELDS = frozenset({"reasoning_content", "reasoning_details"})


class _Connection(NamedTuple):
    """How a program reaches a provider: the AI SDK's package, the variable that holds the key, and what to read."""

    npm: str
    env: str
    doc: str


_CONNECTIONS = {
    "runapi": _Connection("@ai-sdk/openai-compatible", "RUNAPI_API_KEY", "https://runapi.ai/models/glm"),
    "zai": _Connection("@ai-sdk/openai-compatible", "ZHIPU_API_KEY", "https://docs.z.ai/guides/overview/pricing"),
    "vercel": _Connection("@ai-sdk/gateway", "AI_GATEWAY_API_KEY", "https://vercel.com/ai-gateway/models"),
}


class _Field(NamedTuple):
    """A field of a model and the facts that it is made of."""

    path: str
    """Such as `limit.context`."""
    value: Any
    """None for an unknown."""
    facts: tuple[AnyFact, ...]
    why: str | None = None
    """Why it is unknown, if not for the reason its facts give."""


def models_json(catalog: Catalog) -> dict[str, Any]:
    """Every provider with the models it is known to serve."""
    providers = {sheet.id: _provider(sheet) for sheet in catalog.gateways}
    for card in catalog.cards:
        for table in card.gateways:
            if table.id in providers:
                model = model_json(catalog, card, table)
                providers[table.id]["models"][model["id"]] = model
    return {name: provider for name, provider in providers.items() if provider["models"]}


def models_dev_json(catalog: Catalog) -> dict[str, Any]:
    """The same as models.dev itself would have it: without additions, and without models of which a field that its
    schema requires is unknown."""
    found = {}
    for name, provider in models_json(catalog).items():
        models = {
            model: {key: value for key, value in entry.items() if key not in ADDITIONS}
            for model, entry in provider["models"].items()
            if not REQUIRED & entry["unknown"].keys()
        }
        if models:
            found[name] = {**provider, "models": models}
    return found


def model_of_all(catalog: Catalog, card: ModelCard) -> dict[str, Any]:
    """One model with all that is known: what each provider says, scores, and every fact by its key."""
    return {
        **model_json(catalog, card, None),
        "benchmarks": [_benchmark(catalog, score) for score in card.scores],
        "facts": {key: fact_json(catalog, fact) for key, fact in card.all_facts() if fact.known or fact.why},
        "providers": {table.id: model_json(catalog, card, table) for table in card.gateways},
    }


def model_json(catalog: Catalog, card: ModelCard, table: GatewayFacts | None) -> dict[str, Any]:
    """A model as a provider serves it, with the id that the provider knows it by; without one, the model itself."""
    found: dict[str, Any] = {"id": (table and table.model_id.value) or card.id, "name": card.name}
    if read := _last_read(card, table):
        found["last_updated"] = read.isoformat()
    sources: dict[str, list[dict[str, Any]]] = {}
    conflicts: dict[str, list[dict[str, Any]]] = {}
    unknown: dict[str, str] = {}
    for field in _fields(card, table):
        dissenting = [claim for fact in field.facts for claim in fact.dissenting]
        if dissenting:
            conflicts[field.path] = [claim_json(catalog, claim, with_value=True) for claim in dissenting]
        if field.value is None:
            unknown[field.path] = field.why or next((fact.why for fact in field.facts if fact.why), NOBODY)
            continue
        *outer, name = field.path.split(".")
        holder = found
        for key in outer:
            holder = holder.setdefault(key, {})
        holder[name] = field.value
        sources[field.path] = [
            claim_json(catalog, claim) for fact in field.facts for claim in fact.claims if claim.value == fact.value
        ]
    return {**found, "sources": sources, "conflicts": conflicts, "unknown": unknown}


def fact_json(catalog: Catalog, fact: AnyFact) -> dict[str, Any]:
    """A fact with every claim behind it; without `value` if nobody published one."""
    found: dict[str, Any] = {} if fact.value is None else {"value": plain_json(fact.value)}
    found |= {name: text for name, text in (("unit", fact.unit), ("why", fact.why)) if text}
    if fact.claims:
        found["claims"] = [claim_json(catalog, claim, with_value=True) for claim in fact.claims]
    return found


def claim_json(catalog: Catalog, claim: Claim[Any], *, with_value: bool = False) -> dict[str, Any]:
    """Who says something: the source, when it was read and of when it is, its licence, and its own words."""
    source = catalog.sources[claim.source]
    found: dict[str, Any] = {"value": plain_json(claim.value)} if with_value else {}
    found |= {"source": source.id, "publisher": source.publisher, "kind": claim.kind, "read": claim.read.isoformat()}
    found |= _document(source, claim.as_of)
    return found | {name: text for name, text in (("note", claim.note), ("quote", claim.quote)) if text}


def plain_json(value: Any) -> Any:
    """`value` as JSON has it; a decimal as a number, since models.dev has numbers."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case tuple():
            return [plain_json(entry) for entry in value]
        case date():
            return value.isoformat()
    return value


def _document(source: Source, as_of: str | None) -> dict[str, str]:
    """The document's address, date and licence, or why one of the two is not known."""
    found = {"url": source.url, "as_of": as_of, "licence": source.licence}
    if not as_of:
        found["as_of_unknown"] = source.as_of_unknown
    if not source.licence:
        found["licence_unknown"] = source.licence_unknown
    return {name: text for name, text in found.items() if text}


def _provider(sheet: GatewaySheet) -> dict[str, Any]:
    connection = _CONNECTIONS.get(sheet.id)
    found: dict[str, Any] = {"id": sheet.id, "name": sheet.name, "models": {}}
    found["npm"] = connection.npm if connection else "@ai-sdk/openai-compatible"
    found["env"] = [connection.env if connection else f"{sheet.id.upper().replace('-', '_')}_API_KEY"]
    if connection:
        found["doc"] = connection.doc
    if address := _api_address(sheet):
        found["api"] = address
    return found


def _api_address(sheet: GatewaySheet) -> str | None:
    """What clients of the OpenAI API call the base URL."""
    if sheet.sdk_base_url.value:
        return sheet.sdk_base_url.value
    endpoint = sheet.chat_endpoint.value or ""
    return endpoint.removesuffix("/chat/completions") if endpoint.startswith("https://") else None


def _fields(card: ModelCard, table: GatewayFacts | None) -> Iterator[_Field]:
    """Every field of models.dev's that the catalogue has a fact for; a gateway's own limit goes before the vendor's."""
    facts, limits = card.facts, card.limits(table.id if table else None)
    taken = facts.input_modalities
    yield _Field("attachment", None if taken.value is None else bool(set(taken.value) - {"text"}), (taken,))
    yield from _reasoning(card)
    yield _plain("tool_call", facts.tool_calling)
    if facts.reasoning_field.value in _REASONING_FIELDS:
        yield _Field("interleaved", {"field": facts.reasoning_field.value}, (facts.reasoning_field,))
    if table and table.capabilities.structured_output.value in {"supported", "rejected"}:
        told = table.capabilities.structured_output
        yield _Field("structured_output", told.value == "supported", (told,))
    if facts.temperature_default.known:
        yield _Field("temperature", True, (facts.temperature_default,))
    yield _plain("knowledge", facts.knowledge_cutoff)
    yield _plain("release_date", facts.release)
    for side, fact in (("input", taken), ("output", facts.output_modalities)):
        words = [_MODALITIES.get(word, word) for word in fact.value or ()]
        yield _Field(f"modalities.{side}", words or None, (fact,))
    yield _plain("open_weights", facts.open_weights)
    yield _plain("limit.context", limits.context)
    yield _plain("limit.output", limits.max_output)
    yield _plain("license", facts.license)
    if table:
        yield from _prices(table.price)


def _reasoning(card: ModelCard) -> Iterator[_Field]:
    types, efforts, told = card.facts.thinking_types, card.facts.reasoning_efforts, card.facts.thinking
    fact: AnyFact = types if types.known else told
    yield _Field("reasoning", fact.known or None, (fact,))
    if not fact.known:
        return
    options: list[dict[str, Any]] = [{"type": "toggle"}] if "disabled" in (types.value or ()) else []
    if levels := [level for level in efforts.value or () if level in _EFFORTS]:
        options.append({"type": "effort", "values": levels})
    yield _Field("reasoning_options", options, (fact, efforts) if levels else (fact,))


def _prices(price: PriceFacts) -> Iterator[_Field]:
    """The prices, if input and output both have one: models.dev knows no price without the other."""
    for name, key in _COSTS.items():
        fact: Fact[Decimal] = getattr(price, key)
        value = plain_json(fact.value) if price.known and not price.historical else None
        yield _Field(f"cost.{name}", value, (fact,), NOT_LISTED if price.historical and fact.known else None)


def _plain(path: str, fact: AnyFact) -> _Field:
    return _Field(path, plain_json(fact.value), (fact,))


def _last_read(card: ModelCard, table: GatewayFacts | None) -> date | None:
    """The newest day on which a source of this entry was read."""
    tables: Iterable[tuple[str, AnyFact]] = (*card.facts.items(), *(table.items() if table else ()))
    return max((claim.read for _key, fact in tables for claim in fact.claims), default=None)


def _benchmark(catalog: Catalog, score: Score) -> dict[str, Any]:
    """A score as models.dev has it, with its conditions and its source beside."""
    source = catalog.sources[score.source]
    found: dict[str, Any] = {"name": score.benchmark, "score": plain_json(score.value)}
    stated: Mapping[str, str | None] = {
        "metric": score.unit,
        "harness": score.harness,
        "source": source.url,
        "date": score.as_of,
        "conditions": score.conditions,
        "effort": score.effort,
        "time_limit": score.time_limit,
        "runs": score.runs,
    }
    found |= {name: text for name, text in stated.items() if text}
    said = {"source": source.id, "publisher": source.publisher, "kind": score.kind, "read": score.read.isoformat()}
    return found | {"said_by": said | _document(source, score.as_of)}
