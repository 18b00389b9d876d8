"""What a search goes by: words without case and accents, so that "preco" finds "Preço"."""

import unicodedata


def folded(text: str) -> str:
    """The text without case and accents."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def has_words(asked: str, text: str) -> bool:
    """Whether each word of what is asked for is somewhere in `text`, which is folded."""
    return all(word in text for word in folded(asked).split())
