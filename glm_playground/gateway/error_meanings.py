"""Which class an error answer has: by the code a server names, by its words, else by the status.

A named code is more exact than the words, and the words than the status: one server answers an unknown model with 400,
another a spent budget with 429. The table of statuses is RunAPI's, whose SDK (`runapi-core`) maps them the same way.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from glm_playground.gateway import errors
from glm_playground.gateway.error_shapes import Told
from glm_playground.gateway.errors import ResponseError

_BY_STATUS: dict[int, type[ResponseError]] = {
    400: errors.RequestRejected,
    401: errors.AuthenticationFailed,
    402: errors.CreditsExhausted,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    408: errors.GatewayTimeout,
    409: errors.RequestConflict,
    410: errors.ModelRetired,
    413: errors.PayloadRejected,
    415: errors.PayloadRejected,
    422: errors.RequestRejected,
    429: errors.RateLimited,
    503: errors.ServiceUnavailable,
    504: errors.GatewayTimeout,
    529: errors.Overloaded,
}

_CODES: tuple[tuple[type[ResponseError], str, tuple[str, ...]], ...] = (
    (errors.CapabilityUnsupported, "RunAPI", ("unsupported_model_capability",)),
    (
        errors.CapabilityUnsupported,
        "OpenAI, Azure",
        ("unsupported_parameter", "unsupported_value", "unknown_parameter"),
    ),
    (errors.CapabilityUnsupported, "LiteLLM", ("unsupportedparamserror",)),
    (errors.LimitExceeded, "RunAPI", ("model_limit_exceeded",)),
    (errors.LimitExceeded, "OpenAI, LiteLLM, Groq", ("context_length_exceeded", "string_above_max_length")),
    (errors.LimitExceeded, "llama.cpp", ("exceed_context_size_error",)),
    (errors.LimitExceeded, "LiteLLM", ("contextwindowexceedederror",)),
    (errors.LimitExceeded, "Z.ai: docs.z.ai/api-reference/api-code", ("1261",)),
    # Z.ai answers an empty account with 429; asking again would not help.
    (errors.CreditsExhausted, "Z.ai", ("1113",)),
    (errors.CreditsExhausted, "OpenAI, LiteLLM", ("insufficient_quota", "billing_hard_limit_reached")),
    (errors.CreditsExhausted, "LiteLLM", ("budget_exceeded",)),
    (errors.CreditsExhausted, "RunAPI", ("insufficient_credits",)),
    (errors.CreditsExhausted, "DashScope", ("arrearage",)),
    (errors.CreditsExhausted, "Moonshot", ("exceeded_current_quota_error",)),
    (errors.CreditsExhausted, "DeepSeek", ("insufficient_balance",)),
    (errors.ModelNotFound, "OpenAI, Groq, RunAPI", ("model_not_found",)),
    (errors.ModelNotFound, "Z.ai", ("1211",)),
    (errors.ModelNotFound, "Azure", ("deploymentnotfound",)),
    (errors.ModelNotFound, "DashScope", ("modelnotfound", "model_not_exist")),
    (errors.ContentRefused, "OpenAI, Azure", ("content_filter", "content_policy_violation")),
    (errors.ContentRefused, "Z.ai", ("1301",)),
    (errors.ContentRefused, "DashScope", ("data_inspection_failed", "datainspectionfailed")),
    (errors.ContentRefused, "LiteLLM", ("contentpolicyviolationerror",)),
    (errors.AuthenticationFailed, "OpenAI, Groq, Mistral", ("invalid_api_key",)),
    # LiteLLM answers with 400 where it has no database to look for a key in: it knows its master key alone.
    (errors.AuthenticationFailed, "LiteLLM", ("no_db_connection", "token_not_found_in_db", "auth_error")),
    (errors.ModelRetired, "RunAPI", ("model_retired",)),
    (errors.RateLimited, "RunAPI", ("rate_limited",)),
    (errors.RequestConflict, "RunAPI", ("request_conflict",)),
)
"""Class, who sends it, codes in lower case."""

_BY_CODE = {code: error for error, _servers, codes in _CODES for code in codes}


class _Meaning(NamedTuple):
    error: type[ResponseError]
    servers: str
    statuses: tuple[int, ...]
    pattern: str


_WORDS: tuple[_Meaning, ...] = (
    _Meaning(
        errors.LimitExceeded,
        "vLLM, SGLang, LiteLLM, Anthropic, text-generation-inference",
        (400, 413, 422, 500),
        r"(maximum|max|model'?s?) context|context (length|window|size)|ContextWindowExceeded|exceed_context_size"
        r"|prompt is too long|input .{0,40}is (too long|longer than)|inputs?. tokens .{0,40}must (have|be) (less|<=)"
        r"|supports at most \d+ (completion |output )?tokens"
        r"|max_(completion_)?tokens.{0,40}(too large|exceeds|at most)",
    ),
    _Meaning(
        errors.CreditsExhausted,
        "LiteLLM, OpenAI, Anthropic, OpenRouter, DeepSeek, Z.ai",
        (400, 402, 403, 429),
        r"insufficient[_ ](quota|balance|credit|fund)|exceeded your current quota|budget has been exceeded"
        r"|ExceededBudget|credit balance is too low|(out of|no|requires more) credits|余额不足|欠费",
    ),
    _Meaning(
        errors.AuthenticationFailed,
        "Google, xAI, LiteLLM, Cloudflare",
        (400, 403),
        r"(incorrect|invalid|expired|malformed) api[ -]?key|api[ -]?key (is )?(not valid|invalid|expired|incorrect)"
        r"|invalid proxy server token|^\W*authentication (error|failed)",
    ),
    _Meaning(
        errors.ModelNotFound,
        "LiteLLM, vLLM, SGLang, OpenRouter, DeepSeek, Ollama",
        (400, 404, 422),
        r"invalid model name|model[^.\n]{0,120}\b(not found|not exist|does(n't| not) exist|not available)"
        r"|not a valid model|(unknown|no such|invalid) model\b|no endpoints found for|模型不存在",
    ),
    _Meaning(
        errors.CapabilityUnsupported,
        "transformers serve, FastAPI, OpenAI, Google, LiteLLM",
        (400, 422),
        r"unexpected fields? in the request|extra inputs are not permitted|unrecognized request argument"
        r"|UnsupportedParamsError|unknown (parameter|field|argument|name)|unsupported (parameter|field|argument)"
        r"|does not support|not supported",
    ),
    _Meaning(
        errors.CapabilityUnsupported,
        "llama.cpp",
        (500,),
        r"(image|audio|video) input is not supported|requires --jinja",
    ),
    _Meaning(
        errors.ContentRefused,
        "Azure, Z.ai, LiteLLM",
        (400, 403),
        r"content[_ ](management )?(policy|filter)|ContentPolicyViolation|敏感",
    ),
    _Meaning(
        errors.PathNotFound,
        "FastAPI, Starlette, Express, Go, nginx, llama.cpp, OpenAI, Z.ai",
        (404, 405),
        r"^\W*((error:? )?404:?\s*)?((page|path|route|file|url|resource|endpoint)\s)?not[ _]found\W*(nginx.*)?$"
        r"|^\W*404|invalid url|cannot (post|get) /|no (matching )?(route|handler|static resource)"
        r"|unknown (url|path|route|endpoint|request)|method not allowed",
    ),
)
"""Class, who says it, with which statuses, in which words; tried in this order."""

_PATTERNS = tuple(re.compile(words.pattern, re.IGNORECASE) for words in _WORDS)


def error_class(status: int, told: Told) -> type[ResponseError]:
    """The class of an error answer in the server's words."""
    code = (told.code or "").lower()
    if code in _BY_CODE:
        return _BY_CODE[code]
    said = list(_sentences(told))
    for words, pattern in zip(_WORDS, _PATTERNS, strict=True):
        if status in words.statuses and any(map(pattern.search, said)):
            return words.error
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:
        return errors.RedirectRefused
    return errors.ServerFailed if status >= 500 else errors.RequestRejected


def _sentences(told: Told) -> Iterable[str]:
    yield told.message
    for texts in told.fields.values():
        yield from texts
