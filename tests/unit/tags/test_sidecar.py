"""Tag files: every form that is read, and every one that is refused with its place."""

from pathlib import Path

import pytest

from sovereign.errors import InputError, TagConflictError, TagFormatError
from sovereign.tags.sources.sidecar import load_tag_file, load_tags, parse_tag_file
from sovereign.tags.words import unknown_words

TWO = b"""sovereign_tag: 1
datasets:
  - id: payroll
    categories: [hr]
    allowed_locations: [NO, eu]
    purposes: null
    encrypted_at_rest: true
  - {id: "true", title: 5}
jobs:
  - {id: backup, kind: backup, inputs: [payroll], maintenance_only: false}
"""


def test_a_list_of_datasets_and_jobs_is_read_by_the_type_of_each_place() -> None:
    """`NO` is Norway, `true` is a boolean where one belongs and a word elsewhere, null is unknown."""
    file = parse_tag_file(TWO, source="tags.yaml")
    payroll, other = (tagged.tag for tagged in file.datasets)
    assert payroll.allowed_locations == {"NO", "eu"}
    assert payroll.encrypted_at_rest is True
    assert payroll.claims("purposes")
    assert payroll.purposes is None
    assert not payroll.claims("packs")
    assert (other.id, other.title) == ("true", "5")
    assert file.jobs[0].tag.maintenance_only is False


def test_each_field_knows_its_place() -> None:
    """A denial can point at the line of the claim that caused it."""
    payroll = parse_tag_file(TWO, source="tags.yaml").datasets[0]
    assert str(payroll.spans["allowed_locations"]) == "tags.yaml:5:24"
    assert payroll.spans["allowed_locations"].source == "    allowed_locations: [NO, eu]"
    assert str(payroll.span) == "tags.yaml:3:5"
    assert payroll.spans.keys() == {"id", "categories", "allowed_locations", "purposes", "encrypted_at_rest"}


def test_one_dataset_may_stand_alone() -> None:
    """A file of one dataset holds its fields beside the head."""
    file = parse_tag_file(b"sovereign_tag: 1\nid: payroll\ncategories: []\n", source="t.yaml")
    assert [tagged.tag.id for tagged in file.datasets] == ["payroll"]
    assert file.datasets[0].tag.categories == frozenset()
    assert file.jobs == ()


def test_json_is_the_same_form() -> None:
    """JSON gives the same tags, with pointers as places."""
    data = b'{"sovereign_tag": 1, "datasets": [{"id": "a/b", "encrypted_at_rest": false, "packs": [], "form": null}]}'
    (tagged,) = parse_tag_file(data, source="t.json").datasets
    assert tagged.tag.id == "a/b"
    assert tagged.tag.encrypted_at_rest is False
    assert tagged.tag.claims("form")
    assert str(tagged.spans["packs"]) == "t.json#/datasets/0/packs"


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("datasets: []", "t.yaml:1:1", "not a tag file", "sovereign_tag: 1"),
        ("- id: a", "t.yaml:1:1", "not a tag file", "sovereign_tag: 1"),
        ("sovereign_tag: 2\nid: a", "t.yaml:1:16", "only version", "tags.md"),
        ('sovereign_tag: "1"\nid: a', "t.yaml:1:16", "only version", "tags.md"),
        ("sovereign_tag: 1", "t.yaml:1:1", "`id` is missing", "tags.md"),
        ("sovereign_tag: 1\nid: ''", "t.yaml:2:5", "`id` is empty", "tags.md"),
        ("sovereign_tag: 1\nid: a\ncategorys: [hr]", "t.yaml:3:1", "unknown key `categorys`", "`categories`"),
        ("sovereign_tag: 1\nid: a\ncategories: hr", "t.yaml:3:13", "`categories` must be a list", "tags.md"),
        ("sovereign_tag: 1\nid: a\ncategories: [[hr]]", "t.yaml:3:14", "an item of `categories` must be a word", ""),
        ("sovereign_tag: 1\nid: a\ncategories: [hr, ~]", "t.yaml:3:18", "an item of `categories` must be a word", ""),
        ("sovereign_tag: 1\nid: a\nencrypted_at_rest: yes", "t.yaml:3:20", "must be `true` or `false`", ""),
        ("sovereign_tag: 1\nid: a\nencrypted_at_rest: 'true'", "t.yaml:3:20", "must be `true` or `false`", ""),
        ("sovereign_tag: 1\nid: a\nevidence: [{id: x, diges: y}]", "t.yaml:3:20", "unknown key `diges`", "`digest`"),
        ("sovereign_tag: 1\nid: a\nevidence: [x]", "t.yaml:3:12", "an item of `evidence`", ""),
        ("sovereign_tag: 1\ndatasets: []", "t.yaml:2:11", "at least one tag", "tags.md"),
        ("sovereign_tag: 1\ndatasets: {id: a}", "t.yaml:2:11", "at least one tag", "tags.md"),
        ("sovereign_tag: 1\ndatasets: [a]", "t.yaml:2:12", "a mapping is expected", "tags.md"),
        ("sovereign_tag: 1\ndatasets: [{id: a}]\nid: b", "t.yaml:3:1", "unknown key `id` beside a list", "datasets"),
        ("sovereign_tag: 1\ndatasets: [{id: a}]\njob: []", "t.yaml:3:1", "unknown key `job`", "`jobs`"),
        ("sovereign_tag: 1\njobs: [{id: a, kinds: etl}]", "t.yaml:2:16", "unknown key `kinds`", "`kind`"),
    ],
)
def test_a_wrong_form_is_refused_with_its_place(text: str, place: str, message: str, hint: str) -> None:
    """The error names file, line and column, and what is probably meant."""
    with pytest.raises(TagFormatError) as caught:
        parse_tag_file(text.encode(), source="t.yaml")
    assert str(caught.value.span) == place
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert caught.value.code == "SOV-I101"
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("sovereign_tag: 1\nid: a\nid: b", "SOV-I004"),
        ("sovereign_tag: 1\nid: &x a", "SOV-I401"),
        ("sovereign_tag: 1\nid: a\n---\nid: b", "SOV-I401"),
        ("sovereign_tag: [1", "SOV-I002"),
        ("", "SOV-I002"),
        ("x: " + "[" * 60, "SOV-I005"),
    ],
)
def test_yaml_with_two_readings_is_refused(text: str, code: str) -> None:
    """Duplicate keys, anchors, second documents and broken YAML are errors of the input."""
    with pytest.raises(InputError) as caught:
        parse_tag_file(text.encode(), source="t.yaml")
    assert caught.value.code == code


def test_json_with_a_key_twice_is_refused() -> None:
    """In JSON too, no second key wins."""
    with pytest.raises(InputError) as caught:
        parse_tag_file(b'{"sovereign_tag": 1, "id": "a", "id": "b"}', source="t.json")
    assert caught.value.code == "SOV-I004"


def test_a_status_that_contradicts_a_category_is_refused() -> None:
    """Data about nobody are not about employees."""
    with pytest.raises(TagConflictError) as caught:
        parse_tag_file(b"sovereign_tag: 1\nid: a\ncategories: [hr]\nstatus: non_personal\n", source="t.yaml")
    assert (caught.value.code, str(caught.value.span)) == ("SOV-I102", "t.yaml:4:9")


@pytest.mark.parametrize("status", ["anonymised", "synthetic", "personal"])
def test_other_statuses_may_name_a_category_of_persons(status: str) -> None:
    """Anonymised data may say what they were made from."""
    data = f"sovereign_tag: 1\nid: a\ncategories: [health]\nstatus: {status}\n".encode()
    assert parse_tag_file(data, source="t.yaml").datasets[0].tag.status == status


def test_a_second_tag_under_one_id_is_refused_in_one_file_and_in_two(tmp_path: Path) -> None:
    """No order decides which of two tags counts."""
    with pytest.raises(TagFormatError) as caught:
        parse_tag_file(b"sovereign_tag: 1\ndatasets: [{id: a}, {id: a}]", source="t.yaml")
    assert caught.value.code == "SOV-I103"
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text("sovereign_tag: 1\nid: a\n")
    with pytest.raises(TagFormatError, match=r"second tag for the dataset `a`; the first is at .*one\.yaml:2:5"):
        load_tags(["*.yaml"], root=tmp_path)


def test_patterns_find_files_below_the_settings(tmp_path: Path) -> None:
    """Globs and paths are relative to the root; a file that two patterns match is read once."""
    (tmp_path / "tags").mkdir()
    for name in ("b", "a"):
        (tmp_path / "tags" / f"{name}.yaml").write_text(f"sovereign_tag: 1\nid: {name}\n")
    tags = load_tags(["tags/*.yaml", "tags/a.yaml", str(tmp_path / "tags" / "?.yaml")], root=tmp_path)
    assert list(tags.datasets) == ["a", "b"]
    assert [Path(file.path).name for file in tags.files] == ["a.yaml", "b.yaml"]
    assert load_tags([], root=tmp_path).datasets == {}


@pytest.mark.parametrize(("pattern", "code"), [("tags/*.yaml", "SOV-I003"), ("missing.yaml", "SOV-I001")])
def test_a_pattern_without_a_file_is_an_error(tmp_path: Path, pattern: str, code: str) -> None:
    """A mistyped path leaves no data untagged in silence."""
    with pytest.raises(InputError) as caught:
        load_tags([pattern], root=tmp_path)
    assert caught.value.code == code


def test_a_file_that_is_too_long_is_refused() -> None:
    """Size is bounded before anything is parsed."""
    with pytest.raises(InputError) as caught:
        parse_tag_file(b"#" * 2_000_001, source="t.yaml")
    assert caught.value.code == "SOV-I005"


def test_words_outside_a_domain_are_named_and_kept() -> None:
    """An unknown word is no error of form; it is listed with its place and the nearest known one."""
    data = b"sovereign_tag: 1\ndatasets:\n  - {id: a, status: Personal, categories: [hr, helth], subjects: [any]}\n"
    file = parse_tag_file(data + b"jobs:\n  - {id: j, kind: trainning}\n", source="t.yaml")
    domains = {
        "data.status": ("personal",),
        "data.categories": frozenset({"hr", "health"}),
        "job.kind": ("training", "etl"),
    }
    found = [(w.tag, w.field, w.word, w.nearest, str(w.span)) for w in unknown_words(file, domains)]
    assert found == [
        ("a", "status", "Personal", "personal", "t.yaml:3:21"),
        ("a", "categories", "helth", "health", "t.yaml:3:43"),
        ("j", "kind", "trainning", "training", "t.yaml:5:19"),
    ]


def test_the_tags_of_the_example_load(request: pytest.FixtureRequest) -> None:
    """The example of the repository is a tag file of at least six datasets."""
    file = load_tag_file(request.config.rootpath / "examples" / "munich" / "tags.yaml")
    assert len(file.datasets) >= 6
