"""Tells reasoning from the answer, also where a model writes its reasoning into the content.

Some servers leave `<think>...</think>` in the content, or only the closing tag, since the opening one stands in the
prompt template. The stored events stay as received; this is how they are read.
"""

import re
from itertools import groupby
from operator import attrgetter

from glm_playground.gateway import EventKind
from glm_playground.runs.run import Run

_OPEN = "<think>"
CLOSING_TAG = "</think>"
_OPENED = re.compile("(?<!`)<think>")


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
        self._at_tag = False

    @property
    def unclosed(self) -> bool:
        """True while a `<think>` in the content has no end."""
        return self._state == "thinking"

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
        if self._state in {"open", "answer"} and "<" not in text and not self._held:
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
        if self._state in {"start", "apart"} and not self._begin(text):
            return None
        text = self._skip_tag(text)
        if self._state == "open":
            return self._scan_open(text)
        if self._state == "answer":
            self._answer.append(text)
            return EventKind.CONTENT
        return self._scan_blocks(text)

    def _begin(self, text: str) -> bool:
        """Sets the state by the first content; False where only more text will tell, and until then it is held."""
        begun = text.lstrip()
        tags = (_OPEN, CLOSING_TAG) if self._state == "apart" else (_OPEN,)
        if any(_may_become(begun, tag) for tag in tags):
            self._held = text
            return False
        if begun.startswith(_OPEN):
            self._state = "thinking"
        elif self._state == "start":
            self._state = "open"
        else:
            # Behind reasoning that came apart from it, a server may have left the closing tag.
            self._state = "behind" if begun.startswith(CLOSING_TAG) else "answer"
        self._at_tag = self._state in {"thinking", "behind"}
        return True

    def _skip_tag(self, text: str) -> str:
        """What stands behind the tag that `text` begins with, where `_begin` found one."""
        if not self._at_tag:
            return text
        self._at_tag = False
        return text.lstrip().removeprefix(_OPEN if self._state == "thinking" else CLOSING_TAG)

    def _scan_blocks(self, text: str) -> EventKind | None:
        """Reasoning up to its closing tag, and what stands behind that: a second block, or the answer."""
        told: EventKind | None = None
        while True:
            if self._state == "thinking":
                before, tag, after = text.partition(CLOSING_TAG)
                if not tag:
                    keep = _tail_of_tag(text)
                    self._held = text[len(text) - keep :]
                    self._reasoning.append(text[: len(text) - keep])
                    return EventKind.REASONING
                self._reasoning.append(before)
                self._state, text, told = "behind", after, EventKind.REASONING
            # The line ends behind the tag are not of the answer.
            text = text.lstrip("\n")
            begun = text.lstrip()
            if begun.startswith(_OPEN):
                self._state, text = "thinking", begun.removeprefix(_OPEN)
            elif text and _may_become(begun, _OPEN):
                self._held = text
                return told
            else:
                self._state = "answer" if text else "behind"
                if text:
                    self._answer.append(text)
                return EventKind.CONTENT if text.strip() else EventKind.REASONING

    def _scan_open(self, text: str) -> EventKind | None:
        """Content that began without `<think>`: a lone closing tag would make all of it reasoning.

        One that closes a tag in the text, such as in an example, is text, and so is all that follows.
        """
        position = 0
        while (at := text.find(CLOSING_TAG, position)) >= 0:
            position = at + len(CLOSING_TAG)
            # A tag in a code span is what the answer talks about.
            if not (text[:at] or (self._answer or [""])[-1]).endswith("`"):
                if _OPENED.search(self.answer + text[:at]):
                    self._state = "answer"
                    self._answer.append(text)
                    return EventKind.CONTENT
                self._reasoning += [*self._answer, text[:at]]
                self._answer = []
                self.revision += 1
                self._state = "behind"
                return self._scan_blocks(text[position:])
        keep = _tail_of_tag(text[position:])
        self._held = text[len(text) - keep :]
        if given := text[: len(text) - keep]:
            self._answer.append(given)
        return EventKind.CONTENT


def split(run: Run) -> ThinkingSplitter:
    """The reasoning and the answer of `run` as far as it is recorded."""
    splitter = ThinkingSplitter()
    wanted = (event for event in run.events if event.kind is EventKind.REASONING or event.kind is EventKind.CONTENT)
    # Where a text is cut changes nothing, and one long text is read much sooner than a hundred thousand short ones.
    for kind, events in groupby(wanted, attrgetter("kind")):
        splitter.add(kind, "".join([event.text for event in events]))
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


def _may_become(text: str, tag: str) -> bool:
    """Whether `text` is a beginning of `tag` that more text may complete; nothing at all is one."""
    return tag.startswith(text) and text != tag


def _tail_of_tag(text: str) -> int:
    """Length of the end of `text` that may be the beginning of a closing tag."""
    for length in range(min(len(CLOSING_TAG) - 1, len(text)), 0, -1):
        if text.endswith(CLOSING_TAG[:length]):
            return length
    return 0
