"""What `check` is asked: requests in JSON and jobs in YAML, each question with its places in the file."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import StringConstraints

from sovereign._internal.canonical import sha256_hex
from sovereign._internal.shape import ShapeError, key_span, nearest_hint, parse_tree, read_model
from sovereign._internal.strict_json import parse_json
from sovereign._internal.strict_yaml import YamlList, YamlMap, YamlNode, YamlScalar
from sovereign.decision.request import Action, Context, Request, Resource, Subject, read_request
from sovereign.errors import InputError, Span, quoted
from sovereign.facts.model import Placement
from sovereign.facts.sources.declared import read_declared
from sovereign.jurisdiction.places import nearest
from sovereign.tags.merge import combine
from sovereign.tags.model import Controller, JobTag, ResidencyTag
from sovereign.tags.sources.sidecar import TagSet, load_tags, second_tag

__all__ = ["Question", "read_questions"]

_HEAD: Final = "sovereign_jobs"
_KEYS: Final = (_HEAD, "tags", "jobs")
_HINT: Final = "docs/reference/jobs.md shows the form"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request, and where it comes from.

    Attributes:
        request: what is asked.
        title: for people; the job's id where there is none.
        source: file.
        sha256: of the file.
        places: by JSON pointer into the request, e.g. `/context/placements/0/region`; as far as the file has lines.
        untagged: inputs of a job that no tag file names, each with up to three named ones that look like it.
    """

    request: Request
    title: str
    source: str
    sha256: str
    places: Mapping[str, Span]
    untagged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def placement_span(self, index: int | None) -> Span:
        """Return the place of a placement's region or countries, else of the job, else the file."""
        prefix = f"/context/placements/{index}"
        for name in ("region", "countries", "provider", "role", ""):
            span = self.places.get(f"{prefix}/{name}" if name else prefix)
            if index is not None and span is not None:
                return span
        pointer = prefix if index is not None and not self.places else None
        return self.places.get("", Span(path=self.source, pointer=pointer))


class _Job(JobTag):
    """A job as a file states it: a job tag, and a title."""

    title: Annotated[str, StringConstraints(max_length=256)] | None = None


def read_questions(path: Path, *, tags: TagSet, controller: Controller | None, day: date) -> tuple[Question, ...]:
    """Return what a file asks.

    Args:
        path: JSON is one request or a list of them, everything else a file of jobs.
        tags: datasets of the settings, for jobs that name them.
        controller: who decides, as the settings say; a request that says otherwise is refused.
        day: legal day on which tags are combined.

    Raises:
        InputError: unreadable (SOV-I001), of no known form (SOV-I002, SOV-I301, SOV-I304), or empty (SOV-I003).
        TagError: a tag file that it names does not load.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise InputError(f"cannot read {quoted(str(path))}: {reason}", span=Span(path=str(path))) from None
    if not data.strip():
        raise InputError(
            "the file is empty", code="SOV-I002", hint="nothing asked is nothing permitted", span=Span(path=str(path))
        )
    if path.suffix == ".json":
        questions = tuple(_requests(data, str(path), controller))
    else:
        questions = tuple(_jobs(data, path, tags, controller, day))
    if not questions:
        raise InputError("the file asks nothing", code="SOV-I003", hint=_HINT, span=Span(path=str(path)))
    return questions


def _requests(data: bytes, source: str, controller: Controller | None) -> Iterator[Question]:
    document: Any = parse_json(data, source=source)
    digest = sha256_hex(data)
    several = isinstance(document, list)
    for index, item in enumerate(document if several else [document]):
        pointer = f"/{index}" if several else ""
        request = _with_controller(read_request(item, source=source, pointer=pointer), controller, source, pointer)
        yield Question(request=request, title=request.subject.id, source=source, sha256=digest, places={})


def _with_controller(request: Request, controller: Controller | None, source: str, pointer: str) -> Request:
    """Return the request under the controller of the settings; without one it is what the request says.

    Raises:
        InputError: the request says something else (SOV-I302).
    """
    stated = request.context.controller
    if controller is None or stated == controller:
        return request
    if stated is not None:
        raise InputError(
            "the controller of the request contradicts that of the settings",
            code="SOV-I302",
            hint="leave `controller` out of the request; the settings say who decides",
            span=Span(path=source, pointer=f"{pointer}/context/controller"),
        )
    context = request.context.model_copy(update={"controller": controller})
    return request.model_copy(update={"context": context})


def _jobs(data: bytes, path: Path, tags: TagSet, controller: Controller | None, day: date) -> Iterator[Question]:
    source = str(path)
    root = parse_tree(data, source=source)
    head = root.get(_HEAD) if isinstance(root, YamlMap) else None
    if not isinstance(root, YamlMap) or not isinstance(head, YamlScalar) or head.text != "1":
        raise _ill_formed("neither a request nor a file of jobs", root.span, f"its first line is `{_HEAD}: 1`; {_HINT}")
    for key, _ in root.items:
        if key.text not in _KEYS:
            raise _ill_formed(f"unknown key {quoted(key.text)}", key.span, nearest_hint(key.text, _KEYS))
    known = _united(tags, _own_tags(root.get("tags"), path))
    jobs = root.get("jobs")
    if not isinstance(jobs, YamlList):
        raise _ill_formed("`jobs` is a list", root.span, _HINT)
    for node in jobs.items:
        yield _question(node, known, controller, day, source, sha256_hex(data))


def _own_tags(node: YamlNode | None, path: Path) -> TagSet:
    if node is None:
        return TagSet(datasets={}, jobs={})
    if not isinstance(node, YamlList) or not all(isinstance(item, YamlScalar) for item in node.items):
        raise _ill_formed("`tags` is a list of files", node.span, _HINT)
    patterns = [item.text for item in node.items if isinstance(item, YamlScalar)]
    return load_tags(patterns, root=path.parent)


def _united(settings: TagSet, own: TagSet) -> Mapping[str, ResidencyTag]:
    """Return the tags of both; a file of jobs brings tags, and says nothing else of a dataset that has one.

    Raises:
        TagFormatError: both hold a dataset, and not with the same tag (SOV-I103).
    """
    for name in settings.datasets.keys() & own.datasets.keys():
        if settings.datasets[name].tag != own.datasets[name].tag:
            raise second_tag("dataset", own.datasets[name], settings.datasets[name])
    return {name: tagged.tag for name, tagged in (*settings.datasets.items(), *own.datasets.items())}


def _question(
    node: YamlNode,
    known: Mapping[str, ResidencyTag],
    controller: Controller | None,
    day: date,
    source: str,
    digest: str,
) -> Question:
    job, placements, places = _read_job(node, digest)
    inputs = sorted(job.inputs or ())
    if not inputs:
        raise _ill_formed(f"the job {quoted(job.id)} names no input", node.span, "inputs: [<dataset id>]")
    tag = combine(*(known.get(name) for name in inputs), at=day).tag
    resource = tag.id if tag is not None else "+".join(inputs)
    # a kind that is left out is unknown, though a request has to name an action
    said = {"kind", *job.model_fields_set} - {"title"}
    stated = JobTag.model_validate({name: getattr(job, name) for name in said})
    request = Request(
        subject=Subject(type="job", id=job.id, properties=stated),
        action=Action(name=job.kind or "other"),
        resource=Resource(type="dataset", id=resource, properties=tag),
        context=Context(placements=placements, controller=controller),
    )
    # once more through the strict edge, so that a file of jobs cannot say what a request must not
    request = read_request(json.loads(request.model_dump_json(by_alias=True, exclude_unset=True)), source=source)
    untagged = {name: nearest(name, known) for name in inputs if name not in known}
    return Question(
        request=request,
        title=job.title or job.id,
        source=source,
        sha256=digest,
        places=places,
        untagged=untagged,
    )


def _read_job(node: YamlNode, digest: str) -> tuple[_Job, tuple[Placement, ...], Mapping[str, Span]]:
    if not isinstance(node, YamlMap):
        raise _ill_formed("a job is a mapping", node.span, _HINT)
    places = {"": key_span(node, "id"), "/subject/properties/purpose": key_span(node, "purpose")}
    placements = []
    stated = node.get("placements")
    items = stated.items if isinstance(stated, YamlList) else ()
    if stated is not None and not isinstance(stated, YamlList):
        raise _ill_formed("`placements` is a list", stated.span, _HINT)
    try:
        own = YamlMap(items=tuple(item for item in node.items if item[0].text != "placements"), span=node.span)
        job = read_model(_Job, own)
        for index, item in enumerate(items):
            placement, spans = read_declared(item, digest)
            placements.append(placement)
            places[f"/context/placements/{index}"] = item.span
            places |= {f"/context/placements/{index}/{name}": span for name, span in spans.items()}
    except ShapeError as error:
        raise _ill_formed(error.message, error.span, error.hint or _HINT) from None
    return job, tuple(placements), places


def _ill_formed(message: str, span: Span, hint: str) -> InputError:
    return InputError(message, code="SOV-I304", hint=hint, span=span)
