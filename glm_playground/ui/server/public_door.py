"""What all pages for anybody have in common: how often they may be asked, their headers, and what is said instead."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from anyio import CapacityLimiter, fail_after, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Send

from glm_playground import bounds
from glm_playground.ledger import LedgerError
from glm_playground.reports.public_words import PublicWords
from glm_playground.ui.server.address import counted_address
from glm_playground.ui.server.address_rate import AddressRate
from glm_playground.ui.server.answers import RETRY_AFTER_S, NoRoomForAnswer, SentBytes, pieces
from glm_playground.ui.server.request_heads import abort_connection

ROOT = "/public"
"""All their addresses begin so: a proxy that asks for a password may leave it out there."""
_THREADS = 4
_ANSWER_S = 5.0

_log = logging.getLogger(__name__)

WordsOf = Callable[[str], PublicWords]
"""The words in a language."""
T = TypeVar("T")


class Away(Exception):
    """The ledger cannot be asked, or too many ask it."""


def public_policy(*, form: bool = False) -> str:
    """The Content-Security-Policy: nothing runs, nothing is loaded, nobody frames it; `form` where one is sent."""
    sandbox, action = ("", "'self'") if form else ("sandbox; ", "'none'")
    return (
        f"{sandbox}default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        f"form-action {action}; frame-ancestors 'none'"
    )


def public_response(page: str | bytes, status: int = 200, *, form: bool = False, retry: bool = False) -> Response:
    """A page that is stored nowhere, found by no search engine, and tells no other site its address."""
    return Response(
        page,
        status,
        {
            "Content-Security-Policy": public_policy(form=form),
            "X-Robots-Tag": "noindex, nofollow",
            # A form is sent with its page's origin only where the policy lets the page name it to its own site.
            "Referrer-Policy": "same-origin" if form else "no-referrer",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            **({"Retry-After": str(RETRY_AFTER_S)} if retry else {}),
        },
        "text/html; charset=utf-8",
    )


class PublicDoor:
    """Bounds how often an address asks, and how many requests wait for the ledger.

    Args:
        words_of: the words of the notices.
        language_of: what a browser reads that sends this `Accept-Language`.
    """

    def __init__(self, words_of: WordsOf, language_of: Callable[[str], str]) -> None:
        self.words_of = words_of
        self._language_of = language_of
        self._rate = AddressRate(bounds.PUBLIC_REQUESTS, bounds.PUBLIC_REQUESTS_A_SECOND)
        self._waiting = 0
        self._sent = SentBytes(bounds.PUBLIC_SENT_BYTES, bounds.PUBLIC_SENT_BYTES_AN_ADDRESS)
        self._threads: CapacityLimiter | None = None

    def takes(self, request: Request) -> bool:
        """Whether this address may ask once more."""
        return self._rate.takes(address_of(request))

    async def ask(self, act: Callable[[], T]) -> T:
        """What `act` returns, in a thread of the few there are for this.

        Raises:
            Away: the ledger cannot be asked at the moment.
        """
        if self._waiting >= bounds.PUBLIC_AT_ONCE:
            raise Away
        # A limiter belongs to the loop it is used in.
        self._threads = self._threads or CapacityLimiter(_THREADS)
        self._waiting += 1
        try:
            with fail_after(_ANSWER_S):
                return await to_thread.run_sync(act, limiter=self._threads, abandon_on_cancel=True)
        except (LedgerError, TimeoutError):
            raise Away from None
        finally:
            self._waiting -= 1

    async def answer(self, request: Request, response: Response, send: Send) -> None:
        """Sends a page within the bounds of those for anybody, so that none is kept for ever for a reader who does
        not take it."""
        address = address_of(request)
        try:
            with self._sent.counting(address, len(response.body)):
                await _send_in_time(response, send)
        except NoRoomForAnswer:
            # It is short, and the same whoever asks.
            await _send_in_time(await self.busy(self.words(request)), send)

    def words(self, request: Request) -> PublicWords:
        """In the language of the browser."""
        return self.words_of(self._language_of(request.headers.get("accept-language", "")))

    async def gone(self, request: Request) -> Response:
        """That nothing is there: the same whatever was, and whoever asks."""
        words = self.words(request)
        return await notice(words.gone, words.gone_more, words, 404)

    async def busy(self, words: PublicWords) -> Response:
        """That this address asks too often."""
        return await notice(words.busy, words.busy_more, words, 429, retry=True)

    async def away(self, words: PublicWords) -> Response:
        """That the ledger cannot be asked."""
        return await notice(words.away, words.away_more, words, 503, retry=True)


async def _send_in_time(response: Response, send: Send) -> None:
    try:
        async with asyncio.timeout(bounds.PUBLIC_SEND_S):
            await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
            for piece in pieces({"type": "http.response.body", "body": bytes(response.body)}):
                await send(piece)
    except TimeoutError:
        _log.info("a reader did not take a page for anybody in time")
        with suppress(TimeoutError):
            await abort_connection()


def address_of(request: Request) -> str:
    """The address that is counted; empty on loopback, which is one to a rate."""
    return counted_address(request.client.host if request.client else None)


async def notice(title: str, more: str, words: PublicWords, status: int, *, retry: bool = False) -> Response:
    """A page with a heading and a sentence."""
    # Jinja is loaded with the first of them.
    from glm_playground.reports.public_page import notice_page  # noqa: PLC0415

    page = await asyncio.to_thread(notice_page, title, more, words)
    return public_response(page, status, retry=retry)
