//! The shipped rules against their own tests, the contract's examples, and tests that fail.

use super::{Suite, TestReport, run};
use crate::core::rules::{RuleText, SHIPPED};

/// The rules and tests of the contract's section 10, save for the pooled ones.
const EXAMPLES: &str = r#"
version: 1
rules:
  - id: bulk-read
    count: customers
    of: {type: query}
    over: 1h
    limit: {warn: 500, page: 1000}
  - id: read-then-out
    count: overlap
    read_before: 24h
    of: {type: egress, destination_class: [external]}
    over: 7d
    limit: {warn: 20, page: 50}
tests:
  - name: bulk read pages at 1,000
    directory: [{actor: e1, role: customer-service}]
    events: [{at: "10:00", every: 1m, times: 50, event: {type: query, actor: e1, rows: 20, customers: 20}}]
    expect:
      - {rule: bulk-read, entity: e1, severity: warning, at: "10:24", observed: 500}
      - {rule: bulk-read, entity: e1, severity: page, at: "10:49", observed: 1000}
  - name: three accounts, each for itself
    for_each: {A: [a, b, c]}
    events:
      - {at: "09:00", event: {type: query, actor: $A, rows: 50, customers: 50, save: $A}}
      - {at: "11:00", event: {type: egress, actor: $A, destination: "x1.drop.example", bytes: 4000, customers: $A}}
    expect: [{rule: read-then-out, entity: $A, severity: page, actors: [$A], observed: 50}]
  - name: the same customers, never read before, are silent
    for_each: {A: [a, b, c]}
    events: [{at: "11:00", event: {type: egress, actor: $A, destination: "x1.drop.example", customers: 50}}]
    expect: []
  - name: the same 20 customers read all hour are not bulk
    events: [{at: "10:00", every: 1m, times: 60, event: {type: query, actor: e1, rows: 20, customers: 1..20}}]
    expect: []
"#;

/// The pooled rule and its test there.
const POOLED: &str = r#"
version: 1
rules:
  - id: pooled-exit
    count: overlap
    read_before: 24h
    of: {type: egress, destination_class: [external]}
    by: domain
    over: 7d
    actors: {at_least: 3}
    limit: {warn: 20, page: 50}
tests:
  - name: three small accounts, one way out
    for_each: {A: [a, b, c]}
    events:
      - {at: "09:00", event: {type: query, actor: $A, rows: 20, customers: 20, save: $A}}
      - {at: "11:00", event: {type: egress, actor: $A, destination: "x1.drop.example", bytes: 4000, customers: $A}}
    expect: [{rule: pooled-exit, entity: drop.example, severity: page, actors: [a, b, c], observed: 60}]
  - name: the same customers, never read before, are silent
    for_each: {A: [a, b, c]}
    events: [{at: "11:00", event: {type: egress, actor: $A, destination: "x1.drop.example", customers: 20}}]
    expect: []
"#;

fn suite(yaml: &str) -> Result<Suite, String> {
    let errors = |errors: Vec<crate::core::rules::RuleError>| {
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    Suite::read(RuleText { name: "my.yaml", yaml }).map_err(errors)
}

/// The reports of the tests in `yaml`.
fn reports(yaml: &str) -> Vec<TestReport> {
    run(&[suite(yaml).expect("a right file")]).expect("customers")
}

fn failures(reports: &[TestReport]) -> String {
    let failed: Vec<String> = reports.iter().filter(|report| !report.passed()).map(ToString::to_string).collect();
    failed.join("\n")
}

#[test]
fn the_shipped_rules_pass_their_own_tests() {
    let suite = Suite::read(SHIPPED).expect("right tests");
    let reports = run(&[suite]).expect("customers");
    assert!(reports.len() > 10, "only {} tests", reports.len());
    assert_eq!(failures(&reports), "");
}

#[test]
fn the_contracts_examples_hold() {
    let reports = reports(EXAMPLES);
    assert_eq!((reports.len(), failures(&reports)), (4, String::new()));
}

#[test]
fn a_pooled_test_is_written_out_for_each_of_its_actors() {
    let suite = suite(POOLED).expect("a right file");
    let records = |case: usize| -> Vec<String> {
        let happenings = suite.cases[case].happenings.iter();
        happenings.map(|happening| String::from_utf8_lossy(&happening.record()).into_owned()).collect()
    };
    let written = records(0);
    assert_eq!((written.len(), records(1).len()), (6, 3));
    for (at, actor, customer) in [(0, "a", "13800000001"), (1, "b", "13800000021"), (5, "c", "13800000060")] {
        assert!(written[at].contains(customer), "{at}");
        assert!(written[at].contains(&format!(r#""actor":"{actor}""#)), "{at}");
    }
}

/// One rule, and `tests` in addition to those that a paging rule must have.
fn with_tests(tests: &str) -> String {
    format!(
        "version: 1
rules:
  - {{id: bulk, count: customers_named, of: {{type: query}}, over: 1h, limit: {{warn: 20, page: 50}}}}
  - {{id: decoy, count: canaries, over: 24h, limit: {{page: 1}}}}
tests:
  - name: fires
    events: [{{at: \"10:00\", event: {{type: query, actor: e1, customers: 50, canaries: 1}}}}]
    expect: [{{rule: bulk, severity: page}}, {{rule: decoy, severity: page}}]
  - {{name: silent, expect: []}}
{tests}"
    )
}

#[test]
fn a_test_that_fails_says_what_was_expected_and_what_was_raised() {
    let yaml = with_tests(
        r#"  - name: too early, too many, another entity
    events: [{at: "10:00", every: 30s, times: 6, event: {type: query, actor: e1, customers: 10}}]
    expect:
      - {rule: bulk, entity: e1, severity: warning, at: "10:01"}
      - {rule: bulk, entity: e1, severity: page, observed: 60}
      - {rule: decoy, entity: e2, severity: page, at: "d2 10:00", observed: 1, actors: [e1, e2]}
  - name: said to be silent
    events: [{at: "d3 10:00:07", event: {type: query, actor: e1, customers: 30}}]
    expect: []
  - name: fields of a wrong type, and nobody
    events:
      - {at: "10:00", event: {type: query, actor: e1, rows: "20"}}
      - {at: "10:01", event: {type: query, rows: 20}}
    expect: []
"#,
    );
    let reports = reports(&yaml);
    insta::assert_snapshot!(failures(&reports));
    insta::assert_json_snapshot!("as_json", reports[2]);
}

#[test]
fn a_test_that_cannot_be_run_is_refused_with_its_line() {
    let cases = [
        r#"events: [{at: "25:00", event: {type: query, actor: e1}}]"#,
        r#"events: [{at: "10:00", every: 1m, event: {type: query, actor: e1}}]"#,
        r#"events: [{at: "10:00", every: 0s, times: 2, event: {type: query, actor: e1}}]"#,
        r#"events: [{at: "10:00", event: {type: query, actor: e1, row: 20}}]"#,
        r#"events: [{at: "10:00", event: {type: query, actor: e1, time: "10:00"}}]"#,
        r#"events: [{at: "10:00", event: {type: query, actor: e1, customers: taken}}]"#,
        r#"events: [{at: "10:00", event: {type: query, actor: e1, customers: 0}}]"#,
        r#"events: [{at: "10:00", event: {type: query, actor: e1, canaries: 1..0}}]"#,
        r#"events: [{at: "10:00", event: {type: query, actor: e1, save: 7}}]"#,
        r#"events: [{at: "10:00", every: 1s, times: 100001, event: {type: query, actor: e1}}]"#,
        r"directory: [{actor: e1}, {actor: e1}]",
        r"for_each: {$A: [a]}",
        r"for_each: {A: []}",
        r"expect: [{rule: bulk, at: noon}]",
    ];
    let told = |case: &&str| {
        let refused = suite(&with_tests(&format!("  - {{name: wrong, {case}}}\n")));
        format!("{case}\n{}\n", refused.err().unwrap_or_else(|| "fine".into()))
    };
    insta::assert_snapshot!(cases.iter().map(told).collect::<Vec<_>>().join("\n"));
}

#[test]
fn events_arrive_in_the_order_of_their_times_or_as_they_say() {
    let yaml = with_tests(
        r#"  - name: saved earlier, though written later
    events:
      - {at: "11:00", event: {type: query, actor: e2, customers: taken}}
      - {at: "10:00", every: 1m, times: 2, event: {type: query, actor: e1, customers: 10, save: taken}}
    expect:
      - {rule: bulk, entity: e1, severity: warning, at: "10:01"}
      - {rule: bulk, entity: e2, severity: warning, at: "11:00", observed: 20}
  - name: late, and counted in its own hour
    events:
      - {at: "10:00", event: {type: query, actor: e1, customers: 10}}
      - {at: "10:10", event: {type: query, actor: e1, customers: 10, received: "11:05"}}
      - {at: "11:02", event: {type: query, actor: e1, customers: 1}}
    expect: [{rule: bulk, severity: warning, at: "10:10", observed: 20}]
"#,
    );
    assert_eq!(failures(&reports(&yaml)), "");
}

#[test]
fn what_is_expected_of_a_rule_that_is_off_is_not_asked_for() {
    let yaml = with_tests("").replace("{id: bulk,", "{id: bulk, mode: off,");
    assert_eq!(failures(&reports(&yaml)), "");
    let shadow = with_tests("").replace("{id: bulk,", "{id: bulk, mode: shadow,");
    assert_eq!(failures(&reports(&shadow)), "");
}

#[test]
fn a_share_is_of_a_million_customers() {
    let yaml = "version: 1
rules: [{id: share, count: base_share, by: actor, over: 24h, limit: {warn: 0.123}}]
tests:
  - name: 1,230 of a million are 0.123 percent
    events: [{at: \"10:00\", every: 1m, times: 1300, event: {type: query, actor: e1, customers: 1}}]
    expect: [{rule: share, severity: warning, at: \"d2 06:29\", observed: 0.123}]
";
    assert_eq!(failures(&reports(yaml)), "");
}

#[test]
fn a_customers_number_can_be_written_out() {
    let yaml = with_tests(
        r#"  - name: customers 1 to 20, by their numbers
    for_each: {N: ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10"]}
    events:
      - {at: "10:00", event: {type: query, actor: e1, customers: 11..20, identifiers: {phone: ["13800000001"]}}}
      - {at: "10:01", event: {type: query, actor: e1, identifiers: {phone: ["+86 138 0000 00$N"]}}}
    expect: [{rule: bulk, entity: e1, severity: warning, at: "10:01", observed: 20}]
"#,
    );
    assert_eq!(failures(&reports(&yaml)), "");
}
