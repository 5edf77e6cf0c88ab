//! Lines and wording of what the parser refuses.

use super::*;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "parsed only")]
struct Sample {
    name: String,
    #[serde(default)]
    limits: Vec<Limit>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "parsed only")]
struct Limit {
    count: u32,
}

fn refused(text: &str) -> String {
    let problem = parse::<Sample>(text).expect_err("refused");
    format!("{}: {problem}", problem.line.map_or("-".to_owned(), |line| line.to_string()))
}

#[test]
fn a_path_leads_to_its_line_or_to_the_nearest_one() {
    let text = "name: x\nlimits:\n  - count: 1\n\n  - # two\n    count: 2\n";
    let (_, positions) = parse::<Sample>(text).expect("valid");
    let limits = At::ROOT.key("limits");
    let second = limits.item(1);
    assert_eq!(positions.line(&limits), Some(2));
    assert_eq!(positions.line(&limits.item(0).key("count")), Some(3));
    assert_eq!(positions.line(&second.key("count")), Some(6));
    assert_eq!(positions.line(&second.key("colour")), positions.line(&second));
    assert_eq!(positions.line(&At::ROOT.key("other")), None);
    assert_eq!(second.key("count").to_string(), "limits[1].count");
}

#[test]
fn what_the_parser_refuses_has_a_line_a_field_and_no_value() {
    let refusals = [
        "name: x\nlimits:\n  - count: several\n",
        "name: x\nlimits:\n  - count: 1\n    colour: red\n",
        "name: x\ncolour: red\n",
        "limits: []\n",
        "name: x\nname: y\n",
        "name: x\nlimits: 5\n",
        "name: x\nlimits:\n  - {}\n",
        "name: [x\n",
        "name: x\n\tlimits: 5\n",
        "- 1\n",
        "",
        "name: *nobody\n",
        "name: x\n---\nname: y\n",
    ];
    let report: Vec<String> = refusals.into_iter().map(refused).collect();
    insta::assert_snapshot!(report.join("\n"));
}

#[test]
fn a_huge_file_is_refused_before_it_is_parsed() {
    let problem = parse::<Sample>(&" ".repeat(MAX_FILE_BYTES + 1)).expect_err("refused");
    assert_eq!(problem.message, "expected a file of at most 4194304 bytes");
}
