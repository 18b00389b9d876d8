"""The playground's page as AppTest drives it."""

from urllib.parse import quote

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import TextArea

from glm_playground.chat.conversation import Conversation
from glm_playground.chat.workbench import Workbench
from glm_playground.runs.run import Run
from glm_playground.service.workbenches import OpenWorkbench
from glm_playground.ui.playground.panel import Panel
from glm_playground.ui.shared.page.navigation import PANEL
from tests.app.drawn_text import html_texts


class Playground:
    """The page as a user handles it; no script run may end with an exception."""

    def __init__(self, at: AppTest) -> None:
        self.at = at

    def run(self) -> None:
        self.at.run()
        assert not self.at.exception

    def ask(self, prompt: str) -> None:
        self.at.chat_input(key="prompt").set_value(prompt)
        self.run()

    def script(self, directive: str, prompt: str = "") -> None:
        """Asks the sandbox to follow a `@script` directive, as fast as it can unless that has a rate."""
        pace = "" if "rate=" in directive else " rate=0"
        self.ask(f"@script {directive}{pace}\n{prompt}")

    def say(self, text: str) -> None:
        """Makes the sandbox answer with this text."""
        self.script(f"text={quote(text)}")

    def click(self, key: str) -> None:
        self.at.button(key=key).click()
        self.run()

    def open(self, key: str) -> None:
        """Opens a popover, a fold, or what stands beside the chat, and closes nothing that is open there already."""
        if key.startswith("settings-") or key in list(Panel):
            name = key.removeprefix("settings-")
            if PANEL not in self.at.session_state or self.at.session_state[PANEL] != name:
                self.click(key if key.startswith("settings-") else f"{key}-button")
            return
        # AppTest knows these by their state only.
        self.at.session_state[key] = True
        self.run()

    def choose(self, key: str, option: str) -> None:
        """Takes an option of a menu."""
        self.at.menu_button(key=key).click(option)
        self.run()

    @property
    def editor(self) -> TextArea:
        """The field in which a prompt or an answer is edited."""
        [found] = [area for area in self.at.text_area if (area.key or "").startswith("edited-")]
        return found

    def keep_edited(self) -> None:
        """Takes what was edited."""
        self.click((self.editor.key or "").replace("edited-", "keep-", 1))

    @property
    def waiting(self) -> list[str]:
        """The texts of the prompts that wait above the input."""
        return [str(area.value) for area in self.at.text_area if str(area.key).startswith("draft-text-")]

    def draft(self, act: str = "send") -> None:
        """Presses a button of the first waiting prompt: send, literal, anyway or discard."""
        self.click(f"draft-{act}-{self.bench.drafts[0].id}")

    @property
    def why_waiting(self) -> str:
        """What is said of the one prompt that waits."""
        [said] = [text.value for text in self.at.markdown if text.value.startswith("**Not sent yet.**")]
        return str(said)

    def open_details(self) -> None:
        """Opens the details of the first lane's last answer."""
        self.open(f"details-{self.bench.lanes[0].id}-{self.last_run.id}")
        assert "| Figure | Value |" in self.text or "| Medida" in self.text

    @property
    def bench(self) -> Workbench:
        opened: OpenWorkbench = self.at.session_state["open_workbench"]
        return opened.bench

    @property
    def talk(self) -> Conversation:
        return self.bench.lanes[0].conversation

    @property
    def last_run(self) -> Run:
        run = self.talk.turns[-1].answer.run
        assert run is not None
        return run

    @property
    def last_runs(self) -> list[Run]:
        """Of every lane, left to right, the run that its last answer shows."""
        runs = [lane.conversation.turns[-1].answer.run for lane in self.bench.lanes]
        return [run for run in runs if run]

    @property
    def answer(self) -> str:
        """What the last answer's place shows, figures and ids included."""
        message = self.at.chat_message[-1]
        assert message.name == "assistant"
        texts = [element.value for element in (*message.markdown, *message.caption)]
        texts += [f"{error.proto.title}\n{error.value}" for error in message.error]
        return "\n".join(texts)

    @property
    def error(self) -> str:
        """The one error the last answer shows, title and body."""
        [error] = self.at.chat_message[-1].error
        return f"{error.proto.title}\n{error.value}"

    @property
    def notice(self) -> str:
        [warning] = self.at.warning
        return f"{warning.proto.title}\n{warning.value}"

    @property
    def text(self) -> str:
        """Everything readable on the page."""
        at = self.at
        alerts = [f"{alert.proto.title}\n{alert.value}" for alert in (*at.error, *at.warning, *at.info)]
        labels = [widget.label for widget in (*at.button, *at.number_input, *at.selectbox, *at.text_area)]
        values = [element.value for element in (*at.subheader, *at.markdown, *at.caption, *at.code)]
        return "\n".join([*values, *html_texts(at), *alerts, *labels, at.chat_input[0].placeholder])
