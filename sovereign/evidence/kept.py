"""What a log keeps beside its entries, read for a replay: objects by digest, policies and data compiled once.

Nothing of today stands in for what was recorded: a policy or a state of the data that is not kept is not kept, also
where this installation has one of the same name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from sovereign._internal.canonical import sha256_hex
from sovereign.audit.log_files import LogFiles
from sovereign.decision.engines.native import NativeEngine
from sovereign.decision.point import DecisionPoint
from sovereign.errors import PolicyError, SovereignError
from sovereign.evidence.outcome import Reason, Relied, ReplayOutcome, StoppedError
from sovereign.jurisdiction.snapshot import Snapshot, load_snapshot, parse_snapshot
from sovereign.policy.backends.closures import closures
from sovereign.policy.backends.source import source
from sovereign.policy.ir import Policy
from sovereign.policy.load import read_policy
from sovereign.policy.store import shipped_path
from sovereign.settings.trust_yaml import Trust, parse_trust

__all__ = ["Engines", "Kept"]

_DIGEST_LENGTH: Final = 64
_DIGITS: Final = frozenset("0123456789abcdef")
_MOST_KEPT: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """The two native engines over the same policies and data; they share no evaluating code."""

    first: DecisionPoint
    second: DecisionPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """A state of the data, with an engine of each kind that has compiled nothing for another state."""

    snapshot: Snapshot
    source: NativeEngine
    closures: NativeEngine


class Kept:
    """The objects of one log.

    Args:
        files: the log, wherever it lies.
    """

    def __init__(self, files: LogFiles) -> None:
        self._files = files
        self._states: dict[str, _State] = {}
        self._policies: dict[tuple[str, str], Policy] = {}
        self._trusts: dict[str, Trust] = {}
        self._engines: dict[tuple[tuple[str, ...], frozenset[str], str, bool], Engines] = {}

    def content(self, digest: str, *, gone: ReplayOutcome = ReplayOutcome.NOT_KEPT) -> bytes:
        """Return the bytes of an object.

        Args:
            digest: as an entry names it.
            gone: what it means that the object is not there.

        Raises:
            StoppedError: it is not there, or is not what its name says.
        """
        if len(digest) != _DIGEST_LENGTH or not _DIGITS.issuperset(digest):
            raise StoppedError(ReplayOutcome.DIFFERS, Reason.ILL_FORMED, digest)
        try:
            content = self._files.read(f"objects/{digest}")
        except FileNotFoundError:
            reason = Reason.REQUEST_GONE if gone is ReplayOutcome.ERASED else Reason.OBJECT_GONE
            raise StoppedError(gone, reason, digest) from None
        if sha256_hex(content) != digest:
            raise StoppedError(ReplayOutcome.WRONG_OBJECT, Reason.OBJECT_WRONG, digest)
        return content

    def trust(self, digest: str) -> Trust:
        """Return the trust file that an entry names.

        Raises:
            StoppedError: it is not kept, is another, or cannot be read.
        """
        found = self._trusts.get(digest)
        if found is None:
            data = self.content(digest)
            try:
                found = parse_trust(data, path=Path("trust.yaml"))
            except SovereignError as error:
                _unreadable(digest, error)
            self._trusts[digest] = found
        return found

    def policy(self, digest: str, snapshot: str) -> Policy:
        """Return a recorded policy, its lists of places read with the recorded groups; its own tests are not run.

        Raises:
            StoppedError: it is not kept, is another, or does not load.
        """
        found = self._policies.get((digest, snapshot))
        if found is None:
            data, groups = self.content(digest), self._state(snapshot).snapshot.groups
            try:
                found, _ = read_policy(data, source=digest, groups=groups)
            except SovereignError as error:
                _unreadable(digest, error)
            self._policies[digest, snapshot] = found
        return found

    def engines(
        self, policies: Iterable[str], snapshot: str, *, demands_proof: bool, packs: Iterable[str] = ()
    ) -> Engines:
        """Return both engines under recorded policies.

        Args:
            policies: digests of those that apply to the request.
            snapshot: digest of the dated facts about places.
            demands_proof: whether a trust file was in force.
            packs: digests of further ones, which apply where a tag names them by id.

        Raises:
            StoppedError: an object is not kept, is another, or cannot be read.
        """
        applying, further = tuple(sorted(policies)), frozenset(packs)
        key = (applying, further, snapshot, demands_proof)
        found = self._engines.get(key)
        if found is None:
            if len(self._engines) >= _MOST_KEPT:  # a log of years
                self._engines.clear()
            found = self._engines[key] = self._made(applying, further, snapshot, demands_proof=demands_proof)
        return found

    def relied(self) -> tuple[Relied, ...]:
        """Return what was read so far that verdicts rest on, sorted by kind and name."""
        states, policies = self._states.values(), {policy.sha256: policy for policy in self._policies.values()}
        found = [_relied_policy(policy) for policy in policies.values()]
        found += [_relied_data(state.snapshot) for state in states]
        found += [
            Relied(kind="trust", name=trust.owner, version="", sha256=trust.sha256, is_shipped=False)
            for trust in self._trusts.values()
        ]
        return tuple(sorted(found, key=lambda item: (item.kind, item.name, item.version, item.sha256)))

    def _made(self, policies: tuple[str, ...], packs: frozenset[str], snapshot: str, *, demands_proof: bool) -> Engines:
        applying = [self.policy(digest, snapshot) for digest in policies]
        named = {policy.id: policy for policy in (self.policy(digest, snapshot) for digest in sorted(packs))}
        state = self._state(snapshot)

        def load(identifier: str) -> Policy:
            if identifier not in named:
                raise PolicyError("the entry names no such policy")
            return named[identifier]

        first, second = (
            DecisionPoint(applying, snapshot=state.snapshot, load_pack=load, engine=engine, demands_proof=demands_proof)
            for engine in (state.source, state.closures)
        )
        return Engines(first=first, second=second)

    def _state(self, digest: str) -> _State:
        found = self._states.get(digest)
        if found is None:
            data = self.content(digest)
            try:
                snapshot = parse_snapshot(data)
            except SovereignError as error:
                _unreadable(digest, error)
            found = self._states[digest] = _State(
                snapshot=snapshot, source=NativeEngine(backend=source), closures=NativeEngine(backend=closures)
            )
        return found


def _relied_policy(policy: Policy) -> Relied:
    path = shipped_path(policy.id)
    is_shipped = path is not None and sha256_hex(path.read_bytes()) == policy.sha256
    return Relied(kind="policy", name=policy.id, version=policy.version, sha256=policy.sha256, is_shipped=is_shipped)


def _relied_data(snapshot: Snapshot) -> Relied:
    return Relied(
        kind="snapshot",
        name=snapshot.as_of.isoformat(),
        version="",
        sha256=snapshot.digest,
        is_shipped=snapshot.digest == load_snapshot().digest,
    )


def _unreadable(digest: str, error: SovereignError) -> NoReturn:
    """Stop at an object that is the recorded one and cannot be read: nothing follows from it."""
    raise StoppedError(ReplayOutcome.DIFFERS, Reason.UNREADABLE, f"{digest}: {error.message}") from None
