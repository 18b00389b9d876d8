"""Streamlit's Markdown directives around our own text."""


def styled(style: str, text: str) -> str:
    """`text` in a style such as "small", "orange", "gray-badge" or "shimmer"."""
    return f":{style}[{text}]"
