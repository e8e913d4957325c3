"""Where policies are found: shipped packs by id, a project's own by path, and never one for the other.

An argument with a slash or a suffix is a path, everything else an id. Two policies with one id, and a project's policy
under a shipped id, are refused: a name must not decide differently from what its reader expects.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from sovereign._internal.shipped import shipped_directory
from sovereign.errors import PolicyError, Span, quoted
from sovereign.jurisdiction import Groups
from sovereign.policy.ir import Policy
from sovereign.policy.load import load_policy, read_policy
from sovereign.policy.reading import nearest

__all__ = [
    "is_as_shipped",
    "is_path",
    "load_pack",
    "load_policies",
    "load_policy_file",
    "same_id",
    "shipped_ids",
    "shipped_path",
]

_FILE: Final = "policy.yaml"
_DISTRIBUTION: Final = "sovereign-policy"


def is_path(argument: str) -> bool:
    """Whether an argument of `--policy` names a file."""
    return "/" in argument or "\\" in argument or Path(argument).suffix in {".yaml", ".yml", ".rego"}


def shipped_ids() -> tuple[str, ...]:
    """Return the ids of the packs that come with the package, sorted."""
    return tuple(sorted(path.parent.name for path in shipped_directory("_policies").glob(f"*/{_FILE}")))


def shipped_path(identifier: str) -> Path | None:
    """Return the file of a shipped pack; None if there is none of this id."""
    if identifier not in shipped_ids():  # compared as a name, so that no path can be made of it
        return None
    return shipped_directory("_policies") / identifier / _FILE


def load_pack(identifier: str, groups: Groups) -> Policy:
    """Return a shipped pack. Its inline tests run in the build, not here.

    Raises:
        PolicyError: no pack has this id (SOV-C115), or it does not load.
    """
    path = shipped_path(identifier)
    if path is None:
        hint = (
            nearest(identifier, shipped_ids())
            or f"shipped are: {', '.join(shipped_ids())}; a file needs a path: ./{identifier}"
        )
        raise PolicyError(f"no shipped policy has the id {quoted(identifier)}", code="SOV-C115", hint=hint)
    policy, _ = read_policy(path.read_bytes(), source=f"{identifier}/{_FILE}", groups=groups)
    if policy.id != identifier:
        raise PolicyError(f"the pack {quoted(identifier)} calls itself {quoted(policy.id)}", code="SOV-C114")
    return policy


def load_policy_file(path: Path, groups: Groups) -> Policy:
    """Return a project's own policy, its inline tests passed.

    Raises:
        PolicyError: it does not load, or takes the id of a shipped pack (SOV-C114).
    """
    policy = load_policy(path, groups)
    if policy.id in shipped_ids():
        raise PolicyError(
            f"the policy {quoted(policy.id)} takes the id of a shipped pack",
            code="SOV-C114",
            hint="give it an id of your own; whoever reads a report takes it for the shipped one",
            span=Span(path=str(path)),
        )
    return policy


def load_policies(arguments: Iterable[str], *, base: Path, groups: Groups) -> Mapping[str, Policy]:
    """Return the policies of `--policy` or of the settings by id; the same one named twice counts once.

    Args:
        arguments: ids of shipped packs, and paths.
        base: directory for relative paths.
        groups: for the words in lists of places.

    Raises:
        PolicyError: one does not load, or two different ones have one id (SOV-C113).
    """
    found: dict[str, Policy] = {}
    for argument in arguments:
        policy = load_policy_file(base / argument, groups) if is_path(argument) else load_pack(argument, groups)
        other = found.setdefault(policy.id, policy)
        if other.sha256 != policy.sha256:
            raise same_id(other, policy)
    return found


def same_id(first: Policy, second: Policy) -> PolicyError:
    """Return the error for two different policies of one id (SOV-C113): neither may stand in for the other."""
    return PolicyError(
        f"two policies have the id {quoted(first.id)}: {quoted(first.source)} and {quoted(second.source)}",
        code="SOV-C113",
        hint="rename one of them",
    )


def is_as_shipped(policy: Policy) -> bool:
    """Whether a shipped pack has the bytes that the installed wheel recorded; a checkout is believed.

    An editable install records copies that nothing reads, so the record counts for the file that is read, and no other.

    Source: the RECORD file of the Python packaging specification, "Recording installed projects".
    """
    from importlib.metadata import files  # noqa: PLC0415  only under a trust file

    read = (shipped_directory("_policies") / policy.id / _FILE).resolve()
    for file in files(_DISTRIBUTION) or ():
        if file.name == _FILE and Path(str(file.locate())).resolve() == read:
            digest = urlsafe_b64encode(bytes.fromhex(policy.sha256)).decode().rstrip("=")
            return file.hash is not None and file.hash.mode == "sha256" and file.hash.value == digest
    return shipped_directory("_policies").name == "policies"
