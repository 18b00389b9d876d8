"""What reports say stands once, in English, and all of it is translated from there."""

from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sentences import said, sentences
from glm_playground.reports.transcript_words import Words
from glm_playground.runs.cost import TokenClass
from glm_playground.runs.run import Outcome
from glm_playground.ui.shared.files import report_words as spoken
from glm_playground.ui.shared.i18n import in_language


def test_every_sentence_is_said_and_names_and_signs_stay() -> None:
    words = said(ReportWords(), str.upper, results="elsewhere")
    assert words.results == "elsewhere"
    assert words.labels.more_in_report == "{COUNT} MORE IN THE REPORT."
    assert words.features["json"] == "AN ANSWER FORMAT"
    transcript = words.words
    assert transcript.token_classes[TokenClass.CACHE_READ] == "CACHED INPUT"
    assert transcript.limits[-1] == "AN ESTIMATED COST IS NOT A BILL."
    assert [name for name, _what in transcript.definitions][:2] == ["t0", "TTFT"]
    assert (transcript.ttft, transcript.finish_reason, transcript.decimal_point) == ("TTFT", "finish_reason", ".")
    assert transcript.outcomes == Words().outcomes


def test_translators_get_each_sentence_once_and_nothing_else() -> None:
    found = sentences(ReportWords())
    assert len(set(found)) == len(found)
    assert {"Playground transcript", "Conclusion", "a system prompt", "An estimated cost is not a bill."} <= set(found)
    assert not {"TTFT", "t0", ".", ","} & set(found)


def test_a_report_is_in_the_readers_language_with_its_own_signs() -> None:
    assert in_language("en", spoken.report_words) == ReportWords()
    words = in_language("pt_BR", spoken.report_words)
    assert words.labels.conclusion == "Conclusão"
    assert (words.words.decimal_point, words.words.thousands_separator) == (",", ".")
    assert words.words.outcomes[Outcome.FAILED] != "failed"
