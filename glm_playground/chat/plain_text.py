"""What is text."""

import re

# Bell, backspace, tab, the line and page ends and escape occur in text, as file(1) has it: logs are coloured with them.
_CONTROL = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
_CHARACTERS_PER_CONTROL = 50


def is_text(text: str) -> bool:
    """Whether a person may have written it, and no program: no NUL, and hardly any control characters."""
    return "\0" not in text and len(_CONTROL.findall(text)) * _CHARACTERS_PER_CONTROL <= len(text)
