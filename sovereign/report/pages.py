"""The pages of error codes: one file each, in English and German, the same in the documentation and in `explain`."""

import re
from typing import Final

from sovereign._internal.shipped import shipped_directory

__all__ = ["code_page", "documented_codes"]

_CODE: Final = re.compile(r"SOV-[ACEIUVX]\d{3}", re.ASCII)
_HEADINGS: Final = {"en": "## English", "de": "## Deutsch"}


def documented_codes() -> tuple[str, ...]:
    """Return every code with a page, sorted."""
    return tuple(sorted(path.stem for path in shipped_directory("_errors").glob("SOV-*.md")))


def code_page(code: str, lang: str) -> str | None:
    """Return the page of a code in one language, without its heading; None if there is none."""
    if not _CODE.fullmatch(code):
        return None
    path = shipped_directory("_errors") / f"{code}.md"
    if not path.is_file():
        return None
    sections = path.read_text(encoding="utf-8").split("\n## ")
    wanted = _HEADINGS[lang].removeprefix("## ")
    body = next((s for s in sections if s.startswith(wanted + "\n")), "")
    return body.removeprefix(wanted).strip() + "\n" if body else None
