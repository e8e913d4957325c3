# METADATA
# title: Personal data stay in the European Union
# description: |
#   Input is a request (`sovereign.request/1`). The places are data: `data.places.eu` lists countries,
#   `data.places.regions` says in which countries a provider's region lies.
#   A rule that cannot be answered is `undecided`, which denies just as `deny` does.
# entrypoint: true
package residency

# Defined for every input: an undefined decision would be no answer.
decision := {"permit": count(blocking) == 0, "findings": findings}

blocking := {finding | some finding in findings; finding.outcome in {"deny", "undecided"}}

findings contains {
	"rule": "EU-01",
	"outcome": "deny",
	"placement": index,
	"message": sprintf("personal data would lie outside the European Union: %s", [concat(", ", outside)]),
} if {
	personal
	some index, placement in placements
	outside := {sprintf("%v", [country]) | some country in countries(placement); not in_eu(country)}
	count(outside) > 0
}

findings contains {
	"rule": "EU-02",
	"outcome": "undecided",
	"placement": index,
	"message": "nobody knows in which country this is: state the countries, or a region that data.places.regions lists",
} if {
	personal
	some index, placement in placements
	count(countries(placement)) == 0
}

findings contains {
	"rule": "EU-03",
	"outcome": "undecided",
	"message": "the tag does not say whether the data are personal",
} if {
	not personal
	not impersonal
}

findings contains {
	"rule": "EU-04",
	"outcome": "undecided",
	"message": "the request names no placement",
} if {
	personal
	not placed
}

personal if input.resource.properties.status in {"personal", "pseudonymised"}

impersonal if input.resource.properties.status in {"anonymised", "synthetic", "non_personal"}

placements := input.context.placements if is_array(input.context.placements)

placed if count(placements) > 0

# Stated countries add to those of the region, they never replace them.
countries(placement) := stated | located if {
	stated := {country | some country in placement.countries}
	located := {country | some country in data.places.regions[placement.provider][placement.region]}
}

# A rule of its own, because `not country in data.places.eu` is false, not true, when the list is not loaded:
# OPA evaluates what stands behind `not` first, and an undefined value there ends the whole body without a denial.
in_eu(country) if country in data.places.eu
