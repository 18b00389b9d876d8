"""The form for a report: what is typed stays, and the files hold it."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.ui.shared.files import report_form
from glm_playground.ui.shared.files.file_buttons import FileKind
from tests.app.playground_page import Playground
from tests.documents import slides_of, text_of_docx

CONCLUSION = "Take **Air** for the pilot."


@pytest.mark.parametrize("locale", ["en-US", "pt-BR"])
def test_the_files_hold_what_was_typed_and_it_can_be_changed(
    in_sandbox: None, open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    given: list[FileKind] = []
    monkeypatch.setattr(report_form, "draw_file_buttons", lambda kinds, *_rest, **_more: given.extend(kinds))
    page = Playground(open_page("pages/playground.py", locale=locale))
    page.script("text=**Brasília**", "Name the capital of Brazil")
    page.open("share")
    page.open("share-report-open")
    page.at.text_input(key="share-report-title").set_value("A [title]")
    page.at.text_area(key="share-report-conclusion").set_value(CONCLUSION)
    page.run()
    assert not given
    page.click("panel-close")
    page.open("share")
    page.open("share-report-open")
    assert page.at.text_area(key="share-report-conclusion").value == CONCLUSION
    page.click("share-report-fill")
    files = {kind.ending: bytes(kind.write()) for kind in given}  # type: ignore[arg-type]
    assert set(files) == {"html", "md", "docx", "pptx"}
    slides = "\n".join(text for slide in slides_of(files["pptx"]) for text in slide)
    html = files["html"].decode()
    for text in (html, files["md"].decode(), text_of_docx(files["docx"]), slides):
        assert "Brasília" in text
        assert "Air" in text
        assert "Name the capital of Brazil" in text
    assert f'<html lang="{locale}"' in html or f'<html lang="{locale[:2]}"' in html
    page.click("share-report-change")
    assert page.at.text_input(key="share-report-title").value == "A [title]"
    assert page.at.text_area(key="share-report-conclusion").value == CONCLUSION
