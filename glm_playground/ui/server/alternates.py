"""What else the app serves than pages, named in each page's head, where feed readers and other programs look for it."""

ALTERNATES = (
    ("application/json", "api/models.json", "Models"),
    ("application/atom+xml", "api/changes.atom", "Changed facts"),
    ("text/plain", "llms.txt", "Models, for language models"),
)
"""Media type, address below the app's own, title."""


def with_alternates(page: str, path: str, pages: tuple[str, ...]) -> str:
    """The HTML page with links to them.

    Args:
        page: as it is served.
        path: that it is served at.
        pages: the last parts of the addresses of the app's pages.
    """
    last = path.rpartition("/")[2]
    # An address without a slash at its end is one in the folder above: from "/glm" it is "glm/llms.txt".
    below = f"{last}/" if last and last not in pages else ""
    links = "".join(
        f'<link rel="alternate" type="{media_type}" href="{below}{address}" title="{title}">'
        for media_type, address, title in ALTERNATES
    )
    return page.replace("</head>", f"{links}</head>", 1)
