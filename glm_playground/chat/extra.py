"""Extra request fields as a user types them: a JSON object that is added to the body.

They reach a server with the operator's key, and servers and proxies (LiteLLM, OpenRouter) take fields there that send
the request elsewhere, with another key or in another's name. Those are never sent, wherever they come from: typed, or
in a preset, a bundle or a stored workbench.
"""

import json
import math
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from glm_playground.gateway.wire import unsendable

RESERVED = frozenset({"messages", "stream", "stream_options", "model"})
"""What the app itself fills in."""

# Names without their case, hyphens and underscores.
_REDIRECTS = re.compile(
    r"(?:api|base|server|target|azure|proxy|callback|webhook|notify|notification|return|redirect|success|failure)*"
    r"(?:base|url|uri|host|hostname|endpoint|proxy|proxies|callback|callbacks|webhook|webhooks)"
    r"|models|modellist|fallbacks|fallbackmodels|contextwindowfallbacks|litellmparams|customllmprovider"
)
_AUTHENTICATES = re.compile(
    r"key|token|auth|bearer|org|organi[sz]ation(?:id)?|project(?:id)?|cookies?|(?:aws|vertex|azure|watsonx).*"
    r"|.*(?:apikey|apitoken|accesstoken|authtoken|accesskey|accesskeyid|secret|secretkey|secretaccesskey|password"
    r"|passwd|credentials?|authorization|authentication|headers|openaiorganization|openaiproject)"
)
_IDENTIFIES = re.compile(
    r"user|users|(?:end|api|app|client)?(?:user|customer|account|client|session|tenant|team)(?:id|name|key|email)?"
    r"|username|email|ip|ipaddress|safetyidentifier|.*(?:userid|enduser|endusers)"
)
_DATA = frozenset({"tools", "functions", "responseformat", "jsonschema", "guidedjson", "schema", "logitbias"})
"""Fields whose insides are the request's own words: a schema may well have a property `user`."""
_MOST_NAMED, _LONGEST_NAME = 10, 100


def refused_fields(extra: Mapping[str, Any], allowed: Collection[str] | None = None) -> tuple[str, ...]:
    """The names of the fields that are not sent, with their path (`metadata.user_id`); 10 at most.

    Args:
        extra: further fields of a request.
        allowed: names that the operator lists: of these any may be sent, but for what the app fills in itself, and no
            other. None where there is no list: then a field may not redirect, authenticate or identify.
    """
    if allowed is not None:
        found = [name for name in extra if name not in allowed or name in RESERVED]
    else:
        found = list(_refused(extra))
    return tuple(name[:80] for name in found[:_MOST_NAMED])


def _refused(extra: Mapping[str, Any]) -> Iterator[str]:
    waiting: list[tuple[str, Any]] = [("", extra)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, list):
            waiting += [(path, item) for item in value]
        elif isinstance(value, Mapping):
            for name, item in value.items():
                plain = re.sub(r"[\s_.-]", "", unicodedata.normalize("NFKC", name[:_LONGEST_NAME])).casefold()
                where = f"{path}{name}"
                if (not path and name in RESERVED) or any(
                    names.fullmatch(plain) for names in (_REDIRECTS, _AUTHENTICATES, _IDENTIFIES)
                ):
                    yield where
                elif plain not in _DATA:
                    waiting.append((f"{where}.", item))


class ExtraProblem(NamedTuple):
    """Why the fields are not sent."""

    reason: str
    """The parser's words; empty where `reserved` or the form is the reason."""
    reserved: tuple[str, ...] = ()


def read_extra(text: str) -> dict[str, Any] | ExtraProblem:
    """The fields in `text`, {} for a blank one, or why they cannot be sent.

    Refused are NaN and numbers too large for a float, lone surrogates, and the fields in `RESERVED`.
    """
    if not text.strip():
        return {}
    try:
        value = json.loads(text, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        return ExtraProblem(str(error))
    if not isinstance(value, dict):
        return ExtraProblem("")
    if why := unsendable(value):
        return ExtraProblem(why)
    if reserved := RESERVED & value.keys():
        return ExtraProblem("", tuple(sorted(reserved)))
    return value


def _whole(text: str) -> int:
    # A preset and a stored workbench hold no larger one.
    if not math.isfinite(float(text)):
        raise ValueError(f"{text[:20]}... is too large a number")
    return int(text)
