//! Resolving: spellings, leases, places, and what is refused.

use super::{Directory, DirectoryError};
use crate::core::activity::DestinationClass;
use crate::core::time::EventTime;
use jiff::tz::TimeZone;
use proptest::prelude::*;

const LINES: &str = r#"
{"actor":"emp0042","aliases":["CORP\\u0042","u0042@corp.example"],"role":"customer-service","team":"cs-2","kind":"human","tz":"Asia/Shanghai","left_at":"2012-04-30T00:00:00Z"}
{"actor":"billing-batch","kind":"service"}
{"destination":"mailer.partner.example","class":"partner","owner":"marketing"}
{"destination":"corp.example","class":"internal"}
{"client_ip":"10.20.1.5","actor":"emp0042","from":"2012-05-01T08:00:00Z","to":"2012-05-01T18:00:00Z"}
{"client_ip":"10.20.1.5","actor":"billing-batch","from":"2012-05-01T18:00:00Z"}
"#;

fn directory() -> Directory {
    Directory::parse(LINES, &TimeZone::UTC).expect("a directory")
}

fn at(text: &str) -> EventTime {
    EventTime::parse_rfc3339(text).expect("a time")
}

proptest! {
    #[test]
    fn every_spelling_is_one_actor(upper in any::<u32>(), padding in 0..3_usize, which in 0..3_usize) {
        let spelling = ["emp0042", "corp\\u0042", "U0042@corp.example"][which];
        let mixed: String = spelling.chars().enumerate()
            .map(|(at, c)| if upper >> at & 1 == 1 { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect();
        let padded = format!("{0}{mixed}{0}", " ".repeat(padding));
        let directory = directory();
        let resolved = directory.resolve_actor(Some(&padded), None, at("2012-05-02T00:00:00Z"));
        prop_assert_eq!(resolved.name(), "emp0042");
        prop_assert_eq!(resolved.utc_offset_minutes, 480);
    }
}

#[test]
fn without_an_actor_the_address_tells() {
    let directory = directory();
    let who = |time: &str| directory.resolve_actor(None, Some("10.20.1.5"), at(time)).name().to_string();
    assert_eq!(who("2012-05-01T09:00:00Z"), "emp0042");
    assert_eq!(who("2012-05-01T18:00:00Z"), "billing-batch");
    assert_eq!(who("2012-05-01T07:59:59Z"), "ip:10.20.1.5");
}

#[test]
fn whom_the_directory_does_not_know_is_watched_under_one_spelling() {
    let directory = directory();
    let resolved = directory.resolve_actor(Some(" Stranger "), None, at("2012-05-01T07:59:59Z"));
    assert_eq!((resolved.name(), resolved.role, resolved.left_at), ("stranger", "unknown", None));
}

#[test]
fn a_destination_line_covers_its_subdomains() {
    let directory = directory();
    let class = |raw| directory.destination(raw).class;
    assert_eq!(class("https://a.mailer.partner.example/x"), DestinationClass::Partner);
    assert_eq!(class("partner.example"), DestinationClass::External);
    assert_eq!(class("bob@Corp.Example"), DestinationClass::Internal);
    assert_eq!(class("notcorp.example"), DestinationClass::External);
    let shown = directory.destination("alice@web.example");
    assert_eq!((shown.shown(), shown.domain()), ("‹mailbox›@web.example", "web.example"));
}

#[test]
fn what_is_wrong_is_told_by_line() {
    let wrong = r#"{"actor":"a","aliases":["x"]}
{"actor":"b","aliases":["X"]}
{"destination":"d.example"}
{"role":"r"}
{"actor":"c","left_at":"yesterday"}
{"actor":
"#;
    let errors = Directory::parse(wrong, &TimeZone::UTC).expect_err("errors");
    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"));
    assert!(matches!(errors[0], DirectoryError::Claimed { first: 1, second: 2 }));
}

#[test]
fn who_vanishes_keeps_the_last_record_and_a_short_file_is_refused() {
    let now = at("2012-06-01T00:00:00Z");
    let shorter = LINES.replace(r#"{"actor":"billing-batch","kind":"service"}"#, r#"{"actor":"new-batch"}"#);
    let new = Directory::parse(&shorter, &TimeZone::UTC).expect("a directory");
    let merged = new.succeed(&directory(), 10.0, now).expect("as long as before");
    let gone = merged.resolve_actor(Some("BILLING-batch"), None, now);
    assert_eq!((gone.name(), gone.missing_since), ("billing-batch", Some(now)));
    let few = Directory::parse("{\"actor\":\"a\"}", &TimeZone::UTC).expect("a directory");
    let refused = few.succeed(&directory(), 10.0, now).expect_err("refused");
    assert_eq!(refused.to_string(), "directory lost 83 % of its lines (6 to 1), expected at most 10 %");
}
