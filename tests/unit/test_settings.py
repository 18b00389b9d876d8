"""The settings: where a value comes from, and what an operator is told about one that cannot be used."""

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from platformdirs import user_data_path

from glm_playground.settings import ENVIRONMENT_NAMES, Settings, SettingsError, read_settings

Secrets = Callable[[str | bytes], None]
KEY = "sk-never-to-be-seen-7c1f"
CALLBACK_SECRET = "bmV2ZXItdG8tYmUtc2Vlbi03YzFm"


@pytest.fixture(autouse=True)
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Secrets:
    """An empty folder and environment to read from; what is returned writes the secrets file."""
    monkeypatch.chdir(tmp_path)
    for name in (*ENVIRONMENT_NAMES.values(), "RUNAPI_KEY"):
        monkeypatch.delenv(name, raising=False)

    def write(text: str | bytes) -> None:
        file = tmp_path / ".streamlit" / "secrets.toml"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())

    return write


def key_of(found: Settings) -> str | None:
    return found.api_key.get_secret_value() if found.api_key else None


def refusal() -> str:
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_defaults_start_the_sandbox() -> None:
    found = read_settings()
    assert found.uses_sandbox
    assert (found.api_key, found.base_url, found.read_timeout, found.sandbox_engine) == (None, None, 900.0, "auto")


def test_the_environment_wins_over_the_secrets_and_they_over_the_default(
    secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets('RUNAPI_API_KEY = "of-the-file"\nGLM_PLAYGROUND_READ_TIMEOUT = 5\nGLM_PLAYGROUND_CONNECT_TIMEOUT = 6\n')
    monkeypatch.setenv("GLM_PLAYGROUND_READ_TIMEOUT", "7")
    found = read_settings()
    assert (key_of(found), found.read_timeout, found.connect_timeout, found.shown_turns) == ("of-the-file", 7, 6, 12)
    monkeypatch.setenv("RUNAPI_KEY", "of-the-environment")
    assert key_of(read_settings()) == "of-the-environment"
    monkeypatch.setenv("RUNAPI_API_KEY", "first")
    assert key_of(read_settings()) == "first"


def test_only_the_documented_names_count(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "of-something-else")
    monkeypatch.setenv("BASE_URL", "https://something.else")
    secrets('api_key = "of-something-else"\nunknown = 1\n[section]\nRUNAPI_API_KEY = "x"\n')
    assert read_settings().uses_sandbox


@pytest.mark.parametrize("empty", ["", "   "])
def test_an_empty_key_is_none(monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
    monkeypatch.setenv("RUNAPI_API_KEY", empty)
    assert read_settings().uses_sandbox


def test_space_around_a_key_is_not_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNAPI_API_KEY", f" {KEY}\n")
    assert key_of(read_settings()) == KEY


@pytest.mark.parametrize("address", ["https://runapi.ai/v1/", "http://127.0.0.1:8000", "http://[::1]:8000"])
def test_an_address_is_kept_without_its_last_slash(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("RUNAPI_BASE_URL", address)
    found = read_settings()
    assert found.base_url == address.rstrip("/")
    assert not found.uses_sandbox


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("RUNAPI_BASE_URL", "runapi.ai", "expected an address such as"),
        ("RUNAPI_BASE_URL", "ftp://runapi.ai", "expected an address such as"),
        ("RUNAPI_BASE_URL", "https://", "expected an address such as"),
        ("RUNAPI_BASE_URL", f"https://user:{KEY}@runapi.ai", "must not carry a user name or a password"),
        ("RUNAPI_BASE_URL", f"https://{KEY}@runapi.ai", "must not carry a user name or a password"),
        ("RUNAPI_BASE_URL", f"https://runapi.ai/v1?key={KEY}", "must not carry a query"),
        ("RUNAPI_BASE_URL", "https://runapi.ai:99999", "host or port"),
        ("RUNAPI_BASE_URL", f"https://runapi.ai:{KEY}", "host or port"),
        ("RUNAPI_BASE_URL", f"https://[{KEY}]", "host or port"),
        ("RUNAPI_API_KEY", f"{KEY} with spaces", "printable ASCII"),
        ("RUNAPI_API_KEY", f"{KEY}\u200b", "printable ASCII"),
        ("GLM_PLAYGROUND_READ_TIMEOUT", "soon", "valid number"),
        ("GLM_PLAYGROUND_READ_TIMEOUT", "0", "greater than 0"),
        ("GLM_PLAYGROUND_CONNECT_TIMEOUT", "nan", "finite number"),
        ("GLM_PLAYGROUND_CONNECT_TIMEOUT", "86401", "less than or equal to 86400"),
        ("GLM_PLAYGROUND_SANDBOX_ENGINE", "llama", "'auto', 'standin' or 'scripted'"),
        ("GLM_PLAYGROUND_REDRAW_INTERVAL", "0.001", "greater than or equal to 0.02"),
        ("GLM_PLAYGROUND_SHOWN_TURNS", "1.5", "valid integer"),
        ("GLM_PLAYGROUND_SENDING", "perhaps", "valid boolean"),
        ("GLM_PLAYGROUND_KEEP_DAYS", "0", "greater than or equal to 1"),
        ("GLM_PLAYGROUND_DRAIN_SECONDS", "inf", "finite number"),
        ("GLM_PLAYGROUND_LOG_LEVEL", "INFO", "'debug', 'info', 'warning' or 'error'"),
        ("GLM_PLAYGROUND_LOG_FORMAT", "xml", "'text' or 'json'"),
        ("GLM_PLAYGROUND_PRESENT_CAP", "sNaN", "finite number"),
        ("GLM_PLAYGROUND_OWNER_CAPS", "dollars", "expected caps such as"),
        ("GLM_PLAYGROUND_OWNER_CAPS", "cents=3", "expected caps such as"),
        ("GLM_PLAYGROUND_ADDRESS_CAPS", "running=-1", "greater than or equal to 0"),
        ("GLM_PLAYGROUND_TOTAL_CAPS", "dollars=nan", "finite number"),
        ("GLM_PLAYGROUND_CALLBACK_SECRET", KEY, "in base64"),
        ("GLM_PLAYGROUND_CALLBACK_SECRET", "caf\xe9", "in base64"),
        ("GLM_PLAYGROUND_CALLBACK_SECRET", "=", "in base64"),
        ("GLM_PLAYGROUND_DATABASE_URL", f"mysql://user:{KEY}@host/runs", "expected sqlite:///"),
        ("GLM_PLAYGROUND_DATABASE_URL", "sqlite:///", "expected sqlite:///"),
        ("GLM_PLAYGROUND_DATABASE_URL", "postgresql://", "expected sqlite:///"),
        ("GLM_PLAYGROUND_DATABASE_URL", "/home/somebody/runs.sqlite3", "expected sqlite:///"),
        ("GLM_PLAYGROUND_DATABASE_URL", f"postgresql://user:{KEY}@host:port/runs", "host or port"),
        ("GLM_PLAYGROUND_DATABASE_URL", f"postgresql://user:{KEY}/1@host/runs", "percent-encode"),
        ("GLM_PLAYGROUND_DATABASE_URL", f"postgresql://user:{KEY}[@host/runs", "percent-encode"),
        ("GLM_PLAYGROUND_DATA_FOLDER", "~nobody-of-this-name/runs", "home folder"),
        ("GLM_PLAYGROUND_ORIGINS", "glm.example.org", "expected origins"),
        ("GLM_PLAYGROUND_ORIGINS", "https://glm.example.org/glm", "without a path"),
        ("GLM_PLAYGROUND_ORIGINS", f"https://glm.example.org, https://user:{KEY}@host", "expected origins"),
        ("GLM_PLAYGROUND_ORIGINS", f"https://host:{KEY}", "expected origins"),
        ("GLM_PLAYGROUND_ORIGINS", "*", "expected origins"),
        ("GLM_PLAYGROUND_ORIGINS", "https://*.example.org", "expected origins"),
        ("GLM_PLAYGROUND_COOKIE_SECRET", KEY, "32 characters"),
        ("GLM_PLAYGROUND_COOKIE_SECRET", " , ", "names no secret"),
        ("GLM_PLAYGROUND_COOKIE_SECRET", f"{'x' * 32},{KEY}", "32 characters"),
        ("GLM_PLAYGROUND_REVOKED_OWNERS", "me", "32 hexadecimal digits"),
    ],
)
def test_a_bad_value_is_refused_in_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(name, value)
    told = refusal()
    assert told.startswith(f"{name} cannot be used: ")
    assert told.endswith("Correct it and start again.")
    assert reason in told
    assert KEY not in told


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f'RUNAPI_API_KEY = ["{KEY}"]', "RUNAPI_API_KEY"),
        (f'RUNAPI_API_KEY = "{KEY}', ".streamlit/secrets.toml"),
        (f"RUNAPI_API_KEY = {KEY}", ".streamlit/secrets.toml"),
        (f'RUNAPI_API_KEY = "{KEY}\xff"'.encode("latin-1"), ".streamlit/secrets.toml"),
        ("GLM_PLAYGROUND_SHOWN_TURNS = 0", "GLM_PLAYGROUND_SHOWN_TURNS"),
        (f'GLM_PLAYGROUND_DATABASE_URL = ["{KEY}"]', "GLM_PLAYGROUND_DATABASE_URL"),
        ("GLM_PLAYGROUND_DATA_FOLDER = 3", "GLM_PLAYGROUND_DATA_FOLDER"),
        # As a number each would be 1: a day, a second, a dollar.
        ("GLM_PLAYGROUND_KEEP_DAYS = true", "GLM_PLAYGROUND_KEEP_DAYS"),
        ("GLM_PLAYGROUND_DRAIN_SECONDS = true", "GLM_PLAYGROUND_DRAIN_SECONDS"),
        ("GLM_PLAYGROUND_PRESENT_CAP = true", "GLM_PLAYGROUND_PRESENT_CAP"),
        ("GLM_PLAYGROUND_OWNER_CAPS = { requests = true }", "GLM_PLAYGROUND_OWNER_CAPS"),
        ("GLM_PLAYGROUND_OWNER_CAPS = { cents = 3 }", "GLM_PLAYGROUND_OWNER_CAPS"),
    ],
)
def test_a_bad_secrets_file_is_refused_in_one_line(secrets: Secrets, text: str | bytes, name: str) -> None:
    secrets(text)
    told = refusal()
    assert told.startswith(f"{name} cannot be ")
    assert KEY not in told


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNAPI_API_KEY", KEY)
    monkeypatch.setenv("GLM_PLAYGROUND_DATABASE_URL", f"postgresql://user:{KEY}@host/runs")
    monkeypatch.setenv("GLM_PLAYGROUND_CALLBACK_SECRET", CALLBACK_SECRET)
    found = read_settings()
    printed = f"{found!r} {found} {found.model_dump()} {found.model_dump_json()}"
    assert KEY not in printed
    assert CALLBACK_SECRET not in printed


def test_files_are_kept_in_the_users_own_folder_unless_the_operator_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    default = read_settings().data_folder
    assert default == user_data_path("glm-playground")
    assert default.is_relative_to(tmp_path)
    monkeypatch.setenv("GLM_PLAYGROUND_DATA_FOLDER", "~/runs")
    assert read_settings().data_folder == tmp_path / "runs"


@pytest.mark.parametrize(
    "url", ["sqlite:///runs.sqlite3", "sqlite:////srv/runs.sqlite3", "postgresql://user:p%2Fw@host:5432/runs"]
)
def test_a_database_is_named_by_its_address(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert read_settings().database_url is None
    monkeypatch.setenv("GLM_PLAYGROUND_DATABASE_URL", f" {url}\n")
    found = read_settings().database_url
    assert found is not None
    assert found.get_secret_value() == url


def test_the_secret_of_callbacks_is_kept_as_it_is_spelt(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().callback_secret is None
    monkeypatch.setenv("GLM_PLAYGROUND_CALLBACK_SECRET", f" {CALLBACK_SECRET}\n")
    found = read_settings().callback_secret
    assert found is not None
    assert found.get_secret_value() == CALLBACK_SECRET


def test_a_cap_that_is_named_changes_and_the_others_stay(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    before = read_settings().owner_caps
    secrets("GLM_PLAYGROUND_OWNER_CAPS = { requests = 60 }")
    assert read_settings().owner_caps == before.model_copy(update={"requests": 60})
    monkeypatch.setenv("GLM_PLAYGROUND_OWNER_CAPS", "requests=60, dollars=2.50 tokens=1_000")
    found = read_settings().owner_caps
    assert (found.requests, found.dollars, found.tokens) == (60, Decimal("2.50"), 1000)
    assert found.running == before.running
    monkeypatch.setenv("GLM_PLAYGROUND_OWNER_CAPS", "running=none")
    assert read_settings().owner_caps == before.model_copy(update={"running": None})


def test_the_caps_in_the_docs_are_the_defaults() -> None:
    text = (Path(__file__).parents[2] / "docs" / "caps.md").read_text()
    rows = re.findall(
        r"^\| `GLM_PLAYGROUND_(\w+)_CAPS` \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| (\d+) \|", text, re.MULTILINE
    )
    told = {name.lower(): [Decimal(number.replace(",", "")) for number in numbers] for name, *numbers in rows}
    found = read_settings()
    caps = {"owner": found.owner_caps, "address": found.address_caps, "total": found.total_caps}
    assert told == {name: [cap.running, cap.requests, cap.tokens, cap.dollars] for name, cap in caps.items()}
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    for name, cap in caps.items():
        text = f"running={cap.running} requests={cap.requests} tokens={cap.tokens} dollars={cap.dollars}"
        assert f"| `GLM_PLAYGROUND_{name.upper()}_CAPS` | `{text}` |" in readme


def test_every_setting_has_a_documented_name() -> None:
    assert set(ENVIRONMENT_NAMES) == set(Settings.model_fields)
    assert all(name.startswith(("RUNAPI_", "GLM_PLAYGROUND_")) for name in ENVIRONMENT_NAMES.values())


def test_the_readme_lists_every_setting_and_no_other() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    listed = re.findall(r"^\| `(\w+)` \|", readme.partition("## All settings")[2], re.MULTILINE)
    assert sorted(listed) == sorted(ENVIRONMENT_NAMES.values())


def test_words_stand_between_commas_or_in_a_list(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets('GLM_PLAYGROUND_OPERATORS = ["anna@example.org", "bert@example.org"]\n')
    monkeypatch.setenv("GLM_PLAYGROUND_ORIGINS", " HTTPS://GLM.example.org:443/ , http://[::1]:8501,")
    monkeypatch.setenv("GLM_PLAYGROUND_COOKIE_SECRET", f"{'n' * 32} ,{'o' * 32},")
    found = read_settings()
    assert found.operators == ("anna@example.org", "bert@example.org")
    assert found.origins == ("https://glm.example.org", "http://[::1]:8501")
    assert found.cookie_secrets == ("n" * 32, "o" * 32)
    assert "nnn" not in repr(found)
