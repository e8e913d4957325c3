"""Evidence before effect: decide, make the entry durable, only then answer (design.md, law 6).

Every enforcement point goes through `Recording`, so that no answer can leave before its entry, and no operational log
line can stand in for one.
"""

import logging
import secrets
import sys
from collections.abc import Iterable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any, Final

from sovereign._internal.canonical import sha256_hex
from sovereign._internal.clock import Clock
from sovereign.audit.receipt import Receipt
from sovereign.audit.record import Recorded, Recorder, record_decision, record_event
from sovereign.audit.trail import Trail
from sovereign.decision.model import Decision
from sovereign.decision.point import DecisionPoint
from sovereign.decision.prepare import Prepared
from sovereign.enforce.checked import CheckedDecision, with_receipt
from sovereign.policy.ir import Policy

__all__ = ["CONTEXT_KEYS", "Recording"]

CONTEXT_KEYS: Final = ("run_id", "request_id", "trace_id", "span_id", "pipeline", "task")
"""Keys of structlog's context that reach an entry; everything else stays in the operational log."""

_LONGEST_CONTEXT: Final = 256


class Recording:
    """Writes decisions and events of one enforcement point to one trail.

    Args:
        trail: where entries become durable.
        point: whose policies and snapshot are recorded, once per digest and log.
        clock: for `recorded_at`.
        trust: the bytes of the trust file, kept as an object before the first entry that names it; None without one.
    """

    def __init__(self, trail: Trail, point: DecisionPoint, *, clock: Clock, trust: bytes | None = None) -> None:
        self._trail = trail
        self._point = point
        self._clock = clock
        self._trust = None if trust is None else sha256_hex(trust)
        self._unkept = {} if trust is None else {sha256_hex(trust): trust}
        self._kept: set[str] = set()

    @property
    def trail(self) -> Trail:
        """Where entries become durable."""
        return self._trail

    def announce(self, policies: Iterable[Policy] = ()) -> None:
        """Record the policies and the snapshot in force, each once per digest and log, as objects and entries.

        Args:
            policies: further ones than the point's own.

        Raises:
            AuditWriteError: an entry is not durable.
        """
        for policy in (*self._point.policies, *policies):
            self._load_once(
                "policy.loaded", policy.sha256, policy.source_bytes, {"policy": policy.id, "version": policy.version}
            )
        snapshot = self._point.snapshot
        self._load_once("snapshot.loaded", snapshot.digest, snapshot.document(), {"as_of": snapshot.as_of.isoformat()})

    def decision(self, decision: Decision, prepared: Prepared) -> CheckedDecision:
        """Make the decision's entry durable and return the decision with its receipt.

        Raises:
            AuditWriteError: the entry is not durable; nothing may start.
        """
        request = prepared.request
        self._keep_policies(decision)
        body = prepared.template.fill(at=decision.at, known=decision.known)
        recorded = record_decision(decision, request, body, recorder=self._recorder(), recorded_at=self._clock())
        checked = with_receipt(decision, self._append(recorded))
        _operational(
            "decision",
            effect=decision.effect.value,
            outcome=decision.outcome.value,
            decision=decision.id,
            subject=request.subject.id,
            action=request.action.name,
            resource=request.resource.id,
            receipt=checked.receipt.line,
        )
        return checked

    def event(
        self, kind: str, fields: Mapping[str, Any], objects: Mapping[str, bytes] = MappingProxyType({})
    ) -> Receipt:
        """Make an entry that is no decision durable and return its receipt.

        Raises:
            AuditWriteError: the entry is not durable.
        """
        recorded = record_event(
            kind,
            fields,
            objects,
            recorder=self._recorder(),
            recorded_at=self._clock(),
            identifier=secrets.token_hex(16),
        )
        receipt = self._append(recorded)
        _operational(kind, receipt=receipt.line)
        return receipt

    def _append(self, recorded: Recorded) -> Receipt:
        receipt = self._trail.append(recorded.entry, {**self._unkept, **recorded.objects})
        self._unkept = {}
        return receipt

    def _keep_policies(self, decision: Decision) -> None:
        """Record the packs of a tag that are not the point's own, before the first entry that names them."""
        if any(ref.sha256 not in self._kept for ref in decision.policies):
            self.announce(self._point.policy(ref.id) for ref in decision.policies)

    def _load_once(self, kind: str, digest: str, content: bytes, fields: Mapping[str, Any]) -> None:
        if not self._trail.holds(digest):
            assert sha256_hex(content) == digest
            self.event(kind, {"sha256": digest, "bytes": len(content), **fields}, {digest: content})
        self._kept.add(digest)

    def _recorder(self) -> Recorder:
        structlog = _structlog()
        bound = structlog.contextvars.get_contextvars() if structlog is not None else {}
        context: dict[str, str] = {key: _text(bound[key]) for key in CONTEXT_KEYS if key in bound}
        return Recorder(trust=self._trust, context=context)


def _structlog() -> ModuleType | None:
    """Return structlog if the application uses it.

    One that never imported it has bound no context and configured no processor; importing it here would cost 80 ms of
    every gate, and its defaults would print to stdout.
    """
    return sys.modules.get("structlog")


def _operational(event: str, **fields: str) -> None:
    """Write one operational line; it carries the receipt, and no processor can touch what the receipt stands for."""
    structlog = _structlog()
    if structlog is not None:
        structlog.stdlib.get_logger("sovereign").info(event, **fields)
    else:
        logging.getLogger("sovereign").info("%s %s", event, fields)


def _text(value: object) -> str:
    """Return a value of the caller's context as text that has bytes: half a surrogate pair has none."""
    return str(value)[:_LONGEST_CONTEXT].encode(errors="replace").decode()
