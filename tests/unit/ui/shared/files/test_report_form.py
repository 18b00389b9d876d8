"""What is typed for a report, whoever sends it."""

from glm_playground import bounds
from glm_playground.ui.shared.files.report_form import ReportDraft


def test_what_is_typed_is_cut_at_its_limits() -> None:
    draft = ReportDraft()
    draft.texts = dict.fromkeys(draft.texts, "x" * 1_000_000)
    cover = draft.cover("default")
    assert [len(cover.title), len(cover.author)] == [bounds.REPORT_TITLE_CHARACTERS] * 2
    assert len(cover.purpose) == bounds.REPORT_PURPOSE_CHARACTERS
    assert len(cover.conclusion) == bounds.REPORT_CONCLUSION_CHARACTERS


def test_a_title_is_there_whatever_is_typed() -> None:
    draft = ReportDraft()
    assert draft.cover("default").title == "default"
    draft.texts["title"] = " \n"
    assert draft.cover("default").title == "default"
