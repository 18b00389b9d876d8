"""Loaded by an app that a test starts: fails, with the key at hand, where a prompt asks for it."""

import os
from typing import Any

from glm_playground.chat import link
from glm_playground.gateway.client import GatewayClient

_send_chat, _query_of = GatewayClient._send_chat, link.query_of


async def _send_or_fail(self: GatewayClient, request: Any, *more: Any) -> Any:
    if "fail in the engine" in request.encoded().decode():
        key = self.gateway.key.get_secret_value() if self.gateway.key else ""
        headers = {"Authorization": f"Bearer {key}"}
        # What the operator's settings hold is hidden in words, too.
        raise RuntimeError(f"planted in the engine {headers if 'PLANTED_IN_WORDS' in os.environ else ''}")
    return await _send_chat(self, request, *more)


def _query_or_fail(bench: Any) -> Any:
    turns = [turn for lane in bench.lanes for turn in lane.conversation.turns]
    if turns and "fail on the page" in turns[-1].prompt.text:
        from glm_playground.ui.shared.page.own_key import asked_gateways

        key = asked_gateways().first.key
        headers = {"Authorization": f"Bearer {key.get_secret_value() if key else ''}"}
        raise RuntimeError(f"planted on the page {headers if 'PLANTED_IN_WORDS' in os.environ else ''}")
    return _query_of(bench)


GatewayClient._send_chat = _send_or_fail  # type: ignore[method-assign]
link.query_of = _query_or_fail
