"""Goes through every fault, page, file and route of an app, as one user."""

import asyncio
import json
import os
import re
import signal
from datetime import UTC, datetime

import httpx
from pydantic import SecretStr

from glm_playground.gateway.callbacks import sign
from glm_playground.ui.playground.panel import Panel
from glm_playground.ui.server.models_api import PATHS
from tests.live.app_process import AppProcess
from tests.live.canary.echoing_gateway import FAULTS
from tests.live.canary.found import KEY, Found
from tests.live.recording_tab import RecordingTab

CALLBACK_SECRET = "Y2FuYXJ5IG9mIHRoZSBjYWxsYmFja3M="
_WITHIN_S = 60
_AT_ONCE = 8
"""Faults in one conversation."""
_SUITE = f"""
description: Canaries
prompts: ["{{{{prompt}}}}"]
tests:
{
    "".join(
        f'''  - vars: {{prompt: fault {name}}}
    assert: [{{type: equals, value: a}}, {{type: is-json}}, {{type: llm-rubric, value: is polite}}]
'''
        for name in ("letters", "escaped", "judgement", "tool-calls", "all-over", "status-400")
    )
}
"""


async def visit(app: AppProcess, found: Found, own_key: str | None) -> None:
    """Goes through all of it with one key, and ends the app."""
    async with RecordingTab(app.base_url, path="/playground") as tab:
        await tab.run(timeout=_WITHIN_S)
        if own_key:
            await paste(tab, own_key)
        await ask_of_faults(tab, found)
        await compare(tab, found)
        # A pasted key is its session's, so the same tab opens the other pages.
        await look_at_runs(tab, found)
        await evaluate(tab, found)
        await probe(tab, found)
        await vote(tab, found)
        await present(tab, found)
        await look_at_pages(tab, found)
        cookies = dict(tab.cookies)
    for path in ("/no-such-page", "/history"):
        async with RecordingTab(app.base_url, path=path, query_string="run=none", cookies=cookies) as tab:
            await tab.run(timeout=_WITHIN_S)
            found.look(path, *tab.pop())
    await asyncio.to_thread(ask_routes, app, found)
    async with RecordingTab(app.base_url, path="/playground") as tab:
        await tab.run(timeout=_WITHIN_S)
        if own_key:
            await paste(tab, own_key)
        await tab.submit_chat("fault letters")
        # faulthandler writes the stack of each thread.
        os.kill(app.pid, signal.SIGABRT)
        await asyncio.to_thread(app.wait, 20)


async def paste(tab: RecordingTab, key: str) -> None:
    """Makes the session ask with this key."""
    await tab.open("options")
    await tab.set_value(tab.find_widget("text_input", "key_field"), key)
    await tab.click(tab.find_button("key_use"))
    await tab.wait_finished(_WITHIN_S)
    assert "RunAPI lists" in tab.text, tab.text


async def ask_of_faults(tab: RecordingTab, found: Found) -> None:
    """Asks for each fault, some in one conversation, and takes all that can be taken of it."""
    names = list(FAULTS)
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        for name in some:
            await tab.submit_chat(f"fault {name}")
            await tab.wait_finished(_WITHIN_S)
        assert all(f"fault {name}" in tab.text for name in some)
        await tab.look_everywhere("suite-add-", "show-page-", "download-link-make")
        assert {"Markdown", "JSON", "HTML", "Download the bundle"} <= set(tab.files), tab.files
        found.look(f"the answers to {', '.join(some)}", *tab.pop())
        tab.files.clear()
        await tab.press("clear")
    # What fails on the page is the link to share.
    await tab.open(Panel.SHARE)
    for words in ("fail in the engine", "fail on the page"):
        await tab.submit_chat(words)
        await tab.wait_finished(_WITHIN_S)
        assert "Something went wrong in this app" in tab.text
        await tab.press("clear")
    await tab.press("panel-close")
    found.look("failures", *tab.pop())
    assert any("/model-page/" in address for address in tab.followed)


async def compare(tab: RecordingTab, found: Found) -> None:
    """Asks two lanes, takes the report of both, and puts them on stage."""
    tab.query_string = "lane=glm-5.1&lane=glm-4.6"
    await tab.run(_WITHIN_S)
    await tab.submit_chat("fault letters")
    await tab.wait_finished(_WITHIN_S)
    await tab.look_everywhere("share-report-fill", "share-report-link-make", "share-stage")
    assert {"HTML", "Markdown", "Word (DOCX)", "Slides (PPTX)"} <= set(tab.files), tab.files
    found.look("two lanes", *tab.pop())


async def evaluate(tab: RecordingTab, found: Found) -> None:
    """Asks a suite of two models with a judge; what came of it, and the suite that the playground added to."""
    await tab.go_to("evaluate")
    await tab.wait_finished(_WITHIN_S)
    for kind, key, value in (
        ("text_area", "evaluate_text", _SUITE),
        ("multiselect", "evaluate_models", ["glm-5.1", "glm-4.6"]),
        ("selectbox", "evaluate_judge", "glm-5.1"),
        ("number_input", "evaluate_cap_tokens", 10_000_000),
    ):
        await tab.set_value(tab.find_widget(kind, key), value)
        await tab.wait_finished(_WITHIN_S)
    await tab.click(tab.find_button("evaluate_begin"))
    await tab.wait_for(lambda: has(tab, "popover", "evaluate_report") and not has(tab, "button", "evaluate_stop"), 120)
    await tab.wait_finished(_WITHIN_S)
    tab.files.clear()
    await tab.look_everywhere("evaluation-fill", "evaluation-link-make", "evaluate_put_on_stage")
    assert {"CSV", "JSON Lines", "promptfoo", "Judged pairs", "HTML", "Slides (PPTX)"} <= set(tab.files), tab.files
    assert "**Judge: " in tab.text
    found.look("an evaluation", *tab.pop())
    tab.query_string = ""
    await tab.run(_WITHIN_S)
    await tab.look_everywhere()
    suite = re.search(rb"own_suite_open_([0-9a-f]+)", tab.received)
    assert suite
    tab.query_string = f"suite={suite[1].decode()}"
    await tab.run(_WITHIN_S)
    await tab.look_everywhere()
    found.look("a suite of one's own", *tab.pop())


async def probe(tab: RecordingTab, found: Found) -> None:
    """Probes a model on its sheet, and looks at all of its tabs."""
    await tab.go_to("")
    await tab.wait_finished(_WITHIN_S)
    tab.query_string = "id=glm-5.1"
    await tab.run(_WITHIN_S)
    [tabs] = tab.widgets("tab_container")
    await tab.set_value(tabs, "Measured")
    await tab.wait_finished(_WITHIN_S)
    await tab.open("probe-glm-5.1")
    await tab.click(tab.find_button("probe_begin"))
    await tab.wait_for(lambda: "Measured on" in tab.text, 120)
    await tab.wait_finished(_WITHIN_S)
    await tab.look_everywhere()
    found.look("a model with its probes", *tab.pop())


async def vote(tab: RecordingTab, found: Found) -> None:
    """Votes on two answers that hold pages."""
    await tab.go_to("vote")
    await tab.wait_finished(_WITHIN_S)
    await tab.set_value(tab.find_widget("multiselect", "vote_candidates"), ["glm-5.1", "glm-4.6"])
    await tab.wait_finished(_WITHIN_S)
    for prompt in ("fault page-in-it", "fault status-400"):
        await tab.set_value(tab.find_widget("text_area", "vote_prompt"), prompt)
        await tab.wait_finished(_WITHIN_S)
        await tab.click(tab.find_button("vote_ask"))
        await tab.wait_for(lambda: has(tab, "button", "vote_a") or has(tab, "button", "vote_void"), _WITHIN_S)
        await tab.wait_finished(_WITHIN_S)
        await tab.press("vote_a", "vote_void")
    await tab.look_everywhere("show-page-")
    found.look("votes", *tab.pop())


async def present(tab: RecordingTab, found: Found) -> None:
    """Gives what was put on stage: the recordings, asked live, voted on by an audience; with the notes beside."""
    await tab.go_to("present")
    await tab.wait_finished(_WITHIN_S)
    await tab.look_everywhere()
    await tab.click(tab.find_button("order_begin"))
    await tab.wait_finished(_WITHIN_S)
    for button in ("stage_play", "stage_live", "stage_play"):
        await tab.click(tab.find_button(button))
        await tab.wait_finished(_WITHIN_S)
    await tab.wait_for(lambda: has(tab, "button", "stage_vote"), _WITHIN_S)
    await tab.press("stage_vote")
    await tab.follow()
    [poll] = [address for address in tab.followed if address.startswith("/public/vote/")]
    found.look("two voters", *await asyncio.to_thread(vote_in_public, f"{tab.base_url}{poll}"))
    async with RecordingTab(tab.base_url, path="/present", query_string="view=notes", cookies=tab.cookies) as notes:
        await notes.run(_WITHIN_S)
        found.look("the notes of the stage", *notes.pop())
    await tab.press("stage_vote")
    assert "95% interval" in tab.text
    # The recordings, the verdict of the evaluation, and examples of it.
    for _ in range(12):
        await tab.press("clicker_next")
    found.look("the stage", *tab.pop())


def vote_in_public(address: str) -> list[bytes]:
    """What a browser gets that votes twice, and one that has no cookie."""
    origin, form = {"Origin": "/".join(address.split("/")[:3])}, {"choice": "first"}
    with httpx.Client(trust_env=False, timeout=20) as browser:
        answers = [browser.get(address), *(browser.post(address, data=form, headers=origin) for _ in range(2))]
        answers.append(browser.get(address))
        browser.cookies.clear()
        answers.append(browser.post(address, data=form, headers=origin))
    assert [answer.status_code for answer in answers] == [200, 303, 303, 200, 403]
    return [part for answer in answers for part in (repr(answer.headers).encode(), answer.content)]


async def look_at_pages(tab: RecordingTab, found: Found) -> None:
    """Looks at every page."""
    for page in tab.pages:
        await tab.go_to(page.url_pathname)
        await tab.wait_finished(_WITHIN_S)
        await tab.look_everywhere("balance_read", "tasks_look_up")
        found.look(f"the page {page.url_pathname!r}", *tab.pop())


async def look_at_runs(tab: RecordingTab, found: Found) -> None:
    """Looks at the chosen runs of the history, and at each run by itself."""
    await tab.go_to("history")
    await tab.wait_finished(_WITHIN_S)
    await tab.set_value(tab.find_widget("expandable", "history_reading"), True)
    await tab.wait_finished(_WITHIN_S)
    runs = set(re.findall(rb"run=([\w-]+)", tab.received))
    assert len(runs) >= len(FAULTS)
    for count in (2, 50):
        [grid] = tab.widgets("dataframe")
        await tab.set_value(grid, json.dumps({"selection": {"rows": list(range(count)), "columns": [], "cells": []}}))
        await tab.wait_finished(_WITHIN_S)
        tab.files.clear()
        await tab.look(
            "history-transcript-link-make", "history-report-fill", "history-report-link-make", "history-put-on-stage"
        )
        assert {"CSV", "JSON Lines", "JSON", "Word (DOCX)", "Slides (PPTX)"} <= set(tab.files), tab.files
        found.look(f"{count} runs of the history", *tab.pop())
    for run in sorted(runs):
        tab.query_string = f"run={run.decode()}"
        await tab.run(_WITHIN_S)
        await tab.look("task_look_up", "show-page-")
        found.look(f"the page of a run, {tab.query_string}", *tab.pop())


def has(tab: RecordingTab, kind: str, key: str) -> bool:
    """Whether such a widget is on the page."""
    return any(one.key == key for one in tab.widgets(kind))


def ask_routes(app: AppProcess, found: Found) -> None:
    """Asks every route without a page."""
    body = json.dumps({"id": "task_1", "status": "completed", KEY: [f"key {KEY}"]}).encode()
    headers = sign("callback-1", body, SecretStr(CALLBACK_SECRET), datetime.now(UTC))
    paths = [path.format(id="glm-5.1") for path in PATHS]
    paths += ["/", "/healthz", "/readyz", "/media/none", "/nothing", "/public/nothing", "/model-page/none"]
    paths += [f"/public/link/{'A' * 43}", f"/public/vote/{'A' * 22}"]
    paths += ["/_stcore/health", "/_stcore/metrics", "/_stcore/host-config"]
    with httpx.Client(base_url=app.base_url, trust_env=False, timeout=20) as client:
        answers = [
            client.post("/callbacks/runapi", content=body, headers=headers),
            client.post("/callbacks/runapi", content=body),
            *map(client.get, paths),
        ]
    assert answers[0].json() == {"stored": True}
    for answer in answers:
        found.look(str(answer.url), repr(answer.headers).encode(), answer.content)
