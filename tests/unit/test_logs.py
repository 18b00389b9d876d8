"""The log: levels, fields, JSON on request, and no secret in any line."""

import html
import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from typing import Literal
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground import logs
from glm_playground.gateway import ChatRequest, Gateway, Message
from glm_playground.runs.engine import Engine, LiveRun
from glm_playground.service.run_log import log_end
from glm_playground.settings import Settings
from tests.ledger.made import made_run

KEY = "sk-canary-1234567890"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    ours = logging.getLogger("glm_playground")
    before = ours.handlers, ours.propagate, ours.level, logging.root.handlers
    yield
    ours.handlers, ours.propagate, ours.level, logging.root.handlers = before


def written(formatter: logging.Formatter, *lines: tuple[str, dict[str, object]]) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.Logger("glm_playground.test")
    logger.addHandler(handler)
    for words, values in lines:
        logger.warning(words, extra=logs.fields(**values))
    return stream.getvalue()


def test_a_line_of_text_has_level_words_and_fields() -> None:
    line = written(logs.TextLines([]), ("run ended", {"run": "abc", "model": "a b", "cost": None}))
    assert line.endswith('WARNING glm_playground.test: run ended run=abc model="a b"\n')


@given(words=st.text(), value=st.text())
def test_nothing_logged_can_begin_a_line_of_its_own(words: str, value: str) -> None:
    text = written(logs.TextLines([]), ("%s", {"value": value}))
    assert len(text.splitlines()) == 1
    (line,) = written(logs.JsonLines([]), ("said", {"value": value, "words": words})).splitlines()
    assert json.loads(line)["value"] == value


@pytest.mark.parametrize("kind", [logs.TextLines, logs.JsonLines])
def test_a_secret_is_in_no_words_no_field_and_no_traceback(kind: type[logging.Formatter]) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(kind([KEY]))  # type: ignore[arg-type]
    logger = logging.Logger("glm_playground.test")
    logger.addHandler(handler)
    try:
        raise ValueError(f"refused {KEY}")
    except ValueError:
        logger.exception(f"asked with {KEY}", extra=logs.fields(header=f"Bearer {KEY}"))
    assert KEY not in stream.getvalue()
    assert stream.getvalue().count("***") == 3


@pytest.mark.parametrize("name", ["glm_playground.x", "streamlit.x", "uvicorn.error", "another"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_secret_is_hidden_in_every_spelling_and_whoever_writes_it(
    form: Literal["text", "json"], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "se'cr\"et/w<th&s\\gns"
    logger = logging.getLogger(name)
    before, logger.handlers = logger.handlers, []
    if name.startswith(("streamlit", "uvicorn")):
        theirs = logging.StreamHandler(sys.stderr)
        theirs.setFormatter(logging.Formatter("theirs: %(message)s"))
        logger.handlers, logger.propagate = [theirs], False
    try:
        logs.configure(form, "warning", [secret])
        for spelt in (secret, repr({"a": secret}), repr(secret.encode()), quote(secret), html.escape(secret)):
            logger.warning("it is %s", spelt)
        logger.warning(json.dumps({"a": secret}))
    finally:
        logger.handlers, logger.propagate = before, True
    written = capsys.readouterr().err
    assert written.count("***") == 6
    assert not {"cr", "gns"} & set(re.findall("cr|gns", written.replace("another", "")))


def test_all_secrets_of_the_settings_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNAPI_API_KEY", KEY)
    monkeypatch.setenv("GLM_PLAYGROUND_DATABASE_URL", "postgresql://me:ses%40me123@db/runs")
    secrets = Settings().secrets
    assert {KEY, "ses%40me123", "ses@me123"} <= set(secrets)


def test_json_is_also_what_other_libraries_write(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "warning", [KEY])
    logging.getLogger("glm_playground.somewhere").info("not written")
    logging.getLogger("glm_playground.somewhere").error("ours %s", KEY)
    logging.getLogger("sqlalchemy").warning("theirs")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["level"], line["message"]) for line in lines] == [("error", "ours ***"), ("warning", "theirs")]


def test_an_ended_run_says_who_spent_what_and_nothing_of_what_was_said(
    engine: Engine, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    message = Message(role="user", content="@script tokens=30\na secret question")
    with caplog.at_level(logging.INFO, "glm_playground"):
        run = engine.start(ChatRequest(model="glm-5.1", messages=(message,)), gateway, owner="0123456789abcdef")
        while not run.ended:
            engine.wait_end([run], 5)
        log_end(run)
    (record,) = [record for record in caplog.records if record.getMessage() == "run ended"]
    line = json.loads(logs.JsonLines([]).format(record))
    assert line["run"] == run.id
    assert (line["owner"], line["model"], line["outcome"]) == ("01234567", "glm-5.1", "completed")
    assert line["completion_tokens"] == 30
    assert line["request_id"]
    text = json.dumps(line)
    assert "secret question" not in text
    assert run.content[:20] not in text


def test_an_id_that_is_none_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    made = made_run("p", request_id="not an id: the whole answer", task_id="t-1")
    run = LiveRun(**{each.name: getattr(made, each.name) for each in fields(made)}, owner="o" * 32)
    with caplog.at_level(logging.INFO, "glm_playground"):
        log_end(run)
    line = json.loads(logs.JsonLines([]).format(caplog.records[-1]))
    assert "request_id" not in line
    assert line["task_id"] == "t-1"
