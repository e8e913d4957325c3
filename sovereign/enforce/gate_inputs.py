"""What a gate is given: files by name, standard input, or a directory that is walked.

Rules for a directory (trust.md, section 6):
1. Candidates are `*.json *.yaml *.yml *.tf *.bicep *.nomad` and files that hold `#SBATCH`; the rest is counted.
2. A candidate of no known kind is an error, unless it is ignored by name; what is ignored is listed.
3. A link that leads out of the tree is an error; `.git` and `.sovereign` are not walked.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from sovereign._internal.files import shown_path
from sovereign.errors import InputError, Span, quoted
from sovereign.facts.sources.terraform_plan import parse_terraform_plan
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.settings.globs import first_match

__all__ = ["Collected", "GateInput", "collect", "missing_assumptions"]

STDIN: Final = "-"
_SUFFIXES: Final = frozenset({".json", ".yaml", ".yml", ".tf", ".bicep", ".nomad"})
_NOT_WALKED: Final = frozenset({".git", ".sovereign"})
_SLURM: Final = b"#SBATCH"
_HEAD_BYTES: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class GateInput:
    """One input: its name for people, its bytes, and its file unless it is standard input."""

    path: str
    data: bytes
    file: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What was found.

    Attributes:
        inputs: to be judged, sorted by path within a directory.
        ignored: paths that a pattern names.
        skipped: files of a directory that are no candidates.
        errors: what could not be read.
    """

    inputs: tuple[GateInput, ...]
    ignored: tuple[str, ...]
    skipped: int
    errors: tuple[InputError, ...]


def collect(
    paths: Iterable[Path], *, stdin: BinaryIO, ignore: tuple[str, ...], root: Path, own: Path | None
) -> Collected:
    """Return the inputs that `paths` name.

    Args:
        paths: files, directories, or `-`.
        stdin: read for `-`.
        ignore: patterns of files that are no input, relative to `root`.
        root: directory of the settings.
        own: the settings file, which is no input.
    """
    inputs: list[GateInput] = []
    ignored: list[str] = []
    errors: list[InputError] = []
    skipped = 0
    for path in paths:
        if str(path) == STDIN:
            inputs.append(GateInput(path="<stdin>", data=stdin.read(), file=None))
        elif not path.is_dir():
            _take(path, inputs, errors)
        else:
            for file in _walk(path):
                if own is not None and file.resolve() == own.resolve():
                    skipped += 1
                elif _leaves(file, path):
                    errors.append(
                        _error(file, "a link that leads out of the tree", "name the file itself, or remove the link")
                    )
                elif first_match(ignore, file, root=root) is not None:
                    ignored.append(shown_path(file))
                elif _is_candidate(file):
                    _take(file, inputs, errors)
                else:
                    skipped += 1
    return Collected(inputs=tuple(inputs), ignored=tuple(ignored), skipped=skipped, errors=tuple(errors))


def missing_assumptions(plan: Path) -> Mapping[str, int]:
    """Return the assumptions that a plan waits for, each with the number of its resources.

    Raises:
        InputError: it is no plan.
    """
    inputs: list[GateInput] = []
    errors: list[InputError] = []
    _take(plan, inputs, errors)
    if errors:
        raise errors[0]
    read = parse_terraform_plan(inputs[0].data, source=str(plan), catalogue=load_snapshot().catalogue)
    counts: dict[str, int] = {}
    for resource in read.resources:
        for key in {missing.assume for missing in resource.missing if missing.assume}:
            counts[key] = counts.get(key, 0) + 1
    return dict(sorted(counts.items()))


def _walk(directory: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(directory):
        names[:] = sorted(name for name in names if name not in _NOT_WALKED)
        for name in sorted([*files, *(n for n in names if (Path(folder) / n).is_symlink())]):
            yield Path(folder) / name


def _leaves(file: Path, directory: Path) -> bool:
    return file.is_symlink() and not file.resolve().is_relative_to(directory.resolve())


def _is_candidate(file: Path) -> bool:
    if file.suffix in _SUFFIXES:
        return True
    try:
        with file.open("rb") as opened:
            return _SLURM in opened.read(_HEAD_BYTES)
    except OSError:
        return True  # taken as an input, so that its being unreadable is told


def _take(path: Path, inputs: list[GateInput], errors: list[InputError]) -> None:
    try:
        inputs.append(GateInput(path=shown_path(path), data=path.read_bytes(), file=path))
    except OSError as error:
        errors.append(_error(path, (error.strerror or "unreadable").lower(), "name a file that this user may read"))


def _error(path: Path, reason: str, hint: str) -> InputError:
    return InputError(f"cannot read {quoted(str(path))}: {reason}", hint=hint, span=Span(path=shown_path(path)))
