"""Images: by their own bytes, within bounds, whole wherever a request goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from glm_playground import bounds
from glm_playground.bundles.bundle import RecordedRun, read_bundle, write_bundle
from glm_playground.bundles.secrets import find_secrets, without_secrets
from glm_playground.chat.attachments import Attachment, AttachmentFault, AttachmentProblem, ReadFile, read_attachment
from glm_playground.chat.checks import Problem
from glm_playground.chat.conversation import Answer, Conversation, Turn
from glm_playground.chat.images import image_bytes, image_url, is_image
from glm_playground.chat.plan import RequestLimits, check
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.reconstruction import conversation_of
from glm_playground.chat.setup import Setup
from glm_playground.gateway import ChatRequest, Message
from glm_playground.runs.tokens import estimate_request_tokens, most_request_tokens
from tests.bundles import recorded_run, small_bundle
from tests.pictures import claiming, picture, url_of

URL = url_of(picture())
IMAGE = Attachment("a.png", image=URL)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_an_image_is_known_by_its_bytes_whatever_it_is_called(kind: str) -> None:
    data = picture(kind)
    found = read_attachment("notes.txt", data)
    assert found == ReadFile(Attachment("notes.txt", image=url_of(data, kind.lower())))
    assert image_bytes(url_of(data)) == len(data)


@pytest.mark.parametrize("data", [picture("BMP"), b"<svg></svg>", picture("TIFF")])
def test_others_are_none(data: bytes) -> None:
    assert not is_image(data)


def test_an_image_has_bounds() -> None:
    large = picture() + b"\0" * bounds.IMAGE_BYTES
    found = read_attachment("a.png", large)
    assert found == AttachmentProblem(AttachmentFault.TOO_LARGE, "a.png", len(large), bounds.IMAGE_BYTES)
    for width, height in ((6001, 6000), (65535, 65535), (2**31 - 1, 2**31 - 1), (0, 4)):
        wide = read_attachment("a.png", claiming(width, height))
        assert isinstance(wide, AttachmentProblem)
        assert wide.fault is AttachmentFault.IMAGE


@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), st.integers(1, 200), st.binary(max_size=30))
def test_any_damage_is_an_image_or_none(kind: str, place: int, junk: bytes) -> None:
    data = picture(kind)
    damaged = data[:place] + junk + data[place + len(junk) :]
    try:
        url = image_url(damaged)
    except ValueError:
        return
    assert url.startswith("data:image/")


def request_of(prompt: Prompt, conversation: Conversation | None = None) -> ChatRequest:
    return (conversation or Conversation()).request(prompt, Setup(model="m"))


def test_it_is_sent_before_the_text_as_a_part_of_the_content() -> None:
    [message] = request_of(Prompt("What is it?", (IMAGE, Attachment("a.py", "x\n")))).body()["messages"]
    image, text = message["content"]
    assert image == {"type": "image_url", "image_url": {"url": URL}}
    assert text == {"type": "text", "text": "```a.py\nx\n```\n\nWhat is it?"}
    [alone] = request_of(Prompt("", (IMAGE,))).body()["messages"]
    assert alone["content"] == [image]
    [plain] = request_of(Prompt("hi")).body()["messages"]
    assert plain["content"] == "hi"


@pytest.mark.parametrize(
    "url",
    ["https://e/a.png", "data:image/svg+xml;base64,PHN2Zz4=", "data:image/png;base64,a b", "data:text/html,a", ""],
)
def test_no_other_address_is_in_a_message(url: str) -> None:
    with pytest.raises(ValidationError):
        Message(role="user", content="", images=(url,))


def test_only_models_that_take_them_are_asked() -> None:
    request = request_of(Prompt("", (IMAGE,)))
    assert check(request, RequestLimits(images=True)) is None
    finding = check(request, RequestLimits())
    assert finding
    assert finding.problem is Problem.IMAGES_REFUSED
    # Nor are they once an earlier turn has one.
    conversation = Conversation()
    conversation.end.add(Turn(Prompt("see", (IMAGE,)), [Answer(text="seen")]))
    later = check(request_of(Prompt("and now?"), conversation), RequestLimits())
    assert later
    assert later.problem is Problem.IMAGES_REFUSED


def test_all_of_a_conversation_have_a_bound() -> None:
    large = Attachment("a.png", image=url_of(picture() + b"\0" * (bounds.IMAGE_BYTES - 1000)))
    assert check(request_of(Prompt("", (large,) * 2)), RequestLimits(images=True)) is None
    finding = check(request_of(Prompt("", (large,) * 3)), RequestLimits(images=True))
    assert finding
    assert finding.problem is Problem.IMAGES_TOO_LARGE


def test_its_tokens_are_in_the_bound_and_not_in_the_estimate() -> None:
    without, with_one = request_of(Prompt("a")), request_of(Prompt("a", (IMAGE,)))
    assert estimate_request_tokens(with_one) == estimate_request_tokens(without)
    assert most_request_tokens(with_one) == most_request_tokens(without) + 15_000


def test_nothing_is_lost_on_the_way_into_a_bundle_and_back() -> None:
    # By chance it has the shape of a key.
    shaped = "data:image/png;base64," + "/AKIA" + "A" * 16 + "/sk" + "1" * 40
    request = request_of(Prompt("What is it?", (IMAGE, Attachment("b.png", image=shaped))))
    bundle = small_bundle()
    bundle = bundle.__class__(
        **{**bundle.__dict__, "runs": (RecordedRun(recorded_run("1", "A square", request=request)),)}
    )
    assert find_secrets(bundle) == ()
    run = read_bundle(write_bundle(without_secrets(bundle, ["iVBORw0KGgo"]))).runs[0].run
    assert run.request == request
    [turn] = conversation_of([run]).turns
    assert turn.prompt.text == "What is it?"
    assert [(file.name, file.image) for file in turn.prompt.attachments] == [
        ("image 1.png", URL),
        ("image 2.png", shaped),
    ]
    assert request_of(turn.prompt).messages == request.messages
