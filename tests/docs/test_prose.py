"""The documentation says what is there: links, decisions, error codes, attacks, and words that promise nothing."""

import ast
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from sovereign.decision.builtin import BUILTIN_RULES
from sovereign.errors import EXIT_BY_LETTER
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.load import parse_policy

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ERRORS = DOCS / "reference" / "errors"
ADR = DOCS / "adr"
THREATS = DOCS / "explanation" / "threat-model.md"
ADVERSARIAL = ROOT / "tests" / "adversarial"

CODE = re.compile(r"SOV-[A-Z][0-9]{3}")
FENCE = re.compile(r"^( *)(```+|~~~+)([^\n]*)\n(.*?)^\1\2[^\n]*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)|^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
BACKTICKED_PATH = re.compile(r"`((?:docs|tests|sovereign|\.ci)/[\w./-]+)`")
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
NOT_SOURCES = {"build", "dist", "node_modules", "__pycache__"}


def _walk(suffixes: tuple[str, ...], start: Path = ROOT) -> Iterator[Path]:
    """Yield the files of the project; hidden folders hold tools and caches."""
    for folder, names, files in os.walk(start):
        names[:] = sorted(name for name in names if not name.startswith(".") and name not in NOT_SOURCES)
        yield from (Path(folder) / name for name in sorted(files) if name.endswith(suffixes))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


PAGES = tuple(_walk((".md",)))
MODULES = tuple(_walk((".py",), ROOT / "sovereign"))
ADRS = tuple(sorted(ADR.glob("[0-9]*.md")))
ERROR_PAGES = tuple(sorted(ERRORS.glob("*.md")))


def _prose(path: Path) -> str:
    """Return a page without its fenced blocks."""
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def _anchors(path: Path) -> set[str]:
    """Return the anchors that a reader of the project's host can jump to."""
    titles = (re.sub(r"[^\w\s-]", "", title.lower()) for title in HEADING.findall(_prose(path)))
    return {re.sub(r"\s", "-", title.strip()) for title in titles}


def _links(path: Path) -> list[str]:
    found = (inline or reference for inline, reference in LINK.findall(_prose(path)))
    return [link for link in found if not re.match(r"[a-z][a-z0-9+.-]*:", link)]


def _problem(page: Path, link: str) -> str | None:
    """Return what is wrong with a relative link, or None."""
    target, _, anchor = link.partition("#")
    path = (page.parent / unquote(target)).resolve() if target else page
    if link.startswith("/") or not path.is_relative_to(ROOT):
        return f"{link} leaves the repository"
    if not path.exists():
        return f"{link} does not exist"
    if anchor and path.suffix == ".md" and anchor not in _anchors(path):
        return f"{link} has no such heading"
    return None


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_no_relative_link_is_dead(page: Path) -> None:
    """Each relative link leads to a file, and to a heading where it names one."""
    assert [problem for link in _links(page) if (problem := _problem(page, link))] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_no_named_path_is_dead(page: Path) -> None:
    """Each path of this repository that a page names in backticks is there."""
    assert [path for path in BACKTICKED_PATH.findall(_prose(page)) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_fences_are_closed(page: Path) -> None:
    """A fence that nobody closes would hide the rest of the page from the other tests."""
    assert not re.search(r"^ *(```|~~~)", _prose(page), re.MULTILINE)


def _indexed(page: Path) -> set[Path]:
    return {(page.parent / link.partition("#")[0]).resolve() for link in _links(page)}


def test_every_page_is_in_an_index() -> None:
    """A reader who starts at the index finds every page; error pages are found by their code."""
    found = _indexed(DOCS / "README.md") | _indexed(ADR / "README.md")
    pages = set(DOCS.rglob("*.md")) - set(ERROR_PAGES) - {DOCS / "README.md"}
    assert sorted(map(_name, pages - found)) == []


def test_every_decision_is_in_the_index() -> None:
    """The index of architecture decisions lists each page once, under its number and title."""
    listed = re.findall(r"^\| \[(\d{4})\]\(([^)]+)\) \| (.+?) \| (\w+)", (ADR / "README.md").read_text(), re.MULTILINE)
    expected = [
        (path.name[:4], path.name, HEADING.findall(path.read_text())[0].removeprefix(f"{path.name[:4]}. "))
        for path in ADRS
    ]
    assert [(number, name, title) for number, name, title, _ in listed] == expected


def test_numbers_of_decisions_have_no_gap() -> None:
    """A missing number would be a decision that was taken away."""
    assert [int(path.name[:4]) for path in ADRS] == list(range(1, len(ADRS) + 1))


@pytest.mark.parametrize("page", ADRS, ids=_name)
def test_decision_has_its_parts(page: Path) -> None:
    """Each decision states status, date, context, drivers, options, decision, consequences, and the cost."""
    text = page.read_text(encoding="utf-8")
    assert re.search(r"^- Status: (accepted|proposed|superseded by \d{4})$", text, re.MULTILINE)
    assert re.search(r"^- Date: \d{4}-\d{2}-\d{2}$", text, re.MULTILINE)
    assert HEADING.findall(text)[1:] == ["Context", "Drivers", "Options", "Decision", "Consequences"]
    assert re.search(r"^The cost:$", text.partition("## Consequences")[2], re.MULTILINE)


def _raised() -> set[str]:
    """Return the codes that stand as values in the package, docstrings and comments left out."""
    trees = (ast.walk(ast.parse(path.read_bytes())) for path in MODULES)
    values = (node.value for tree in trees for node in tree if isinstance(node, ast.Constant))
    return {value for value in values if isinstance(value, str) and CODE.fullmatch(value)}


def _mentioned() -> set[str]:
    return {code for path in MODULES for code in CODE.findall(path.read_text(encoding="utf-8"))}


def test_every_code_has_a_page() -> None:
    """Whoever sees a code, in output or in the source, can look it up."""
    assert sorted(_mentioned() - {path.stem for path in ERROR_PAGES}) == []


def test_every_page_has_a_code() -> None:
    """A page about an error that nothing raises describes a program that does not exist."""
    assert sorted({path.stem for path in ERROR_PAGES} - _raised()) == []


def test_every_letter_has_an_exit_code() -> None:
    """A code's letter is one of the table, so its exit code is known."""
    assert {code[4] for code in _mentioned()} <= set(EXIT_BY_LETTER)


@pytest.mark.parametrize("page", ERROR_PAGES, ids=_name)
def test_error_page_is_in_both_languages(page: Path) -> None:
    """Each page has an English and a German section, each with a title on one line and a text."""
    match = re.fullmatch(r"# (\S+)\n\n## English\n\n(.+)\n\n## Deutsch\n\n(.+)\n", page.read_text("utf-8"), re.DOTALL)
    assert match is not None
    assert match[1] == page.stem
    for section in match.groups()[1:]:
        title, _, text = section.partition("\n\n")
        assert re.fullmatch(r"\*\*[^\n*]+\*\*", title)
        assert text.strip()


def _attacks(heading: str) -> Counter[str]:
    """Return the test files named in one section of the threat model, with how often."""
    section = THREATS.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    assert section, heading
    return Counter(re.findall(r"tests/adversarial/([\w-]+\.py)", section))


def test_every_attack_has_its_test() -> None:
    """The threat model's table of what is built, and the tests of attacks, are the same list."""
    assert _attacks("Attacks and defences") == Counter(path.name for path in ADVERSARIAL.glob("test_*.py"))


def test_nothing_unbuilt_has_a_test() -> None:
    """What the threat model calls not built has no test that would say otherwise."""
    assert not _attacks("Not built yet")
    assert not _attacks("Not covered")


@pytest.mark.parametrize("path", sorted(ADVERSARIAL.glob("test_*.py")), ids=_name)
def test_attack_is_told(path: Path) -> None:
    """A test of an attack begins with one sentence that says what the attacker does."""
    assert re.match(r"[^\n]+\.(\n|$)", ast.get_docstring(ast.parse(path.read_bytes())) or "")


PROSE = (*PAGES, *MODULES, *_walk((".yaml", ".yml", ".rego", ".json"), ROOT / "policies"))


@pytest.mark.parametrize("path", PROSE, ids=_name)
def test_nobody_is_promised_to_fulfil_a_law(path: Path) -> None:
    """The project supports evidence; that somebody fulfils a law is not for a program to say."""
    assert re.findall(r"\w*(?:compliant|konform)\w*", path.read_text(encoding="utf-8"), re.IGNORECASE) == []


def _policies() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        blocks = [body for _, _, info, body in FENCE.findall(page.read_text(encoding="utf-8")) if info == "yaml"]
        yield from ((_name(page), body) for body in blocks if re.match(r"sovereign: 1\npolicy: [a-z]", body))


POLICIES = tuple(_policies())


@pytest.mark.parametrize(("page", "text"), POLICIES, ids=[page for page, _ in POLICIES])
def test_policy_of_a_page_loads(page: str, text: str) -> None:
    """A whole policy in the documentation loads, which runs its inline tests."""
    assert parse_policy(text.encode(), source=page, groups=load_snapshot().groups).rules


@pytest.mark.parametrize("rule", sorted(BUILTIN_RULES))
def test_builtin_rule_is_documented(rule: str) -> None:
    """Each rule that nobody can switch off is explained."""
    assert f"| {rule} |" in (DOCS / "explanation" / "three-valued.md").read_text(encoding="utf-8")
