"""The page on which an audience votes: `GET` and `POST /public/vote/{id}`, without scripts.

A browser votes once. It is known by a signed cookie for this vote alone, which it gets with the page; what comes
without one, or with one that was made up, is not counted. A vote must say that it comes from a page (`Origin`), and
`OwnOrigins` lets those of the app through alone.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs

from itsdangerous import BadSignature, Signer
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from glm_playground import bounds
from glm_playground.ledger import Ledger
from glm_playground.ledger.polls import CHOICES, Poll, Voted
from glm_playground.reports.public_words import PublicWords
from glm_playground.ui.server.address_rate import AddressRate
from glm_playground.ui.server.body import read_body
from glm_playground.ui.server.public_door import ROOT, Away, PublicDoor, address_of, notice, public_response
from glm_playground.ui.server.refusal import RefusalResponse

PATH = f"{ROOT}/vote"
COOKIE = "glm_playground_vote_"
"""Begins the name of a cookie; the rest is the poll's id."""
_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_FORM = "application/x-www-form-urlencoded"


def audience_route(
    base: str,
    door: PublicDoor,
    ledger: Callable[[], Ledger],
    signing: Callable[[], Sequence[str]],
    *,
    allowed: Callable[[], bool],
) -> Route:
    """The route.

    Args:
        base: the path that the app is served under, such as `/glm`.
        door: of the pages for anybody.
        ledger: that the votes are stored in; raises LedgerError.
        signing: what cookies are signed with; the first signs, all are taken.
        allowed: whether the operator allows votes.
    """
    # It takes every method itself: those it left out would go to Streamlit, which answers with its page.
    return Route(f"{base}{PATH}/{{id:path}}", _Endpoint(base, door, ledger, signing, allowed), name="vote")


@dataclass(slots=True)
class _Endpoint:
    base: str
    door: PublicDoor
    ledger: Callable[[], Ledger]
    signing: Callable[[], Sequence[str]]
    allowed: Callable[[], bool]
    rate: AddressRate = field(default_factory=lambda: AddressRate(bounds.BALLOTS, bounds.BALLOTS_A_SECOND))
    keys: tuple[str, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except Away:
            response = await self.door.away(self.door.words(request))
        except ClientDisconnect:
            return
        await self.door.answer(request, response, send)

    async def _answer(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD", "POST"}:
            return JSONResponse({"error": "only GET and POST are answered"}, 405, {"Allow": "GET, HEAD, POST"})
        if not self.door.takes(request):
            return await self.door.busy(self.door.words(request))
        poll_id: str = request.path_params["id"]
        if not self.allowed() or not _ID.fullmatch(poll_id):
            return await self.door.gone(request)
        # The first of several processes may have to make them.
        self.keys = self.keys or tuple(await asyncio.to_thread(self.signing))
        voter = self._voter(request, poll_id)
        found = await self.door.ask(lambda: self.ledger().polls.find(poll_id, voter))
        if found is None:
            return await self.door.gone(request)
        poll, said = found
        words = self.door.words_of(poll.language)
        if request.method == "POST":
            return await self._take(request, poll, voter, words)
        if said is not None:
            more = words.counted_more.format(choice=words.choice(said))
            return await notice(words.counted, more, words, 200)
        if not poll.is_open:
            return await notice(words.over, words.over_more, words, 200)
        return await self._ballot(request, poll, voter, words)

    async def _ballot(self, request: Request, poll: Poll, voter: str, words: PublicWords) -> Response:
        # Jinja is loaded with the first of them.
        from glm_playground.reports.public_page import AudienceQuestion, ballot_page  # noqa: PLC0415

        ballot = AudienceQuestion(poll.question, poll.answer_a, poll.answer_b, poll.stand_in)
        page = await self.door.ask(lambda: ballot_page(ballot, CHOICES, words))
        response = public_response(page, form=True)
        if not voter:
            response.set_cookie(
                COOKIE + poll.id,
                self._signer(poll.id).sign(secrets.token_urlsafe(16)).decode(),
                max_age=max(1, int((poll.ends_at - datetime.now(UTC)).total_seconds())),
                path=self.base or "/",
                secure=request.url.scheme == "https",
                httponly=True,
                samesite="lax",
            )
        return response

    async def _take(self, request: Request, poll: Poll, voter: str, words: PublicWords) -> Response:
        if "origin" not in request.headers or request.headers.get("content-type", "").partition(";")[0] != _FORM:
            return await notice(words.refused, words.refused_more, words, 403)
        if not voter:
            return await notice(words.no_cookie, words.no_cookie_more, words, 403)
        if not self.rate.takes(address_of(request)):
            return await self.door.busy(words)
        try:
            async with asyncio.timeout(bounds.BALLOT_S):
                body = await read_body(request, bounds.BALLOT_BYTES)
        except TimeoutError:
            return RefusalResponse(408, f"a vote is sent within {bounds.BALLOT_S:.0f} s")
        if body is None:
            return RefusalResponse(413, f"a vote has at most {bounds.BALLOT_BYTES} bytes")
        choice = _choice(body)
        if choice is None:
            return await notice(words.refused, words.refused_more, words, 400)
        address = self._hashed(poll.id, address_of(request))[:16]
        done = await self.door.ask(lambda: self.ledger().polls.vote(poll.id, voter, address, choice))
        match done:
            case Voted.COUNTED | Voted.BEFORE:
                # Beside the address that was asked, which a proxy may know under another path.
                return Response(None, 303, {"Location": poll.id, "Cache-Control": "no-store"})
            case Voted.OVER:
                return await notice(words.over, words.over_more, words, 409)
            case Voted.FULL:
                return await notice(words.full, words.full_more, words, 409)
        return await self.door.gone(request)

    def _voter(self, request: Request, poll_id: str) -> str:
        """A hash of the browser's cookie for this poll; empty where it has none that was signed here."""
        text = request.cookies.get(COOKIE + poll_id, "")
        if not text.isascii() or not 0 < len(text) <= bounds.COOKIE_CHARACTERS:
            return ""
        try:
            value = self._signer(poll_id).unsign(text)
        except BadSignature:
            return ""
        return hashlib.sha256(poll_id.encode() + b" " + value).hexdigest()

    def _signer(self, poll_id: str) -> Signer:
        # The library signs with the last.
        return Signer([*reversed(self.keys)], salt=f"{COOKIE}{poll_id}", digest_method=hashlib.sha256)

    def _hashed(self, poll_id: str, address: str) -> str:
        return hmac.digest(self.keys[0].encode(), f"{poll_id} {address}".encode(), "sha256").hex()


def _choice(body: bytes) -> str | None:
    """The choice in a form; None for any other bytes."""
    try:
        fields = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=4)
    except ValueError:
        return None
    found = fields.get("choice", [])
    return found[0] if len(found) == 1 and found[0] in CHOICES else None
