"""A guard from a settings file: what is missing, broken or refused is an error before anything is asked."""

import json
from pathlib import Path

import pytest

from sovereign.audit.verify import verify_log
from sovereign.enforce.guard import Guard
from sovereign.errors import PolicyError, SovereignError, TagError, UsageError
from sovereign.facts.model import Placement

SETTINGS = "sovereign: 1\npolicies: [de-only]\ntags: [tags/*.yaml]\nlog: {kind: run, dir: log}\n"
TAGS = """sovereign_tag: 1
datasets:
  - id: payroll
    owner: human resources
    classification: confidential
    categories: [hr]
    status: personal
"""
STORE = Placement(role="storage", provider="stackit", region="eu01")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with settings and one tag."""
    folder = tmp_path / "project"
    (folder / "tags").mkdir(parents=True)
    (folder / "tags" / "payroll.yaml").write_text(TAGS)
    (folder / "sovereign.yaml").write_text(SETTINGS)
    return folder


def test_guard_of_a_settings_file_decides_and_records(project: Path) -> None:
    """Paths are relative to the file; the log verifies when the guard is closed."""
    with Guard.load(project / "sovereign.yaml") as guard:
        decision = guard.check("payroll", kind="backup", placements=[STORE])
        verifier = guard._recording.trail.verifier  # type: ignore[attr-defined]  # a log, behind the protocol
    assert decision.permits
    report = verify_log(project / "log", [verifier])
    assert (report.size, report.unsealed) == (3, 0)


@pytest.mark.parametrize(
    ("settings", "error", "code"),
    [
        ("sovereign: 1\nlog: {kind: run, dir: log}\n", PolicyError, "SOV-C002"),
        (SETTINGS.replace("[de-only]", "[]"), PolicyError, "SOV-C002"),
        (SETTINGS.replace("[de-only]", "[de-onyl]"), PolicyError, "SOV-C115"),
        (SETTINGS.replace("[de-only]", "[./none.yaml]"), PolicyError, "SOV-C002"),
        (SETTINGS.replace("policies", "polices"), UsageError, "SOV-C003"),
        (SETTINGS.replace("sovereign: 1", "sovereign: 2"), UsageError, None),
        (SETTINGS + "log: {}\n", SovereignError, "SOV-C201"),
        ("", SovereignError, None),
        ("[", SovereignError, "SOV-C201"),
    ],
)
def test_settings_that_do_not_load_make_no_guard(
    project: Path, settings: str, error: type[SovereignError], code: str | None
) -> None:
    """No policy named by anybody is no policy, and not a default."""
    (project / "sovereign.yaml").write_text(settings)
    with pytest.raises(error) as caught:
        Guard.load(project / "sovereign.yaml")
    assert code in {None, caught.value.code}
    assert caught.value.exit_code in {2, 3}
    assert not (project / "log").exists()


def test_missing_settings_make_no_guard(project: Path) -> None:
    """A file that is named and is not there."""
    with pytest.raises(UsageError):
        Guard.load(project / "none.yaml")


@pytest.mark.parametrize(
    "tags", ["sovereign_tag: 1\ndatasets: [{id: payroll, classifcation: public}]\n", "sovereign_tag: 1\n", "{"]
)
def test_tag_file_that_does_not_load_makes_no_guard(project: Path, tags: str) -> None:
    """A dataset whose tag was lost would be untagged, which is another question."""
    (project / "tags" / "payroll.yaml").write_text(tags)
    with pytest.raises((TagError, SovereignError)):
        Guard.load(project / "sovereign.yaml")


def test_trust_file_of_the_same_tree_makes_no_guard(project: Path) -> None:
    """Whoever may change the settings must not choose their judge."""
    (project / "trust.yaml").write_text("trust: 1\nowner: me\n")
    with pytest.raises(UsageError):
        Guard.load(project / "sovereign.yaml", trust=project / "trust.yaml")


def test_trust_of_the_environment_counts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be forgotten on the way, and a missing one is no absent one."""
    monkeypatch.setenv("SOVEREIGN_TRUST", str(project.parent / "gone.yaml"))
    with pytest.raises(SovereignError):
        Guard.load(project / "sovereign.yaml")


def test_damaged_log_makes_no_guard(project: Path) -> None:
    """A guard that could not record must not answer."""
    (project / "sovereign.yaml").write_text(SETTINGS.replace("dir: log", "dir: taken"))
    (project / "taken").write_text("a file in its place")
    with pytest.raises(SovereignError) as caught:
        Guard.load(project / "sovereign.yaml")
    assert caught.value.exit_code in {2, 5}


def test_duty_handlers_are_given_at_loading(project: Path) -> None:
    """By name; what they get is the permit with its receipt."""
    (project / "own.yaml").write_text(
        "sovereign: 1\npolicy: own\nversion: 2026.11.24\nowner: management\nstatus: house_rule\nrules:\n"
        "  - {id: R-01, title: t, law: [{act: house rule}], severity: low, obligations: [notify],"
        " must: {data.status: {is: personal}}}\n"
    )
    (project / "sovereign.yaml").write_text(SETTINGS.replace("[de-only]", "[de-only, ./own.yaml]"))
    seen: list[str] = []
    with Guard.load(project / "sovereign.yaml", obligations={"notify": lambda d: seen.append(d.receipt.line)}) as guard:
        assert guard.check("payroll", kind="backup", placements=[STORE]).permits
    assert len(seen) == 1
    assert json.loads((project / "log" / "log.json").read_text())["origin"] in seen[0]
