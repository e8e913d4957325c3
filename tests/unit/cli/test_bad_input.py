"""Each bad input ends with its exit code, its code, one line that says what is wrong, and one that says what to do."""

import json
from pathlib import Path
from typing import Any

import pytest
from simulators.command import GERMAN, NOWHERE, TAGS, Ran, bucket_plan, jobs, request, run

EU = ("--policy", "eu-only", "--no-log")
POLICY = """sovereign: 1
policy: ours
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: OUR-01
    title: {en: in Germany, de: in Deutschland}
    law: [{act: house rule}]
    severity: high
    for_each: {over: placements}
    must: {placement.countries: {all_within: [DE]}}
"""


def refused(ran: Ran, code: str, *words: str) -> None:
    """Check that a command ended with one clear error."""
    lines = ran.err.splitlines()
    assert (ran.code, ran.codes, ran.out) == ({"C": 2, "I": 3}[code[4]], [code], "")
    assert lines[0].startswith(f"error[{code}]: ")
    assert not lines[0].endswith(".")
    assert any(line.startswith("  = help: ") for line in lines), ran.err
    assert "Traceback" not in ran.err
    for word in words:
        assert word in ran.err


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "SOV-I002", ()),
        ("sovereign_jobs: 1\njobs: [\n", "SOV-I002", ("jobs.yaml:3:1",)),
        ("a: b: c", "SOV-I002", ("jobs.yaml:1:5",)),
        ("sovereign_jobs: 1\njobs: []\njobs: []\n", "SOV-I004", ("jobs.yaml:3:1", "`jobs`")),
        (jobs("{id: p, id: q, role: storage, countries: [DE]}"), "SOV-I004", ("`id`",)),
        ("sovereign_jobs: 1\njobs: &a []\n", "SOV-I401", ("jobs.yaml:2:7",)),
        ("sovereign_jobs: 1\njobs: *a\n", "SOV-I401", ()),
        ("sovereign_jobs: 1\njobs: !!python/object/apply:os.system ['true']\n", "SOV-I401", ()),
        ("sovereign_jobs: 1\n<<: {jobs: []}\n", "SOV-I401", ()),
        ("sovereign_jobs: 1\njob: []\n", "SOV-I304", ("jobs.yaml:2:1", "`jobs`")),
        ("sovereign_jobs: 2\njobs: []\n", "SOV-I304", ()),
        ("sovereign_jobs: 1\njobs: []\n", "SOV-I003", ()),
        ("jobs: [" + "[" * 200, "SOV-I005", ()),
        (jobs("{id: p, role: storage, countrys: [DE]}"), "SOV-I304", ("`countries`",)),
        (jobs(GERMAN).replace("inputs: [payroll]", "inputs: []"), "SOV-I304", ("inputs",)),
        (jobs(GERMAN, tags="missing.yaml"), "SOV-I001", ("missing.yaml",)),
        ("\x00\x01\x02", "SOV-I002", ()),
    ],
)
def test_broken_file_of_jobs(project: Path, text: str, code: str, words: tuple[str, ...]) -> None:
    """Broken YAML, a key twice, anchors, aliases, tags, merge keys, an unknown key, an empty file: exit 3."""
    (project / "jobs.yaml").write_text(text)
    refused(run("check", "jobs.yaml", *EU), code, *words)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (b"", "SOV-I002", ()),
        (b"{", "SOV-I002", ()),
        (b"[]", "SOV-I003", ()),
        (b"null", "SOV-I301", ()),
        (b'{"subject": {"type": "job", "type": "person", "id": "x"}}', "SOV-I004", ("`type`",)),
        (b'{"Subject": {}}', "SOV-I301", ()),
        (b"\xff\xfe{", "SOV-I001", ()),
        (b"[" * 100_000, "SOV-I005", ()),
        (b'{"subject": NaN}', "SOV-I002", ()),
    ],
)
def test_broken_request(project: Path, text: bytes, code: str, words: tuple[str, ...]) -> None:
    """No JSON, a key twice, an unknown key, another encoding, a nesting without end: exit 3."""
    (project / "request.json").write_bytes(text)
    refused(run("check", "request.json", *EU), code, *words)


def test_unknown_attribute_of_a_request(project: Path) -> None:
    """A key that no placement has is refused with its place; it is never ignored."""
    ran = _ask(project, {"role": "storage", "countries": ["DE"], "trusted": True})
    refused(ran, "SOV-I301", "`trusted`", "request.json#/context/placements/0/trusted")


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("rules:", "rules: [", "SOV-C100", ()),
        ("owner: management", "owner: management\nowner: somebody", "SOV-C100", ("policy.yaml:5:1",)),
        ("owner: management", "owner: &o management", "SOV-C100", ("policy.yaml:4:8",)),
        ("placement.countries", "placement.country", "SOV-C103", ("`placement.countries`",)),
        ("all_within: [DE]", "all_within: [NOO]", "SOV-C106", ()),
        ("severity: high", "severity: hihg", "SOV-C105", ("`high`",)),
    ],
)
def test_broken_policy(project: Path, old: str, new: str, code: str, words: tuple[str, ...]) -> None:
    """A policy that does not load is exit 2 on every path, with place and nearest name."""
    (project / "policy.yaml").write_text(POLICY.replace(old, new))
    ran = run("check", "permit.yaml", "--policy", "./policy.yaml", "--no-log")
    assert (ran.code, ran.codes[0], ran.out) == (2, code, "")
    assert "policy.yaml:" in ran.err
    for word in words:
        assert word in ran.err
    assert run("policy", "check", "./policy.yaml").code == 2


def test_norway_is_a_country(project: Path) -> None:
    """`NO` is read as Norway, in a policy and in a file of jobs, and not as a falsehood."""
    (project / "policy.yaml").write_text(POLICY.replace("[DE]", "[NO, DE]"))
    (project / "jobs.yaml").write_text(jobs("{id: p, role: storage, countries: [NO]}"))
    ran = run("check", "jobs.yaml", "--policy", "./policy.yaml", "--no-log", "--format", "json")
    assert ran.code == 0
    assert ran.document["results"][0]["placements"][0]["countries"] == ["NO"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"not json", "SOV-I002"),
        (b"", "SOV-I201"),
        (b" \n\t", "SOV-I201"),
        (b"PK\x03\x04tfplan", "SOV-I202"),
        (b'{"@level":"info","@message":"Terraform 1.9.8"}\n{"@level":"info"}\n', "SOV-I203"),
        (b'resource "aws_s3_bucket" "b" {\n}\n', "SOV-I204"),
        (b'{"version": 4, "terraform_version": "1.9.8", "serial": 1, "lineage": "x", "resources": []}', "SOV-I205"),
        (b'{"hello": "world"}', "SOV-I200"),
        (b'{"format_version": "1.2", "format_version": "1.2"}', "SOV-I004"),
        (b"\x7fELF\x02\x01\x01\x00\xff\xfe", "SOV-I001"),
    ],
)
def test_plan_that_is_none(project: Path, content: bytes, code: str) -> None:
    """Not JSON, empty, a state file, binary, source, a stream of messages: exit 3 and what to do, in both forms."""
    (project / "plan.json").write_bytes(content)
    ran = run("gate", "plan.json", *EU)
    assert (ran.code, ran.shown) == (3, [code])
    assert "= help: " in ran.out
    (error,) = run("gate", "plan.json", *EU, "--format", "json").document["errors"]
    assert (error["code"], error["path"]) == (code, "plan.json")
    assert error["hint"]


def test_plan_without_anything_to_judge_is_0_with_a_notice(project: Path) -> None:
    """A plan that only deletes opens the gate and says that nothing was judged; no file at all does not."""
    plan: dict[str, Any] = json.loads(bucket_plan("us-east-1"))
    plan["resource_changes"][0]["change"] |= {"actions": ["delete"], "before": {"bucket": "d"}, "after": None}
    (project / "plan.json").write_text(json.dumps(plan))
    ran = run("gate", "plan.json", *EU, "--format", "json")
    assert (ran.code, ran.document["results"]) == (0, [])
    assert "nothing was judged" in ran.document["notices"][0]
    (project / "empty").mkdir()
    assert run("gate", "empty", *EU, "--format", "json").document["errors"][0]["code"] == "SOV-I003"
    assert run("gate", "empty", *EU).code == 3


def test_dataset_without_a_tag_is_undecided(project: Path) -> None:
    """Nobody said what the data are, so nothing is decided about them."""
    (project / "jobs.yaml").write_text(jobs(GERMAN, dataset="unheard-of"))
    ran = run("check", "jobs.yaml", *EU)
    assert (ran.code, ran.shown[0]) == (4, "SOV-000")
    assert "jobs.yaml:" in ran.out


@pytest.mark.parametrize("field", ["classification", "categories", "status"])
def test_null_field_of_a_tag_is_unknown(project: Path, field: str) -> None:
    """Null is unknown, in a tag file and in a request, and unknown is never permitted."""
    lines = [f"    {field}: null" if line.startswith(f"    {field}:") else line for line in TAGS.splitlines()]
    (project / "tags.yaml").write_text("\n".join(lines) + "\n")
    assert run("check", "permit.yaml", *EU).code == 4
    body = request({"role": "storage", "countries": ["DE"]})
    body["resource"]["properties"][field] = None
    (project / "request.json").write_text(json.dumps(body))
    assert run("check", "request.json", *EU).code == 4


@pytest.mark.parametrize(
    ("placement", "code", "rule"),
    [
        ({"provider": "aws", "region": "mars-north-1"}, 4, "SOV-000"),
        ({"provider": "azure", "region": "eu-central-1"}, 4, "SOV-000"),
        ({"provider": "aws", "region": "northeurope"}, 4, "SOV-000"),
        ({"provider": "nobody", "region": "eu-central-1"}, 4, "SOV-000"),
        ({"region": "eu-central-1"}, 4, "SOV-000"),
        ({"provider": "aws", "region": "us-east-1", "countries": ["DE"]}, 1, "SOV-000"),
        ({"countries": ["XX"]}, 4, "SOV-000"),
        ({"countries": []}, 4, "SOV-000"),
        ({"countries": None}, 4, "SOV-000"),
    ],
)
def test_place_that_is_none(project: Path, placement: dict[str, Any], code: int, rule: str) -> None:
    """An unknown region, a region of another provider, a country that is none, a contradiction: never a permit."""
    ran = _ask(project, {"role": "storage", **placement})
    assert (ran.code, rule in ran.shown) == (code, True), ran.out + ran.err


def test_request_that_vouches_for_itself_is_read_as_asserted(project: Path) -> None:
    """Not refused, not believed: a notice says so, and the document shows the confidence that counted."""
    body = request({"role": "storage", "provider": "stackit", "region": "eu01", "confidence": "attested"})
    (project / "request.json").write_text(json.dumps(body))
    ran = run("check", "request.json", *EU, "--format", "json")
    (result,) = ran.document["results"]
    assert (ran.code, result["placements"][0]["confidence"]) == (0, "asserted")
    assert [notice["code"] for notice in result["notices"]] == ["SOV-A004"]
    assert "SOV-A004" in run("check", "request.json", *EU).shown


def test_policy_of_the_tree_under_a_shipped_id(project: Path) -> None:
    """A report that says `eu-only` means the shipped one: exit 2."""
    (project / "eu-only.yaml").write_text(POLICY.replace("policy: ours", "policy: eu-only"))
    refused(run("check", "permit.yaml", "--policy", "./eu-only.yaml", "--no-log"), "SOV-C114", "eu-only.yaml")
    (project / "sovereign.yaml").write_text("sovereign: 1\npolicies: [./eu-only.yaml]\n")
    refused(run("check", "permit.yaml", "--no-log"), "SOV-C114")


def test_policy_is_named_by_nobody(project: Path) -> None:
    """No policy is no permit: exit 2 before a log is made; a tag that names a pack is enough."""
    refused(run("check", "permit.yaml"), "SOV-C002", "--policy de-only")
    (project / "plan.json").write_text(bucket_plan("eu-central-1"))
    refused(run("gate", "plan.json"), "SOV-C002")
    assert not (project / ".sovereign").exists()
    (project / "jobs.yaml").write_text(jobs(GERMAN, dataset="patients"))
    assert run("check", "jobs.yaml", "--no-log").code == 0


def test_nothing_is_decided_when_one_question_is_under_no_policy(project: Path) -> None:
    """A file whose first question has a policy and whose second has none leaves no entry behind."""
    text = jobs(GERMAN, NOWHERE).replace("inputs: [payroll]", "inputs: [patients]", 1)
    (project / "jobs.yaml").write_text(text)
    assert run("check", "jobs.yaml").code == 2
    assert not (project / ".sovereign").exists()


@pytest.mark.parametrize("name", ["eu-onyl", "eu", "EU-ONLY", "../eu-only", "eu-only/policy.yaml", ""])
def test_policy_that_is_not_shipped(project: Path, name: str) -> None:
    """An id is compared as a name; what has a slash is a path; nothing falls through."""
    ran = run("check", "permit.yaml", "--policy", name, "--no-log")
    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize("kind", ["link to nowhere", "folder", "broken", "not text", "endless"])
def test_settings_that_cannot_be_read_are_never_no_settings(project: Path, kind: str) -> None:
    """Whatever lies in the place of the settings counts or ends the command; it is never passed over."""
    path = project / "sovereign.yaml"
    if kind == "link to nowhere":
        path.symlink_to("nowhere")
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_bytes({"broken": b"sovereign: [", "not text": b"\xff\xfe\xff", "endless": b"#" * 20_000_000}[kind])
    for arguments in (("check", "permit.yaml", *EU), ("gate", "plan.json", *EU), ("doctor", "--settings")):
        ran = run(*arguments)
        assert (ran.code, ran.out, len(ran.codes)) == (2, "", 1)
        assert "sovereign.yaml" in ran.err


@pytest.mark.parametrize("name", ["TRUST", "HOME", "LOG_DIR", "OPA_URL", "LANG"])
def test_empty_variable_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A variable that a pipeline failed to fill is no absent one: no run without trust because of a typing mistake."""
    monkeypatch.setenv(f"SOVEREIGN_{name}", "")
    refused(run("check", "permit.yaml", *EU), "SOV-C203", f"SOVEREIGN_{name}")


@pytest.mark.parametrize("option", ["--trust", "--log", "--policy"])
def test_empty_option_is_refused(project: Path, option: str) -> None:
    """The same holds for an option whose value a script left empty."""
    ran = run("check", "permit.yaml", "--policy", "eu-only", option, "")
    assert (ran.code, ran.out) == (2, "")


def test_file_whose_name_is_not_utf8(project: Path) -> None:
    """The name of a file is bytes: it is shown with escapes, and a document that names it is JSON all the same."""
    for source, name in (("deny.yaml", "\udcff.yaml"), (None, "\udcff.json")):
        text = (project / source).read_text() if source else bucket_plan("us-east-1")
        (project / name).write_text(text)
        verb = "check" if source else "gate"
        ran = run(verb, name, "--policy", "eu-only", "--format", "json")
        assert (ran.code, ran.document["inputs"][0]["path"].startswith("\\udcff")) == (1, True)
        assert run(verb, name, *EU).code == 1


def _ask(project: Path, placement: dict[str, Any]) -> Ran:
    (project / "request.json").write_text(json.dumps(request(placement)))
    return run("check", "request.json", *EU)
