"""Which rotations of a log a reader follows: those that a recovery key which they hold consented to."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sovereign._internal.clock import system_clock
from sovereign.cli.audit.trusted_keys import given_keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sovereign.audit.log_files import LogFiles
    from sovereign.audit.rotation import FollowedKeys
    from sovereign.signing import Verifier

__all__ = ["follow"]


def follow(
    files: "LogFiles",
    verifiers: "Sequence[Verifier]",
    recovery: Sequence[str],
    trust: Path | None,
    judged: Sequence[Path],
) -> "FollowedKeys":
    """Return the keys that a reader trusts after the rotations that the log shows.

    Args:
        files: of the log.
        verifiers: the keys the reader holds.
        recovery: vkeys of recovery keys, or files of them; those of the trust file count too.
        trust: a trust file.
        judged: files and directories that come from the log's side.

    Raises:
        UsageError: a vkey or the trust file is not of the form, or a log key is a recovery key too (SOV-C253).
    """
    from sovereign.audit.rotating import read_rotations  # noqa: PLC0415  verifying most logs needs none
    from sovereign.audit.rotation import follow_rotations  # noqa: PLC0415  as above
    from sovereign.signing import Purpose, check_one_purpose  # noqa: PLC0415  as above

    held = given_keys(recovery)
    if trust is not None:
        from sovereign.settings.trust_yaml import load_trust  # noqa: PLC0415  heavy, and most auditors have a key

        keys = load_trust(trust, judged_paths=judged).keys_for(Purpose.RECOVERY, system_clock())
        held += [key.verifier for key in keys]
    check_one_purpose(
        [*((Purpose.LOG, verifier) for verifier in verifiers), *((Purpose.RECOVERY, verifier) for verifier in held)]
    )
    statements = read_rotations(files)
    followed = follow_rotations(statements if held else (), verifiers, recovery=held)
    if held and files.names() is None:
        notice = "an address lists no rotations, so none was looked for: verify a copy to follow them"
    elif not held and _name_further_keys(statements, verifiers):
        notice = "the log says that its keys changed; a rotation is followed with a recovery key only: --recovery VKEY"
    else:
        return followed
    return dataclasses.replace(followed, refused=(*followed.refused, notice))


def _name_further_keys(statements: "Iterable[bytes]", verifiers: "Sequence[Verifier]") -> bool:
    """Whether statements, which nobody has verified, name new keys that the reader does not hold."""
    lines = (line for data in statements for line in data.splitlines())
    new = {line.removeprefix(b"new ") for line in lines if line.startswith(b"new ")}
    return not new <= {verifier.vkey.encode() for verifier in verifiers}
