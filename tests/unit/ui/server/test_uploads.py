"""What sessions may keep of uploads, and what becomes of one that does not come."""

import asyncio
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from glm_playground.ui.server import uploads
from glm_playground.ui.server.owner_cookie import OWNER_HEADER
from glm_playground.ui.server.uploads import Coming, KeptFiles, OwnUploads

SESSION, ALL = 64, 128


@pytest.fixture(autouse=True)
def _small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_SESSION_BYTES", SESSION)
    monkeypatch.setattr(uploads, "MAX_BYTES", ALL)
    monkeypatch.setattr(uploads, "EACH_FILE_BYTES", 0)


def put(files: MemoryUploadedFileManager, session: str, name: str, size: int) -> None:
    files.add_file(session, UploadedFileRec(name, "", "text/plain", b"x" * size))


def names(files: MemoryUploadedFileManager, session: str) -> list[str]:
    return list(files.file_storage.get(session, {}))


def coming(session: str, size: int, given_up: list[str] | None = None) -> Coming:
    noted = [] if given_up is None else given_up
    return Coming(session, size, lambda: noted.append(session))


def taken(files: MemoryUploadedFileManager, session: str, name: str, size: int) -> bool:
    with KeptFiles(files).room(coming(session, size)) as refused:
        if refused is None:
            put(files, session, name, size)
        return refused is None


def test_the_oldest_file_of_a_session_makes_room() -> None:
    files = MemoryUploadedFileManager("/")
    for number in range(5):
        assert taken(files, "mine", str(number), 30)
    assert names(files, "mine") == ["3", "4"]
    assert taken(files, "mine", "small", 4)
    assert names(files, "mine") == ["3", "4", "small"]


def test_empty_files_are_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "EACH_FILE_BYTES", 8)
    files = MemoryUploadedFileManager("/")
    for number in range(20):
        assert taken(files, "mine", str(number), 0)
    assert len(names(files, "mine")) <= SESSION // 8 + 1


def test_whoever_keeps_most_makes_room_for_the_others() -> None:
    files = MemoryUploadedFileManager("/")
    for session in ("greedy", "also"):
        for number in range(2):
            assert taken(files, session, str(number), 30)
    assert taken(files, "modest", "one", 5)
    assert taken(files, "modest", "two", 5)
    assert names(files, "modest") == ["one", "two"]
    assert len(names(files, "greedy")) + len(names(files, "also")) == 3


def test_what_is_on_its_way_counts_and_its_room_is_given_back() -> None:
    kept = KeptFiles(MemoryUploadedFileManager("/"))
    with kept.room(coming("mine", 60)) as first, kept.room(coming("mine", 10)) as second:
        assert first is None
        assert second is not None
        assert second.status_code == 503
    with kept.room(coming("mine", 60)) as again:
        assert again is None


def test_files_that_never_come_make_room_for_those_that_do() -> None:
    kept = KeptFiles(MemoryUploadedFileManager("/"))
    given_up: list[str] = []
    with ExitStack() as held:
        for session, size in (("slow", 30), ("slow", 30), ("also", 50), ("modest", 30), ("another", 50)):
            assert held.enter_context(kept.room(coming(session, size, given_up))) is None
    assert given_up == ["slow", "also"]


def test_so_many_come_at_once() -> None:
    kept = KeptFiles(MemoryUploadedFileManager("/"))
    given_up: list[str] = []
    with ExitStack() as held:
        most = uploads.MAX_SESSION_UPLOADS
        mine = [held.enter_context(kept.room(coming("mine", 1, given_up))) for _ in range(most + 1)]
        assert [refused is None for refused in mine] == [True] * most + [False]
        for number in range(uploads.MAX_UPLOADS):
            assert held.enter_context(kept.room(coming(str(number), 1, given_up))) is None
        assert given_up == ["mine"] * most


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 70)), max_size=40))
def test_the_bounds_hold_whatever_comes(sent: list[tuple[str, int]]) -> None:
    files = MemoryUploadedFileManager("/")
    for number, (session, size) in enumerate(sent):
        assert taken(files, session, str(number), size) is (size <= SESSION)
        kept = {name: sum(len(file.data) for file in mine.values()) for name, mine in files.file_storage.items()}
        assert all(size <= SESSION for size in kept.values())
        assert sum(kept.values()) <= ALL


OWNER = "0" * 32


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The open sessions with their owners, in place of Streamlit's."""
    found = {"mine": OWNER}
    files = MemoryUploadedFileManager("/")

    def client(session: str) -> Any:
        owner = found.get(session)
        return owner and SimpleNamespace(client_context=SimpleNamespace(headers=[(OWNER_HEADER, owner)]))

    runtime = SimpleNamespace(get_client=client, uploaded_file_mgr=files)
    monkeypatch.setattr(uploads.Runtime, "instance", lambda: runtime)
    return found


async def send_upload(sessions: dict[str, str], *, comes: bool, ends: bool = False) -> tuple[int, list[str]]:
    """The status, and the files that the session keeps then."""
    files = uploads.Runtime.instance().uploaded_file_mgr
    assert isinstance(files, MemoryUploadedFileManager)

    async def streamlit(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        put(files, "mine", "f", 3)
        if ends:
            sessions.clear()
        await send({"type": "http.response.start", "status": 204, "headers": []})

    pieces: asyncio.Queue[Message] = asyncio.Queue()
    pieces.put_nowait({"type": "http.request", "body": b"x", "more_body": True})
    if comes:
        pieces.put_nowait({"type": "http.request", "body": b"xx"})
    statuses: list[int] = []

    async def send(message: Message) -> None:
        if "status" in message:
            statuses.append(message["status"])

    headers = [(OWNER_HEADER.encode(), OWNER.encode()), (b"content-length", b"3")]
    scope = {"type": "http", "method": "PUT", "path": "/_stcore/upload_file/mine/f", "headers": headers}
    await OwnUploads(streamlit)(scope, pieces.get, send)
    (status,) = statuses
    return status, names(files, "mine")


@pytest.mark.anyio
async def test_half_a_file_is_not_waited_for(sessions: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert await send_upload(sessions, comes=True) == (204, ["f"])
    monkeypatch.setattr(uploads, "SILENCE_S", 0.05)
    monkeypatch.setattr("glm_playground.ui.server.refusal.LINGER_S", 0.05)
    assert (await send_upload(sessions, comes=False))[0] == 408
    monkeypatch.setattr(uploads, "SILENCE_S", 15)
    monkeypatch.setattr(uploads, "DEADLINE_S", 0.05)
    assert (await send_upload(sessions, comes=False))[0] == 408


@pytest.mark.anyio
async def test_a_file_of_a_session_that_went_meanwhile_is_dropped(sessions: dict[str, str]) -> None:
    assert await send_upload(sessions, comes=True, ends=True) == (204, [])
