"""A plan's JSON object, checked for its outer form: what is not of this form is refused and never skipped.

Source: hashicorp/terraform, internal/command/jsonplan/plan.go, v0.12.31 to v1.15.0. Unknown members are ignored, as the
format promises additions within a major version; an unknown major version is refused.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sovereign.errors import InputError, Span, quoted
from sovereign.facts.sources.terraform.values import Values, pointer

__all__ = ["Change", "PlanDocument", "read_document", "state_resources"]

_VERSION: Final = re.compile(r"[01]\.[0-9]{1,4}")
_ACTIONS: Final = frozenset({"no-op", "create", "read", "update", "delete", "forget"})
_REMAKE: Final = "make the plan again with `terraform show -json tfplan > plan.json`, and do not edit it"
_COMPLETE: Final = "make the plan without `-target`, and repair what made it fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of `resource_changes`, `resource_drift` or `deferred_changes`.

    Attributes:
        address, mode, type, provider_name, deposed: as the plan writes them; the last two may be absent.
        actions: one or two words.
        before, after: the two sides.
        pointer: to the entry.
    """

    address: str
    mode: str
    type: str
    provider_name: str | None
    deposed: str | None
    actions: tuple[str, ...]
    before: Values
    after: Values
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDocument:
    """A plan of a known format.

    Attributes:
        format_version, terraform_version: as stated.
        changes, drift, deferred: entries in the order of the plan.
        prior: the root module of `prior_state.values`; empty if absent.
        configuration: as stated; empty if absent.
        variables: values of the root variables by name.
        prefix: pointer to the plan in the input.
    """

    format_version: str
    terraform_version: str | None
    changes: tuple[Change, ...]
    drift: tuple[Change, ...]
    deferred: tuple[Change, ...]
    prior: Mapping[str, Any]
    configuration: Mapping[str, Any]
    variables: Mapping[str, Any]
    prefix: str


def read_document(
    document: Mapping[str, Any], *, source: str, prefix: str = "", allow_partial: bool = False
) -> PlanDocument:
    """Return the plan that `document` holds.

    Raises:
        InputError: an unknown format version (SOV-I207), a plan that failed or leaves something out (SOV-I206), or a
            member of another type than the format has (SOV-I208).
    """
    reader = _Reader(source)
    version = document.get("format_version")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise InputError(
            f"a plan of format {quoted(str(version))}, which this version does not read",
            code="SOV-I207",
            hint="formats 0.x and 1.x are read: Terraform 0.12 to 1.x, OpenTofu",
            span=Span(path=source, pointer=f"{prefix}/format_version"),
        )
    if not allow_partial:
        _refuse_partial(document, source, prefix)
    if document.get("resource_changes") is None:
        raise reader.error(
            "a plan without `resource_changes`: values known only after apply are left out of the rest", prefix
        )
    stated = reader.mapping(document, "configuration", prefix)
    prior = reader.mapping(reader.mapping(document, "prior_state", prefix), "values", f"{prefix}/prior_state")
    terraform_version = document.get("terraform_version")
    return PlanDocument(
        format_version=version,
        terraform_version=terraform_version if isinstance(terraform_version, str) else None,
        changes=tuple(reader.changes(document, "resource_changes", prefix)),
        drift=tuple(reader.changes(document, "resource_drift", prefix)),
        deferred=tuple(reader.deferred(document, prefix)),
        prior=reader.mapping(prior, "root_module", f"{prefix}/prior_state/values"),
        configuration=stated,
        variables=_variables(reader.mapping(document, "variables", prefix)),
        prefix=prefix,
    )


def _refuse_partial(document: Mapping[str, Any], source: str, prefix: str) -> None:
    for member, bad, why in (
        ("errored", True, "the plan failed, so it does not hold all changes"),
        ("complete", False, "the plan is partial: more changes will follow"),
    ):
        if member in document and document[member] is not (not bad):
            raise InputError(why, code="SOV-I206", hint=_COMPLETE, span=Span(path=source, pointer=f"{prefix}/{member}"))


def _variables(stated: Mapping[str, Any]) -> dict[str, Any]:
    return {name: entry.get("value") for name, entry in stated.items() if isinstance(entry, dict)}


class _Reader:
    """Reads members of the types that the format gives them."""

    def __init__(self, source: str) -> None:
        self._source = source

    def error(self, message: str, where: str) -> InputError:
        """Return the error for a member at `where`."""
        return InputError(message, code="SOV-I208", hint=_REMAKE, span=Span(path=self._source, pointer=where or None))

    def mapping(self, parent: Mapping[str, Any], member: str, where: str) -> Mapping[str, Any]:
        """Return an object, empty if absent or null."""
        value = parent.get(member)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.error(f"{quoted(member)} is not an object", f"{where}{pointer(member)}")
        return value

    def changes(self, document: Mapping[str, Any], member: str, prefix: str) -> Iterator[Change]:
        """Yield the entries of a list of changes."""
        for index, entry in enumerate(self._list(document, member, prefix)):
            yield self._change(entry, f"{prefix}/{member}/{index}")

    def deferred(self, document: Mapping[str, Any], prefix: str) -> Iterator[Change]:
        """Yield the changes that Terraform put off."""
        for index, entry in enumerate(self._list(document, "deferred_changes", prefix)):
            where = f"{prefix}/deferred_changes/{index}/resource_change"
            yield self._change(entry.get("resource_change") if isinstance(entry, dict) else None, where)

    def _list(self, document: Mapping[str, Any], member: str, prefix: str) -> list[Any]:
        value = document.get(member)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.error(f"{quoted(member)} is not a list", f"{prefix}{pointer(member)}")
        return value

    def _change(self, entry: Any, where: str) -> Change:  # noqa: ANN401  JSON is any of six types
        if not isinstance(entry, dict):
            raise self.error("a change is not an object", where)
        change = self.mapping(entry, "change", where)
        return Change(
            address=self._text(entry, "address", where),
            mode=self._mode(entry, where),
            type=self._text(entry, "type", where),
            provider_name=self._optional(entry, "provider_name", where),
            deposed=self._optional(entry, "deposed", where),
            actions=self._actions(change, where),
            before=_side(change, "before", where),
            after=_side(change, "after", where),
            pointer=where,
        )

    def _text(self, entry: Mapping[str, Any], member: str, where: str) -> str:
        value = entry.get(member)
        if not isinstance(value, str) or not value:
            raise self.error(f"a change without {quoted(member)}", where)
        return value

    def _optional(self, entry: Mapping[str, Any], member: str, where: str) -> str | None:
        return self._text(entry, member, where) if entry.get(member) is not None else None

    def _mode(self, entry: Mapping[str, Any], where: str) -> str:
        mode = entry.get("mode")
        if mode not in ("managed", "data"):
            raise self.error("a change whose mode is neither managed nor data", where)
        return str(mode)

    def _actions(self, change: Mapping[str, Any], where: str) -> tuple[str, ...]:
        actions = change.get("actions")
        if (
            not isinstance(actions, list)
            or not actions
            or not all(a in _ACTIONS for a in actions if isinstance(a, str))
        ):
            raise self.error("a change whose actions are not known", f"{where}/change/actions")
        if not all(isinstance(action, str) for action in actions):
            raise self.error("a change whose actions are not known", f"{where}/change/actions")
        return tuple(actions)


def _side(change: Mapping[str, Any], side: str, where: str) -> Values:
    unknown = change.get("after_unknown") if side == "after" else None
    return Values(
        value=change.get(side),
        unknown=unknown,
        sensitive=change.get(f"{side}_sensitive"),
        pointer=f"{where}/change/{side}",
    )


def state_resources(root: Mapping[str, Any], where: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield the resources of a state's root module and of the modules below it, with their pointers."""
    waiting: list[tuple[Any, str]] = [(root, where)]
    while waiting:
        module, at = waiting.pop()
        if not isinstance(module, dict):
            continue
        resources, children = module.get("resources"), module.get("child_modules")
        for index, resource in enumerate(resources if isinstance(resources, list) else ()):
            if isinstance(resource, dict):
                yield resource, f"{at}/resources/{index}"
        waiting += [
            (child, f"{at}/child_modules/{i}") for i, child in enumerate(children if isinstance(children, list) else ())
        ]
