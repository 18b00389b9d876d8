"""What can be read of answers and prompts in a browser: what they mean, and what was typed."""

import random
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab, Tab
from tests.live.app_process import AppProcess
from tests.shown_text import READ_PAGE, form, meant
from tests.unit.ui.test_answer_markdown import SIGNS

ANSWER = '[aria-label="Chat message from assistant"]'
TEXT = f"{ANSWER} :is([data-testid=stMarkdown], [data-testid=stCode])"

ROWS = (
    "| a | b |\n|:---:|---|\n| 打开<br>登录 | `x\\|y` $n$ |",
    "当$n$为偶数；$f(x)$, $O(n)$, $n-1$, $2n$; $5, US$20, $5 and $6, $HOME",
    "1. a\n   \\[x\\]\n   b\n2. c\n\n> - d\n>   \\(y\\) und **“z”**个",
    "他说**“你好”**是 ~~旧~~ 需要3~5天，费用100~200元",
    "x >= 3 -> b <- c -- d :smile: :red[x] :material/home: www.a.test me@a.test",
    "Run:\n\n    export A=$5 b:c:d\n\n> ```\n> $5 :a: ~x~\n> ```",
    "春眠不觉晓，\n处处闻啼鸟。\n\n# A <b>title</b>\n\n- [x] done\n- [ ] not\n  1. `code  span`",
    "[x](javascript:alert(1)) ![i](http://c.test/i.png) https://d.test/a_b，然后 [1]: note[^1]",
    "```py\nicon=':material/home:'\n    \n\tend\n```",
)


def answered(tab: Tab, text: str) -> str:
    """What is read of `text` as an answer."""
    tab.ask(f"@script rate=0 text={quote(text)}")
    tab.finished()
    tab.page.wait_for_function("!document.querySelector('[data-testid=\"stSkeleton\"]')")
    [shown] = tab.page.evaluate(READ_PAGE, [f"{ANSWER}:last-of-type"])
    return form(str(shown))
