"""Files that do not say their encoding: guessed, shown, and read again as the user says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_playground.chat.attachments import Attachment, AttachmentProblem, ReadFile, read_attachment
from glm_playground.chat.encodings import ENCODINGS, Guessed, guess, others, read_again
from glm_playground.chat.lane import Lane
from glm_playground.chat.notice import NoticeKind
from glm_playground.chat.session import Session
from glm_playground.chat.setup import Setup
from glm_playground.chat.workbench import Workbench
from glm_playground.chat.workbench_json import from_json, to_json
from glm_playground.ui.playground.setting_words import encoding_name
from glm_playground.ui.shared import i18n
from tests.unit.chat.fake_runner import FakeRunner


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("你好", "gb18030"),
        ("姓名,年龄\n张三,30\n李四,25\n", "gb18030"),
        ("繁體中文測試文件", "big5"),
        ("こんにちは世界、元気ですか", "cp932"),
        ("안녕하세요 세계", "cp949"),
        ("Привет, как дела сегодня", "cp1251"),
        ("A situação é má, não há pão. O coração não dói.", "cp1252"),
        ("não sei, São Paulo", "cp1252"),
        ("API接口", "gb18030"),
        ("caf\xe9 \u201cquoted\u201d \u20ac\r\n", "cp1252"),
    ],
)
def test_the_encodings_of_real_files_are_guessed(text: str, encoding: str) -> None:
    file = ReadFile(Attachment("a.csv", text), encoding)
    assert read_attachment("a.csv", text.encode(encoding)) == file


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=50)
def test_a_guess_keeps_every_byte_and_reads_again_in_any_that_fits(data: bytes) -> None:
    found = guess(data)
    if found is None:
        return
    assert found.text.encode(found.encoding) == data
    for encoding in others(found):
        again = read_again(found, encoding)
        assert again == Guessed(data.decode(encoding), encoding)
        assert others(again) == others(found)


@pytest.mark.parametrize(
    "data", [b"\xe9\x00a", b"\x89PNG\r\n\x1a\n\x00", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", b"\xe9\x1b[0m"]
)
def test_what_is_no_text_in_any_is_refused(data: bytes) -> None:
    assert isinstance(read_attachment("a", data), AttachmentProblem)


class TestWaiting:
    @pytest.fixture
    def session(self) -> Session:
        now = Session(Workbench(lanes=[Lane("0", Setup(model="glm-5"))]), FakeRunner())
        now.submit("what is it", [Attachment("b", "ok"), Attachment("a", "斕疑")], guessed=["", "big5"])
        return now

    def test_nothing_is_sent_before_the_user_has_seen_it(self, session: Session) -> None:
        assert isinstance(session.runner, FakeRunner)
        assert not session.runner.runs
        [draft] = session.bench.drafts
        assert draft.notice
        assert draft.notice.kind is NoticeKind.ENCODING
        session.read_again(draft, 1, "gb18030")
        session.confirm(draft, session.dispatch.most_cost(session.dispatch.plan_of(draft)))
        [run] = session.runner.runs
        assert "你好" in run.request.messages[-1].content
        assert not session.bench.drafts

    def test_a_reload_keeps_the_question(self, session: Session) -> None:
        again = from_json(to_json(session.bench, lambda run: False), {}, id="w", name="")
        [draft] = again.drafts
        assert draft.guessed == ("", "big5")
        now = Session(again, session.runner)
        now.read_again(draft, 1, "gb18030")
        assert draft.attachments[1].text == "你好"

    def test_a_guess_that_does_not_fit_its_text_is_not_believed(self, session: Session) -> None:
        text = to_json(session.bench, lambda run: False).replace("big5", "cp1252")
        [draft] = from_json(text, {}, id="w", name="").drafts
        assert not any(draft.guessed)


def test_every_encoding_has_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "language", lambda: "pt_BR")
    assert len({encoding_name(encoding) for encoding in ENCODINGS}) == len(ENCODINGS)
