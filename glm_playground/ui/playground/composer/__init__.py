"""What the browser does around the playground's chat input, as one packaged Streamlit component.

It keeps the draft in the browser, counts its tokens and its cost while one types, follows a growing answer, stops it on
Esc, brings an opened editor into view, and puts texts on the clipboard. It never asks the server for anything: Python
passes numbers and words with each run of the script, and nothing comes back.

    assets/        what the browser loads; `glm_playground/pyproject.toml` names the folder to Streamlit
    component.py   what a page calls
"""

from glm_playground.ui.playground.composer.component import Editor, copy_text, draw_composer, draw_new_predictions

__all__ = ["Editor", "copy_text", "draw_composer", "draw_new_predictions"]
