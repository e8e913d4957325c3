"""Attack: the same tag twice, once without a claim and once with the claim unknown; the first answer is reused."""

from pathlib import Path

import pytest

from sovereign.enforce.guard import Guard
from sovereign.facts.model import Placement
from sovereign.tags.model import CLAIMS, ResidencyTag

GERMANY = (Placement(role="storage", provider="stackit", region="eu01"),)
SILENT = ResidencyTag(id="sensors", classification="public", categories=frozenset(), status="non_personal")


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("in_a_job", [False, True])
def test_unknown_claim_is_not_answered_by_a_claim_left_out(tmp_path: Path, claim: str, *, in_a_job: bool) -> None:
    """What was prepared or leased for a tag that claims nothing does not answer for one whose claim is null."""
    (tmp_path / "sovereign.yaml").write_text("sovereign: 1\npolicies: [de-only]\n", encoding="utf-8")
    unknown = ResidencyTag.model_validate({**SILENT.model_dump(exclude_unset=True), claim: None})
    with Guard.load(tmp_path / "sovereign.yaml") as guard:
        if in_a_job:
            with guard.job(id="job", kind="training", inputs=[SILENT], placements=GERMANY):
                answers = [guard.check(tag, kind="training") for tag in (SILENT, unknown)]
        else:
            answers = [guard.check(tag, kind="training", placements=GERMANY) for tag in (SILENT, unknown)]
    assert [answer.permits for answer in answers] == [True, False]
    assert answers[1].receipt.index > answers[0].receipt.index


def test_tags_are_equal_only_if_they_claim_the_same() -> None:
    """Equality sees which fields are filled in, so no cache can mistake one tag for the other."""
    assert SILENT.model_copy() == SILENT
    assert hash(SILENT) == hash(SILENT.model_copy())
    assert ResidencyTag(id="a") != ResidencyTag(id="a", purposes=None)
