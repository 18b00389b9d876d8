"""The process's figures are not for everybody."""

import httpx
import pytest

from tests.live.app_process import AppProcess

pytestmark = pytest.mark.slow


def test_they_are_for_this_computer(app: AppProcess) -> None:
    assert httpx.get(f"{app.base_url}/_stcore/metrics", trust_env=False).status_code == 200


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_a_proxy_on_this_computer_does_not_give_them_to_others(app: AppProcess, name: str) -> None:
    headers = {name: "203.0.113.7"}
    assert httpx.get(f"{app.base_url}/_stcore/metrics", headers=headers, trust_env=False).status_code == 403
