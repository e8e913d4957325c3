"""`sovereign explain X`: a code, a rule, a pack or an entry, in German or English."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from sovereign.cli.output import write_text
from sovereign.decision.builtin import BUILTIN_RULES
from sovereign.enforce.assembly import find_settings
from sovereign.errors import SovereignError, UsageError, quoted
from sovereign.jurisdiction.places import nearest
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.ir import Policy, Rule
from sovereign.policy.store import load_pack, load_policies, shipped_ids
from sovereign.report.entries import decision_entry_text
from sovereign.report.pages import code_page
from sovereign.report.terminal import clean
from sovereign.settings.precedence import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["explain"]

_WORDS: Final = {
    "en": {
        "law": "law",
        "owner": "owner",
        "status": "status",
        "fix": "way out",
        "severity": "severity",
        "from": "from",
    },
    "de": {
        "law": "Recht",
        "owner": "Verantwortlich",
        "status": "Rang",
        "fix": "Abhilfe",
        "severity": "Gewicht",
        "from": "ab",
    },
}


@click.command(short_help="Explain a code, a rule, a pack or an entry.")
@click.argument("what", metavar="[code:|rule:|entry:|pack:]X")
@click.option("--lang", type=click.Choice(["en", "de"]), default="en", help="Language.")
@click.option("--log", default=".sovereign/log", metavar="PLACE", help="The log, for an entry; as for `audit show`.")
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="ID|PATH",
    help="Policies of your own; those of the settings if left out.",
)
def explain(what: str, lang: str, log: str, policies: tuple[str, ...]) -> int:
    """Explain a code, a rule, a pack or an entry; without a prefix it must mean only one of them."""
    prefix, colon, name = what.partition(":")
    finders: dict[str, Callable[[str], str | None]] = {
        "code": lambda x: code_page(x, lang),
        "rule": lambda x: _rule(x, policies, lang),
        "entry": lambda x: _entry(x, log, policies, lang),
        "pack": lambda x: _pack(x, policies, lang),
    }
    if colon and prefix in finders:
        found = {prefix: finders[prefix](name)}
    else:
        found = {kind: find(what) for kind, find in finders.items()}
    texts = {kind: text for kind, text in found.items() if text is not None}
    if len(texts) > 1:
        raise UsageError(f"{quoted(what)} is ambiguous", hint=" or ".join(f"{kind}:{what}" for kind in texts))
    if not texts:
        raise UsageError(f"nothing is called {quoted(what)}", hint=_like(prefix, name if colon else what, policies))
    write_text("".join(clean(line) + "\n" for line in next(iter(texts.values())).splitlines()))
    return 0


def _like(prefix: str, name: str, paths: tuple[str, ...]) -> str:
    """Return what may have been meant: rules of that identifier, else names that look like it; and the forms."""
    forms = "the forms are code:SOV-I004, rule:de-only/DE-01, pack:de-only, entry:0"
    if prefix == "entry":
        return f"`sovereign audit show` lists the entries, --log names another log; {forms}"
    policies = _at_hand(paths)
    rules = [f"{policy.id}/{rule.id}" for policy in policies.values() for rule in policy.rules] + [*BUILTIN_RULES]
    found = [f"rule:{rule}" for rule in rules if name and name in {rule, rule.partition("/")[2]}]
    found = found or ([f"code:{name.upper()}"] if code_page(name.upper(), "en") is not None else [])
    found = found or [f"{'rule' if like in rules else 'pack'}:{like}" for like in nearest(name, [*rules, *policies])]
    return f"did you mean {' or '.join(quoted(text) for text in found)}? {forms}" if found else forms


def _at_hand(paths: tuple[str, ...]) -> dict[str, Policy]:
    """Return every shipped policy and those named, by id."""
    groups = load_snapshot().groups
    return {name: load_pack(name, groups) for name in shipped_ids()} | _policies(paths)


def _policies(paths: tuple[str, ...]) -> dict[str, Policy]:
    """Return the policies named, those of the settings if none is."""
    groups = load_snapshot().groups
    if paths:
        return dict(load_policies(paths, base=Path.cwd(), groups=groups))
    try:
        settings = load_settings(find_settings(Path.cwd()), environ=os.environ)
        return dict(load_policies(settings.policies, base=settings.root, groups=groups))
    except SovereignError:  # its code may be what is asked about; a broken project explains nothing of its own
        return {}


def _policy(name: str, paths: tuple[str, ...]) -> Policy | None:
    own = _policies(paths).get(name)
    if own is not None or name not in shipped_ids():
        return own
    return load_pack(name, load_snapshot().groups)


def _rule(name: str, paths: tuple[str, ...], lang: str) -> str | None:
    if name in BUILTIN_RULES:
        return f"{name}\n{BUILTIN_RULES[name][lang]}\n"
    pack, _, identifier = name.partition("/")
    policy = _policy(pack, paths)
    rule = policy.rule(identifier) if policy is not None else None
    return _rule_text(policy, rule, lang) if policy is not None and rule is not None else None


def _rule_text(policy: Policy, rule: Rule, lang: str) -> str:
    words = _WORDS[lang]
    lines = [f"{policy.id}/{rule.id}", rule.title_in(lang), ""]
    lines += [f"{words['law']}: {law.text(lang)}" for law in rule.law]
    lines.append(f"{words['status']}: {policy.status.value}; {words['severity']}: {rule.severity}")
    if rule.fix_in(lang):
        lines.append(f"{words['fix']}: {rule.fix_in(lang)}")
    lines.append(f"{policy.source}:{rule.line}, {policy.version}, sha256 {policy.sha256}")
    return "\n".join(lines) + "\n"


def _pack(name: str, paths: tuple[str, ...], lang: str) -> str | None:
    policy = _policy(name, paths)
    if policy is None:
        return None
    words = _WORDS[lang]
    title = policy.title.get(lang) or next(iter(policy.title.values()), policy.id)
    head = [
        f"{policy.id} {policy.version}: {title}",
        f"{words['owner']}: {policy.owner}; {words['status']}: {policy.status.value}",
    ]
    return "\n\n".join(["\n".join(head), *(_rule_text(policy, rule, lang).rstrip() for rule in policy.rules)]) + "\n"


def _entry(name: str, log: str, paths: tuple[str, ...], lang: str) -> str | None:
    from sovereign.audit.entry_document import entry_document  # noqa: PLC0415  only an entry needs a log
    from sovereign.audit.log_files import open_log_files  # noqa: PLC0415  as above
    from sovereign.audit.reading import read_entries  # noqa: PLC0415  only an entry needs a log

    is_local = "://" not in log
    if not (name.isascii() and name.isdecimal()) or (is_local and not Path(log).exists()):
        return None
    files, index = open_log_files(log), int(name)
    if not files.exists("checkpoint"):
        return None
    entry = next(read_entries(files, index, index + 1), None)
    if entry is None:
        return None
    seal = "sealed" if entry.is_sealed else "unsealed"
    head = f"entry {index} ({seal}, leaf {entry.leaf_hash}), read, not verified\n"
    document = entry_document(entry.data)
    if document is None:
        return f"{head}not canonical JSON, {len(entry.data)} bytes: it may have two readings, so none is shown\n"
    text = json.dumps(document, indent=2, ensure_ascii=False)
    try:
        told = f"\n{decision_entry_text(document, _at_hand(paths), lang)}\n"
    except (KeyError, TypeError, ValueError, AttributeError):  # of another type, or of no form
        told = ""
    return f"{head}{told}{text}\n"
