"""Images that are sent to a model: known by their own bytes, within bounds, as data URLs."""

import base64
import re
import warnings
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from glm_playground import bounds

_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
# What they begin with; whether the rest is one, Pillow says.
_BEGINNING = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|RIFF....WEBP|GIF8[79]a", re.DOTALL)


def is_image(data: bytes) -> bool:
    """Whether a file begins as an image that can be sent."""
    return bool(_BEGINNING.match(data))


def image_url(data: bytes) -> str:
    """The data URL of a PNG, JPEG, WebP or GIF image.

    Its pixels are not read: what a model makes of them is the server's to say.

    Raises:
        ValueError: `data` is none, or has more than `bounds.IMAGE_PIXELS`.
    """
    try:
        with warnings.catch_warnings():
            # The bound on pixels is ours.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=tuple(_FORMATS)) as found:
                width, height, kind = found.width, found.height, found.format
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, EOFError) as error:
        raise ValueError("it is no image") from error
    if width * height > bounds.IMAGE_PIXELS or kind is None:
        raise ValueError("it has too many pixels")
    return f"data:{_FORMATS[kind]};base64,{base64.b64encode(data).decode()}"


def image_name(url: str, number: int) -> str:
    """What an image is called whose name nobody kept."""
    return f"image {number}.{url.partition('/')[2].partition(';')[0]}"


def image_bytes(url: str) -> int:
    """How many bytes the image of a data URL has."""
    return len(url.partition(",")[2].rstrip("=")) * 3 // 4
