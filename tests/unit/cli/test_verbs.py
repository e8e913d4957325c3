"""explain, init, doctor, keys, tag and policy, as a newcomer uses them."""

import json
from pathlib import Path

import pytest
from simulators.command import AMERICAN, GERMAN, bucket_plan, jobs, run

from sovereign.report.pages import documented_codes

OWN = """sovereign: 1
policy: {name}
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: OUR-01
    title: {{en: in Germany, de: in Deutschland}}
    law: [{{act: house rule}}]
    severity: high
    for_each: {{over: placements}}
    must: {{placement.countries: {{all_within: [DE]}}}}
    tests:
      - {{name: Munich, given: {{placements: [{{role: storage, countries: [DE]}}]}}, expect: {expect}}}
"""


# explain


@pytest.mark.parametrize("lang", ["en", "de"])
@pytest.mark.parametrize(
    "name",
    ["SOV-I004", "code:SOV-I004", "SOV-000", "rule:SOV-001", "de-only/DE-01", "rule:eu-only/EU-01", "pack:de-only"],
)
def test_explain_knows_codes_rules_and_packs(name: str, lang: str) -> None:
    """With and without a prefix, in both languages, and the languages differ."""
    ran = run("explain", name, "--lang", lang)
    assert (ran.code, ran.err) == (0, "")
    other = run("explain", name, "--lang", {"en": "de", "de": "en"}[lang])
    assert ran.out != other.out


@pytest.mark.parametrize("code", documented_codes())
def test_explain_has_a_page_for_each_code(code: str) -> None:
    """Every documented code is explained in English and in German."""
    for lang in ("en", "de"):
        assert run("explain", code, "--lang", lang).code == 0


@pytest.mark.parametrize(
    "name", ["nothing", "SOV-I999", "sov-i004", "rule:de-only", "entry:0", "pack:SOV-I004", "", ":"]
)
def test_explain_of_nothing_is_2(project: Path, name: str) -> None:
    """What means nothing ends with exit 2, and with what would mean something."""
    ran = run("explain", name)
    assert (ran.code, ran.codes, ran.out) == (2, ["SOV-C001"], "")
    assert "  = help: " in ran.err


@pytest.mark.parametrize("name", ["0", "SOV-I004", "SOV-000", "entry:0", "de-only/DE-01"])
def test_no_policy_takes_the_name_of_something_else(project: Path, name: str) -> None:
    """A word means one thing to `explain`: no policy is called like an entry, a code or a rule."""
    (project / "ours.yaml").write_text(OWN.format(name=f"'{name}'", expect="permit"))
    assert run("policy", "check", "./ours.yaml").code == 2


def test_explain_of_an_entry_says_that_it_was_not_verified(project: Path) -> None:
    """An entry is told in words and shown as it was recorded; reading is not verifying."""
    assert run("check", "permit.yaml", "--policy", "eu-only").code == 0
    ran = run("explain", "entry:2")
    assert ran.code == 0
    head, told, body = ran.out.split("\n\n", 2)
    assert "read, not verified" in head
    assert told.startswith("permit: ")
    assert json.loads(body)["effect"] == "permit"
    assert run("explain", "entry:3").code == 2


# init


def test_init_writes_what_loads(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its settings, tag and policy load, its policy's tests pass, its log verifies, and a decision follows."""
    folder = project / "new"
    folder.mkdir()
    monkeypatch.chdir(folder)
    ran = run("init")
    assert (ran.code, ran.err) == (0, "")
    assert sorted(p.name for p in folder.rglob("*.yaml")) == ["example.yaml", "own.yaml", "sovereign.yaml"]
    assert run("doctor").code == 0
    assert run("tag", "show", "tags/example.yaml").code == 0
    assert run("policy", "test", "./policies/own.yaml").code == 0
    assert run("audit", "verify").code == 0
    text = jobs(GERMAN, dataset="example").replace("tags: [tags.yaml]\n", "").replace("recovery", "testing")
    (folder / "jobs.yaml").write_text(text)
    assert run("check", "jobs.yaml").code == 0


def test_init_overwrites_nothing(project: Path) -> None:
    """What is there is kept, byte for byte, links to nowhere included; the log keeps its key."""
    assert run("init").code == 0
    files = [project / name for name in ("sovereign.yaml", "tags/example.yaml", "policies/own.yaml")]
    files[0].write_text("sovereign: 1\npolicies: [de-only]\n")
    files[1].unlink()
    files[1].symlink_to("nowhere")
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    ran = run("init")
    assert (ran.code, ran.err.count("it was there")) == (0, 3)
    assert {path: path.read_bytes() for path in before} == before
    assert files[1].is_symlink()
    assert not (project / "tags" / "nowhere").exists()


@pytest.mark.parametrize("name", ["tags", "policies"])
def test_init_beside_a_file_in_its_way(project: Path, name: str) -> None:
    """A file where a folder would be is told; it is no crash, and it is kept."""
    (project / name).write_text("mine")
    ran = run("init")
    assert (ran.code, ran.codes) == (2, ["SOV-C001"])
    assert (project / name).read_text() == "mine"


def test_init_from_a_plan_prepares_what_it_waits_for(project: Path) -> None:
    """The missing places stand in the settings, for a person to fill in; what is no plan writes nothing."""
    (project / "plan.json").write_text(bucket_plan(None))
    assert run("init", "--from", "missing.json").code == 3
    assert run("init", "--from", "deny.yaml").code == 3
    assert not (project / "sovereign.yaml").exists()
    assert run("init", "--from", "plan.json").code == 0
    text = (project / "sovereign.yaml").read_text()
    assert "aws.region: …" in text
    (project / "sovereign.yaml").write_text(
        text.replace("# gate", "gate").replace("\n# ", "\n  ").replace("…", "eu-central-1")
    )


# doctor


def test_doctor_says_what_is_wrong(project: Path) -> None:
    """Each finding is exit 1, with what to do; a healthy project is 0."""
    assert run("doctor").code == 1
    (project / "sovereign.yaml").write_text("sovereign: 1\npolicies: [eu-only]\ntags: [tags.yaml]\n")
    assert run("doctor").code == 0
    (project / "tags.yaml").write_text("sovereign_tag: 1\ndatasets: [")
    checks = {c["name"]: c["well"] for c in run("doctor", "--format", "json").document["checks"]}
    assert (checks["tags"], checks["policies"], checks["settings"]) == (False, True, True)
    (project / "sovereign.yaml").write_text("sovereign: 1\npolicis: [eu-only]\n")
    ran = run("doctor")
    assert ran.code == 1
    assert "`policies`" in ran.out
    assert run("doctor", "--settings").codes == ["SOV-C003"]


def test_doctor_says_where_each_setting_comes_from(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File with line, variable, default."""
    (project / "sovereign.yaml").write_text("sovereign: 1\npolicies: [eu-only]\n")
    monkeypatch.setenv("SOVEREIGN_LANG", "de")
    rows = {row["name"]: row for row in run("doctor", "--settings", "--format", "json").document["settings"]}
    assert "sovereign.yaml:2" in rows["policies"]["origin"]
    assert (rows["lang"]["value"], "SOVEREIGN_LANG" in rows["lang"]["origin"]) == ("de", True)
    assert rows["log.dir"]["origin"] == "default"


@pytest.mark.parametrize("name", ["SOVEREIGN_LOG_DIRECTORY", "SOVEREIGN_POLICY"])
def test_variable_that_means_nothing_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """It was meant to change something: exit 2 for every verb that reads settings."""
    monkeypatch.setenv(name, "x")
    ran = run("check", "permit.yaml", "--policy", "eu-only", "--no-log")
    assert (ran.code, ran.codes) == (2, ["SOV-C203"])


# keys


def test_key_has_one_purpose(project: Path) -> None:
    """A key signs what it was made for and nothing else; a log key signs no document at all."""
    for purpose in ("policy", "evidence", "log"):
        assert run("keys", "new", "--for", purpose, "--name", "example.org/k", "--file", f"{purpose}.key").code == 0
    (project / "ours.yaml").write_text(OWN.format(name="ours", expect="permit"))
    ran = run("keys", "sign", "ours.yaml", "--key", "evidence.key", "--for", "policy")
    assert (ran.code, ran.codes) == (2, ["SOV-C252"])
    assert run("keys", "sign", "ours.yaml", "--key", "log.key", "--for", "policy").codes == ["SOV-C252"]
    assert run("keys", "sign", "ours.yaml", "--key", "log.key", "--for", "log").codes == ["SOV-C001"]
    assert not (project / "ours.yaml.dsse.json").exists()
    assert run("keys", "sign", "ours.yaml", "--key", "policy.key", "--for", "policy").code == 0
    assert run("keys", "show", "policy.key", "--format", "json").document["purpose"] == "policy"
    plan = run("keys", "sign", "tags.json", "--key", "policy.key", "--for", "policy")
    assert (plan.code, plan.codes) == (3, ["SOV-I001"])


def test_key_is_private_and_never_overwritten(project: Path) -> None:
    """Mode 0600, only its public half is printed, and a second one under the same name is refused."""
    new = ("keys", "new", "--for", "policy", "--name", "example.org/k")
    ran = run(*new, "--file", "k.key")
    text = (project / "k.key").read_text()
    assert (project / "k.key").stat().st_mode & 0o777 == 0o600
    assert run("keys", "show", "k.key").out.splitlines()[-1].split()[-1] == ran.out.strip()
    secret = text.split("-----")[2].strip()
    assert len(secret) > 40
    assert secret not in ran.out + ran.err + run("keys", "show", "k.key").out
    assert run(*new, "--file", "k.key").codes == ["SOV-C256"]
    assert (project / "k.key").read_text() == text
    (project / "k.key").chmod(0o644)
    assert run("keys", "show", "k.key").codes == ["SOV-C251"]


# tag and policy


def test_tag_combine_reports_what_cannot_be_placed(project: Path) -> None:
    """An empty intersection is legal, exit 0, and named with the inputs that conflict."""
    text = "sovereign_tag: 1\ndatasets:\n"
    for name, place in (("a", "DE"), ("b", "FR")):
        text += f"  - {{id: {name}, classification: internal, status: non_personal, allowed_locations: [{place}]}}\n"
    (project / "two.yaml").write_text(text)
    ran = run("tag", "combine", "a", "b", "--tags", "two.yaml", "--format", "json")
    assert (ran.code, [c["inputs"] for c in ran.document["conflicts"]]) == (0, [["a", "b"]])
    assert "denied everywhere" in ran.err
    ran = run("tag", "combine", "a", "c", "--tags", "two.yaml")
    assert (ran.code, ran.codes) == (4, ["SOV-U003"])


def test_policy_test_ends_with_1_for_a_failed_test(project: Path) -> None:
    """A failed test is a finding of `policy test`, and the same file does not load anywhere else."""
    (project / "wrong.yaml").write_text(OWN.format(name="wrong", expect="deny"))
    ran = run("policy", "test", "./wrong.yaml")
    assert ran.code == 1
    assert "expected deny, got" in ran.out
    assert "0 passed, 1 failed" in ran.out
    assert run("policy", "check", "./wrong.yaml").code == 2
    assert run("check", "permit.yaml", "--policy", "./wrong.yaml", "--no-log").code == 2


def test_policy_check_shows_every_mistake_at_once(project: Path) -> None:
    """Two mistakes are two diagnostics with two places, so that one edit repairs both."""
    text = OWN.format(name="ours", expect="permit").replace("severity: high", "severity: hihg")
    (project / "two.yaml").write_text(text.replace("all_within", "all_witin"))
    ran = run("policy", "check", "./two.yaml", "--format", "json")
    (result,) = ran.document["results"]
    assert (ran.code, result["loads"], len(result["mistakes"])) == (2, False, 2)
    assert {mistake["line"] for mistake in result["mistakes"]} == {10, 12}


@pytest.mark.parametrize("verb", ["check", "test"])
@pytest.mark.parametrize("name", ["eu-onyl", "./missing.yaml", ".", "/", "x`y"])
def test_policy_that_cannot_be_read(project: Path, verb: str, name: str) -> None:
    """No such id, no such file, a folder: exit 2 with one code."""
    ran = run("policy", verb, name)
    assert ran.code == 2
    assert len(ran.codes + ran.shown) == 1


def test_demo_refuses_a_folder_that_exists(project: Path) -> None:
    """`--keep` never mixes with what is there."""
    ran = run("demo", "--keep", project)
    assert (ran.code, ran.codes, ran.out) == (2, ["SOV-C001"], "")


def test_demo_reads_no_state_and_leaves_none(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs with broken settings and without a state directory, and nothing is left behind."""
    (project / "sovereign.yaml").write_text("broken: [")
    monkeypatch.setenv("SOVEREIGN_HOME", "/dev/null/state")
    before = sorted(project.rglob("*"))
    ran = run("demo")
    assert (ran.code, ran.err) == (0, "")
    assert sorted(project.rglob("*")) == before
    for word in ("permit", "deny", "undecided", "verified", "SOV-V001", "sovereign init"):
        assert word in ran.out


def test_files_in_one_call_are_answered_in_order(project: Path) -> None:
    """One document for all of them, in the order of the command line."""
    (project / "more.yaml").write_text(jobs(AMERICAN, GERMAN))
    ran = run("check", "permit.yaml", "more.yaml", "--policy", "eu-only", "--no-log", "--format", "json")
    assert [result["verdict"] for result in ran.document["results"]] == ["permit", "deny", "permit"]
    assert [item["path"] for item in ran.document["inputs"]] == ["permit.yaml", "more.yaml"]
