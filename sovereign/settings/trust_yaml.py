"""`trust.yaml`: what the judge of a tree fixes, and no file of that tree, no flag and no variable loosens.

`load_trust` reads it from `--trust` or `SOVEREIGN_TRUST` only. `Trust` answers yes or raises; there is no answer by
which a caller could forget to ask: what is not listed is not permitted.

1. A policy counts if it is shipped, listed by the digest of its file, or signed by a listed signer whose key counts
   today. One that is listed counts with the listed digest only, shipped or not.
2. A key counts for one purpose, until `not_after`. One public key under two purposes is refused at load.
3. An assumption counts if its key and value are listed.
4. The data protection officer holds no waiver key: who is heard does not decide (Art. 38(6), 39 GDPR).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sovereign._internal.canonical import sha256_hex
from sovereign._internal.clock import local_day
from sovereign._internal.strict_yaml import YamlNode, node_at
from sovereign.errors import InputError, PolicyTrustError, Span, UsageError, VerificationError, quoted
from sovereign.settings.door import parse_document
from sovereign.settings.guarded_file import read_guarded
from sovereign.settings.trust_schema import UNBUILT, KeyEntry, TrustYaml
from sovereign.signing import Purpose, SignatureType, Verifier, check_one_purpose, parse_vkey, verify_envelope

__all__ = ["Trust", "TrustedKey", "load_trust", "parse_trust"]

_LARGEST: Final = 1_000_000  # bytes
_LEGAL_TIME: Final = "Europe/Berlin"
_OFFICER: Final = re.compile(r"data protection officer|datenschutzbeauftragte|\b(dpo|dsb|ddpo|bdsb)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """A public key that counts for one purpose.

    Attributes:
        id: its name in trust.yaml.
        purpose: what it may sign.
        verifier: the key.
        holder: who holds it, or None.
        not_after: the first day on which it no longer counts, or None.
        rules: of a waiver key, the rules it may waive; None does not limit it.
    """

    id: str
    purpose: Purpose
    verifier: Verifier
    holder: str | None
    not_after: date | None
    rules: frozenset[str] | None

    def counts(self, at: datetime) -> bool:
        """Whether the key counts at the instant `at`."""
        return self.not_after is None or local_day(at, _LEGAL_TIME) < self.not_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What is fixed.

    Attributes:
        path: the file.
        sha256: of its bytes, 64 hexadecimal digits; stands in every entry.
        document: its bytes, for the log's object.
        owner: who answers for the gate.
        always: digests of the policies that apply to every request, by id.
        signers: ids of the keys whose policies are trusted.
        keys: all of them.
        assume: values that may be assumed, by key.
        gate_ignore: globs of files that are no input; those of the settings do not count.
        default_tags: digests of the tag files that may stand in for a missing tag.
        evidence_required: a preview without an entry is refused.
    """

    path: Path
    sha256: str
    document: bytes = field(repr=False)
    owner: str
    always: Mapping[str, str]
    signers: frozenset[str]
    keys: tuple[TrustedKey, ...]
    assume: Mapping[str, frozenset[str]]
    gate_ignore: tuple[str, ...]
    default_tags: frozenset[str]
    evidence_required: bool

    def keys_for(self, purpose: Purpose, at: datetime) -> tuple[TrustedKey, ...]:
        """Return the keys that count for `purpose` at `at`."""
        return tuple(key for key in self.keys if key.purpose is purpose and key.counts(at))

    def log_keys(self, origin: str, at: datetime) -> tuple[Verifier, ...]:
        """Return the keys of the log `origin` that count at `at`; none means that the log cannot be checked by them."""
        return tuple(key.verifier for key in self.keys_for(Purpose.LOG, at) if key.verifier.name == origin)

    def require_policy(
        self, policy_id: str, document: bytes, *, is_shipped: bool, at: datetime, envelope: bytes | None = None
    ) -> str:
        """Return why a policy is trusted: `listed`, `shipped`, or `signed by <key id>`.

        Args:
            policy_id: as its file says.
            document: the bytes of its file.
            is_shipped: it came with this distribution, and its bytes are those that were shipped.
            at: the instant of the clock.
            envelope: the signature file beside it, if there is one.

        Raises:
            PolicyTrustError: it is not trusted (SOV-C004).
        """
        digest = sha256_hex(document)
        listed = self.always.get(policy_id)
        if listed is not None:
            if listed == digest:
                return "listed"
            raise self._untrusted(policy_id, f"is not the one that is listed: {digest[:16]}…, not {listed[:16]}…")
        if is_shipped:
            return "shipped"
        if envelope is None:
            raise self._untrusted(policy_id, "is neither shipped nor listed nor signed")
        return f"signed by {self._signer(policy_id, document, envelope, at)}"

    def require_assumption(self, key: str, value: str) -> None:
        """Return when `value` may be assumed for `key`.

        Raises:
            UsageError: it is not listed (SOV-C213).
        """
        allowed = self.assume.get(key, frozenset())
        if value not in allowed:
            raise UsageError(
                f"the trust file does not let {quoted(key)} be assumed to be {quoted(value)}",
                code="SOV-C213",
                hint=f"it allows {', '.join(sorted(allowed))}" if allowed else "it allows no value for this key",
            )

    def require_default_tag(self, document: bytes, *, source: str) -> None:
        """Return when the tag file with these bytes may stand in for a missing tag.

        Raises:
            UsageError: it is not listed (SOV-C214).
        """
        if sha256_hex(document) not in self.default_tags:
            raise UsageError(
                f"the trust file does not list the default tag {quoted(source)}",
                code="SOV-C214",
                hint=f"add {sha256_hex(document)} to tags.defaults_sha256, or take gate.default_tag out",
            )

    def _signer(self, policy_id: str, document: bytes, envelope: bytes, at: datetime) -> str:
        """Return the id of a listed signer that signed exactly these bytes."""
        keys = [key for key in self.keys_for(Purpose.POLICY, at) if key.id in self.signers]
        try:
            verified = verify_envelope(envelope, [key.verifier for key in keys], purpose=Purpose.POLICY)
        except (VerificationError, InputError) as error:
            raise self._untrusted(policy_id, f"is not signed by a listed signer: {error.message}") from None
        if verified.payload != document:
            raise self._untrusted(policy_id, "is not the document that was signed")
        signed = {verifier.public_key for verifier in verified.signers}
        return next(key.id for key in keys if key.verifier.public_key in signed)

    def _untrusted(self, policy_id: str, reason: str) -> PolicyTrustError:
        return PolicyTrustError(
            f"the policy {quoted(policy_id)} {reason}",
            hint=f"whoever answers for {self.path} lists its sha256 under policies.always, or a listed signer signs it",
        )


def load_trust(path: Path, *, judged_paths: Iterable[Path]) -> Trust:
    """Return the trust file `path`.

    Args:
        path: from `--trust` or `SOVEREIGN_TRUST`, never from the tree.
        judged_paths: files and directories under judgement, settings included; of standard input, the working
            directory.

    Raises:
        UsageError: unreadable (SOV-C200), inside the tree (SOV-C210), not kept by its owner (SOV-C211), or as
            `parse_trust`.
    """
    return parse_trust(read_guarded(path, judged_paths=judged_paths, limit=_LARGEST), path=path)


def parse_trust(data: bytes, *, path: Path) -> Trust:
    """Return what the bytes of a trust file fix; where the file lay was the caller's question.

    Raises:
        UsageError: not of the form (SOV-C201), an unknown key (SOV-C003), one not built (SOV-C202), keys that
            contradict each other (SOV-C212), a key with two purposes (SOV-C253), no vkey (SOV-C255).
    """
    model, tree = parse_document(data, TrustYaml, source=str(path), unbuilt=UNBUILT)
    keys = tuple(_key(entry, tree, index) for index, entry in enumerate(model.keys))
    _check_unique((key.id for key in keys), tree, ("keys",))
    _check_unique((policy.id for policy in model.policies.always), tree, ("policies", "always"))
    _check_signers(model.policies.signers, keys, tree)
    check_one_purpose((key.purpose, key.verifier) for key in keys)
    return Trust(
        path=path,
        sha256=sha256_hex(data),
        document=data,
        owner=model.owner,
        always=MappingProxyType({policy.id: policy.sha256 for policy in model.policies.always}),
        signers=frozenset(model.policies.signers),
        keys=keys,
        assume=MappingProxyType({key: frozenset(values) for key, values in model.assume.items()}),
        gate_ignore=model.gate.ignore,
        default_tags=frozenset(model.tags.defaults_sha256),
        evidence_required=model.evidence == "required",
    )


def _key(entry: KeyEntry, tree: YamlNode, index: int) -> TrustedKey:
    span = node_at(tree, ("keys", index, "vkey")).span
    try:
        verifier = parse_vkey(entry.vkey)
    except UsageError as error:
        raise UsageError(error.message, code=error.code, hint=error.hint, span=span) from None
    if problem := _problem(entry, verifier):
        raise _contradiction(*problem, node_at(tree, ("keys", index)).span)
    return TrustedKey(
        id=entry.id,
        purpose=entry.purpose,
        verifier=verifier,
        holder=entry.holder,
        not_after=date.fromisoformat(entry.not_after) if entry.not_after else None,
        rules=frozenset(entry.rules) if entry.rules is not None else None,
    )


def _problem(entry: KeyEntry, verifier: Verifier) -> tuple[str, str] | None:
    """Return what an entry of a key contradicts, and what to do."""
    holder = " ".join(re.sub(r"[\W_]+", " ", entry.holder or "").casefold().split())
    if entry.purpose is Purpose.WAIVER and not holder:
        return (
            f"the waiver key {quoted(entry.id)} has no holder",
            "say who holds it: holder, requester and author differ",
        )
    if entry.purpose is Purpose.WAIVER and _OFFICER.search(holder):
        reason = "the data protection officer is heard and decides nothing (Art. 38(6), 39 GDPR)"
        return f"the waiver key {quoted(entry.id)} is held by {quoted(entry.holder or '')}", reason
    if entry.rules is not None and entry.purpose is not Purpose.WAIVER:
        return f"{quoted(entry.id)} lists rules, but is no waiver key", "take `rules` out"
    return _log_problem(entry, verifier)


def _log_problem(entry: KeyEntry, verifier: Verifier) -> tuple[str, str] | None:
    """Return what an entry contradicts of the difference between log keys and others."""
    if verifier.type is not SignatureType.ED25519 and entry.purpose is not Purpose.LOG:
        reason = "ML-DSA-44 signs checkpoints of logs, beside Ed25519"
        return f"the key {quoted(entry.id)} for {entry.purpose} is of type {verifier.type.name}", reason
    if entry.origin is not None and entry.purpose is not Purpose.LOG:
        return f"{quoted(entry.id)} names an origin, but is no log key", "take `origin` out"
    if entry.origin is not None and entry.origin != verifier.name:
        return (
            f"the key {quoted(entry.id)} is of {quoted(verifier.name)}, not of {quoted(entry.origin)}",
            "a log's key bears its origin",
        )
    return None


def _check_unique(ids: Iterable[str], tree: YamlNode, path: tuple[str, ...]) -> None:
    seen: set[str] = set()
    for index, name in enumerate(ids):
        if name in seen:
            raise _contradiction(f"{quoted(name)} stands twice", "keep one of the two", _at(tree, (*path, index)))
        seen.add(name)


def _check_signers(signers: Iterable[str], keys: Iterable[TrustedKey], tree: YamlNode) -> None:
    known = {key.id for key in keys if key.purpose is Purpose.POLICY}
    for index, name in enumerate(signers):
        if name not in known:
            raise _contradiction(
                f"the signer {quoted(name)} is no key for policies",
                "list its key under `keys` with `for: policy`",
                _at(tree, ("policies", "signers", index)),
            )


def _at(tree: YamlNode, path: tuple[str | int, ...]) -> Span:
    return node_at(tree, path).span


def _contradiction(message: str, hint: str, span: Span) -> UsageError:
    return UsageError(message, code="SOV-C212", hint=hint, span=span)
