"""Variables of a prompt, written `{{name}}`.

A name is letters, digits and underscores of any script, at most 60 characters; spaces inside the braces do not count.
`\\{{name}}` stands for the literal text. Anything else between braces, as in a template or LaTeX, is left alone, and so
is all of a text above `bounds.PROMPT_CHARACTERS`: a page looks for variables at every click.
"""

import re
from collections.abc import Iterator, Mapping

from glm_playground import bounds

MAX_NAME_CHARACTERS = 60

_VARIABLE = re.compile(r"(\\?)(\{\{[^\S\n]*([^\s{}]+)[^\S\n]*\}\})")


def variables_of(text: str) -> tuple[str, ...]:
    """The names of the variables in `text` in the order of their first appearance, each once."""
    return tuple(dict.fromkeys(_names(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with each variable replaced by its value and each escape by the literal text.

    A variable without a value stays as it is written, and a value is not looked at for variables again.
    """

    def replacement(found: re.Match[str]) -> str:
        escape, literal, name = found.groups()
        if not _is_name(name):
            return found[0]
        return literal if escape else values.get(name, literal)

    if len(text) > bounds.PROMPT_CHARACTERS:
        return text
    return _VARIABLE.sub(replacement, text)


def missing(text: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """The variables in `text` without a value, or with a blank one."""
    return tuple(name for name in variables_of(text) if not values.get(name, "").strip())


def _names(text: str) -> Iterator[str]:
    found = _VARIABLE.findall(text) if len(text) <= bounds.PROMPT_CHARACTERS else []
    for escape, _literal, name in found:
        if not escape and _is_name(name):
            yield name


def _is_name(text: str) -> bool:
    # Not \w, which knows no combining marks: there is no Hindi word without them. A name may begin with a digit.
    return len(text) <= MAX_NAME_CHARACTERS and f"_{text}".isidentifier()
