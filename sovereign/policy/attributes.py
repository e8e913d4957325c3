"""The one table of what a policy can ask. JSON Schema, documentation and generators are made from it.

Every attribute has a type and, where it has one, a finite domain. An enum without a listed domain takes any word, and
is compared for equality only. `parties` stand with the placement that names them; other collections are evidence records.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

__all__ = ["ATTRIBUTES", "CATEGORY_TREE", "COLLECTIONS", "Attribute", "Kind", "closure", "root_of"]


class Kind(StrEnum):
    """The types of the language."""

    ENUM = "enum"
    ORDERED = "ordered enum"
    ENUM_SET = "set of enum"
    TREE_SET = "set of enum, a tree"
    PLACE = "place"
    PLACE_SET = "set of places"
    DATE = "date"
    BOOL = "bool"
    INT = "int"
    ID = "id"
    ID_SET = "set of id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One row of the table.

    Attributes:
        name: `<root>.<field>`.
        kind: its type.
        domain: allowed words, weakest first for an ordered enum; empty where any word is allowed.
        doc: one sentence.
        room: who supplies it.
    """

    name: str
    kind: Kind
    domain: tuple[str, ...] = ()
    doc: str
    room: str

    @property
    def is_set(self) -> bool:
        """Whether its values are sets."""
        return self.kind in {Kind.ENUM_SET, Kind.TREE_SET, Kind.PLACE_SET, Kind.ID_SET}


CATEGORY_TREE: Final[Mapping[str, str | None]] = MappingProxyType(
    {
        "personal": None,
        "special": "personal",
        "health": "special",
        "genetic": "special",
        "biometric": "special",
        "social": "personal",
        "hr": "personal",
        "tax_books": None,
        "invoice": None,
        "professional_secret": None,
        "trade_secret": None,
    }
)
"""Each category and the one that contains it (Art. 4, 9 GDPR; § 67(2) SGB X; § 26 BDSG)."""


def closure(categories: frozenset[str]) -> frozenset[str]:
    """Return the categories with everything that contains them: health comes with special and personal."""
    closed: set[str] = set()
    for category in categories:
        name: str | None = category
        while name is not None:
            closed.add(name)
            name = CATEGORY_TREE[name]
    return frozenset(closed)


COLLECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "placements": "placement",
        "parties": "party",
        "attestations": "attestation",
        "contracts": "contract",
        "transfers": "transfer",
        "permits": "permit",
        "notices": "notice",
        "commitments": "commitment",
        "assessments": "assessment",
        "links": "link",
        "plans": "plan",
        "components": "component",
        "provider_pages": "provider_page",
        "objectives": "objective",
        "ropa": "ropa",
        "checks": "check",
    }
)
"""Collections, and the root of their elements' attributes."""

_ROLES: Final = (
    "storage processing replica backup key log metadata telemetry image egress support_access operator_access"
)
_KINDS: Final = (
    "etl training inference serving simulation backup export maintenance support disclosure authority_order other"
)
_ROWS: Final = f"""
data.classification | ordered enum | public internal confidential restricted | tags | how far the data may spread
data.categories | set of enum, a tree | {" ".join(CATEGORY_TREE)} | tags | what kind of data they are
data.status | enum | personal pseudonymised anonymised synthetic non_personal | tags | relation to persons; pseudonymised is personal
data.allowed_locations | set of id | | tags | countries and groups the owner allows; enforced by SOV-001
data.allowed_jurisdictions | set of id | | tags | countries and groups that may compel a party; enforced by SOV-002
data.allowed_countries_at | set of places | | tags and jurisdiction | allowed_locations on the day asked about
data.purposes | set of id | | tags | purposes the data may serve; enforced by SOV-003
data.packs | set of id | | tags | policies the owner binds the data to; enforced by SOV-004
data.controller | id | | tags | the controller, Art. 4(7) GDPR
data.retention | id | | tags | how long the data are kept, an ISO 8601 period
data.label_review_due | date | | tags | day from which the label needs a review
data.subjects | set of id | | tags | whom the data are about
data.encrypted_at_rest | bool | | tags | whether the data are stored encrypted
data.form | enum | electronic paper | tags | form of the books
data.planes_open | set of enum | {_ROLES} | tags and facts | planes neither placed nor declared absent
controller.kind | enum | care_provider health_fund care_fund their_processor financial_entity other | tags | what the controller is
controller.public_powers | bool | | tags | whether it exercises public powers
controller.nis2_class | enum | essential important none | tags | class under NIS 2
controller.profession | enum | | tags | profession bound to secrecy
controller.client_book | enum | sgb_ii sgb_iii other | tags | which book of the SGB applies
controller.establishments | set of places | | tags | countries with an establishment
controller.role | enum | controller processor | tags | role under the GDPR
controller.lei | id | | tags | legal entity identifier
job.kind | enum | {_KINDS} | tags | what is done; equal to the action's name
job.purpose | id | | tags | what it is done for
job.recipients | set of id | | tags | who receives the result
job.inputs | set of id | | tags | datasets read
job.outputs | set of id | | tags | datasets written
job.function_critical | bool | | tags | whether it supports a critical or important function
job.function_id | id | | tags | the function it supports
job.single_mandate | bool | | tags | whether one mandate alone is concerned
job.mandate_consent_id | id | | tags | consent of the client
job.maintenance_only | bool | | tags | whether it is maintenance only
order.agreement_id | id | | facts | agreement on which an order rests, or none
order.other_ground | enum | | facts | other ground of an order
access.tax_audit_full | bool | | facts | full access for a tax audit
access.remote_full | bool | | facts | full remote access
recipient.dpf_listed | bool | | facts | listed under the Data Privacy Framework
recipient.dpf_hr | bool | | facts | listed for human resources data
recipient.pipeda_subject | bool | | facts | subject to PIPEDA
recipient.appi_operator | bool | | facts | subject to the APPI
recipient.jp_excluded_body | bool | | facts | outside the Japanese decision
recipient.occupied_territory | bool | | facts | in a territory outside the Israeli decision
recipient.faroese_act_subject | bool | | facts | subject to the Faroese act
recipient.kr_excluded_processing | bool | | facts | outside the Korean decision
recipient.safe_harbor_listed | bool | | facts | listed under Safe Harbor
recipient.privacy_shield_listed | bool | | facts | listed under Privacy Shield
recipient.organisation | enum | | facts | the organisation
processing.automated | bool | | facts | whether processing is automated
purpose.lgpd_excluded | bool | | facts | purpose outside the LGPD
purpose.uk_immigration_control | bool | | facts | purpose of immigration control
placement.id | id | | facts | names the placement
placement.role | enum | {_ROLES} | facts | what the placement does with the data
placement.countries | set of places | | facts | where, every member counts
placement.provider | id | | facts | provider of the catalogue
placement.region | id | | facts | the provider's code
placement.operator | id | | facts | legal entity that operates
placement.confidence | ordered enum | asserted inferred variable provider literal attested | facts | how well the place is known
placement.place_verification | enum | verified secondary unverified | jurisdiction | how the catalogue's row was checked
placement.cloud | bool | | facts | whether it is a cloud service
placement.moved_on | date | | facts | day of the move
placement.system_first_marketed | date | | facts | day the system was first marketed
placement.operator_establishments | set of places | | jurisdiction | countries where the operator is established
placement.key_custody | ordered enum | provider_managed customer_managed_in_provider_kms external_key_manager customer_only | facts | who holds the keys
placement.key_countries | set of places | | facts | where the keys are
placement.plaintext_at_provider | bool | | facts | whether the provider sees plaintext
placement.confidential_attestation_id | id | | facts | attestation of confidential computing
placement.exposure | set of enum | us_cloud_act us_fisa_702 | jurisdiction | foreign laws that reach a party
placement.parties_complete | bool | | facts | whether every party is named
party.function | enum | operator parent ultimate_parent processor sub_processor kms_operator technology_supplier minority_owner | facts | what the party does
party.countries | set of places | | facts | its countries
party.name | id | | facts | its name
link.function | enum | | facts | what a further processor does
link.rank | id | | facts | its place in the chain
link.countries | set of places | | facts | where it processes
link.authorisation | enum | specific general none | facts | Art. 28(2) GDPR
link.announced_on | date | | facts | day it was announced
link.objection_until | date | | facts | last day to object
link.objected | bool | | facts | whether the controller objected
link.flow_down | bool | | facts | Art. 28(4) GDPR
link.can_learn_content | bool | | facts | whether it can learn content
link.public | bool | | facts | whether it is a public body
link.private_reason | enum | disruption cost none | facts | § 80(3) SGB X
link.majority_approval_id | id | | facts | approval
chain.complete_confirmed_on | date | | facts | day the chain was confirmed complete
contract.kind | enum | | facts | kind of contract
contract.form | enum | written electronic text | facts | its form
contract.valid_from | date | | facts | first day
contract.valid_to | date | | facts | first day on which it no longer holds
contract.instructions_cover_transfers | bool | | facts | Art. 28(3)(a) GDPR
contract.storage_countries | set of places | | facts | agreed places of storage
contract.processing_countries | set of places | | facts | agreed places of processing
contract.service_countries | set of places | | facts | agreed places of service
contract.change_notice_duty | bool | | facts | duty to announce changes of place
contract.ref | id | | facts | reference
transfer.tool | enum | art46_2_a art46_2_b art46_2_c art46_2_d art46_2_e art46_2_f art46_3_a art46_3_b art49_1_a art49_1_b art49_1_c art49_1_d art49_1_e art49_1_f art49_1_g art49_1_subpara2 none | facts | basis of a third-country transfer
transfer.tia_id | id | | facts | transfer impact assessment
transfer.tia_date | date | | facts | its day
transfer.tia_review_due | date | | facts | day from which it needs a review
transfer.authorisation_id | id | | facts | authorisation
transfer.case_id | id | | facts | case
transfer.ropa_documented | bool | | facts | whether the record of processing documents it
attestation.scheme | enum | | facts | scheme, e.g. C5
attestation.type | ordered enum | TYPE1 TYPE2 | facts | type of report
attestation.catalogue | id | | facts | edition of the criteria
attestation.auditor | enum | | facts | kind of auditor
attestation.scope | set of id | | facts | services covered
attestation.as_of | date | | facts | day of a type 1 report
attestation.period_start | date | | facts | first day covered
attestation.period_end | date | | facts | last day covered
attestation.customer_criteria | enum | none_listed implemented open | facts | criteria left to the customer
attestation.location_pledge | set of places | | facts | places pledged
plan.kind | enum | c5_equivalent exit | facts | kind of plan
plan.base | enum | | facts | what it builds on
plan.start | date | | facts | first day
plan.tested_on | date | | facts | day of the last test
permit.basis | enum | ao_146_2b | facts | legal basis
permit.granted_on | date | | facts | day it was granted
permit.revoked | bool | | facts | whether it was revoked
permit.countries | set of places | | facts | countries it covers
notice.basis | enum | sgb_x_80 sgb_x_80_processor ustg_14b_2 dora_30_2_b | facts | legal basis
notice.date | date | | facts | its day
notice.items | set of id | | facts | what it states
commitment.form | enum | | facts | its form
commitment.instructed_on_criminal_law | bool | | facts | § 203(4) StGB
commitment.limited_to_need | bool | | facts | limited to what is needed
commitment.valid_from | date | | facts | first day
commitment.subcontracting_stated | bool | | facts | whether subcontracting is stated
assessment.kind | enum | comparable_secrecy dora_29_2 supply_chain | facts | kind
assessment.result | enum | | facts | result
assessment.date | date | | facts | its day
assessment.review_due | date | | facts | day from which it needs a review
assessment.follows_2024_2690 | bool | | facts | follows Implementing Regulation (EU) 2024/2690
component.id | id | | facts | names the component
component.prohibited_by | id | | facts | prohibition, or none
provider_page.art28_url | id | | facts | page under Art. 28 Data Act
provider_page.read_on | date | | facts | day it was read
provider_page.art32_measures_id | id | | facts | measures under Art. 32 Data Act
objective.id | enum | SOV-1 SOV-2 SOV-3 SOV-4 SOV-5 SOV-6 SOV-7 SOV-8 | facts | objective of the EU Cloud Sovereignty Framework
objective.level | ordered enum | SEAL-0 SEAL-1 SEAL-2 SEAL-3 SEAL-4 | facts | level reached
objective.source | id | | facts | source
objective.date | date | | facts | its day
ropa.entry_id | id | | facts | entry of the record of processing activities, Art. 30 GDPR
ropa.fields | set of id | | facts | fields filled in
ropa.third_countries | set of places | | facts | third countries named
observed.third_countries | set of places | | facts | third countries observed
check.subject | enum | | facts | what a person reviewed
check.confirmed_on | date | | facts | day of the review
check.by | id | | facts | who reviewed
"""

_RECORD_FIELDS: Final = (
    ("id", Kind.ID, "names the record"),
    ("covers", Kind.ID_SET, "ids of placements or links it covers"),
    ("issued_on", Kind.DATE, "day it was issued"),
    ("digest", Kind.ID, "digest of the document"),
)


def _table() -> Mapping[str, Attribute]:
    rows = {}
    for line in _ROWS.strip().splitlines():
        name, kind, domain, room, doc = (part.strip() for part in line.split("|"))
        rows[name] = Attribute(name=name, kind=Kind(kind), domain=tuple(domain.split()), doc=doc, room=room)
    for collection, root in COLLECTIONS.items():
        for field, field_kind, doc in _RECORD_FIELDS if collection not in {"placements", "parties"} else ():
            name = f"{root}.{field}"
            rows.setdefault(name, Attribute(name=name, kind=field_kind, doc=doc, room="facts"))
    return MappingProxyType(rows)


ATTRIBUTES: Final = _table()
"""Every attribute by name."""


def root_of(name: str) -> str:
    """Return what stands before the dot: `placement` of `placement.role`."""
    return name.split(".", 1)[0]
