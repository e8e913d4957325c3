"""`sovereign explain X`: a code, a rule, a pack or an entry, in German or English."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from sovereign.cli.output import write_text
from sovereign.decision.builtin import BUILTIN_RULES
from sovereign.errors import UsageError, quoted
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.ir import Policy, Rule
from sovereign.policy.store import is_path, load_pack, load_policy_file, shipped_ids
from sovereign.report.pages import code_page
from sovereign.report.terminal import clean

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


@click.command()
@click.argument("what", metavar="[code:|rule:|entry:|pack:]X")
@click.option("--lang", type=click.Choice(["en", "de"]), default="en", help="Language.")
@click.option("--log", type=click.Path(path_type=Path), default=Path(".sovereign/log"), help="The log, for an entry.")
@click.option(
    "--policy", "policies", multiple=True, metavar="ID|PATH", help="Policies of your own, for a rule or pack."
)
def explain(what: str, lang: str, log: Path, policies: tuple[str, ...]) -> int:
    """Explain a code, a rule, a pack or an entry; without a prefix it must mean only one of them."""
    prefix, colon, name = what.partition(":")
    finders: dict[str, Callable[[str], str | None]] = {
        "code": lambda x: code_page(x, lang),
        "rule": lambda x: _rule(x, policies, lang),
        "entry": lambda x: _entry(x, log, lang),
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
        raise UsageError(
            f"nothing is called {quoted(what)}",
            hint=f"code:SOV-I004, rule:de-only/DE-01, entry:0, or one of the packs {', '.join(shipped_ids())}",
        )
    write_text("".join(clean(line) + "\n" for line in next(iter(texts.values())).splitlines()))
    return 0


def _policies(paths: tuple[str, ...]) -> dict[str, Policy]:
    groups = load_snapshot().groups
    loaded = [load_policy_file(Path(p), groups) if is_path(p) else load_pack(p, groups) for p in paths]
    return {policy.id: policy for policy in loaded}


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


def _entry(name: str, log: Path, lang: str) -> str | None:  # noqa: ARG001  an entry is data, the same in both languages
    from sovereign.audit.reading import read_entries  # noqa: PLC0415  only an entry needs a log

    if not (name.isascii() and name.isdecimal()) or not (log / "checkpoint").is_file():
        return None
    index = int(name)
    entry = next(read_entries(log, index, index + 1), None)
    if entry is None:
        return None
    try:
        text = json.dumps(json.loads(entry.data), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = f"not JSON, {len(entry.data)} bytes"
    seal = "sealed" if entry.is_sealed else "unsealed"
    return f"entry {index} ({seal}, leaf {entry.leaf_hash}), read, not verified\n{text}\n"
