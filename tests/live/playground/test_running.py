"""What is running, wherever one is: the header counts it, leads to it and stops it, and so does the history."""

import asyncio
import json

from streamlit.proto.PageLink_pb2 import PageLink

from tests.condition import wait_until
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import Act, AskedLog, problems

MODELS = ("glm-5.1", "glm-4.5", "glm-4.6")
LANES = "&".join(f"lane={model}" for model in MODELS)


def while_three_run(app: AppProcess, word: str, act: Act) -> None:
    """Acts in a tab of the history while three lanes of the playground answer a prompt that holds `word`."""

    async def visit() -> None:
        async with BrowserSession(app.base_url, path="/playground", query_string=LANES) as lanes:
            await lanes.run()
            await lanes.submit_chat(f"@script tokens=4000 rate=20\n{word}")
            await lanes.wait_for(lambda: lanes.text.count("Section 1") == 3)
            async with BrowserSession(app.base_url, path="/history", cookies=lanes.cookies) as tab:
                await tab.run()
                await act(tab)
                assert not problems(tab)
            await lanes.wait_finished()
            assert lanes.text.count(":gray-badge[stopped]") == 3
            assert not problems(lanes)

    asyncio.run(visit())


def links(tab: BrowserSession) -> dict[str, PageLink]:
    """The header's links to running runs, by the run's id."""
    found = (node.element.page_link for node in tab.tree.nodes("page_link") if node.element)
    return {link.query_string.removeprefix("run="): link for link in found if link.query_string.startswith("run=")}


def model_of(link: PageLink) -> str:
    label = link.label.replace("\\", "")
    return next(model for model in MODELS if f"**{model}**" in label)


async def stopped(asked: AskedLog, word: str, *models: str) -> None:
    """Waits until the requests to these models, and to no others, were closed by the app."""

    def closed() -> list[str]:
        return sorted(entry["body"]["model"] for entry in asked.entries(word) if entry["closed_by_client_ns"])

    await asyncio.to_thread(wait_until, lambda: len(closed()) >= len(models), 10)
    assert closed() == sorted(models)


def running(tab: BrowserSession) -> str:
    """What the header says of running answers; empty where nothing runs."""
    return next((widget.label for widget in tab.widgets("popover") if widget.key == "running"), "")


def test_the_header_counts_leads_to_each_and_stops(app: AppProcess, asked: AskedLog) -> None:
    async def act(tab: BrowserSession) -> None:
        assert running(tab) == "3 running"
        await tab.open("running")
        rows = links(tab)
        assert sorted(map(model_of, rows.values())) == ["glm-4.5", "glm-4.6", "glm-5.1"]
        assert all("dipper" in link.label for link in rows.values())

        run_id, link = next((id, link) for id, link in rows.items() if model_of(link) == "glm-4.5")
        history = next(page for page in tab.pages if page.page_script_hash == link.page_script_hash)
        assert history.url_pathname == "history"
        await tab.go_to(history.url_pathname, link.query_string)
        await tab.wait_finished()
        assert "Still running. Text so far:" in tab.text
        assert "Section 1" in tab.text

        await tab.open("running")
        await tab.click(await tab.wait_for_widget("button", f"running-stop-{run_id}"))
        # The list stays open, without what was stopped.
        await tab.wait_for(lambda: running(tab) == "2 running" and set(links(tab)) == set(rows) - {run_id})
        await stopped(asked, "dipper", "glm-4.5")
        await tab.click(await tab.wait_for_widget("button", "running-stop-all"))
        await tab.wait_for(lambda: not running(tab))
        await stopped(asked, "dipper", *MODELS)

    while_three_run(app, "dipper", act)


def test_the_history_stops_what_is_chosen_and_the_run_that_is_open(app: AppProcess, asked: AskedLog) -> None:
    async def act(tab: BrowserSession) -> None:
        await tab.open("running")
        run_ids = {model_of(link): id for id, link in links(tab).items()}
        [grid] = tab.widgets("dataframe")
        await tab.set_value(grid, json.dumps({"selection": {"rows": [0, 1], "columns": [], "cells": []}}))
        await tab.click(await tab.wait_for_widget("button", "history_stop"))
        await tab.wait_for(lambda: running(tab) == "1 running" and len(links(tab)) == 1)
        [left] = {model_of(link) for link in links(tab).values()}
        await stopped(asked, "ouzel", *(model for model in MODELS if model != left))

        tab.query_string = f"run={run_ids[left]}"
        await tab.run()
        await tab.click(tab.find_button("history_run_stop"))
        await tab.wait_finished()
        assert ":gray-badge[stopped]" in tab.text
        assert not [widget for widget in tab.widgets("button") if widget.key == "history_run_stop"]
        await tab.wait_for(lambda: not running(tab))
        await stopped(asked, "ouzel", *MODELS)

    while_three_run(app, "ouzel", act)
