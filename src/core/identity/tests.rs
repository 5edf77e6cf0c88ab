//! Resolution, reading and succession.

use super::schema::{ActorSchema, ClassSchema, DestinationSchema, DirectoryLine, KindSchema, LeaseSchema, TimeSchema};
use super::*;
use crate::core::activity::{ActorKind, DestinationClass};
use crate::core::time::{EventTime, Millis};
use proptest::prelude::*;
use std::fmt::Write;

const NOON: EventTime = EventTime::MIN.plus(Millis::new(1_335_873_600_000));

fn at(text: &str) -> EventTime {
    EventTime::parse_rfc3339(text).expect("a time")
}

fn directory(text: &str) -> Directory {
    Directory::parse(text, "Asia/Shanghai").expect("a valid directory")
}

fn refused(text: &str) -> String {
    let errors = Directory::parse(text, "UTC").expect_err("refused");
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The actor's name, role and team.
fn who(directory: &Directory, login: Option<&str>, client_ip: Option<&str>, time: EventTime) -> String {
    let mut buffer = String::new();
    match directory.resolve_actor(login, client_ip, time, &mut buffer) {
        Some(found) => format!("{}|{}|{}", found.actor, found.role, found.team),
        None => "nobody".to_owned(),
    }
}

const STAFF: &str = r#"
{"actor":"emp0042","aliases":["CORP\\u0042","u0042@corp.example"],"role":"customer-service","team":"cs-2","kind":"human","tz":"America/New_York","left_at":"2012-04-30T00:00:00Z"}
{"actor":"Billing-Batch","kind":"service","notice_at":1335830400000}
{"actor":"Łucja","aliases":["ŁUCJA.Ś@corp.example"]}
{"client_ip":"10.20.1.5","actor":"U0042@CORP.EXAMPLE","from":"2012-05-01T10:00:00Z","to":"2012-05-01T14:00:00Z"}
{"client_ip":"10.20.1.5","actor":"łucja","from":"2012-05-01T11:00:00Z","to":"2012-05-01T11:30:00Z"}
{"client_ip":"10.20.1.6","actor":"Visitor"}
"#;

#[test]
fn every_spelling_of_a_login_is_one_actor() {
    let directory = directory(STAFF);
    for login in ["emp0042", "EMP0042", "  Emp0042\t", "corp\\U0042", "U0042@corp.EXAMPLE"] {
        assert_eq!(who(&directory, Some(login), None, NOON), "emp0042|customer-service|cs-2", "{login}");
    }
    assert_eq!(who(&directory, Some("BILLING-batch"), None, NOON), "Billing-Batch|unknown|");
    assert_eq!(who(&directory, Some("łucja.ś@CORP.example"), None, NOON), "Łucja|unknown|");
    assert_eq!(who(&directory, Some(" New.Hire "), None, NOON), "new.hire|unknown|");
    assert_eq!(who(&directory, Some("NEW.hire"), None, NOON), "new.hire|unknown|");
    let mut buffer = String::new();
    let batch = directory.resolve_actor(Some("billing-batch"), None, NOON, &mut buffer).expect("resolved");
    assert_eq!(
        (batch.kind, batch.notice_at, batch.listed),
        (ActorKind::Service, Some(at("2012-05-01T00:00:00Z")), true)
    );
}

#[test]
fn an_event_without_actor_belongs_to_whoever_held_its_address() {
    let directory = directory(STAFF);
    let held = |time| who(&directory, None, Some("10.20.1.5"), at(time));
    assert_eq!(held("2012-05-01T09:59:59.999Z"), "ip:10.20.1.5|unknown|");
    assert_eq!(held("2012-05-01T10:00:00Z"), "emp0042|customer-service|cs-2");
    assert_eq!(held("2012-05-01T11:00:00Z"), "Łucja|unknown|");
    assert_eq!(held("2012-05-01T11:30:00Z"), "emp0042|customer-service|cs-2");
    assert_eq!(held("2012-05-01T14:00:00Z"), "ip:10.20.1.5|unknown|");
    assert_eq!(who(&directory, Some(" "), Some("::ffff:10.20.1.6"), NOON), "visitor|unknown|");
    assert_eq!(who(&directory, None, Some("10.20.1.6:50123"), NOON), "visitor|unknown|");
    assert_eq!(who(&directory, Some("emp0042"), Some("10.20.1.6"), NOON), "emp0042|customer-service|cs-2");
    assert_eq!(who(&directory, None, Some("Desk-17"), NOON), "ip:desk-17|unknown|");
    assert_eq!(who(&directory, Some(""), Some(" "), NOON), "nobody");
    assert_eq!(who(&directory, None, None, NOON), "nobody");
}

#[test]
fn offsets_from_utc_follow_the_actors_zone_and_the_season() {
    let directory = directory(STAFF);
    let offset = |login, time| {
        let mut buffer = String::new();
        let zone = directory.resolve_actor(Some(login), None, NOON, &mut buffer).expect("resolved").zone;
        directory.utc_offset_minutes(zone, at(time))
    };
    assert_eq!(offset("emp0042", "2012-01-01T00:00:00Z"), -300);
    assert_eq!(offset("emp0042", "2012-07-01T00:00:00Z"), -240);
    assert_eq!(offset("nobody", "2012-07-01T00:00:00Z"), 480);
    assert_eq!(Directory::empty("No/Where").utc_offset_minutes(Zones::DEFAULT, NOON), 0);
}

#[test]
fn destinations_come_down_to_hosts() {
    let directory = Directory::empty("UTC");
    let rows = [
        "https://Share.Example:8443/a/b?c=d#e",
        "HTTP://user:secret@up.share.example./x",
        "https://shop.example@evil.example/",
        "https://evil.example/@shop.example",
        "https://evil.example\\@shop.example",
        "Bob Smith <bob@Mail.Partner.Example>",
        "mailto:bob@partner.example?subject=x",
        "bob@partner.example",
        "share.example:443",
        "SHARE.example.",
        "https://Bücher.example/x",
        "bücher.example。",
        "x.公司.cn",
        "x.y.xn--55qx5d.cn",
        "a.b.co.uk",
        "co.uk",
        "x.github.io",
        "10.20.1.5",
        "http://[2001:DB8::1]:80/",
        "::ffff:10.0.0.1",
        "s3://My-Bucket/key/a",
        "s3://www.shop.example/key",
        "backup-bucket",
        "Kingston USB 8",
        "a@x.example, b@y.example",
        "",
        "://",
        "@",
    ];
    let mut report = String::new();
    for raw in rows {
        let resolved = directory.destination(raw);
        writeln!(report, "{raw:?} -> {:?} in {:?}", resolved.host(), resolved.domain()).expect("written");
    }
    insta::assert_snapshot!(report);
}

const PLACES: &str = r#"
{"destination":"Shop.Example","class":"internal"}
{"destination":"lab.shop.example","class":"external","owner":"research"}
{"destination":"*.Partner.Example.","class":"partner","owner":"logistics"}
{"destination":"s3://shop-exports","class":"internal"}
{"destination":"10.0.0.0/8","class":"internal"}
{"destination":"10.66.0.7","class":"partner"}
{"destination":"printer-3","class":"internal"}
"#;

#[test]
fn the_longest_line_that_covers_a_destination_decides() {
    use DestinationClass::{External, Internal, Partner};
    let directory = directory(PLACES);
    for (raw, class) in [
        ("https://shop.example/x", Internal),
        ("crm@MAIL.shop.example", Internal),
        ("up.lab.shop.example", External),
        ("myshop.example", External),
        ("shop.example.evil.example", External),
        ("sftp://partner.example", Partner),
        ("a.b.partner.example", Partner),
        ("s3://shop-exports/2012/05", Internal),
        ("s3://shop.example/2012/05", External),
        ("10.1.2.3:22", Internal),
        ("http://10.66.0.7/", Partner),
        ("11.0.0.1", External),
        ("::a00:1", External),
        ("Printer-3", Internal),
        ("a@shop.example; b@partner.example, c@evil.example", External),
        ("a@shop.example; b@partner.example", Partner),
        ("https://evil.example/a,b@shop.example", External),
        ("evil.example/a,b@shop.example", External),
        ("\"Smith, Bob\" <bob@shop.example>", Internal),
        ("unheard.of", External),
    ] {
        assert_eq!(directory.destination(raw).class, class, "{raw}");
    }
    assert_eq!(directory.destination_owner("x.partner.example"), Some("logistics"));
}

#[test]
fn a_wrong_line_is_named_with_its_field_and_without_its_value() {
    let text = include_str!("fixtures/wrong.ndjson");
    let report = refused(text);
    assert!(!report.to_lowercase().contains("secret"));
    insta::assert_snapshot!(report);
    assert!(refused(&"x\n".repeat(1_000)).ends_with("line 100: too many errors, the rest of the file was not read"));
    assert!(refused(&format!("{{\"actor\":\"{}\"}}", "a".repeat(70_000))).starts_with("line 1: expected at most"));
}

#[test]
fn keys_that_mean_nothing_are_named_once() {
    let text = "{\"actor\":\"a\",\"department\":\"x\"}\n{\"actor\":\"b\",\"department\":\"y\",\"left-at\":null}\n";
    assert_eq!(
        directory(text).notices(),
        ["line 1: key `department` means nothing here", "line 2: key `left-at` means nothing here"]
    );
}

#[test]
fn the_schema_says_what_the_reader_takes() {
    let time = || Some(TimeSchema::Text("2012-05-01T10:00:00+08:00".to_owned()));
    let lines = [
        DirectoryLine::Actor(ActorSchema {
            actor: "emp1".to_owned(),
            aliases: vec!["e1".to_owned()],
            role: Some("sales".to_owned()),
            team: Some("s-1".to_owned()),
            kind: Some(KindSchema::Service),
            tz: Some("Europe/Berlin".to_owned()),
            notice_at: Some(TimeSchema::Millis(1)),
            left_at: time(),
        }),
        DirectoryLine::Destination(DestinationSchema {
            destination: "a.example".to_owned(),
            class: ClassSchema::Partner,
            owner: Some("x".to_owned()),
        }),
        DirectoryLine::Lease(LeaseSchema {
            client_ip: "10.0.0.1".to_owned(),
            actor: "emp1".to_owned(),
            from: Some(TimeSchema::Millis(1)),
            to: time(),
        }),
    ];
    let text: Vec<String> = lines.iter().map(|line| serde_json::to_string(line).expect("JSON")).collect();
    let directory = directory(&text.join("\n"));
    assert_eq!(directory.notices(), [] as [String; 0]);
    assert_eq!(
        (directory.lines(), who(&directory, None, Some("10.0.0.1"), EventTime::MIN)),
        (3, "ip:10.0.0.1|unknown|".to_owned())
    );
}

fn staff_of(numbers: impl IntoIterator<Item = u32>) -> Directory {
    let lines: Vec<String> =
        numbers.into_iter().map(|n| format!("{{\"actor\":\"Emp{n}\",\"role\":\"r{n}\"}}")).collect();
    directory(&lines.join("\n"))
}

#[test]
fn a_file_that_loses_over_a_tenth_of_its_lines_is_refused() {
    let old = staff_of(0..100);
    assert!(staff_of(10..100).succeed(&old, 10, NOON).is_ok());
    let refused = staff_of(11..100).succeed(&old, 10, NOON).expect_err("refused");
    assert_eq!((refused.lost, refused.lines, refused.lost_percent), (11, 100, 11));
    insta::assert_snapshot!(refused.to_string(), @"the new file lacks 11 of the old one's 100 lines (11 %), expected at most 10 %");
    let places = directory(PLACES);
    assert!(staff_of(0..7).succeed(&places, 10, NOON).is_err());
    assert!(staff_of(0..0).succeed(&Directory::empty("UTC"), 0, NOON).is_ok());
}

#[test]
fn an_actor_that_vanished_keeps_its_last_record_and_counts_as_missing() {
    let old = staff_of(0..20);
    let later = NOON.plus(Millis::from_hours(1));
    let second = staff_of(1..20).succeed(&old, 10, NOON).expect("accepted");
    let third = staff_of((1..20).chain([100])).succeed(&second, 10, later).expect("accepted");
    let mut buffer = String::new();
    let gone = third.resolve_actor(Some("EMP0"), None, later, &mut buffer).expect("resolved");
    assert_eq!((gone.actor, gone.role, gone.missing_since), ("Emp0", "r0", Some(NOON)));
    let back = staff_of(0..20).succeed(&third, 10, later).expect("accepted");
    assert_eq!(back.resolve_actor(Some("emp0"), None, later, &mut buffer).and_then(|found| found.missing_since), None);
}

#[test]
fn logins_of_a_vanished_actor_go_to_whoever_claims_them() {
    let old = directory("{\"actor\":\"a\",\"aliases\":[\"shared\",\"a2\"]}\n{\"actor\":\"b\"}\n{\"actor\":\"c\"}");
    let new = directory("{\"actor\":\"b\",\"aliases\":[\"shared\"]}\n{\"actor\":\"cc\",\"aliases\":[\"c\"]}");
    let new = new.succeed(&old, 50, NOON).expect("accepted");
    assert_eq!(who(&new, Some("shared"), None, NOON), "b|unknown|");
    assert_eq!(who(&new, Some("A2"), None, NOON), "a|unknown|");
    assert_eq!(who(&new, Some("C"), None, NOON), "cc|unknown|");
    assert_eq!(new.actor_names().collect::<Vec<_>>(), ["b", "cc", "a"]);
}

#[test]
fn a_login_without_end_is_bounded() {
    let directory = Directory::empty("UTC");
    let long = "é".repeat(10_000);
    assert!(who(&directory, Some(&long), None, NOON).len() < 300);
}

proptest! {
    #[test]
    fn resolution_ignores_case_and_padding(
        login in "[a-zäöłżÀÉ0-9@._\\\\-]{1,20}",
        pad in "[ \t]{0,3}",
        alias in any::<bool>(),
    ) {
        let line = if alias {
            serde_json::json!({"actor": "the-one", "aliases": [login]})
        } else {
            serde_json::json!({"actor": login})
        };
        let directory = directory(&line.to_string());
        let name = if alias { "the-one" } else { login.as_str() };
        let upper: String = login.chars().map(|c| c.to_uppercase().next().unwrap_or(c)).collect();
        for spelling in [login.clone(), login.to_lowercase(), upper] {
            let spelling = format!("{pad}{spelling}{pad}");
            prop_assert_eq!(who(&directory, Some(&spelling), None, NOON), format!("{name}|unknown|"));
        }
    }

    #[test]
    fn all_spellings_of_whom_the_directory_lacks_are_one_actor(login in "[a-zäöłż0-9@.-]{1,20}") {
        let directory = Directory::empty("UTC");
        let expected = who(&directory, Some(&login), None, NOON);
        prop_assert_eq!(who(&directory, Some(&login.to_uppercase()), None, NOON), &*expected);
        prop_assert_eq!(who(&directory, Some(&format!(" {login}\n")), None, NOON), &*expected);
    }

    #[test]
    fn any_destination_resolves_and_its_domain_ends_its_host(raw in "\\PC{0,60}") {
        let resolved = Directory::empty("UTC").destination(&raw);
        prop_assert!(resolved.host().ends_with(resolved.domain()));
        prop_assert!(resolved.host().len() <= 2 * MAX_HOST_BYTES);
        prop_assert_eq!(resolved.class, DestinationClass::External);
    }

    #[test]
    fn resolving_a_host_changes_nothing(raw in "[a-zA-Z0-9äß.@:/?#-]{0,30}") {
        let first = Directory::empty("UTC").destination(&raw);
        let again = Directory::empty("UTC").destination(first.host());
        prop_assert_eq!(again.host(), first.host());
    }

    #[test]
    fn no_line_makes_the_reader_panic(text in "\\PC{0,80}") {
        drop(Directory::parse(&text, "UTC"));
    }

    #[test]
    fn leases_agree_with_their_definition(
        leases in proptest::collection::vec((0_i64..20, 0_i64..20, 0_u8..6), 0..12),
        time in 0_i64..22,
    ) {
        let millis = |t: i64| t * 1_000;
        let mut lines = String::new();
        let mut expected: Option<(i64, usize)> = None;
        for (index, (a, b, open)) in leases.iter().enumerate() {
            let (from, to) = (*a.min(b), *a.max(b) + 1);
            let (from, to) = ((*open != 1).then_some(from), (*open != 2).then_some(to));
            let line = serde_json::json!({
                "client_ip": "10.0.0.1", "actor": format!("a{index}"), "from": from.map(millis), "to": to.map(millis),
            });
            writeln!(lines, "{line}").expect("written");
            let begun = from.unwrap_or(-1);
            let covers = begun <= time && to.is_none_or(|to| time < to);
            if covers && expected.is_none_or(|(best, _)| begun >= best) {
                expected = Some((begun, index));
            }
        }
        let found = who(&directory(&lines), None, Some("10.0.0.1"), EventTime::from_millis(millis(time)).expect("a time"));
        let expected = expected.map_or("ip:10.0.0.1".to_owned(), |(_, index)| format!("a{index}"));
        prop_assert_eq!(found, format!("{expected}|unknown|"));
    }
}
