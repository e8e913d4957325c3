"""Laws of the engine behind an OPA server: whatever it answers, there is no permit but the one in shape."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sovereign.decision.engines.opa_answer import Reply, check_reply, read_answer
from sovereign.errors import EngineResponseError

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
OUTCOMES = st.sampled_from(["deny", "undecided", "advice"])


def _mostly(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(value, value, value, ANYTHING)


FINDINGS = st.fixed_dictionaries(
    {"rule": _mostly(st.sampled_from(["EU-01", "A"])), "message": _mostly(st.text(min_size=1, max_size=20))},
    optional={"outcome": _mostly(OUTCOMES), "placement": _mostly(st.integers(0, 3)), "waived": ANYTHING},
)
RESULTS = st.fixed_dictionaries(
    {"permit": _mostly(st.booleans()), "findings": _mostly(st.lists(_mostly(FINDINGS), max_size=3))},
)
DOCUMENTS = _mostly(
    st.fixed_dictionaries({"result": _mostly(RESULTS)}, optional={"decision_id": ANYTHING, "provenance": ANYTHING})
)


def _check_message(error: EngineResponseError) -> None:
    """What is said of untrusted text is one line of printable characters."""
    assert error.message.isprintable()


@given(document=DOCUMENTS, placements=st.integers(0, 3))
def test_permit_means_that_nothing_blocks(document: Any, placements: int) -> None:
    """An answer is read, or it is an error; a permit is `true` with no blocking finding, a denial has at least one."""
    try:
        answer = read_answer(document, placements=placements)
    except EngineResponseError as error:
        _check_message(error)
        return
    assert answer.permit is document["result"]["permit"]
    assert answer.permit is not any(finding.outcome in {"deny", "undecided"} for finding in answer.findings)
    assert all(finding.placement is None or finding.placement < placements for finding in answer.findings)
    assert all(finding.message.isprintable() for finding in answer.findings)


@given(
    status=st.sampled_from([200, 200, 200, 204, 301, 404, 500, 599]),
    encoding=st.sampled_from([None, None, "identity", "gzip", "br", "identity, gzip"]),
    body=st.binary(max_size=40) | ANYTHING.map(lambda value: json.dumps(value).encode()),
)
def test_reply_is_checked_without_another_exception(status: int, encoding: str | None, body: bytes) -> None:
    """Whatever bytes come, either they are an object in strict JSON with status 200, or there is one kind of error."""
    headers = {} if encoding is None else {"content-encoding": encoding}
    try:
        check_reply(Reply(status=status, headers=headers, body=body))
    except EngineResponseError as error:
        _check_message(error)
        return
    assert status == 200
    assert encoding in {None, "identity"}
    assert isinstance(json.loads(body), dict)
