"""Text of strangers as documents take it: what XML refuses or what hides and turns text round is not in it.

Reports are for reading. The stored run keeps every character.
"""

import re

# Control characters and non-characters, which XML refuses or no reader can see: w3.org/TR/xml/#charsets
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Zero-width characters, overrides and isolates of direction, and tags, which nobody sees. Joiners stay: scripts and
# emoji need them. Marks of direction stay: they turn nothing round.
_HIDDEN = re.compile("[\u200b\u2060-\u2064\ufeff\u202a-\u202e\u2066-\u206f\U000e0000-\U000e007f]")
_UNSEEN = re.compile(f"{_REFUSED.pattern}|{_HIDDEN.pattern}|[\u2028\u2029]")
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")


def shown_text(text: str) -> str:
    """`text` with line ends of one kind, without hidden characters, and with U+FFFD for each that cannot be written."""
    return _REFUSED.sub("\ufffd", _HIDDEN.sub("", _LINE_ENDS.sub("\n", text)))


def unseen_marked(document: str) -> str:
    """`document` with U+FFFD for each character that `shown_text` removes or replaces, and no other lines than before.

    For what has its syntax already, which a removed character or a new line would change.
    """
    return _UNSEEN.sub("\ufffd", document)


def on_one_line(text: str, most: int = 0) -> str:
    """`text` on one line; cut to `most` characters where that is given."""
    line = " ".join(shown_text(text).split())
    return f"{line[: most - 1].rstrip()}…" if 0 < most < len(line) else line
