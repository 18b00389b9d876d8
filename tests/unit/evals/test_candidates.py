"""What a candidate is sent for a case."""

from glm_playground.chat.setup import Setup
from glm_playground.evals.candidates import request_for
from glm_playground.evals.suite import Case, FilledCase, PromptTemplate
from glm_playground.gateway import Dialect, Message

WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


def test_the_tools_of_a_case_are_offered() -> None:
    asked = FilledCase(
        PromptTemplate(label="", messages=(Message(role="user", content="Weather in {{city}}?"),)),
        Case(id="a", variables={"city": "Recife"}, tools=(WEATHER,)),
    )
    request = request_for(Setup(model="glm-5.1", system="Be brief."), asked, Dialect())
    assert request.tools == (WEATHER,)
    assert [message.content for message in request.messages] == ["Be brief.", "Weather in Recife?"]
