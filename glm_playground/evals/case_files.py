"""The files that a case sends with its prompt: texts, PDFs, images and folders, as the playground attaches them."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from glm_playground import bounds
from glm_playground.chat.attachments import Attachment, images_of, with_attachments
from glm_playground.chat.folders import PathFile
from glm_playground.chat.images import image_bytes
from glm_playground.gateway import Message
from glm_playground.gateway.wire import ImageUrl


class FolderFile(BaseModel):
    """A text file of a folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    text: str


class CaseFile(BaseModel):
    """A file, as it was read: what it was read from is not needed any more."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    text: str = ""
    """Of a text file or a PDF."""
    pages: int = 0
    """Of a PDF."""
    image: ImageUrl | Literal[""] = ""
    """Of an image: its data URL."""
    files: tuple[FolderFile, ...] = ()
    """Of a folder."""
    back: Annotated[int, Field(ge=0)] = 0
    """With which of the user's messages it is sent: 0 is the last one, 1 the one before."""

    @classmethod
    def of(cls, attachment: Attachment, back: int = 0) -> "CaseFile":
        """An attachment of the playground; what was left out of a folder is not kept."""
        files = tuple(FolderFile(path=file.path, text=file.text) for file in attachment.files)
        name, text, image = attachment.name, attachment.text, attachment.image
        return cls(name=name, text=text, pages=attachment.pages, image=image, files=files, back=back)

    @property
    def attachment(self) -> Attachment:
        """It as the playground has it."""
        files = tuple(PathFile(file.path, file.text) for file in self.files)
        return Attachment(self.name, self.text, self.pages, self.image, files)

    @property
    def size(self) -> int:
        """Bytes of its texts, or of its image."""
        texts = (self.text, *(file.text for file in self.files))
        return image_bytes(self.image) + sum(len(text.encode(errors="replace")) for text in texts)


def with_files(messages: Sequence[Message], files: Sequence[CaseFile]) -> tuple[Message, ...]:
    """The messages with each file in or beside the user's message that it belongs to, as the playground sends it."""
    found = list(messages)
    for back, place in enumerate(_users(messages)):
        if theirs := [file.attachment for file in files if file.back == back]:
            message = found[place]
            content, images = with_attachments(message.content, theirs), (*message.images, *images_of(theirs))
            found[place] = message.model_copy(update={"content": content, "images": images})
    return tuple(found)


def fault_of_files(files: Sequence[CaseFile], messages: Sequence[Message]) -> str:
    """What keeps these files from being sent with those messages, in words; empty where nothing does."""
    if not files:
        return ""
    if max(file.back for file in files) >= len(_users(messages)):
        return "an attachment has no message of the user that it belongs to"
    if any(sum(file.back == back for file in files) > bounds.ATTACHMENTS for back in {file.back for file in files}):
        return f"a message has more than {bounds.ATTACHMENTS} attachments"
    if sum(image_bytes(file.image) for file in files) > bounds.IMAGES_BYTES:
        return f"its images have more than {bounds.IMAGES_BYTES:,} bytes together"
    return ""


def _users(messages: Sequence[Message]) -> list[int]:
    """The places of the user's messages, the last one first."""
    return [place for place in reversed(range(len(messages))) if messages[place].role == "user"]
