"""The documents of `check` and `gate`: their keys, their types, and that equal questions give equal documents."""

import json
from pathlib import Path
from typing import Any

import pytest
from simulators.command import AMERICAN, GERMAN, NOWHERE, bucket_plan, jobs, run

EU = ("--policy", "eu-only")
CHECK_KEYS = [
    *("schema", "verdict", "exit", "trust", "simulated", "snapshot", "inputs", "policies", "results", "summary"),
]
ANSWER_KEYS = [
    *("subject", "action", "resource", "title", "effect", "basis", "verdict", "id", "at", "known", "valid_until"),
    *("placements", "findings", "obligations", "notices", "receipt"),
]
GATE_KEYS = [
    *("schema", "verdict", "exit", "trust", "simulated", "snapshot", "inputs", "ignored", "skipped", "errors"),
    *("notices", "policies", "assertions", "waivers", "default_tag", "controller"),
    *("results", "drift", "summary", "receipt"),
]
RESULT_KEYS = {"resource", "input", "verdict", "tag", "deferred", "placements", "candidates", "findings"}
PLACEMENT_KEYS = {"role", "provider", "region", "countries", "confidence", "evidence"}
FINDING_KEYS = {"rule", "outcome", "severity", "message", "law", "passes_if"}
RECEIPT_KEYS = ["log_kind", "origin", "index", "leaf", "state"]
SUMMARY_KEYS = ["permit", "deny", "undecided", "waived", "not_applicable", "asserted"]
OF_THIS_RUN = {"id", "at", "known", "valid_until", "receipt"}


def _stable(value: Any) -> Any:
    """Return a document without what belongs to one run."""
    if isinstance(value, dict):
        return {key: _stable(item) for key, item in value.items() if key not in OF_THIS_RUN}
    return [_stable(item) for item in value] if isinstance(value, list) else value


@pytest.fixture
def answered(project: Path) -> Any:
    """Return the document of three jobs, one of each verdict."""
    (project / "three.yaml").write_text(jobs(GERMAN, AMERICAN, NOWHERE))
    return run("check", "three.yaml", *EU, "--format", "json").document


@pytest.fixture
def judged(project: Path) -> Any:
    """Return the document of three plans, one of each verdict."""
    for name, region in (("a", "eu-central-1"), ("b", "us-east-1"), ("c", None)):
        (project / f"{name}.json").write_text(bucket_plan(region))
    return run("gate", "a.json", "b.json", "c.json", *EU, "--format", "json").document


def test_keys_of_an_answer(answered: Any) -> None:
    """Each key is there in each result, whatever its verdict."""
    assert list(answered) == CHECK_KEYS
    assert (answered["schema"], answered["trust"], answered["simulated"]) == ("sovereign.check/1", None, False)
    assert [result["verdict"] for result in answered["results"]] == ["permit", "deny", "undecided"]
    for result in answered["results"]:
        assert list(result) == ANSWER_KEYS
        assert list(result["receipt"]) == RECEIPT_KEYS
        assert all(isinstance(result[key], str) and result[key] for key in ANSWER_KEYS[:11])
        assert all(set(placement) >= PLACEMENT_KEYS for placement in result["placements"])
    assert answered["summary"] == {"permit": 1, "deny": 1, "undecided": 1, "waived": 0}
    assert (answered["verdict"], answered["exit"]) == ("deny", 1)


def test_denial_names_rule_law_place_and_way_out(answered: Any) -> None:
    """What a person reads is in the document too: law, place in the file, and what was decided again."""
    (finding,) = [item for item in answered["results"][1]["findings"] if item["outcome"] == "deny"]
    assert set(finding) >= FINDING_KEYS
    assert (finding["rule"], finding["severity"]) == ("eu-only/EU-01", "critical")
    assert finding["law"]
    assert finding["place"]["path"] == "three.yaml"
    assert finding["place"]["line"]
    assert finding["passes_if"]
    assert finding["no_change_helps"] is False
    assert finding["read"]["placement.countries"] == ["US"]


def test_keys_of_a_gate_document(judged: Any) -> None:
    """The keys are those of the published form, in its order, present in each result whatever its verdict."""
    assert list(judged) == GATE_KEYS
    assert (judged["schema"], judged["verdict"], judged["exit"]) == ("sovereign.gate/1", "deny", 1)
    assert (judged["trust"], judged["simulated"], judged["waivers"], judged["errors"]) == (None, False, [], [])
    assert [set(item) for item in judged["inputs"]] == [{"path", "sha256", "kind", "policies"}] * 3
    assert [set(item) for item in judged["policies"]] == [{"id", "version", "sha256"}]
    assert list(judged["receipt"]) == RECEIPT_KEYS
    assert list(judged["summary"]) == SUMMARY_KEYS
    assert [judged["summary"][key] for key in SUMMARY_KEYS[:3]] == [1, 1, 1]
    for number, result in enumerate(judged["results"]):
        assert set(result) >= RESULT_KEYS
        assert (result["input"], result["tag"]) == (number, "none found")
        for placement in result["placements"]:
            assert set(placement) >= PLACEMENT_KEYS
            evidence = placement["evidence"]  # of an unknown place there is none
            assert evidence is None if placement["region"] is None else set(evidence) >= {"pointer", "value"}
        for finding in result["findings"]:
            assert set(finding) >= FINDING_KEYS
            assert all(isinstance(finding[key], str) for key in ("rule", "outcome", "severity", "message"))


def test_denied_resource_points_into_its_plan(project: Path, judged: Any) -> None:
    """The pointer of the evidence resolves, and what is there is the value that was read."""
    evidence = judged["results"][1]["placements"][0]["evidence"]
    value: Any = json.loads((project / "b.json").read_text())
    for step in evidence["pointer"].split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step.replace("~1", "/").replace("~0", "~")]
    assert "us-east-1" in json.dumps(value)
    assert evidence["value"] == "us-east-1"


def test_equal_questions_give_equal_documents(project: Path, answered: Any, judged: Any) -> None:
    """But for ids, instants and receipts."""
    again = run("check", "three.yaml", *EU, "--format", "json").document
    assert _stable(again) == _stable(answered)
    assert {result["id"] for result in again["results"]}.isdisjoint(result["id"] for result in answered["results"])
    assert _stable(run("gate", "a.json", "b.json", "c.json", *EU, "--format", "json").document) == _stable(judged)


def test_preview_differs_by_the_receipt_alone(project: Path, answered: Any, judged: Any) -> None:
    """Whether it is recorded changes no answer."""
    assert _stable(run("check", "three.yaml", *EU, "--no-log", "--format", "json").document) == _stable(answered)
    gate = run("gate", "a.json", "b.json", "c.json", *EU, "--no-log", "--format", "json").document
    assert _stable(gate) == _stable(judged)


def test_receipt_is_the_entry_in_the_log(project: Path, answered: Any, judged: Any) -> None:
    """Index and leaf of a receipt name the entry that says the same; the run of the gate is one entry."""
    entries = run("audit", "show", "--format", "json").document["entries"]
    for result in answered["results"]:
        stored = entries[result["receipt"]["index"]]
        assert (stored["leaf_hash"], stored["entry"]["id"]) == (result["receipt"]["leaf"], result["id"])
        assert (stored["entry"]["type"], stored["entry"]["effect"]) == ("decision", result["effect"])
    stored = entries[judged["receipt"]["index"]]
    assert (stored["leaf_hash"], stored["entry"]["type"]) == (judged["receipt"]["leaf"], "gate_run")
    assert (stored["entry"]["verdict"], stored["entry"]["exit"]) == ("deny", 1)
    assert [item["entry"]["type"] for item in entries].count("gate_run") == 1


@pytest.mark.parametrize("form", ["text", "json"])
def test_language_changes_sentences_and_no_verdict(project: Path, answered: Any, form: str) -> None:
    """In German the words are German; rules, verdicts and keys are the same."""
    ran = run("check", "three.yaml", *EU, "--no-log", "--lang", "de", "--format", form)
    assert ran.code == 1
    if form == "text":
        assert "Mitgliedstaat" in ran.out
        assert "erneut entschieden: zugelassen" in ran.out
        assert "  = Recht: " in ran.out
        assert " liegt in " in ran.out
        assert not [word for word in ("law:", "read:", "passes if:", " is in ") if word in ran.out]
    else:
        rules = [[finding["rule"] for finding in result["findings"]] for result in ran.document["results"]]
        assert rules == [[finding["rule"] for finding in result["findings"]] for result in answered["results"]]


@pytest.mark.parametrize(
    "arguments",
    [
        ("tag", "show", "tags.yaml"),
        ("tag", "combine", "payroll", "patients", "--tags", "tags.yaml"),
        ("policy", "check", "eu-only"),
        ("policy", "test", "eu-only", "de-only", "eea-gdpr"),
        ("doctor",),
        ("doctor", "--settings"),
        ("audit", "show"),
        ("audit", "verify"),
    ],
)
def test_every_json_form_is_one_document(project: Path, answered: Any, arguments: tuple[str, ...]) -> None:
    """`--format json` gives one JSON document, and nothing else is on stdout."""
    ran = run(*arguments, "--format", "json")
    assert isinstance(ran.document, dict)
    assert ran.err == ""


@pytest.mark.parametrize("form", ["policy", "request", "sovereign.yaml", "trust.yaml"])
def test_schema_is_one_document(form: str) -> None:
    """`policy schema` prints a JSON Schema of each published form."""
    ran = run("policy", "schema", "--of", form)
    assert (ran.code, ran.document["$schema"]) == (0, "https://json-schema.org/draft/2020-12/schema")
