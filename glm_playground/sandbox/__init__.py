"""A RunAPI-shaped gateway on loopback, for trials without a key, demos offline and tests; never GLM itself."""

LOOPBACK = "127.0.0.1"
KEY_VARIABLE = "GLM_PLAYGROUND_SANDBOX_KEY"
"""The environment variable the sandbox takes its key from."""
CALLBACK_SECRET_VARIABLE = "GLM_PLAYGROUND_SANDBOX_CALLBACK_SECRET"  # noqa: S105 - its name
"""The environment variable the sandbox takes the secret of its callbacks from, in base64; without it it sends none."""
