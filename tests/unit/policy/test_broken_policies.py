"""Each file of the corpus has one mistake; its first line says the code, the marked text, and part of the hint."""

import re
from pathlib import Path

import pytest

from sovereign.errors import PolicyFormatError
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.load import parse_policy

CORPUS = Path(__file__).resolve().parents[2] / "corpus" / "broken_policies"
FILES = tuple(sorted(CORPUS.glob("*.yaml")))
HEAD = re.compile(r"# (?P<code>SOV-[A-Z]\d{3}) at (?P<marked>.+?)(?: \| (?P<hint>.+))?")


def test_corpus_is_there() -> None:
    """A pattern that finds no file would make the test below pass."""
    assert len(FILES) > 60


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_one_mistake_one_message(path: Path) -> None:
    """The message has its code, points at the text that is wrong, and says what to do; nothing else is reported."""
    data = path.read_bytes()
    head = HEAD.fullmatch(data.decode().splitlines()[0])
    assert head is not None
    with pytest.raises(PolicyFormatError) as caught:
        parse_policy(data, source=path.name, groups=load_snapshot().groups)
    error = caught.value
    assert [other.message for other in error.others] == []
    assert (error.code, error.exit_code) == (head["code"], 2)
    span = error.span
    assert span is not None
    assert span.path == path.name
    if head["marked"] != "(the document)":
        assert span.source is not None
        assert span.column is not None
        assert span.source[span.column - 1 : span.column - 1 + span.length] == head["marked"]
    assert error.hint
    assert (head["hint"] or "") in error.hint


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_message_has_the_form_of_a_message(path: Path) -> None:
    """One line, lower-case, no full stop."""
    with pytest.raises(PolicyFormatError) as caught:
        parse_policy(path.read_bytes(), source=path.name, groups=load_snapshot().groups)
    message = caught.value.message
    assert message.isprintable()
    assert not message.endswith(".")
    assert message[0] == message[0].lower() or message.startswith("YAML")
