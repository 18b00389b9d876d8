"""Text on the accent colour.

Streamlit writes white on every primary button. In the dark theme the accent is light, since it is a text colour too,
and no colour has 4.5:1 against both white and a dark page; so the text takes a colour that the themes define for this.
"""


def on_accent(label: str) -> str:
    """The label of a primary button. It goes without an icon, which would stay white."""
    return f":violet[{label}]"
