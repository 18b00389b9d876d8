"""Formulas between dollars, and money and variables beside them."""

import pytest

from tests.shown_text import meant


@pytest.mark.parametrize(
    "text",
    [
        *(
            "$5",
            "US$20",
            "R$ 5",
            "$5 and $6",
            "$5-$10",
            "$1,000.50 (or $2)",
            "from $5 to $x",
            "A$5/US$6",
            "costs 5$ or 6$",
        ),
        *(
            "$5，另一个是R$6",
            "5$/6$",
            "HK$100、NT$200",
            "$5.",
            "$1M–$2M",
            "**$5**–**$6**",
            "| $5 | $6 |",
            "$.99 or $1.99",
        ),
        *(
            "$HOME",
            "$PATH:$X",
            "$HOME/bin:$PATH",
            "${A}/${B}",
            "$USER@$HOST",
            "$_GET['a'] and $_POST['b']",
            "$x->$y",
            "$i<$n",
        ),
        *(
            "$1/$2",
            "$(date)/$(hostname)",
            "$('#a').on($b)",
            "a$",
            "$",
            "$ x $",
            "$$",
            "$$$",
            "it$",
            "\\$x\\$",
            "`$x$`",
            "$a\nb$",
        ),
    ],
)
def test_money_and_variables_stay(text: str) -> None:
    assert "<math>" not in meant(text)


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("当$n$为偶数", ["n"]),
        ("число$n$чётное, عدد$n$زوجي, 数$n$は偶数, 수$n$은", ["n"] * 4),
        ("$f(x)$ $O(n)$ $n-1$ $2n$ $x, y$ $AB$ $ABC$ $100$ $\\alpha$ $x_1$ $\\{1,2\\}$", None),
        ("the $n$th, $k$-means, ($x$), $x$, $y$; “$z$”", ["n", "k", "x", "x", "y", "z"]),
        ("$\\sin x$ and $sin x$ and $3 cm$", ["\\sinx", "sinx", "3cm"]),
        ("$x$是$5中的", ["x"]),
        ("costs $5, and $x^2$ grows", ["x^2"]),
        ("$速度=路程/时间$", ["速度=路程/时间"]),
        ("$\\$5 + x$", ["\\$5+x"]),
        ("- $a$\n  > \\(b\\)\n\n| $c$ | \\(d\\) |\n|-|-|\n| $$e$$ | \\[f\\] |", list("abcdef")),
        ("a $$x$$ b \\[y\\] c", ["x", "y"]),
        ("\\begin{align}\na &= b\n\\end{align}", ["\\begin{align}a&=b\\end{align}"]),
        ("```math\nx\n```", ["x"]),
        ("\\[\nx \\\\[2pt]\ny\n\\]", ["x\\\\[2pt]y"]),
        ("a\n$$\nx\n\ny\n$$\nb", ["xy"]),
    ],
)
def test_formulas(text: str, formulas: list[str] | None) -> None:
    found = [part.split("</math>")[0] for part in meant(text).split("<math>")[1:]]
    assert found == formulas if formulas else len(found) == text.count("$") // 2


@pytest.mark.parametrize(
    "text", ["\\(a, not closed", "\\[\n\na", "$$\na", "\\begin{align}\na", "\\(\\)", "$$ $$", "\\(a `b\\)` c"]
)
def test_what_is_not_closed_is_text(text: str) -> None:
    assert "<math>" not in meant(text)
