"""What the checks said of a date, in the form in which Great Expectations stores a validation.

The same manifest gives the same bytes: there is no clock, no run and no path in them.
"""

from typing import Any

from pricing_assets.checks import suite
from pricing_assets.common import json_files
from pricing_assets.home.check_rule import BLOCKS, Rule
from pricing_assets.home.manifests import Contents


def rules_of(contents: Contents) -> tuple[Rule, ...]:
    """Return the rules that a date was checked by, in order; of a manifest from before there was a
    suite, those of the first that it counts faults of."""
    if contents.suite is None:
        return tuple(rule for rule in suite.rules(1) if rule.name in contents.checks)
    return (*suite.rules(contents.suite), *contents.own_rules)


def to_json(contents: Contents) -> bytes:
    """Return the bytes of `checks.json` that belong to a manifest with these contents."""
    return json_files.to_json(validation(contents))


def validation(contents: Contents) -> dict[str, Any]:
    """Return the validation of a date: one result per rule, with its faults and the first of them."""
    results = [_result(contents, rule) for rule in rules_of(contents)]
    held = sum(result["success"] for result in results)
    return {
        "suite_name": suite.NAME,
        "success": held == len(results),
        "statistics": {
            "evaluated_expectations": len(results),
            "successful_expectations": held,
            "unsuccessful_expectations": len(results) - held,
        },
        "results": results,
        "meta": {
            "usage_date": contents.usage_date.isoformat(),
            "suite_number": contents.suite,
            "may_be_published": all(
                result["success"] or result["expectation_config"]["severity"] != BLOCKS
                for result in results
            ),
        },
    }


def expectation(rule: Rule) -> dict[str, Any]:
    """Return a rule as an expectation: no fault of it is counted on any date."""
    meta = {"rule": rule.name} | ({"sha256": rule.sha256} if rule.sha256 else {})
    return {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": rule.name, "min_value": 0, "max_value": 0},
        "severity": rule.severity,
        "description": rule.description,
        "meta": meta,
    }


def _result(contents: Contents, rule: Rule) -> dict[str, Any]:
    faults = contents.checks[rule.name]
    rows = contents.broken.get(rule.name) or contents.warnings.get(rule.name) or []
    return {
        "success": faults == 0,
        "expectation_config": expectation(rule),
        "result": {
            "element_count": 1,
            "unexpected_count": int(faults > 0),
            "details": {"faults": faults, "first_rows": rows},
        },
        "meta": {},
        "exception_info": {
            "raised_exception": False,
            "exception_message": None,
            "exception_traceback": None,
        },
    }
