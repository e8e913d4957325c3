"""The statement by which a log changes its keys, and how a reader follows it.

A statement is a signed note whose text can never be a checkpoint: its first line has spaces, so it is no origin.

```
sovereign key rotation, version 1
origin audit.example.org/munich
size 42
root <base64 of the root over these 42 entries>
old <vkey>
new <vkey>
recovery <vkey>
```

`old` and `new` are one Ed25519 key each, and one ML-DSA-44 key each when that one changes too. Three Ed25519 keys sign:
the old one, the new one (whoever names it has it), and the recovery key, which is kept apart. Whoever stole the log's
key has no recovery key; whoever stole that has no log key.

A reader follows a statement only when they hold the old key already, and the recovery key from elsewhere than the log.
What was signed with the old key counts up to the size that the statement names, and the new key from there on; the tree
begins with the head that the statement names, whoever signs it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sovereign.audit.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from sovereign.audit.note import NoteSignature, check_signatures, format_note, malformed, parse_note
from sovereign.audit.verify_beginnings import Beginning
from sovereign.errors import SignatureError, UsageError, VerificationError, quoted
from sovereign.signing import Purpose, SignatureType, Signer, Verifier, parse_vkey

__all__ = [
    "FollowedKeys",
    "RotationStatement",
    "follow_rotations",
    "parse_rotation",
    "sign_rotation",
]

_FIRST_LINE: Final = "sovereign key rotation, version 1"
_HEAD: Final = 4  # lines before the keys


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationStatement:
    """What a rotation says.

    Attributes:
        head: the tree before it.
        old: the keys that are replaced, the Ed25519 key first.
        new: the keys in their place, the Ed25519 key first.
        recovery: the key that consents.
    """

    head: Checkpoint
    old: tuple[Verifier, ...]
    new: tuple[Verifier, ...]
    recovery: Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedKeys:
    """What a reader trusts after following rotations.

    Attributes:
        verifiers: the keys they held, and those that followed; old ones stay, for checkpoints of their time.
        followed: the statements that count, in order.
        refused: why others do not.
    """

    verifiers: tuple[Verifier, ...]
    followed: tuple[RotationStatement, ...]
    refused: tuple[str, ...]

    @property
    def beginnings(self) -> tuple[Beginning, ...]:
        """The heads at which the keys changed: old, new and recovery key say that the log's tree begins with each."""
        return tuple(
            Beginning(size=one.head.size, root=one.head.root, document=_format(one).encode()) for one in self.followed
        )

    def check_signers(self, size: int, vkeys: Iterable[str]) -> None:
        """Return when a checkpoint of `size` entries bears the signatures of the keys of its time.

        Args:
            size: entries that it covers.
            vkeys: the keys that signed it.

        Raises:
            SignatureError: it is larger than the tree before a rotation, and a new key did not sign it (SOV-V033).
        """
        signed = set(vkeys)
        due = [statement for statement in self.followed if statement.head.size < size]
        last = {verifier.type: (statement, verifier) for statement in due for verifier in statement.new}
        for statement, verifier in last.values():
            if verifier.vkey not in signed:
                raise SignatureError(
                    f"the log {quoted(verifier.name)} changed its keys at {statement.head.size} entries, and the "
                    f"checkpoint of {size} is not signed by the new {verifier.type.name} key",
                    code="SOV-V033",
                    hint="the old key went on signing: ask whoever runs the log, by another way",
                )


def sign_rotation(head: Checkpoint, old: Sequence[Signer], new: Sequence[Signer], recovery: Signer) -> bytes:
    """Return the statement that `new` replaces `old` after `head`; the Ed25519 key stands first in each.

    Raises:
        UsageError: the keys do not go together (SOV-C305), or one is for another purpose (SOV-C252).
    """
    for signer, purpose in (*((s, Purpose.LOG) for s in (*old, *new)), (recovery, Purpose.RECOVERY)):
        if signer.purpose is not purpose:
            raise UsageError(
                f"the key {quoted(signer.verifier.name)} is for {signer.purpose}, not for {purpose}",
                code="SOV-C252",
                hint=f"make one: `sovereign keys new --for {purpose}`",
            )
    statement = RotationStatement(
        head=head,
        old=tuple(signer.verifier for signer in old),
        new=tuple(signer.verifier for signer in new),
        recovery=recovery.verifier,
    )
    if problem := _problem(statement):
        raise UsageError(
            f"these keys make no rotation: {problem}", code="SOV-C305", hint="name old, new and recovery key"
        )
    text = _format(statement)
    signers = (old[0], new[0], recovery)
    return format_note(
        text,
        [
            NoteSignature(name=s.verifier.name, key_id=s.verifier.key_id, signature=s.sign(text.encode()))
            for s in signers
        ],
    )


def parse_rotation(data: bytes) -> RotationStatement:
    """Return what a statement says; its three signatures are of the keys that it names, whoever these are.

    Raises:
        VerificationError: not of the form, or the keys do not go together (SOV-V005).
        SignatureError: one of the three is missing or does not verify (SOV-V002).
    """
    note = parse_note(data)
    statement = _parse(note.text)
    required = (statement.old[0], statement.new[0], statement.recovery)
    text = note.text.encode()
    signed = check_signatures(note, required, lambda verifier, signature: verifier.verify(signature, text))
    for verifier in required:
        if verifier not in signed:
            raise SignatureError(f"the rotation of {quoted(statement.head.origin)} is not signed by {verifier.vkey}")
    return statement


def follow_rotations(
    statements: Iterable[bytes], verifiers: Sequence[Verifier], *, recovery: Sequence[Verifier]
) -> FollowedKeys:
    """Return the keys of a log that a reader trusts, given those they held and the rotations that the log shows.

    Args:
        statements: as the log hands them out; in any order.
        verifiers: keys that the reader holds.
        recovery: recovery keys that the reader holds from elsewhere; without one nothing is followed.
    """
    trusted, followed, refused = list(verifiers), list[RotationStatement](), list[str]()
    found = _consented(_readable(statements, refused), recovery, refused)
    replaced = Counter(statement.old[0] for statement in found)
    for statement in sorted(found, key=lambda statement: statement.head.size):
        has_rival = replaced[statement.old[0]] > 1
        reason = "the same key is replaced twice" if has_rival else _reason(statement, trusted, followed, recovery)
        if reason is None:
            trusted += [verifier for verifier in statement.new if verifier not in trusted]
            followed.append(statement)
        else:
            refused.append(_not_followed(statement, reason))
    return FollowedKeys(verifiers=tuple(trusted), followed=tuple(followed), refused=tuple(refused))


def _readable(statements: Iterable[bytes], refused: list[str]) -> list[RotationStatement]:
    """Return the statements that are of the form and signed, each once; the reasons of others go to `refused`."""
    found: dict[RotationStatement, None] = {}
    for data in statements:
        try:
            statement = parse_rotation(data)
        except (VerificationError, UsageError) as error:
            refused.append(f"a rotation is not followed: {error.message}")
            continue
        found[statement] = None
    return list(found)


def _consented(
    statements: Sequence[RotationStatement], recovery: Sequence[Verifier], refused: list[str]
) -> list[RotationStatement]:
    """Return the statements that a recovery key of the reader signed.

    What a stranger's recovery key consented to rivals none of them: else a thief of the old key could hold up readers.
    """
    held = set(recovery)
    for statement in statements:
        if statement.recovery not in held:
            reason = f"its recovery key is none that you hold: {statement.recovery.vkey}"
            refused.append(_not_followed(statement, reason))
    return [statement for statement in statements if statement.recovery in held]


def _not_followed(statement: RotationStatement, reason: str) -> str:
    return f"the rotation at {statement.head.size} entries is not followed: {reason}"


def _reason(
    statement: RotationStatement,
    trusted: Sequence[Verifier],
    followed: Sequence[RotationStatement],
    recovery: Sequence[Verifier],
) -> str | None:
    """Return why a reader does not follow, or None."""
    if any(old not in trusted for old in statement.old):
        return "its old key is none that you trust"
    if any(old in earlier.old for earlier in followed for old in statement.old):
        return "its old key was replaced before"
    if any(new.public_key == held.public_key for new in statement.new for held in recovery):
        return "its new key is a recovery key"
    return None


def _parse(text: str) -> RotationStatement:
    lines = text.split("\n")
    if lines[0] != _FIRST_LINE or len(lines) < _HEAD + 1 or lines[-1]:
        raise malformed("it is no key rotation")
    values = [line.partition(" ")[2] for line in lines[1:_HEAD]]
    head = parse_checkpoint("\n".join(values) + "\n")
    keys: dict[str, list[Verifier]] = {"old": [], "new": [], "recovery": []}
    for line in lines[_HEAD:-1]:
        word, _, vkey = line.partition(" ")
        if word not in keys:
            raise malformed("a line of the rotation means nothing")
        try:
            keys[word].append(parse_vkey(vkey))
        except UsageError as error:
            raise malformed(error.message) from None
    if len(keys["recovery"]) != 1:
        raise malformed("a rotation has one recovery key")
    statement = RotationStatement(
        head=head, old=tuple(keys["old"]), new=tuple(keys["new"]), recovery=keys["recovery"][0]
    )
    problem = _problem(statement) or (
        None if _format(statement) == text else "it is not in the one form that is allowed"
    )
    if problem:
        raise malformed(problem)
    return statement


def _problem(statement: RotationStatement) -> str | None:
    """Return why keys make no rotation, or None."""
    ed25519, both = (SignatureType.ED25519,), (SignatureType.ED25519, SignatureType.MLDSA44)
    old, new = (tuple(verifier.type for verifier in keys) for keys in (statement.old, statement.new))
    if (old, new) not in {(ed25519, ed25519), (ed25519, both), (both, both)}:
        return "old and new are one Ed25519 key each, and one ML-DSA-44 key where that changes"
    if any(verifier.name != statement.head.origin for verifier in (*statement.old, *statement.new)):
        return "old and new keys bear the origin of the log"
    if statement.recovery.type is not SignatureType.ED25519:
        return "a recovery key is an Ed25519 key"
    keys = (*statement.old, *statement.new, statement.recovery)
    told_apart = {key.public_key for key in keys}, {key.key_id for key in keys}
    is_told_apart = all(len(values) == len(keys) for values in told_apart)
    return None if is_told_apart else "old, new and recovery key are different keys with different ids"


def _format(statement: RotationStatement) -> str:
    origin, size, root, _ = format_checkpoint(statement.head).split("\n")
    keys = [f"old {verifier.vkey}" for verifier in statement.old]
    keys += [f"new {verifier.vkey}" for verifier in statement.new]
    head = [_FIRST_LINE, f"origin {origin}", f"size {size}", f"root {root}"]
    return "\n".join([*head, *keys, f"recovery {statement.recovery.vkey}"]) + "\n"
