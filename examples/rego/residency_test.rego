package residency_test

import data.residency

places := {
	"eu": ["DE", "FR", "IE"],
	"regions": {"aws": {"eu-central-1": ["DE"], "us-east-1": ["US"]}},
}

request(status, placements) := {
	"resource": {"properties": {"status": status}},
	"context": {"placements": placements},
}

ids(decision) := {finding.rule | some finding in decision.findings}

test_personal_data_in_the_eu_pass if {
	decision := residency.decision with input as request("personal", [{"countries": ["DE", "FR"]}])
		with data.places as places
	decision == {"permit": true, "findings": set()}
}

test_a_region_of_the_list_passes if {
	decision := residency.decision with input as request("personal", [{"provider": "aws", "region": "eu-central-1"}])
		with data.places as places
	decision.permit
}

test_one_country_outside_denies if {
	decision := residency.decision with input as request("pseudonymised", [{"countries": ["DE", "US"]}])
		with data.places as places
	not decision.permit
	ids(decision) == {"EU-01"}
}

test_a_stated_country_does_not_replace_the_region if {
	placement := {"provider": "aws", "region": "us-east-1", "countries": ["DE"]}
	decision := residency.decision with input as request("personal", [placement])
		with data.places as places
	ids(decision) == {"EU-01"}
}

test_a_country_that_is_no_text_denies if {
	every country in [null, 5, true, ["DE"], {"DE": "DE"}] {
		decision := residency.decision with input as request("personal", [{"countries": ["DE", country]}])
			with data.places as places
		not decision.permit
		ids(decision) == {"EU-01"}
	}
}

test_the_finding_names_its_placement if {
	decision := residency.decision with input as request("personal", [{"countries": ["DE"]}, {"countries": ["US"]}])
		with data.places as places
	{finding.placement | some finding in decision.findings} == {1}
}

test_other_data_pass_everywhere if {
	every status in ["anonymised", "synthetic", "non_personal"] {
		decision := residency.decision with input as request(status, [{"countries": ["US"]}])
			with data.places as places
		decision.permit
	}
}

test_unknown_places_are_undecided if {
	every placement in [{}, {"countries": null}, {"countries": []}, {"provider": "aws", "region": "moon-1"}, null, "DE"] {
		decision := residency.decision with input as request("personal", [placement])
			with data.places as places
		not decision.permit
		ids(decision) == {"EU-02"}
	}
}

test_an_unknown_status_is_undecided if {
	every status in ["secret", null, 5, ["personal"], {}] {
		decision := residency.decision with input as request(status, [{"countries": ["DE"]}])
			with data.places as places
		not decision.permit
		ids(decision) == {"EU-03"}
	}
}

test_no_placement_is_undecided if {
	every placements in [[], null, "DE", {}] {
		decision := residency.decision with input as request("personal", placements)
			with data.places as places
		not decision.permit
		ids(decision) == {"EU-04"}
	}
}

test_an_empty_input_is_undecided if {
	decision := residency.decision with input as {} with data.places as places
	ids(decision) == {"EU-03"}
}

test_without_its_data_everything_is_outside if {
	decision := residency.decision with input as request("personal", [{"countries": ["DE"]}]) with data.places as {}
	ids(decision) == {"EU-01"}
}
