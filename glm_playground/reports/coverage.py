"""What a report's runs do not show, said plainly: models, settings and languages without a run, and small numbers."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from glm_playground.reports.candidates import ReportCandidate
from glm_playground.reports.figure_text import number_text
from glm_playground.reports.prompt_language import LANGUAGES, language_of
from glm_playground.reports.questions import AskedPrompt
from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sections import settings_text
from glm_playground.reports.shown_text import on_one_line
from glm_playground.runs.run import Outcome, Run
from glm_playground.runs.samples import MIN_N_FOR_P95

_MOST_NAMES = 40


def not_tested(
    candidates: Sequence[ReportCandidate],
    questions: Sequence[AskedPrompt],
    catalogue: Mapping[str, str],
    words: ReportWords,
) -> tuple[str, ...]:
    """A sentence for each thing that nobody tried or that too few runs show.

    Args:
        candidates: those that were asked.
        questions: what they were asked.
        catalogue: names of all models there are, by id.
        words: the sentences.
    """
    runs = list({run.id: run for candidate in candidates for run in candidate.runs}.values())
    return (
        *_models(candidates, catalogue, words),
        *_settings(candidates, words),
        *_features(runs, words),
        *_languages(questions, words),
        *_numbers(candidates, questions, words),
        *_outcomes(runs, words),
        words.not_judged,
    )


def _models(candidates: Sequence[ReportCandidate], catalogue: Mapping[str, str], words: ReportWords) -> Iterator[str]:
    # A model that only a stand-in answered for had no run either.
    asked = {run.request.model for one in candidates for run in one.runs if not run.server.stand_in}
    if missing := [name for model, name in catalogue.items() if model not in asked]:
        yield words.models_without_run.format(names=_listed(missing))


def _settings(candidates: Sequence[ReportCandidate], words: ReportWords) -> Iterator[str]:
    by_model: dict[str, set[str]] = {}
    for one in candidates:
        text = settings_text(one.setup, words.words) or words.default_settings
        by_model.setdefault(one.setup.asked, set()).add(on_one_line(text))
    if by_model and all(len(texts) == 1 for texts in by_model.values()):
        settings = sorted(set().union(*by_model.values()))
        yield words.one_setting.format(settings="; ".join(settings))


def _features(runs: Sequence[Run], words: ReportWords) -> Iterator[str]:
    uses: Mapping[str, Callable[[Run], bool]] = {
        "tools": lambda run: bool(run.request.tools),
        "json": lambda run: run.request.wants_json,
        "images": lambda run: any(message.images for message in run.request.messages),
        "thinking_on": lambda run: run.request.thinking is True,
        "thinking_off": lambda run: run.request.thinking is False,
        "system": lambda run: any(message.role == "system" for message in run.request.messages),
    }
    if missing := [words.features[name] for name, used in uses.items() if not any(map(used, runs))]:
        yield words.features_without_run.format(names=", ".join(missing))


def _languages(questions: Sequence[AskedPrompt], words: ReportWords) -> Iterator[str]:
    counts: dict[str | None, int] = {}
    for question in questions:
        if question.prompt.text.strip():
            found = language_of(question.prompt.text)
            counts[found] = counts.get(found, 0) + 1
    if not counts:
        return
    named = [
        f"{words.languages[name] if name else words.language_unknown} ({number_text(count, words.words)})"
        for name, count in counts.items()
    ]
    yield words.languages_asked.format(names=", ".join(named))
    for name in LANGUAGES:
        if name not in counts:
            yield words.languages_not_asked.format(names=words.languages[name])


def _numbers(
    candidates: Sequence[ReportCandidate], questions: Sequence[AskedPrompt], words: ReportWords
) -> Iterator[str]:
    if all(len(question.runs_of(one)) < 2 for question in questions for one in candidates):
        yield words.asked_once
    few = [one for one in candidates if len(one.runs) < MIN_N_FOR_P95]
    if few:
        names = [
            words.lane_runs.format(name=one.name(words), count=number_text(len(one.runs), words.words)) for one in few
        ]
        yield words.few_runs.format(names=_listed(names), least=number_text(MIN_N_FOR_P95, words.words))


def _outcomes(runs: Sequence[Run], words: ReportWords) -> Iterator[str]:
    in_all = number_text(len(runs), words.words)
    if stood_in := sum(bool(run.server.stand_in) for run in runs):
        yield words.stand_in_answers.format(count=number_text(stood_in, words.words), runs=in_all)
    if failed := sum(run.outcome is Outcome.FAILED for run in runs):
        yield words.failed_runs.format(count=number_text(failed, words.words), runs=in_all)


def _listed(names: Sequence[str]) -> str:
    rest = ["…"] if len(names) > _MOST_NAMES else []
    return ", ".join([*(on_one_line(name) for name in names[:_MOST_NAMES]), *rest])
