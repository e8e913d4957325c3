"""`sovereign tag show|combine`: what owners claim, alone and together."""

import os
from pathlib import Path

import click

from sovereign._internal.clock import local_day, system_clock
from sovereign.cli.options import out_format
from sovereign.cli.output import say, write_json, write_text
from sovereign.decision.point import LEGAL_TIME
from sovereign.enforce.assembly import find_settings
from sovereign.errors import TagMissingError, UsageError, quoted
from sovereign.policy.attributes import ATTRIBUTES
from sovereign.settings.precedence import load_settings
from sovereign.tags.merge import combine as combined
from sovereign.tags.model import ResidencyTag
from sovereign.tags.show import combined_document, combined_text, show_document, show_text
from sovereign.tags.sources.sidecar import TagSet, load_tag_file, load_tags
from sovereign.tags.words import unknown_words

__all__ = ["tag"]


@click.group(no_args_is_help=False)
def tag() -> None:
    """Show and combine residency tags."""


@tag.command(short_help="Show the tags in a file, and words that nobody knows.")
@click.argument("file", type=click.Path(path_type=Path))
@out_format
def show(file: Path, form: str) -> int:
    """Show the tags in FILE; a word outside its domain is named, it counts as unknown."""
    read = load_tag_file(file)
    domains = {name: attribute.domain for name, attribute in ATTRIBUTES.items() if attribute.domain}
    words = unknown_words(read, domains)
    if form == "json":
        write_json(show_document(read, words))
    else:
        write_text(show_text(read, words))
    return 0


@tag.command(short_help="Show the tag of what is made from several datasets.")
@click.argument("ids", nargs=-1, required=True, metavar="DATASET…")
@click.option("--tags", "files", multiple=True, metavar="FILE", help="Tag files; those of the settings if left out.")
@out_format
def combine(ids: tuple[str, ...], files: tuple[str, ...], form: str) -> int:
    """Combine the tags of datasets into that of everything made from them."""
    tags = _tags(files)
    chosen = [_tag(tags, name) for name in ids]
    result = combined(*chosen, at=local_day(system_clock(), LEGAL_TIME))
    if form == "json":
        write_json(combined_document(result))
    else:
        write_text(combined_text(result))
    if result.conflicts:
        say("no place satisfies every claim; whatever is made from these datasets is denied everywhere")
    return 0


def _tags(files: tuple[str, ...]) -> TagSet:
    here = Path.cwd()
    if files:
        return load_tags(files, root=here)
    settings = load_settings(find_settings(here), environ=os.environ)
    if not settings.tags:
        raise UsageError("no tag file is named", hint="--tags FILE, or `tags: [tags/*.yaml]` in sovereign.yaml")
    return load_tags(settings.tags, root=settings.root)


def _tag(tags: TagSet, name: str) -> ResidencyTag:
    if name not in tags.datasets:
        known = ", ".join(sorted(tags.datasets)) or "none"
        raise TagMissingError(f"no tag file names the dataset {quoted(name)}", hint=f"named are: {known}")
    return tags.datasets[name].tag
