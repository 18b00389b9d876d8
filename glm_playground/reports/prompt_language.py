"""Which language a prompt is in, as far as its commonest words tell; it never guesses from few."""

import re
from collections import Counter

LANGUAGES = ("en", "pt", "zh")
"""Those that are told apart."""

_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile("[\u4e00-\u9fff]")
_KANA_OR_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_READ_CHARACTERS = 4_000
_COMMON = {
    "en": "the and of to in is are this that with for from what which how why write give explain your you it on be as "
    "an at most does do can",
    "pt": "que de da do das dos não uma um para com por como qual quais porque escreva dê explique seu sua você é são "
    "os na no nas nos em ao mais",
    # Told apart from Portuguese, and named by nobody.
    "es": "el la los las de del que una un para con por cómo cuál y es en al más su qué",
    "other": "der die das und ist nicht le les des une est et pour dans il di che per non sono",
}
_LANGUAGES_OF_WORD: dict[str, list[str]] = {}
for _language, _words in _COMMON.items():
    for _word in _words.split(" "):
        _LANGUAGES_OF_WORD.setdefault(_word, []).append(_language)


def language_of(text: str) -> str | None:
    """One of `LANGUAGES`, or None where the text does not tell."""
    start = text[:_READ_CHARACTERS]
    letters = sum(map(len, _WORD.findall(start)))
    if _KANA_OR_HANGUL.search(start):
        return None
    if letters and len(_HAN.findall(start)) > letters / 3:
        return "zh"
    counts: Counter[str] = Counter()
    for word in _WORD.findall(start.lower()):
        counts.update(_LANGUAGES_OF_WORD.get(word, ()))
    (first, most), *rest = [*counts.most_common(2), ("", 0)]
    return first if first in LANGUAGES and most >= 2 and most > (rest[0][1] if rest else 0) else None
