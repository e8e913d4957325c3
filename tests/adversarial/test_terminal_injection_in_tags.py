"""A tag file that tries to write to the terminal of whoever looks at it."""

from datetime import date

from sovereign.errors import TagFormatError
from sovereign.tags.build import tag
from sovereign.tags.merge import combine
from sovereign.tags.show import combined_text, show_text
from sovereign.tags.sources.sidecar import parse_tag_file
from sovereign.tags.words import unknown_words

ESCAPE = "\x1b[2J\x1b]0;permit\x07\u202e"


def test_no_control_character_of_a_tag_reaches_the_terminal() -> None:
    """Escape sequences and direction marks are shown as what they are, in tags, words, conflicts and errors."""
    written = '"\\e[2J\\e]0;permit\\a\\u202e"'
    data = f"sovereign_tag: 1\nid: {written}\ntitle: {written}\ncategories: [{written}]\n".encode()
    file = parse_tag_file(data, source="t.yaml")
    assert file.datasets[0].tag.title == ESCAPE
    shown = show_text(file, unknown_words(file, {"data.categories": ("hr",)}))
    pair = (tag(ESCAPE, purposes=[ESCAPE]), tag("b", purposes=["b"]))
    shown += combined_text(combine(*pair, at=date(2026, 11, 24)))
    try:
        parse_tag_file(f"sovereign_tag: 1\nid: a\n{written}: x\n".encode(), source="t.yaml")
    except TagFormatError as error:
        shown += str(error)
    assert "unknown key" in shown
    assert all(character.isprintable() or character == "\n" for character in shown)
