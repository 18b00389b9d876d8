"""Two replicas on one PostgreSQL, behind nginx under a sub-path; one of them is killed."""

import asyncio
from pathlib import Path

import httpx
import pytest

from glm_playground.ledger import Ledger, RunFilter
from glm_playground.ledger.database import Database
from glm_playground.runs.run import Outcome
from glm_playground.sandbox.process import SandboxProcess
from tests.condition import wait_until
from tests.ledger import postgres
from tests.ledger.made import owners
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import problems, serve
from tests.live.nginx import needs_nginx
from tests.live.operation.nginx import answers, nginx


@pytest.mark.slow
@pytest.mark.measures
@needs_nginx
def test_the_runs_of_a_killed_replica_are_found_and_can_be_deleted_on_the_other(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    binaries = postgres.binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (Debian's package postgresql)")
    options = {"server.baseUrlPath": "glm"}

    async def visit(address: str, replicas: dict[int, AppProcess], server: postgres.Server) -> None:
        async with BrowserSession(address, path="/playground") as tab:
            await tab.run(timeout=30)
            await tab.submit_chat("@script tokens=4000 rate=20\nabout plovers")
            await tab.wait_for(lambda: "Section 1" in tab.text)
            cookies = dict(tab.cookies)
            answer = httpx.get(f"{address}/readyz", trust_env=False)
            assert answer.status_code == 200
            victim = replicas[int(answer.headers["x-replica"].rpartition(":")[2])]
            # This test's own look at the database would find what the replicas are to find, so it only reads.
            ledger = Ledger(Database(server.url, 5))
            (owner,) = owners(ledger)
            (row,) = ledger.page(owner, RunFilter()).rows
            assert row.outcome is None
            assert ledger.delete(owner, [row.id]).runs == 0
            wait_until(lambda: (run := ledger.run(owner, row.id)) and "Section 1" in run.run.content)
            victim.kill()
        assert wait_until(lambda: ledger.page(owner, RunFilter(outcomes=(Outcome.INTERRUPTED,))).rows, 60) <= 60
        ledger.close()
        wait_until(lambda: answers(f"{address}/readyz"))
        async with BrowserSession(address, path="/history", query_string=f"run={row.id}", cookies=cookies) as tab:
            await tab.run(timeout=30)
            assert "Section 1" in tab.text
            await tab.click(tab.find_button("history_run_delete"))
            await tab.wait_finished()
            assert not problems(tab)
            assert "1 run was deleted." in tab.text
        # It continues there.
        async with BrowserSession(address, path="/playground", cookies=cookies) as tab:
            await tab.run(timeout=30)
            await tab.submit_chat("@script tokens=30 rate=0\nabout owls")
            await tab.wait_finished(20)
            assert not problems(tab)

    with postgres.new_server(binaries) as server:
        server.start()
        environment = {
            "RUNAPI_BASE_URL": sandbox.base_url,
            "RUNAPI_API_KEY": sandbox.key,
            "GLM_PLAYGROUND_DATABASE_URL": server.url,
            "GLM_PLAYGROUND_COOKIE_SECRET": "one secret for both of the replicas",
        }
        with (
            serve(tmp_path, environment, options) as first,
            serve(tmp_path, environment, options) as second,
            nginx(tmp_path, [first, second]) as address,
        ):
            asyncio.run(visit(address, {app.port: app for app in (first, second)}, server))
