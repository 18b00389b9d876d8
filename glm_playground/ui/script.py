"""The script that the server runs for each session, again at each interaction.

It does not stand beside `pages/`: there Streamlit would take that folder for a menu of its own, and the first visitor
of a page's address would get the page without what is around it.
"""

from glm_playground.ui.shared.page.navigation import draw_page

draw_page()
