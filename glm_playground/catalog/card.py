"""The model card: what is known about one model, and about that model on each gateway."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from glm_playground.catalog.types import AnyFact, Claim, Fact, FactTable, Frozen, OneOf, Score, Unit

_TEXT = Fact[str]()
_COUNT = Fact[int]()
_FLAG = Fact[bool]()
_LIST = Fact[tuple[str, ...]]()

Text = Fact[str]
Texts = Fact[tuple[str, ...]]
Flag = Fact[bool]
Count = Fact[int]
Tokens = Annotated[Fact[int], Unit("tokens")]
Billions = Annotated[Fact[Decimal], Unit("B")]
PerMillion = Annotated[Fact[Decimal], Unit("USD / 1M tokens")]
PerThousand = Annotated[Fact[Decimal], Unit("USD / 1K tokens")]
Gigabytes = Annotated[Fact[int], Unit("GB")]

_TOKENS = Fact[int](unit="tokens")
_BILLIONS = Fact[Decimal](unit="B")
_PER_MILLION = Fact[Decimal](unit="USD / 1M tokens")
_PER_THOUSAND = Fact[Decimal](unit="USD / 1K tokens")
_GIGABYTES = Fact[int](unit="GB")

ROW_KEYS = ("model_id", "provider", "modality", "task_type", "billing", "endpoint", "commercial", "status")
PRICE_CLASSES = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")


class ModelFacts(FactTable):
    """What is known of the model itself, whoever serves it. Sizes in billions of parameters, lengths in tokens.

    `best_for` is what a source says that the model is for, as words that follow "best for".
    `deprecated`, `retired` and `replaced_by` name who does it: a model that one server retires is served by another.
    The memory is what the weights need on GPUs in that format, without the cache of a long context.
    """

    release: Fact[date] = Fact[date]()
    availability: Text = _TEXT
    on_runapi: Text = _TEXT
    best_for: Text = _TEXT
    deprecated: Text = _TEXT
    retired: Text = _TEXT
    replaced_by: Text = _TEXT
    providers: Texts = _LIST
    license: Text = _TEXT
    license_conditions: Text = _TEXT
    open_weights: Flag = _FLAG
    weights: Text = _TEXT
    weight_formats: Texts = _LIST
    weight_sizes: Texts = _LIST
    gpu_memory_bf16: Gigabytes = _GIGABYTES
    gpu_memory_fp8: Gigabytes = _GIGABYTES
    gpu_memory_nvfp4: Gigabytes = _GIGABYTES
    small_machines: Texts = _LIST
    vllm_command: Text = _TEXT
    sglang_command: Text = _TEXT
    tool_parser: Text = _TEXT
    vllm_reasoning_parser: Text = _TEXT
    sglang_reasoning_parser: Text = _TEXT
    size_total: Billions = _BILLIONS
    size_active: Billions = _BILLIONS
    context_tokens: Tokens = _TOKENS
    max_output_tokens: Tokens = _TOKENS
    max_tokens_default: Tokens = _TOKENS
    knowledge_cutoff: Text = _TEXT
    input_modalities: Texts = _LIST
    output_modalities: Texts = _LIST
    thinking: Text = _TEXT
    thinking_types: Texts = _LIST
    reasoning_effort: Text = _TEXT
    reasoning_efforts: Texts = _LIST
    reasoning_effort_default: Text = _TEXT
    reasoning_field: Text = _TEXT
    tool_calling: Flag = _FLAG
    tool_stream: Flag = _FLAG
    structured_output: Text = _TEXT
    context_caching: Text = _TEXT
    temperature_default: Fact[Decimal] = Fact[Decimal]()
    top_p_default: Fact[Decimal] = Fact[Decimal]()
    architecture: Text = _TEXT
    layers: Count = _COUNT
    dense_layers: Count = _COUNT
    moe_layers: Count = _COUNT
    mtp_layers: Count = _COUNT
    hidden_size: Count = _COUNT
    attention_heads: Count = _COUNT
    kv_heads: Count = _COUNT
    attention: Text = _TEXT
    experts: Count = _COUNT
    experts_per_token: Count = _COUNT
    shared_experts: Count = _COUNT
    training_tokens: Annotated[Fact[Decimal], Unit("T tokens")] = Fact[Decimal](unit="T tokens")
    vocabulary: Annotated[Fact[int], Unit("entries")] = Fact[int](unit="entries")
    tokenizer: Text = _TEXT
    benchmarks_note: Text = _TEXT


class ParameterCount(FactTable):
    """Our own arithmetic over the published shapes, in billions of parameters (`exact` counts them one by one)."""

    layers: Billions = _BILLIONS
    embedding_and_head: Billions = _BILLIONS
    mtp: Billions = _BILLIONS
    layers_and_mtp: Billions = _BILLIONS
    layers_embedding_and_head: Billions = _BILLIONS
    all: Billions = _BILLIONS
    all_with_mtp_copies: Billions = _BILLIONS
    exact: Annotated[Fact[int], Unit("parameters")] = Fact[int](unit="parameters")
    indexer_layers: Count = _COUNT
    active_without_embedding: Billions = _BILLIONS


class PriceFacts(FactTable):
    """A gateway's prices for one model, in USD. Compute a cost from the classes, never from `headline`.

    `historical` marks a list the model is no longer on. A zero is a published zero; what nobody published is unknown.
    """

    headline: PerThousand = _PER_THOUSAND
    input: PerMillion = _PER_MILLION
    output: PerMillion = _PER_MILLION
    cache_read: PerMillion = _PER_MILLION
    cache_write_5m: PerMillion = _PER_MILLION
    cache_write_1h: PerMillion = _PER_MILLION
    cache_storage: Text = _TEXT
    tiers: Text = _TEXT
    historical: bool = False

    @property
    def classes(self) -> tuple[tuple[str, Fact[Decimal]], ...]:
        """The five token classes with their price in USD per 1M tokens."""
        return tuple((name, getattr(self, name)) for name in PRICE_CLASSES)

    @property
    def known(self) -> bool:
        """Whether input and output both have a price, so that a cost can be computed."""
        return self.input.known and self.output.known


class Protocols(FactTable):
    """Which request shapes the gateway takes for the model."""

    chat_completions: Flag = _FLAG
    responses: Flag = _FLAG
    messages: Flag = _FLAG
    gemini_contents: Flag = _FLAG


Capability = Annotated[Fact[str], OneOf("supported", "rejected", "not declared", "advertised")]


class Capabilities(FactTable):
    """What the gateway says it does with the model; what nobody spoke of is unknown.

    "not declared": its capability table leaves it out. "advertised": page copy says so and there is no such table.
    """

    text: Capability = _TEXT
    sync: Capability = _TEXT
    streaming: Capability = _TEXT
    default_thinking: Annotated[Fact[str], OneOf("enabled", "disabled")] = _TEXT
    reasoning_controls: Capability = _TEXT
    function_tools: Capability = _TEXT
    structured_output: Capability = _TEXT
    multimodal_input: Capability = _TEXT
    hosted_tools: Capability = _TEXT
    explicit_cache_controls: Capability = _TEXT


class GatewayFacts(FactTable):
    """One model on one gateway: the eight rows of its sheet, limits, prices, protocols, capabilities, page, skill.

    `plans`, `endpoints` and `data_policy` hold for the whole gateway: the loader takes them from its sheet.
    """

    id: str
    model_id: Text = _TEXT
    provider: Text = _TEXT
    modality: Text = _TEXT
    task_type: Text = _TEXT
    billing: Text = _TEXT
    endpoint: Text = _TEXT
    commercial: Text = _TEXT
    status: Text = _TEXT
    family: Text = _TEXT
    context_tokens: Tokens = _TOKENS
    max_output_tokens: Tokens = _TOKENS
    architecture: Text = _TEXT
    page: Text = _TEXT
    overview: Text = _TEXT
    card_text: Text = _TEXT
    compared_with: Texts = _LIST
    default_choice: Flag = _FLAG
    catalog_entry: Text = _TEXT
    skill: Text = _TEXT
    skill_use_when: Text = _TEXT
    quickstart_prompt: Text = _TEXT
    coding_plan: Text = _TEXT
    plans: Texts = _LIST
    endpoints: Texts = _LIST
    data_policy: Text = _TEXT
    price: PriceFacts = PriceFacts()
    protocols: Protocols = Protocols()
    capabilities: Capabilities = Capabilities()
    scores: tuple[Score, ...] = ()
    not_found: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[tuple[str, Fact[str]], ...]:
        """The eight rows of the sheet, in the order a page shows them; a row nobody published is an unknown fact."""
        return tuple((name, getattr(self, name)) for name in ROW_KEYS)


class TokenLimits(Frozen):
    """What a request may ask of a model on a gateway, in tokens; None where nobody published a limit."""

    context: Fact[int]
    max_output: Fact[int]

    @property
    def context_tokens(self) -> int | None:
        """Largest context in tokens, or None."""
        return self.context.value

    @property
    def max_output_tokens(self) -> int | None:
        """Largest answer in tokens, thinking included, or None."""
        return self.max_output.value


Bound = Fact[int] | Fact[Decimal]
Default = Fact[bool] | Fact[int] | Fact[Decimal] | Fact[str]


class Parameter(Frozen):
    """One request parameter of the chat completion API, as it applies to a model.

    `minimum` and `maximum` bound what `bounds` names: the value, its length in characters, or the number of items.
    `documented` is False for a parameter that works but stands in no reference of the vendor.
    """

    name: str
    type: Literal["array", "bool", "enum", "float", "int", "object", "string"]
    bounds: Literal["value", "length", "items"] = "value"
    minimum: Bound = _COUNT
    maximum: Bound = _COUNT
    default: Default = _TEXT
    values: Texts = _LIST
    documented: bool = True
    note: str | None = None

    def items(self) -> tuple[tuple[str, AnyFact], ...]:
        """The parameter's facts with their keys."""
        return (
            ("minimum", self.minimum),
            ("maximum", self.maximum),
            ("default", self.default),
            ("values", self.values),
        )


class Discrepancy(Frozen):
    """Where sources disagree: the claims as published and how this project reads them. `facts` are keys of the card."""

    topic: str
    subject: str
    models: tuple[str, ...]
    facts: tuple[str, ...]
    claims: tuple[Claim[str], ...]
    reading: str


class ModelCard(Frozen):
    """Everything known about one model."""

    id: str
    name: str
    facts: ModelFacts
    arithmetic: ParameterCount | None = None
    scores: tuple[Score, ...] = ()
    gateways: tuple[GatewayFacts, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    discrepancies: tuple[Discrepancy, ...] = ()

    def gateway(self, gateway_id: str) -> GatewayFacts | None:
        """What is known of the model on that gateway, or None where it was not seen there."""
        return next((table for table in self.gateways if table.id == gateway_id), None)

    @property
    def best_for(self) -> Text:
        """What a source says that the model is for, in a line: RunAPI's skill first; unknown where none does."""
        runapi = self.gateway("runapi")
        return runapi.skill_use_when if runapi and runapi.skill_use_when.known else self.facts.best_for

    def price(self, gateway_id: str) -> PriceFacts:
        """The gateway's prices; every class is unknown where it is not known to serve the model."""
        table = self.gateway(gateway_id)
        return table.price if table else PriceFacts()

    def limits(self, gateway_id: str | None = None) -> TokenLimits:
        """The limits on a gateway: the gateway's own claim first, then the vendor's."""
        table = self.gateway(gateway_id) if gateway_id else None
        context, output = self.facts.context_tokens, self.facts.max_output_tokens
        return TokenLimits(
            context=table.context_tokens if table and table.context_tokens.known else context,
            max_output=table.max_output_tokens if table and table.max_output_tokens.known else output,
        )

    def takes_images(self, gateway_id: str | None = None) -> bool | None:
        """Whether the model reads images, unless the gateway refuses them; None where nobody said."""
        table = self.gateway(gateway_id) if gateway_id else None
        if table and table.capabilities.multimodal_input.value == "rejected":
            return False
        modalities = self.facts.input_modalities.value
        return None if modalities is None else "image" in modalities

    def parameter(self, name: str) -> Parameter | None:
        """The parameter as it applies to this model, or None for one the API does not have."""
        return next((entry for entry in self.parameters if entry.name == name), None)

    def all_facts(self) -> tuple[tuple[str, AnyFact], ...]:
        """Each fact of the card with its full key, parameters excluded (they belong to the API, not to the file)."""
        found = [(f"facts.{key}", fact) for key, fact in self.facts.items()]
        if self.arithmetic:
            found += [(f"arithmetic.{key}", fact) for key, fact in self.arithmetic.items()]
        for table in self.gateways:
            found += [(f"gateways.{table.id}.{key}", fact) for key, fact in table.items()]
        return tuple(found)
