"""What `streamlit run app.py` serves: the settings are read, headers added, and each script run draws one page.

The server imports this file by its name and takes `app`; a test runs it as a script.
"""

import sys
from pathlib import Path

import streamlit as st

from glm_playground.settings import SettingsError, settings

if __name__ == "__main__":
    from glm_playground.ui.shared.page.navigation import draw_page

    draw_page()
else:
    from glm_playground import ui
    from glm_playground.catalog import load_catalog
    from glm_playground.gateway.configured import configured_gateways
    from glm_playground.gateway.gateways import GatewaysError
    from glm_playground.service import storage
    from glm_playground.ui.server.audience import audience_route
    from glm_playground.ui.server.callbacks import PATH, callback_route
    from glm_playground.ui.server.cookie_secret import cookie_secrets
    from glm_playground.ui.server.doors import base_path, doors
    from glm_playground.ui.server.first_page import first_page_routes
    from glm_playground.ui.server.health import health_routes
    from glm_playground.ui.server.lifespan import lifespan
    from glm_playground.ui.server.model_pages import model_page_route
    from glm_playground.ui.server.models_api import models_routes
    from glm_playground.ui.server.public_door import PublicDoor
    from glm_playground.ui.server.shared_links import shared_link_route
    from glm_playground.ui.shared.i18n import preferred_language
    from glm_playground.ui.shared.page.public_words import public_words
    from glm_playground.ui.shared.page.script_error import on_script_error

    try:
        configured_gateways(settings())
    except (SettingsError, GatewaysError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
    door = PublicDoor(public_words, preferred_language)
    app = st.App(
        Path(ui.__file__).with_name("script.py"),
        routes=[
            callback_route(
                lambda: settings().callback_secret,
                storage.keep_callback,
                base_path() + PATH,
                key=lambda: settings().api_key,
            ),
            model_page_route(base_path()),
            shared_link_route(base_path(), door, storage.needed_ledger, allowed=lambda: settings().sharing != "off"),
            audience_route(
                base_path(),
                door,
                storage.needed_ledger,
                lambda: cookie_secrets(settings()),
                allowed=lambda: settings().audience_votes,
            ),
            *models_routes(load_catalog, base_path()),
            *first_page_routes(base_path(), preferred_language),
            *health_routes(base_path()),
        ],
        middleware=doors(),
        lifespan=lifespan,
        on_script_error=on_script_error,
    )
