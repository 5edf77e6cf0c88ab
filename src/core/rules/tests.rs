//! Rule files that are wrong, and what is said of them.

use super::{RuleText, check};

const TESTED: &str = "
tests:
  - {name: pages, expect: [{rule: r, severity: page}]}
  - {name: silent, expect: []}
";

fn complaints(rules: &str) -> String {
    let yaml = format!("version: 1\nrules:\n{rules}{TESTED}");
    match check(&[RuleText { name: "my.yaml", yaml: &yaml }]) {
        Ok(_) => "fine".into(),
        Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn what_is_wrong_is_said_with_file_line_and_field() {
    let good = "  - {id: r, count: rows, over: 1h, limit: {page: 5}}\n";
    let cases = [
        good,
        "  - {id: r, count: rows, over: 2h, limit: {page: 5}}\n",
        "  - {id: r, count: rows, over: 1h}\n",
        "  - {id: r, count: rows, over: 1h, limit: {warn: 9, page: 5}}\n",
        "  - {id: r, count: rows, over: 1h, limit: {page: 0}}\n",
        "  - {id: r, count: rows, over: 1h, limit: {page: 5}, baseline: {own: {history: 14d, factor: 5, after: 5d}}}\n",
        "  - {id: r, over: 1h, limit: {page: 5}}\n",
        "  - {id: R 1, count: rows, over: 1h, limit: {page: 5}}\n",
        "  - {id: r, count: rows, over: 1h, limit: {page: 5}, colour: red}\n",
        "  - {id: r, count: carrots, over: 1h, limit: {page: 5}}\n",
        "  - {id: s, count: rows, over: 1h, limit: {page: 5}}\n",
    ];
    let told: Vec<String> = cases.iter().map(|case| format!("{case}{}\n", complaints(case))).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn exceptions_need_somebody_who_answers_for_them_and_an_end() {
    let base = "rule: r, actor: b, owner: o, ticket: T-1, reason: why, from: 2012-05-01";
    let cases = [
        format!("{base}, until: 2012-06-30"),
        format!("{base}, until: 2012-09-30"),
        base.to_string(),
        "rule: r, actor: b, from: 2012-05-01, until: 2012-06-30".to_string(),
        format!("{base}, until: 2012-06-30, team: t"),
    ];
    let told: Vec<String> = cases
        .iter()
        .map(|case| {
            let yaml = format!("version: 1\nexceptions:\n  - {{{case}}}\n");
            match check(&[RuleText { name: "my.yaml", yaml: &yaml }]) {
                Ok(set) => format!("{} exception", set.exceptions.len()),
                Err(errors) => errors[0].to_string(),
            }
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn exceptions_name_no_customer_but_who_answers_may_have_a_mail_address() {
    let told = |owner: &str, ticket: &str, reason: &str| {
        let one = format!("owner: \"{owner}\", ticket: \"{ticket}\", reason: \"{reason}\"");
        let yaml = format!(
            "version: 1\nexceptions:\n  - {{rule: r, actor: u42@corp.example, from: 2012-05-01, until: 2012-06-01, {one}}}\n"
        );
        check(&[RuleText { name: "my.yaml", yaml: &yaml }]).map_err(|errors| errors[0].to_string())
    };
    assert!(told("ann@corp.example", "SEC-118", "yearly re-index, 900000 rows on 2012-05-07").is_ok());
    for (owner, ticket, reason, field) in [
        ("13800138000", "T-1", "why", "owner"),
        ("crm", "T 4111 1111 1111 1111", "why", "ticket"),
        ("crm", "T-1", "ask 13800138000", "reason"),
        ("crm", "T-1", "ask zhang.san@qq.com", "reason"),
    ] {
        let refused = told(owner, ticket, reason).expect_err("refused");
        assert!(refused.contains(&format!("({field})")) && refused.contains("without what looks like"), "{refused}");
        assert!(
            !refused.contains("13800138000") && !refused.contains("zhang") && !refused.contains("4111"),
            "{refused}"
        );
    }
}
