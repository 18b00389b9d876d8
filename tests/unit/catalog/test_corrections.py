"""Facts that stood wrong or missing once, each with its right value and who says it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from glm_playground.catalog import Score, load_catalog
from glm_playground.catalog.comparison import fact_at

CATALOG = load_catalog()

FACTS: list[tuple[str, str, Any, str]] = [
    # model, key, value, source
    ("glm-5.4", "facts.context_tokens", 1_000_000, "doc_54"),
    ("glm-5.4", "facts.max_output_tokens", 131_072, "doc_54"),
    ("glm-5.4", "facts.input_modalities", ("video", "image", "text", "file"), "doc_54"),
    ("glm-5.4", "facts.output_modalities", ("text",), "doc_54"),
    ("glm-5.2", "facts.size_total", 744, "gh_5_52"),
    ("glm-5.2", "facts.size_active", 40, "gh_5_52"),
    ("glm-5.3", "facts.size_total", 744, "gh_5_53"),
    ("glm-5.3", "facts.size_active", 40, "gh_5_53"),
    ("glm-5-turbo", "facts.release", date(2026, 3, 15), "zai_release"),
    ("glm-5-turbo", "facts.context_tokens", 200_000, "doc_5t"),
    ("glm-5.1", "facts.context_tokens", 200_000, "doc_51"),
    ("glm-5.1", "gateways.runapi.commercial", "Sim", "runapi_51_br"),
    ("glm-5.1", "gateways.runapi.price.headline", Decimal("0.030"), "runapi_51_md_de"),
    ("glm-5.2", "facts.max_output_tokens", 131_072, "zai_openapi"),
    ("glm-5.2", "facts.max_tokens_default", 65_536, "zai_openapi"),
    ("glm-5.3-flash", "facts.tool_stream", True, "doc_53f"),
    # models that were missing
    ("glm-4.5v", "facts.release", date(2025, 8, 11), "zai_release"),
    ("glm-4.5v", "facts.context_tokens", 65_536, "vllm"),
    ("glm-4.5v", "facts.max_output_tokens", 16_384, "doc_45v"),
    ("glm-4.5v", "facts.input_modalities", ("text", "image", "video", "file"), "doc_45v"),
    ("glm-4.5v", "facts.license", "MIT", "hf_45v"),
    ("glm-4.6v-flash", "facts.max_output_tokens", 32_768, "models_dev_46vf"),
    ("glm-4.6v", "facts.release", date(2025, 12, 8), "zai_release"),
    ("glm-5v-turbo", "facts.release", date(2026, 4, 1), "zai_release"),
    ("glm-5v-turbo", "facts.context_tokens", 200_000, "models_dev"),
    ("glm-5v-turbo", "facts.max_output_tokens", 131_072, "models_dev"),
    ("glm-ocr", "facts.release", date(2026, 2, 3), "zai_release"),
    ("glm-ocr", "facts.size_total", Decimal("0.9"), "doc_ocr"),
    ("glm-ocr", "facts.license", "MIT", "hf_ocr"),
    # running it oneself
    ("glm-4.5", "facts.gpu_memory_bf16", 859, "vllm"),
    ("glm-4.5", "facts.gpu_memory_fp8", 430, "vllm"),
    ("glm-4.7", "facts.gpu_memory_bf16", 859, "vllm"),
    ("glm-4.7", "facts.gpu_memory_fp8", 430, "vllm"),
    ("glm-4.7", "facts.gpu_memory_nvfp4", 215, "vllm"),
    ("glm-5", "facts.gpu_memory_bf16", 1786, "vllm"),
    ("glm-5", "facts.gpu_memory_fp8", 893, "vllm"),
    ("glm-5", "facts.gpu_memory_nvfp4", 446, "vllm"),
    ("glm-5.1", "facts.gpu_memory_bf16", 1786, "vllm"),
    ("glm-5.1", "facts.gpu_memory_fp8", 893, "vllm"),
    ("glm-5.1", "facts.gpu_memory_nvfp4", 446, "vllm"),
    ("glm-5.2", "facts.gpu_memory_bf16", 1786, "vllm"),
    ("glm-5.2", "facts.gpu_memory_fp8", 893, "vllm"),
    ("glm-5.2", "facts.gpu_memory_nvfp4", 558, "vllm"),
    ("glm-5.3", "facts.gpu_memory_bf16", 1786, "vllm_53"),
    ("glm-5.3", "facts.gpu_memory_nvfp4", 558, "vllm_53"),
    ("glm-5.3", "facts.gpu_memory_fp8", 893, "vllm_53"),
    ("glm-5.3-flash", "facts.gpu_memory_bf16", 772, "vllm_53f"),
    ("glm-5.3-flash", "facts.gpu_memory_fp8", 386, "vllm_53f"),
    ("glm-5.3-flash", "facts.gpu_memory_nvfp4", 229, "vllm_53f"),
    ("glm-4.5", "facts.tool_parser", "glm45", "vllm"),
    ("glm-4.6", "facts.tool_parser", "glm45", "vllm"),
    ("glm-4.6", "facts.vllm_reasoning_parser", "glm45", "vllm"),
    ("glm-4.7", "facts.tool_parser", "glm47", "vllm"),
    ("glm-4.7-flash", "facts.tool_parser", "glm47", "sglang_47f"),
    ("glm-4.7-flash", "facts.sglang_reasoning_parser", "glm45", "sglang_47f"),
    ("glm-5.1", "facts.vllm_reasoning_parser", "glm45", "gh_5"),
    ("glm-5.3-flash", "facts.vllm_reasoning_parser", "glm47", "vllm_53f"),
    ("glm-5.3-flash", "facts.sglang_reasoning_parser", "glm45", "sglang"),
    ("glm-5.1", "facts.reasoning_field", "reasoning_content", "zai_stream"),
]

PRICES = [
    # model, gateway, input, output, cached input, in USD per 1M tokens
    ("glm-4.5v", "zai", "0.60", "1.80", "0.11"),
    ("glm-4.6v", "zai", "0.30", "0.90", "0.05"),
    ("glm-4.6v-flashx", "zai", "0.04", "0.40", "0.004"),
    ("glm-4.6v-flash", "zai", "0", "0", "0"),
    ("glm-5v-turbo", "zai", "1.20", "4.00", "0.24"),
    ("glm-ocr", "zai", "0.03", "0.03", None),
    ("glm-4-32b-0414-128k", "zai", "0.10", "0.10", None),
    ("glm-5.2-fast", "vercel", "2.10", "6.60", "0.21"),
]

SCORES = [
    # model, benchmark, value, unit, source, what its conditions say
    ("glm-5.3", "ExploitGym", "105", "count", "hf_53", "2 h limit"),
    ("glm-5.3", "ExploitGym", "130", "count", "hf_53", "6 h limit"),
    ("glm-5.2", "ExploitGym", "29", "count", "hf_53", "2 h limit"),
    ("glm-5.3", "ProgramBench (Almost Solved)", "19.0", "%", "hf_53", "max effort"),
    ("glm-5.2", "ProgramBench (Almost Solved)", "9.5", "%", "hf_53", "max effort"),
    ("glm-5.2", "ProgramBench", "63.7", "%", "hf_52", ""),
    ("glm-5.3-flash", "Agents' Last Exam", "26.3", "%", "hf_53f", "max effort"),
    ("glm-5.2", "Agents' Last Exam (ALE-CLI)", "23.8", "%", "hf_53", "max effort"),
    ("glm-4.7", "Terminal-Bench 2.0", "33.4", "%", "hf_47", "beside 41.0"),
    ("glm-5.3-flash", "AA Intelligence Index v4.3", "41.8", "index", "aa_43", "not comparable"),
    ("glm-5.3", "AA Intelligence Index v4.1.1", "60", "index", "aa", "not comparable"),
    ("glm-5.3", "AA Intelligence Index v4.3", "44.8", "index", "aa_43", "not comparable"),
    ("glm-5.3", "AA output speed", "71", "tokens/s", "aa_43", "v4.3"),
    ("glm-5.3", "AA time to first token", "3.2", "s", "aa_43", "v4.3"),
    ("glm-5.3", "AA cost per task", "2.01", "USD / task", "aa_43", "v4.3"),
    ("glm-5.3-flash", "AA output speed", "52", "tokens/s", "aa_43", "v4.3"),
    ("glm-5.3-flash", "AA cost per task", "0.25", "USD / task", "aa_43", "v4.3"),
    ("glm-5.1", "Terminal-Bench 2.1", "62.0", "%", "gh_5_52", ""),
    ("glm-5", "Terminal-Bench 2.0", "56.2", "%", "arx_5", "Claude Code"),
    ("glm-5-turbo", "GPQA-Diamond", "84.7", "%", "aa", "Artificial Analysis"),
    ("glm-5-turbo", "HLE", "27.8", "%", "aa", "Artificial Analysis"),
    ("glm-5.2", "Terminal-Bench 3.0", "4.6", "%", "hf_53", "Claude Code 2.1.207, max effort, avg@3"),
    ("glm-5.2", "CyberGym", "77.2", "%", "hf_53", "max effort"),
    ("glm-5.2", "ExploitBench", "24.4", "%", "hf_53", "max effort"),
    ("glm-5.2", "Toolathlon Verified", "59.9", "%", "hf_53", "3 runs"),
    ("glm-5.2", "AutomationBench v1.0.6", "26.2", "%", "hf_53", "max effort"),
    ("glm-5.2", "HLE", "54.7", "%", "hf_53", "with tools"),
    ("glm-4.7", "OpenHands Index", "73.4", "index", "openhands", "OpenHands"),
    ("glm-5", "OpenHands Index", "73.4", "index", "openhands", "OpenHands"),
    ("glm-5.1", "OpenHands Index", "75.0", "index", "openhands", "OpenHands"),
]

# Model, key, and what the text says.
TEXTS = [
    ("glm-5.4", "facts.availability", "Coding Plan only; the API opens after a security assessment"),
    ("glm-5.4", "facts.architecture", "28 layers of the GLM-5 base model run twice"),
    ("glm-5.3", "facts.license_conditions", "exceeds 10 billion US dollars over any consecutive 12 months"),
    ("glm-5", "facts.retired", "by Tencent CloudBase on 2026-10-09"),
    ("glm-5-turbo", "facts.retired", "by Tencent CloudBase on 2026-10-09"),
    ("glm-5.1", "facts.retired", "by Tencent CloudBase on 2026-10-09"),
    ("glm-5.2", "facts.retired", "by Mistral on 2026-10-31"),
    ("glm-4.6", "facts.retired", "by Baseten on 2026-05-01"),
    ("glm-5.1", "facts.replaced_by", "GLM-5.2 in Z.ai's Coding Plan"),
    ("glm-4.5", "facts.deprecated", "by Artificial Analysis"),
    ("glm-5.3", "gateways.zai.coding_plan", "6.9 / 1.7 / 24"),
    ("glm-5.3-flash", "gateways.zai.coding_plan", "2.3 / 0.56 / 8"),
    ("glm-5.3", "facts.small_machines", "2-bit 245 GB"),
    ("glm-5.1", "facts.small_machines", "2-bit 220 GB"),
    ("glm-5.3-flash", "facts.small_machines", "3-bit on 128 GB"),
    ("glm-5.1", "facts.vllm_command", "vllm serve zai-org/GLM-5.1-FP8"),
    ("glm-5.1", "facts.sglang_command", "--tool-call-parser glm47"),
    ("glm-4.7-flash", "facts.sglang_command", "--model zai-org/GLM-4.7-Flash"),
    ("glm-4.7-flash", "facts.small_machines", "24 GB"),
    ("glm-5.1", "gateways.zai.endpoints", "https://api.z.ai/api/anthropic"),
    ("glm-5.1", "gateways.zai.endpoints", "https://api.z.ai/api/v1"),
    ("glm-5.1", "gateways.zai.endpoints", "https://open.bigmodel.cn/api/paas/v4"),
    ("glm-5.1", "gateways.zai.plans", "Max: 28,000 credits per 5 hours, 140,000 per week"),
    ("glm-5.1", "gateways.zai.data_policy", "not stored"),
]

# What RunAPI's page of glm-5.1 says of the models, word by word.
SEED_TEXTS = [
    ("glm-5.1", "card_text", "754B / 40B active; 58.4% SWE-bench Pro — top open-weight score"),
    ("glm-4.5", "card_text", "355B / 32B active; 128K context; flagship open-weight MoE baseline"),
    ("glm-4.5-air", "card_text", "Lighter GLM-4.5 tier for fast, lower-cost everyday work"),
    ("glm-4.6", "card_text", "200K context; first GLM on Cambricon chips; sharper code generation"),
    (
        "glm-5.1",
        "overview",
        "GLM glm-5.1 está disponível com a mesma autenticação RunAPI, fluxo de model skill e preços por uso.",
    ),
]


@pytest.mark.parametrize(("model", "key", "value", "source"), FACTS)
def test_a_corrected_fact(model: str, key: str, value: Any, source: str) -> None:
    fact = fact_at(CATALOG[model], key)
    assert (fact.value, fact.source) == (value, source)


@pytest.mark.parametrize(("model", "gateway", "reads", "writes", "cached"), PRICES)
def test_a_price_that_was_missing(model: str, gateway: str, reads: str, writes: str, cached: str | None) -> None:
    price = CATALOG[model].price(gateway)
    assert (price.input.value, price.output.value) == (Decimal(reads), Decimal(writes))
    assert price.cache_read.value == (None if cached is None else Decimal(cached))
    assert price.known


@pytest.mark.parametrize(("model", "benchmark", "expected", "words"), [(*row[:2], row[2:5], row[5]) for row in SCORES])
def test_a_corrected_score(model: str, benchmark: str, expected: tuple[str, str, str], words: str) -> None:
    found = [
        score.conditions or ""
        for score in CATALOG[model].scores
        if score.benchmark == benchmark and (str(score.value), score.unit, score.source) == expected
    ]
    assert any(words in conditions for conditions in found), found


@pytest.mark.parametrize(("model", "key", "words"), TEXTS)
def test_a_text_that_was_missing(model: str, key: str, words: str) -> None:
    value = fact_at(CATALOG[model], key).value
    assert words in (" ".join(value) if isinstance(value, tuple) else value)


@pytest.mark.parametrize(("model", "key", "words"), SEED_TEXTS)
def test_runapis_page_is_quoted_word_by_word(model: str, key: str, words: str) -> None:
    table = CATALOG[model].gateway("runapi")
    assert table is not None
    fact = getattr(table, key)
    assert (fact.value, fact.source) == (words, "runapi_51_br")


def test_what_runapis_page_says_of_all_models() -> None:
    sheet = CATALOG.gateway("runapi")
    assert sheet is not None
    assert sheet.highlights.value == (
        "API key unificada",
        "Setup do model skill",
        "Referência de ID de modelo",
        "Gerações com falha não são cobradas",
    )
    words = "Instale o skill uma vez, depois use o ID do variant desta página durante o desenvolvimento."
    assert sheet.skill_text.value == words
    assert sheet.steps.value == (
        "Escolha o modelo: Selecione o modelo e a variante que combinam com o fluxo do seu app.",
        "Envie o ID do modelo: Use este ID de variante no corpo da requisição.",
        "Execute a tarefa: Envie a requisição e armazene o task ID retornado.",
        "Colete a saída: Consulte ou receba o callback quando a tarefa terminar.",
    )
    table = CATALOG["glm-5.1"].gateway("runapi")
    assert table is not None
    assert table.compared_with.value == ("glm-4.5", "glm-4.5-air", "glm-4.6")


def test_the_page_of_glm_5_1_disagrees_with_itself() -> None:
    found = {
        entry.subject: " ".join(claim.value for claim in entry.claims) for entry in CATALOG["glm-5.1"].discrepancies
    }
    how, charged = found["glm-5.1's page: how an answer comes"], found["glm-5.1's page: what is charged by"]
    assert "synchronous" in how
    assert "task ID" in how
    assert "1K tokens" in charged
    assert "por chamada ou unidade" in charged


def test_one_answer_on_the_sheet_of_glm_5_1() -> None:
    card = CATALOG["glm-5.1"]
    effort = card.parameter("reasoning_effort")
    assert effort is not None
    assert (card.facts.reasoning_effort.value, effort.default.value) == (None, None)
    assert effort.default.why == card.facts.reasoning_effort.why == "documented for GLM-5.2 and later"
    headline = next(entry for entry in card.discrepancies if entry.subject == "RunAPI headline")
    assert "$0.030 for glm-5.1" in headline.claims[0].value


@pytest.mark.parametrize("model", ["glm-5.3", "glm-5.3-flash"])
def test_a_default_that_no_source_names_is_unknown(model: str) -> None:
    assert CATALOG[model].facts.max_tokens_default.value is None


def test_models_dev_has_the_context_it_has() -> None:
    def said(model: str) -> set[int]:
        return {claim.value for claim in CATALOG[model].facts.context_tokens.claims if claim.source == "models_dev"}

    assert said("glm-5-turbo") == said("glm-5.1") == {200_000}
    assert said("glm-4.6") == said("glm-4.7") == said("glm-5") == {204_800}


def test_no_claim_on_a_model_is_older_than_the_model() -> None:
    for card in CATALOG.cards:
        release = card.facts.release.value
        for key, fact in card.all_facts():
            for claim in fact.claims:
                # Z.ai's parameter page was copied in April 2026.
                if claim.source in {"zai_params", "zai_errors"} and release:
                    assert release < date(2026, 5, 1), f"{card.id} {key}"


@pytest.mark.parametrize("model", ["glm-5.2", "glm-5.3"])
def test_other_counts_of_the_size_stand_beside_the_makers(model: str) -> None:
    facts = CATALOG[model].facts
    assert {int(claim.value) for claim in facts.size_total.dissenting} == {743, 753}
    assert {int(claim.value) for claim in facts.size_active.dissenting} == {39}


def test_a_format_without_weights_says_so() -> None:
    memory = CATALOG["glm-4.5"].facts.gpu_memory_nvfp4
    assert (memory.value, "no NVFP4 weights" in (memory.why or "")) == (None, True)


def test_variants_seen_elsewhere() -> None:
    code, prime, flashx = (CATALOG.variant(name) for name in ("glm-5-code", "glm-5.3-prime", "glm-5.3-flashx"))
    assert code is not None
    assert prime is not None
    assert flashx is not None
    price = code.price("zai")
    assert [price.input.value, price.cache_read.value, price.output.value] == [
        Decimal("1.20"),
        Decimal("0.30"),
        Decimal("5.00"),
    ]
    assert price.input.source == "zai_pricing_spring"
    assert (prime.release.value, prime.release.source) == (date(2026, 9, 23), "openrouter_prime")
    assert {claim.source for claim in prime.remark.claims} == {"openrouter_prime", "dashscope"}
    assert flashx.remark.source == "vercel_53f"


def test_models_that_runapi_does_not_sell_say_so() -> None:
    for card in CATALOG.cards:
        sold = card.gateway("runapi") is not None
        words = "sold by RunAPI" if sold else "not sold by RunAPI as far as is known"
        assert card.facts.on_runapi.value == words
        assert card.facts.on_runapi.source


def test_no_page_denies_glm_5_4() -> None:
    readings = " ".join(entry.reading for entry in CATALOG.discrepancies)
    assert "No GLM-5.4" not in readings
    assert "GLM-5.4 itself exists" in readings


def score_key(score: Score) -> tuple[str, str | None, str | None, str, str]:
    return (score.benchmark, score.conditions, score.unit, score.source, score.kind)


def test_no_score_stands_twice() -> None:
    for card in CATALOG.cards:
        keys = [score_key(score) for score in card.scores]
        assert len(keys) == len(set(keys)), card.id
