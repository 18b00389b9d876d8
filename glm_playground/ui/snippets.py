"""The quickstart in four languages, filled with a model and a prompt; a key is never in it.

Each snippet reads the key from RUNAPI_API_KEY and takes RUNAPI_BASE_URL, where set, in place of RunAPI's address.
"""

import json
import shlex
from collections.abc import Callable
from typing import NamedTuple

BASE_URL = "https://runapi.ai"


class Snippet(NamedTuple):
    """A program that asks the prompt and prints the answer."""

    name: str
    language: str
    """As syntax highlighters call it."""
    text: str


def snippets(model: str, prompt: str) -> tuple[Snippet, ...]:
    """The quickstart for `model` and `prompt` in every language."""
    return (
        Snippet("curl", "bash", _curl(model, prompt)),
        Snippet("Python (openai)", "python", _python_openai(model, prompt)),
        Snippet("Python (httpx)", "python", _python_httpx(model, prompt)),
        Snippet("JavaScript (openai)", "javascript", _javascript(model, prompt)),
    )


def javascript_string(text: str) -> str:
    """`text` as a JSON string, which is a JavaScript string too; what cannot be seen is escaped."""
    return _quoted(text, lambda character: json.dumps(character)[1:-1])


def python_string(text: str) -> str:
    """`text` as a Python string literal; what cannot be seen is escaped."""
    return _quoted(
        text, lambda character: f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
    )


def _quoted(text: str, escape: Callable[[str], str]) -> str:
    # JSON's own escapes mean the same in all three languages. Marks that turn the direction of text or hide would let
    # a snippet read otherwise than it runs.
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(character if character.isprintable() else escape(character) for character in quoted)


def _curl(model: str, prompt: str) -> str:
    message = f'{{"role": "user", "content": {javascript_string(prompt)}}}'
    body = f'{{"model": {javascript_string(model)}, "messages": [{message}]}}'
    return f"""\
curl -sS --fail-with-body "${{RUNAPI_BASE_URL:-{BASE_URL}}}/v1/chat/completions" \\
  -H "Authorization: Bearer $RUNAPI_API_KEY" \\
  -H "Content-Type: application/json" \\
  --data-raw {shlex.quote(body)}
"""


def _python_openai(model: str, prompt: str) -> str:
    return f"""\
import os

from openai import OpenAI

base_url = os.environ.get("RUNAPI_BASE_URL", "{BASE_URL}")
client = OpenAI(base_url=f"{{base_url}}/v1", api_key=os.environ["RUNAPI_API_KEY"])
completion = client.chat.completions.create(
    model={python_string(model)},
    messages=[{{"role": "user", "content": {python_string(prompt)}}}],
)
print(completion.choices[0].message.content)
"""


def _python_httpx(model: str, prompt: str) -> str:
    return f"""\
import os

import httpx

base_url = os.environ.get("RUNAPI_BASE_URL", "{BASE_URL}")
response = httpx.post(
    f"{{base_url}}/v1/chat/completions",
    headers={{"Authorization": f"Bearer {{os.environ['RUNAPI_API_KEY']}}"}},
    json={{
        "model": {python_string(model)},
        "messages": [{{"role": "user", "content": {python_string(prompt)}}}],
    }},
    timeout=900,  # a thinking model can be silent for long
)
response.raise_for_status()
print(response.json()["choices"][0]["message"]["content"])
"""


def _javascript(model: str, prompt: str) -> str:
    return f"""\
import OpenAI from "openai";

const baseURL = `${{process.env.RUNAPI_BASE_URL ?? "{BASE_URL}"}}/v1`;
const client = new OpenAI({{ baseURL, apiKey: process.env.RUNAPI_API_KEY }});
const completion = await client.chat.completions.create({{
  model: {javascript_string(model)},
  messages: [{{ role: "user", content: {javascript_string(prompt)} }}],
}});
console.log(completion.choices[0].message.content);
"""
