"""Records the running orders in glm_playground/scenarios anew, with the stand-in model.

    uv run python scripts/record_scenarios.py

They are what the page Present shows without a key and without a network, one order a language. The tasks are those that
so small a model does well: it is shown examples first. Each says that the stand-in answered, not GLM. What did not come
as expected is printed and not written.
"""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glm_playground.bundles.bundle import RecordedRun, write_bundle
from glm_playground.bundles.running_order import RunningOrder, Scenario, bundle_of
from glm_playground.gateway import ChatRequest, Gateway, Message, ToolCall
from glm_playground.gateway.configured import sandbox_gateway
from glm_playground.gateway.live import LivePrices, read_prices
from glm_playground.runs.cost import cost_of
from glm_playground.runs.engine import Engine
from glm_playground.runs.prices import listed_price
from glm_playground.sandbox.process import SandboxProcess

FOLDER = Path(__file__).parents[1] / "glm_playground" / "scenarios"
TEXT = {"type": "string"}


@dataclass(frozen=True)
class Task:
    """What is asked and said."""

    title: str
    notes: str
    messages: tuple[Message, ...]
    expected: str
    """What the answer must hold."""
    models: tuple[str, ...] = ("glm-5.1",)
    fields: dict[str, Any] = field(default_factory=dict)
    """Of the request, beside its messages."""


def talk(system: str, *texts: str) -> tuple[Message, ...]:
    """A system prompt, examples as question and answer, and the question."""
    roles = ("user", "assistant")
    turns = (Message(role=roles[place % 2], content=text) for place, text in enumerate(texts))  # type: ignore[arg-type]
    return (Message(role="system", content=system), *turns)


def tool_talk(system: str, tool: str, *asked: tuple[str, dict[str, Any], dict[str, Any], str]) -> tuple[Message, ...]:
    """A system prompt, and each question with the call of the tool, its result and the answer; the last has none."""
    messages = [Message(role="system", content=system)]
    for number, (question, arguments, result, answer) in enumerate(asked, start=1):
        call = ToolCall(id=f"call_{number}", name=tool, arguments=json.dumps(arguments, ensure_ascii=False))
        messages += [
            Message(role="user", content=question),
            Message(role="assistant", content="", tool_calls=(call,)),
            Message(role="tool", content=json.dumps(result, ensure_ascii=False), tool_call_id=call.id),
        ]
        messages += [Message(role="assistant", content=answer)] if answer else []
    return tuple(messages)


def tool(name: str, description: str, **properties: Any) -> dict[str, Any]:
    """The request's list of one tool."""
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"tools": [{"type": "function", "function": function}]}


def schema(**properties: Any) -> dict[str, Any]:
    """The request's JSON Schema of an object with these fields."""
    body = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": body},
        }
    }


def one_of(*words: str) -> dict[str, Any]:
    """A field that has one of these words."""
    return {"type": "string", "enum": list(words)}


ENGLISH = (
    Task(
        "Sort a customer's message",
        "The question every service desk has: where does this belong? The answer is JSON that a program can read, not "
        "prose. The schema allows three categories and no other, so nothing has to be cleaned up afterwards. "
        "Point at the time to the first token: that is what a user waits.",
        talk(
            "Classify the customer's message. Answer with JSON.",
            "I was charged twice for one order.",
            '{"category": "billing", "urgent": false}',
            "My parcel has not arrived and I leave tomorrow!",
            '{"category": "delivery", "urgent": true}',
            "The app closes when I open the camera.",
            '{"category": "technical", "urgent": false}',
            "The invoice for March shows the wrong amount.",
        ),
        '"billing"',
        fields=schema(category=one_of("billing", "delivery", "technical"), urgent={"type": "boolean"}),
    ),
    Task(
        "Read an invoice into fields (JSON Schema)",
        "JSON Schema: the fields, their types and that none is missing are fixed before the first token is written. "
        "The amount comes as a number and not as text. Ask the room which of their forms they type by hand today.",
        talk(
            "Extract the fields of the invoice as JSON.",
            "Invoice A-17 over 250.00 dollars is due on 3 March.",
            '{"invoice": "A-17", "amount": 250.00, "due": "3 March"}',
            "Please pay 99.90 dollars for invoice B-02 by 15 June.",
            '{"invoice": "B-02", "amount": 99.90, "due": "15 June"}',
            "We sent you invoice C-31 over 1480.50 dollars, due on 9 May.",
        ),
        '"C-31", "amount": 1480.50, "due": "9 May"',
        fields=schema(invoice=TEXT, amount={"type": "number"}, due=TEXT),
    ),
    Task(
        "Make a message polite",
        "A short rewrite, shown three examples. Small tasks like this one are most of what people ask in a day, and "
        "they cost next to nothing: read the cost aloud. It is play money here, and says so.",
        talk(
            "Rewrite the message so that it is polite.",
            "Send me the numbers.",
            "Could you please send me the numbers?",
            "Fix the printer.",
            "Could you please fix the printer?",
            "Close the door.",
            "Could you please close the door?",
            "Call the client back today.",
        ),
        "Could you please call the client",
    ),
    Task(
        "Answer from a tool's result",
        "The model does not know the order: a tool of ours looked it up, and the model only says what it was given. "
        "The call and its result stand in the request. The stand-in cannot call tools by itself, GLM can: ask live "
        "with a key to show it.",
        tool_talk(
            "Answer with the result of the tool, in one sentence.",
            "order_status",
            ("Where is order 1001?", {"order": 1001}, {"order": 1001, "status": "delivered", "day": "Monday"},
             "Order 1001 was delivered on Monday."),
            ("Where is order 1017?", {"order": 1017}, {"order": 1017, "status": "shipped", "day": "Friday"},
             "Order 1017 is shipped and arrives on Friday."),
            ("Where is order 1042?", {"order": 1042}, {"order": 1042, "status": "shipped", "day": "Thursday"}, ""),
        ),
        "Order 1042 is shipped and arrives on Thursday.",
        fields=tool("order_status", "Looks an order up.", order={"type": "integer"}),
    ),
    Task(
        "The same question, two models",
        "Two lanes, one question: compare the answer first, then the time to the first token, then the cost. Where the "
        "answers are equal, the cheaper model will do. Here the same small stand-in answers for both; ask live with a "
        "key to see the real difference.",
        talk(
            "Classify the review. Answer with JSON.",
            "I love this shop.",
            '{"sentiment": "positive"}',
            "The box was broken and the colour was wrong.",
            '{"sentiment": "negative"}',
            "Very friendly people, thank you!",
            '{"sentiment": "positive"}',
            "I waited for an hour and got nothing.",
            '{"sentiment": "negative"}',
            "The delivery was late and nobody answered my mails.",
        ),
        '"negative"',
        models=("glm-5.1", "glm-4.5-air"),
        fields=schema(sentiment=one_of("positive", "negative", "neutral")),
    ),
)  # fmt: skip

PORTUGUESE = (
    Task(
        "Classificar a mensagem de um cliente",
        "A pergunta de todo atendimento: para quem vai esta mensagem? A resposta é JSON, que um programa lê, e não "
        "prosa. O esquema permite três categorias e nenhuma outra, então não há nada a corrigir depois. Aponte o tempo "
        "até o primeiro token: é o que o usuário espera.",
        talk(
            "Classifique a mensagem do cliente. Responda com JSON.",
            "Fui cobrado duas vezes pelo mesmo pedido.",
            '{"categoria": "cobrança", "urgente": false}',
            "Meu pacote não chegou e eu viajo amanhã!",
            '{"categoria": "entrega", "urgente": true}',
            "O aplicativo fecha quando abro a câmera.",
            '{"categoria": "técnico", "urgente": false}',
            "A fatura de março mostra o valor errado.",
        ),
        '"cobrança"',
        fields=schema(categoria=one_of("cobrança", "entrega", "técnico"), urgente={"type": "boolean"}),
    ),
    Task(
        "Extrair os campos de um e-mail (JSON Schema)",
        "JSON Schema: os campos, seus tipos e que nenhum falte são fixados antes do primeiro token. O número do pedido "
        "vem como número, não como texto. Pergunte à plateia que formulários ainda são digitados à mão.",
        talk(
            "Extraia os campos da mensagem como JSON.",
            "Sou Paulo, de Recife, e o meu pedido é o 1017.",
            '{"nome": "Paulo", "cidade": "Recife", "pedido": 1017}',
            "Aqui é a Mei, de Manaus. O pedido 2230 não chegou.",
            '{"nome": "Mei", "cidade": "Manaus", "pedido": 2230}',
            "Meu nome é Ana, moro em Salvador e espero o pedido 3105.",
        ),
        '{"nome": "Ana", "cidade": "Salvador", "pedido": 3105}',
        fields=schema(nome=TEXT, cidade=TEXT, pedido={"type": "integer"}),
    ),
    Task(
        "Deixar uma mensagem educada",
        "Uma reescrita curta, com exemplos antes. Tarefas pequenas como esta são a maior parte do que se pede num dia, "
        "e custam quase nada: leia o custo em voz alta. Aqui é dinheiro de brincadeira, e a tela diz isso.",
        talk(
            "Reescreva a mensagem de forma educada.",
            "Mande o relatório.",
            "Por favor, você poderia mandar o relatório?",
            "Mande os números.",
            "Por favor, você poderia mandar os números?",
            "Mande o contrato.",
            "Por favor, você poderia mandar o contrato?",
            "Mande a fatura.",
        ),
        "Por favor, você poderia mandar a fatura?",
    ),
    Task(
        "Responder com o resultado de uma ferramenta",
        "O modelo não conhece os preços: uma ferramenta nossa os consultou, e o modelo só diz o que recebeu. A chamada "
        "e o resultado estão na requisição. O modelo substituto não chama ferramentas sozinho, o GLM chama: pergunte "
        "ao vivo com uma chave para mostrar.",
        tool_talk(
            "Responda com o resultado da ferramenta, em uma frase.",
            "preco_do_plano",
            ("Quanto custa o plano A?", {"plano": "A"}, {"plano": "A", "reais": 19},
             "O plano A custa 19 reais por mês."),
            ("Quanto custa o plano B?", {"plano": "B"}, {"plano": "B", "reais": 35},
             "O plano B custa 35 reais por mês."),
            ("Quanto custa o plano C?", {"plano": "C"}, {"plano": "C", "reais": 48}, ""),
        ),
        "O plano C custa 48 reais por mês.",
        fields=tool("preco_do_plano", "Consulta o preço de um plano.", plano=TEXT),
    ),
    Task(
        "A mesma pergunta, dois modelos",
        "Duas colunas, uma pergunta: compare primeiro a resposta, depois o tempo até o primeiro token, depois o custo. "
        "Se as respostas são iguais, basta o modelo mais barato. Aqui o mesmo modelo substituto responde pelos dois; "
        "pergunte ao vivo com uma chave para ver a diferença real.",
        talk(
            "Classifique a avaliação. Responda com JSON.",
            "Adoro esta loja.",
            '{"sentimento": "positivo"}',
            "A caixa estava quebrada e a cor era errada.",
            '{"sentimento": "negativo"}',
            "Pessoal muito simpático, obrigado!",
            '{"sentimento": "positivo"}',
            "Esperei uma hora e não recebi nada.",
            '{"sentimento": "negativo"}',
            "A entrega atrasou e ninguém respondeu aos meus e-mails.",
        ),
        '"negativo"',
        models=("glm-5.1", "glm-4.5-air"),
        fields=schema(sentimento=one_of("positivo", "negativo", "neutro")),
    ),
)  # fmt: skip

ORDERS = {
    "en": (
        "Small tasks, done by a stand-in",
        "Recorded with the stand-in model, not with GLM. Each was asked twice, and the second answer is kept.",
        ENGLISH,
    ),
    "pt_BR": (
        "Tarefas pequenas, feitas por um modelo substituto",
        "Gravado com o modelo substituto, não com o GLM. Cada pergunta foi feita duas vezes; vale a segunda resposta.",
        PORTUGUESE,
    ),
}


def record(engine: Engine, gateway: Gateway, prices: LivePrices, task: Task, language: str) -> Scenario:
    """Asks a task for each of its models, one after the other, and keeps the second answer."""
    recorded = []
    for lane, model in enumerate(task.models):
        request = ChatRequest(model=model, messages=task.messages, temperature=0, seed=1, max_tokens=120, **task.fields)
        # The first time the model reads the examples, which takes longer than the rest; a talk begins with them read.
        for _time in range(2):
            run = engine.start(request, gateway)
            engine.wait_end([run], 120)
        if run.outcome != "completed" or task.expected not in run.content:
            sys.exit(f"{task.title}: not as expected: {run.outcome}, {run.content}")
        recorded.append(RecordedRun(run.recorded(), cost_of(run, listed_price(gateway, prices, model)), lane))
    return Scenario(task.title, tuple(recorded), task.notes, language)


def main() -> None:
    """Writes the files."""
    engine = Engine()
    with SandboxProcess.start("standin") as sandbox:
        gateway = sandbox_gateway(sandbox.base_url, sandbox.key, sandbox.model)
        prices = engine.ask(gateway, lambda client: read_prices(client, None)).result(30)
        for language, (title, note, tasks) in ORDERS.items():
            scenarios = tuple(record(engine, gateway, prices, task, language) for task in tasks)
            order = RunningOrder(title, scenarios, note=note)
            (FOLDER / f"{language}.glmrun").write_bytes(write_bundle(bundle_of(order)))
            for one in scenarios:
                print(f"{one.title}: {one.lanes[0].run.content}")
    engine.close()


if __name__ == "__main__":
    main()
