"""Whether `$..$` in prose is a formula, or money and names of variables."""

import re

# What no price and no variable of a shell has.
_SURE = re.compile(r"\\[A-Za-z]|\^|(?<![A-Za-z])[A-Za-z]'*_|[)}\]]_")
_ENDS = re.compile(r"[^\W_]|[)\]}'!*|]")
_CURRENCY = re.compile(r"^\d.*(?<![A-Za-z])[A-Z]{1,3}$")
_WORD = re.compile(r"[^\W\d_]{2,}")
_FUNCTIONS = frozenset(
    {"sin", "cos", "tan", "cot", "log", "ln", "lg", "exp", "max", "min", "mod", "gcd", "lcm", "lim", "det", "dim"}
)
_UNITS = frozenset({"cm", "mm", "km", "kg", "mg", "ml", "kWh", "Hz", "kHz", "MHz", "GHz", "ms"})
_RELATION = re.compile(r"[=<>≤≥≈×÷≠]")


def is_formula(content: str, before: str, after: str) -> bool:
    """Whether `content` between two dollars is a formula.

    Args:
        content: one line without a dollar.
        before: the character before the first dollar; empty at the start.
        after: the character behind the second one; empty at the end.
    """
    if not content or content[0].isspace() or content[-1].isspace() or "`" in content:
        return False
    sure = _SURE.search(content) is not None
    # "US$20", "5$/6$" and "$5-$10" are money, "$HOME/$PATH" and "$_GET" are variables.
    if after and after in "0123456789":
        return False
    if _is_word(before) and not (sure and re.match(r"[\w\\({]", content)):
        return False
    goes_on = after and (_is_word(after) or after in "_{(")
    if goes_on and (not _ENDS.fullmatch(content[-1]) or (_WORD.fullmatch(content) and not sure)):
        return False
    if sure:
        return True
    if _CURRENCY.search(content):
        return False
    words = _WORD.findall(content)
    if any(not word.isascii() for word in words) and not _is_greek(words):
        return _RELATION.search(content) is not None
    return " " not in content or all(word in _FUNCTIONS or word in _UNITS for word in words)


def _is_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _is_greek(words: list[str]) -> bool:
    return all(character.isascii() or "\u0370" <= character <= "\u03ff" for word in words for character in word)
