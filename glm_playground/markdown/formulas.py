"""Which formulas are drawn: KaTeX draws them in the reader's browser, where a hostile one stops the tab.

KaTeX as Streamlit has it takes definitions of macros, expands up to 1,000 of them a formula whatever they grow to, and
lets a command ask for any size. What is not drawn is shown as its source.
"""

import re

from glm_playground import bounds

_COMMAND = re.compile(r"\\(?:[A-Za-z@]+|.)", re.DOTALL)
# Definitions and what expands by itself; what draws its argument several times; what leads elsewhere.
_REFUSED = re.compile(
    r"\\(?:[gex]?def|let|futurelet|(?:re)?newcommand|providecommand|global|long|csname|endcsname"
    r"|expandafter|noexpand|char|mathchoice|@[A-Za-z@]*|href|url|includegraphics|html[A-Za-z]*|message|errmessage|show"
    r"|begingroup|endgroup|bgroup|egroup|verb|tag|require)(?![A-Za-z@])"
)
_LENGTH = re.compile(
    r"([0-9]{1,12}(?:[.,][0-9]{0,12})?|[.,][0-9]{1,12})\s{0,9}(em|ex|mu|pt|bp|px|mm|cm|in|pc|dd|cc|nd|nc|sp)"
)
_EM = {"em": 1, "ex": 0.43, "mu": 1 / 18, "mm": 0.28, "cm": 2.8, "in": 7.2, "pc": 1.2, "cc": 1.3, "nc": 1.3, "sp": 0}
"""Of each unit, roughly; a point where it is not listed."""
_LONG_NUMBER = re.compile(r"[0-9]{13}")
# Commands that follow each other without a brace lie within each other: \sqrt\sqrt\sqrt x.
_CHAIN = re.compile(r"(?:\\[A-Za-z]+\s{0,3}){20}|(?:[\^_]\s{0,3}){4}")


def may_be_drawn(formula: str) -> bool:
    """Whether a browser draws `formula` in a moment, and no larger than a line or two."""
    return not (
        len(formula) > bounds.FORMULA_CHARACTERS
        # Streamlit looks for formulas outside of code, as far as its expressions tell.
        or "$$" in formula
        or "`" in formula
        or _REFUSED.search(formula)
        or _LONG_NUMBER.search(formula)
        or _CHAIN.search(formula)
        or len(_COMMAND.findall(formula)) > bounds.FORMULA_COMMANDS
        or formula.count("&") > bounds.FORMULA_COMMANDS
        or _depth(formula) > bounds.FORMULA_DEPTH
        or any(_em(found) > bounds.FORMULA_LENGTH_EM for found in _LENGTH.finditer(formula))
    )


class FormulaBudget:
    """Says of one formula after another whether it is drawn, until they are too many."""

    def __init__(self) -> None:
        self._drawn = self._characters = 0

    def draws(self, formula: str) -> bool:
        """Whether `formula` is drawn, as one more."""
        self._drawn, self._characters = self._drawn + 1, self._characters + len(formula)
        return (
            self._drawn <= bounds.FORMULAS and self._characters <= bounds.FORMULAS_CHARACTERS and may_be_drawn(formula)
        )


def _em(found: re.Match[str]) -> float:
    return float(found[1].replace(",", ".")) * _EM.get(found[2], 0.1)


def _depth(formula: str) -> int:
    """How many groups lie within each other at most."""
    depth = deepest = 0
    for found in re.finditer(r"\\(?:begin|end|left|right)(?![A-Za-z])|\\.|[{}]", formula, re.DOTALL):
        if found[0] in {"{", r"\begin", r"\left"}:
            depth += 1
            deepest = max(deepest, depth)
        elif found[0] in {"}", r"\end", r"\right"}:
            depth -= 1
    return deepest
