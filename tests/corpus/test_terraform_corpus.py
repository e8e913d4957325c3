"""Public plans of others: verdicts made by hand, and no crash on any of them or on changed ones.

The corpus is never shipped: `SOVEREIGN_CORPUS` names its folder, else it is looked for beside the repository. Where it
is absent, these tests are skipped and say so.
"""

import csv
import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from simulators.terraform import CATALOGUE, GERMANY, UNION, verdict

from sovereign.errors import InputError
from sovereign.facts.sources.terraform.model import TerraformPlan
from sovereign.facts.sources.terraform_plan import parse_terraform_plan

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "corpus"
# read before a test begins: each test clears the variables of the environment
CORPUS = Path(os.environ.get("SOVEREIGN_CORPUS", _BESIDE))
PLANS = CORPUS / "tfplan"
LABELS = CORPUS / "EXPECTED_tfplan.tsv"
MUTATIONS = 3000

needs_corpus = pytest.mark.skipif(not PLANS.is_dir(), reason="corpus not present")


@cache
def _read(path: Path) -> TerraformPlan | InputError:
    try:
        return parse_terraform_plan(path.read_bytes(), source=path.name, catalogue=CATALOGUE)
    except InputError as error:
        return error


def _labels() -> Iterator[tuple[str, str, str, str]]:
    """Yield file and address, the verdict that is expected, and the one that is given."""
    with LABELS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            plan = _read(CORPUS / row["file"])
            found = [r for r in getattr(plan, "resources", ()) if r.address == row["resource_address"]]
            for column, allowed in (("de_ok", GERMANY), ("eu_ok", UNION)):
                given = {verdict(resource, allowed) for resource in found} or {"not found"}
                yield row["file"], row["resource_address"], row[column], "|".join(sorted(given))


@needs_corpus
def test_no_label_is_permitted_wrongly_and_few_are_held_up() -> None:
    """False permits are none; a label that is permitted and is not here is held up, of which few may be."""
    labels = list(_labels())
    counted = Counter((expected, given) for _, _, expected, given in labels)
    wrong = [label for label in labels if label[2] not in {"yes", "n/a"} and label[3] not in {"no", "unknown"}]
    assert wrong == []
    held_up = sum(n for (expected, given), n in counted.items() if expected in {"yes", "n/a"} and given != expected)
    assert held_up <= 0.02 * len(labels), counted


@needs_corpus
def test_every_file_is_read_or_refused_with_a_code() -> None:
    """Every resource has placements or a reason, every unknown place a missing fact."""
    for path in sorted(PLANS.iterdir()):
        plan = _read(path)
        if isinstance(plan, InputError):
            assert plan.code in {"SOV-I002", "SOV-I004", "SOV-I205", "SOV-I208", "SOV-I200"}
            continue
        for resource in plan.resources:
            assert resource.not_applicable or all(alternative.judged for alternative in resource.alternatives)
            for alternative in resource.alternatives:
                for placement, missing in zip(alternative.placements, alternative.missing, strict=True):
                    assert (placement.countries is None) is (missing is not None)
                    assert not placement.countries or placement.countries <= CATALOGUE.groups.places


@needs_corpus
def test_changed_files_never_crash() -> None:
    """A value replaced, removed or doubled, a byte changed: read, or refused with a code."""
    randomness = random.Random(20261124)  # noqa: S311  reproducible changes, no secret
    files = [path.read_bytes() for path in sorted(PLANS.iterdir()) if path.stat().st_size < 40_000]
    for _ in range(MUTATIONS):
        data = _changed(randomness.choice(files), randomness)
        # an InputError is an answer; every other exception fails the test
        with suppress(InputError):
            plan = parse_terraform_plan(data, source="changed", catalogue=CATALOGUE)
            assert all(resource.alternatives for resource in plan.resources)


_WORDS = (
    *("null", "true", "false", "0", "-1", "1e308", "[]", "{}", "[[]]", "[null]", "[true]", '{"": {}}'),
    *('""', '"\\u0000"', '"eu-central-1"', '"arn:aws:s3:::x"', '"/locations/europe-west3/"', f'"{"a" * 3000}"'),
)


def _changed(data: bytes, randomness: random.Random) -> bytes:
    if randomness.random() < 0.2:
        position = randomness.randrange(len(data))
        return data[:position] + bytes([randomness.randrange(256)]) + data[position + 1 :]
    document = json.loads(data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"))
    for _ in range(randomness.randrange(1, 4)):
        _change_one(document, randomness)
    return json.dumps(document).encode()


def _change_one(document: Any, randomness: random.Random) -> None:
    at = document
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            return
        key = randomness.choice(keys)
        if isinstance(at[key], dict | list) and at[key] and randomness.random() < 0.85:
            at = at[key]
            continue
        if randomness.random() < 0.25:
            del at[key]
        else:
            at[key] = json.loads(randomness.choice(_WORDS))
        return
