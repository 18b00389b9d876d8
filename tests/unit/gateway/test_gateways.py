"""The operator's file of gateways: what is read of it, and what is said of one that cannot be used."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground import bounds
from glm_playground.gateway import ThinkingSwitch
from glm_playground.gateway.gateways import (
    GatewaysError,
    load_gateways,
    read_gateways,
    seller_of,
    thinking_at,
)

WRITTEN = date(2026, 11, 1)
KEYS = {"RUNAPI_API_KEY": "sk-runapi-never-seen", "TEAM_TOKEN": "team-never-seen", "BAD": "a\u00e9b", "EMPTY": " "}
WHOLE = """
[[gateway]]
name = "RunAPI"
address = "https://runapi.ai/"
key_env = "RUNAPI_API_KEY"

[[gateway]]
name = "vLLM (rack 2)"
address = "http://127.0.0.1:8000"
thinking = "none"
prices_as_of = 2026-10-01
headers = { X-Team = "research", X-Token = { env = "TEAM_TOKEN" } }

[[gateway.model]]
id = "zai-org/GLM-4.5-Air-FP8"
context = 32_768
max_output = 8192
input = 0.1
cached_input = 0
output = 0.35
"""
DOCUMENT = Path(__file__).parents[3] / "docs" / "gateways.md"


def one(lines: str) -> str:
    return f'[[gateway]]\nname = "A"\naddress = "http://a.test"\n{lines}\n'


def why(text: str | bytes) -> str:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(GatewaysError) as caught:
        read_gateways(data, KEYS, WRITTEN)
    return str(caught.value)


def test_everything_that_the_file_says() -> None:
    runapi, vllm = read_gateways(WHOLE.encode(), KEYS, WRITTEN).all
    assert (runapi.name, runapi.base_url, runapi.seller) == ("RunAPI", "https://runapi.ai", "runapi")
    assert runapi.key is not None
    assert runapi.key.get_secret_value() == KEYS["RUNAPI_API_KEY"]
    assert (runapi.thinking, runapi.has_prices, runapi.has_balance, runapi.has_tasks, runapi.settles) == (
        (ThinkingSwitch.TYPE, True, True, True, True)
    )
    assert vllm.key is None
    assert (vllm.thinking, vllm.has_prices, vllm.has_balance, vllm.has_tasks, vllm.settles) == (
        (ThinkingSwitch.NONE, False, False, False, False)
    )
    assert [(one.name, one.value.get_secret_value(), one.secret) for one in vllm.headers] == [
        ("X-Team", "research", False),
        ("X-Token", KEYS["TEAM_TOKEN"], True),
    ]
    model = vllm.model("zai-org/GLM-4.5-Air-FP8")
    assert model is not None
    # Every digit as it is written, not the nearest binary number.
    assert (model.input, model.cache_read, model.output) == (Decimal("0.1"), Decimal(0), Decimal("0.35"))
    assert (model.context_tokens, model.max_output_tokens, vllm.prices_as_of) == (32768, 8192, date(2026, 10, 1))
    assert runapi.prices_as_of == WRITTEN
    assert KEYS["TEAM_TOKEN"] not in repr((runapi, vllm))
    assert KEYS["RUNAPI_API_KEY"] not in repr((runapi, vllm))


def test_they_are_found_by_name_and_the_first_without_one() -> None:
    gateways = read_gateways(WHOLE.encode(), KEYS, WRITTEN)
    assert gateways.several
    assert gateways.find("") is gateways.first is gateways.runapi
    assert gateways.find("vLLM (rack 2)") is gateways.all[1]
    assert gateways.find("runapi") is None
    assert gateways.at("http://127.0.0.1:8000") is gateways.all[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "gateway: it is missing"),
        ("gateway = []", "gateway: List should have at least 1 item"),
        ("gateway = 1", "gateway: expected tables in double brackets"),
        ("[[gateway]]\nname = 1", "gateway 1, name: expected a text"),
        ('[[gateway]]\nname = "A"', "gateway 1 (A), address: it is missing"),
        ('[[gateway]]\nname = "A;B"\naddress = "http://a"', "gateway 1, name: expected letters and digits"),
        (one("colour = 1"), "gateway 1 (A), colour: there is no such key"),
        (one('thinking = "off"'), "thinking: expected thinking.type, chat_template_kwargs or none"),
        (one('key_env = "NOT_THERE"'), "gateway 1 (A), key_env: the environment variable NOT_THERE is not set"),
        (one('key_env = "EMPTY"'), "the environment variable EMPTY is not set"),
        (one('key_env = "BAD"'), "the environment variable BAD holds more than printable ASCII"),
        (one('key_env = "sk-pasted-1234"'), "key_env: expected the name of an environment variable"),
        (one('headers = { Host = "x" }'), "headers.Host: the app sends this header itself"),
        (one('headers = { "X Y" = "x" }'), "a name holds letters, digits and hyphens"),
        (one('headers = { X = "a\\nb" }'), "headers.X: a value holds printable ASCII"),
        (one("headers = { X = 1 }"), "headers, X: expected a text, or { env"),
        (one('headers = { X = { env = "sk-pasted 1" } }'), "expected the name of an environment variable"),
        (one('headers = { x = "1", X = "2" }'), "headers.X: it stands there twice"),
        (one('key_env = "TEAM_TOKEN"\nheaders = { Authorization = "Basic x" }'), "it holds the key of key_env"),
        (one("balance = 1"), "balance: expected true or false"),
        (one('[[gateway.model]]\nid = "a b"'), "gateway 1 (A), model 1, id: expected an id as the server lists it"),
        (one('[[gateway.model]]\nid = "m"\ninput = "1"'), "model 1, input: expected US dollars per 1M tokens"),
        (one('[[gateway.model]]\nid = "m"\noutput = -0.1'), "output: expected US dollars per 1M tokens, from 0"),
        (one('[[gateway.model]]\nid = "m"\noutput = nan'), "expected US dollars per 1M tokens, from 0"),
        (one('[[gateway.model]]\nid = "m"\ncontext = 0'), "context: Input should be greater than or equal to 1"),
        (one('[[gateway.model]]\nid = "m"\n[[gateway.model]]\nid = "m"'), "model: m stands there twice"),
        (one("") + one(""), "gateway 2 (A), name: another gateway has it already"),
        ('[[gateway]]\nname = "A"\naddress = "ftp://a"', "address: expected an address such as https://runapi.ai"),
        ('[[gateway]]\nname = "A"\naddress = "http://k:k@a"', "must not carry a user name or a password"),
        ("[[gateway]", "it is not TOML"),
        (b"\xff\xfe", "it is not UTF-8"),
        (b"#" * (bounds.GATEWAYS_FILE_BYTES + 1), "it has more than"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(text: str | bytes, said: str) -> None:
    found = why(text)
    assert said in found
    assert "\n" not in found
    assert "sk-pasted" not in found


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gateways.toml"
    with pytest.raises(GatewaysError, match=re.escape(f"{path} cannot be read: No such file")):
        load_gateways(path, KEYS)
    path.write_text(one("balance = 1"))
    with pytest.raises(GatewaysError, match=re.escape(f"{path} cannot be used: gateway 1 (A), balance: expected")):
        load_gateways(path, KEYS)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: (WHOLE + text).encode("utf-8", "replace")))
def test_any_bytes_are_gateways_or_a_sentence(data: bytes) -> None:
    said = ""
    try:
        names = read_gateways(data, KEYS, WRITTEN).names
    except GatewaysError as error:
        names, said = (), str(error)
    assert bool(names) is not bool(said)
    assert said.isprintable()
    assert not any(secret in said for secret in KEYS.values() if len(secret) > 5)


@pytest.mark.parametrize(
    ("address", "seller", "thinking"),
    [
        ("https://runapi.ai", "runapi", ThinkingSwitch.TYPE),
        ("https://eu.runapi.ai/v1", "runapi", ThinkingSwitch.TYPE),
        ("https://runapi.ai.evil.test", "", ThinkingSwitch.TEMPLATE),
        ("https://api.z.ai/api/paas/v4", "zai", ThinkingSwitch.TYPE),
        ("https://api.z.ai/api/coding/paas/v4", "", ThinkingSwitch.TYPE),
        ("https://open.bigmodel.cn/api/paas/v4", "", ThinkingSwitch.TYPE),
        ("http://127.0.0.1:8000/v1", "", ThinkingSwitch.TEMPLATE),
    ],
)
def test_whose_prices_hold_and_how_thinking_is_switched(address: str, seller: str, thinking: ThinkingSwitch) -> None:
    assert (seller_of(address), thinking_at(address)) == (seller, thinking)


def test_the_example_of_the_documents_can_be_used() -> None:
    [example] = re.findall(r"```toml\n# gateways\.toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    environment = dict.fromkeys(re.findall(r'"([A-Z_]+)"', example), "a-key-of-the-test")
    names = [gateway.name for gateway in read_gateways(example.encode(), environment, WRITTEN).all]
    assert names == ["RunAPI", "Z.ai", "vLLM", "SGLang", "llama.cpp", "LiteLLM"]
