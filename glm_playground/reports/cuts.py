"""Where long texts are cut, so that a report of many runs stays one that can be opened."""

from collections.abc import Iterator, Sequence

from glm_playground import bounds
from glm_playground.reports.figure_text import number_text
from glm_playground.reports.report import Passage, Question
from glm_playground.reports.report_words import ReportWords


def fair_limit(sizes: Sequence[int], most_each: int, most_in_all: int) -> int:
    """The most that each of `sizes` may have so that together they stay within `most_in_all`; what is short is whole.

    Returns:
        At most `most_each`.
    """
    left, limit = most_in_all, most_each
    for place, size in enumerate(sorted(sizes)):
        limit = min(most_each, left // (len(sizes) - place))
        if size >= limit:
            return limit
        left -= size
    return most_each


class Cut:
    """Cuts each of many texts at its share of characters and lines."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._characters = fair_limit(
            [len(text) for text in texts], bounds.REPORT_TEXT_CHARACTERS, bounds.REPORT_CHARACTERS
        )
        self._lines = fair_limit([text.count("\n") for text in texts], bounds.REPORT_TEXT_LINES, bounds.REPORT_LINES)

    def __call__(self, text: str) -> str:
        """`text`, or its beginning, which ends with a line where one ends in its second half."""
        kept = text[: self._characters]
        lines = kept.split("\n", self._lines)
        if len(lines) > self._lines:
            kept = "\n".join(lines[: self._lines])
        if len(kept) == len(text):
            return text
        whole_lines = kept.rfind("\n")
        return kept[:whole_lines] if whole_lines > len(kept) // 2 else kept


def within_bounds(parts: Sequence[Passage | Question], words: ReportWords) -> Iterator[Passage | Question]:
    """`parts` with each text at its share of what all of them may have; `words` say where one is cut."""
    cut = Cut([passage.text for part in parts for passage in _passages(part)])

    def shown(passages: Sequence[Passage]) -> tuple[Passage, ...]:
        return tuple(_cut(passage, cut, words) for passage in passages)

    for part in parts:
        if isinstance(part, Passage):
            yield _cut(part, cut, words)
        else:
            answers = (answer._replace(passages=shown(answer.passages)) for answer in part.answers)
            yield part._replace(prompt=shown(part.prompt), answers=tuple(answers))


def _passages(part: Passage | Question) -> Iterator[Passage]:
    if isinstance(part, Passage):
        yield part
        return
    yield from part.prompt
    for answer in part.answers:
        yield from answer.passages


def _cut(passage: Passage, cut: Cut, words: ReportWords) -> Passage:
    kept = cut(passage.text)
    if len(kept) == len(passage.text):
        return passage
    shown, whole = number_text(len(kept), words.words), number_text(len(passage.text), words.words)
    return passage._replace(text=kept, cut=words.cut.format(shown=shown, whole=whole))
