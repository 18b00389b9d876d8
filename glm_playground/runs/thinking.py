"""Tells reasoning from the answer, also where a model writes its reasoning into the content.

Some servers leave `<think>...</think>` in the content, or only the closing tag, since the opening one stands in the
prompt template. The stored events stay as received; this is how they are read.
"""

from glm_playground.gateway import EventKind
from glm_playground.runs.run import Run

_OPEN = "<think>"
CLOSING_TAG = "</think>"


class ThinkingSplitter:
    """Reads deltas in order and keeps reasoning and answer apart.

    Attributes:
        revision: goes up when text already given out as answer turned out to be reasoning (a lone `</think>`), so
            that what was drawn must be drawn again.
    """

    def __init__(self) -> None:
        self.revision = 0
        self._reasoning: list[str] = []
        self._answer: list[str] = []
        self._state = "start"
        self._held = ""

    @property
    def reasoning(self) -> str:
        """All reasoning so far."""
        return _joined(self._reasoning)

    @property
    def answer(self) -> str:
        """All of the answer so far."""
        return _joined(self._answer)

    def add(self, kind: EventKind, text: str) -> EventKind | None:
        """Takes one delta and says what it was, REASONING or CONTENT; None where only the next one will tell."""
        if kind is EventKind.REASONING:
            self._reasoning.append(text)
            if self._state == "start":
                self._state = "apart"
            return EventKind.REASONING
        if self._state in {"apart", "open", "answer"} and "<" not in text and not self._held:
            self._answer.append(text)
            return EventKind.CONTENT
        return self._scan(text)

    def finish(self) -> None:
        """Gives out what was held back because it might have become a tag."""
        if self._held:
            (self._reasoning if self._state == "thinking" else self._answer).append(self._held)
            self._held = ""

    def _scan(self, text: str) -> EventKind | None:
        text = self._held + text
        self._held = ""
        if self._state == "start":
            begun = text.lstrip()
            if _OPEN.startswith(begun) and begun != _OPEN:
                self._held = text
                return None
            self._state = "thinking" if begun.startswith(_OPEN) else "open"
            text = begun.removeprefix(_OPEN) if self._state == "thinking" else text
        if self._state == "thinking":
            return self._scan_thinking(text)
        if self._state == "open":
            return self._scan_open(text)
        if self._state == "behind":
            return self._scan_behind(text)
        self._answer.append(text)
        return EventKind.CONTENT

    def _scan_thinking(self, text: str) -> EventKind:
        before, tag, after = text.partition(CLOSING_TAG)
        if not tag:
            keep = _tail_of_tag(text)
            self._held = text[len(text) - keep :]
            self._reasoning.append(text[: len(text) - keep])
            return EventKind.REASONING
        self._reasoning.append(before)
        return self._scan_behind(after)

    def _scan_behind(self, text: str) -> EventKind:
        """What stands behind the closing tag; the line ends there are not of the answer."""
        text = text.lstrip("\n")
        self._state = "answer" if text else "behind"
        if text:
            self._answer.append(text)
        return EventKind.CONTENT if text.strip() else EventKind.REASONING

    def _scan_open(self, text: str) -> EventKind:
        """Content that began without `<think>`: a lone closing tag would make all of it reasoning."""
        position = 0
        while (at := text.find(CLOSING_TAG, position)) >= 0:
            position = at + len(CLOSING_TAG)
            # A tag in a code span is what the answer talks about.
            if not (text[:at] or (self._answer or [""])[-1]).endswith("`"):
                self._reasoning += [*self._answer, text[:at]]
                self._answer = []
                self.revision += 1
                return self._scan_behind(text[position:])
        keep = _tail_of_tag(text[position:])
        self._held = text[len(text) - keep :]
        if given := text[: len(text) - keep]:
            self._answer.append(given)
        return EventKind.CONTENT


def split(run: Run) -> ThinkingSplitter:
    """The reasoning and the answer of `run` as far as it is recorded."""
    splitter = ThinkingSplitter()
    for event in run.events:
        if event.kind is EventKind.REASONING or event.kind is EventKind.CONTENT:
            splitter.add(event.kind, event.text)
    splitter.finish()
    return splitter


def answer_of(run: Run) -> str:
    """The answer of `run` without its reasoning: what a later request quotes."""
    return split(run).answer


def reasoning_of(run: Run) -> str:
    """All reasoning of `run`, also what it wrote into the content."""
    return split(run).reasoning


def _joined(pieces: list[str]) -> str:
    """The text of `pieces`, which becomes one piece: repeated reading stays linear."""
    if len(pieces) > 1:
        pieces[:] = ["".join(pieces)]
    return pieces[0] if pieces else ""


def _tail_of_tag(text: str) -> int:
    """Length of the end of `text` that may be the beginning of a closing tag."""
    for length in range(min(len(CLOSING_TAG) - 1, len(text)), 0, -1):
        if text.endswith(CLOSING_TAG[:length]):
            return length
    return 0
