use super::*;
use crate::core::decode::{DecodeLimits, Decoder, Reject, RejectReason};
use crate::core::event::{Event, EventKind, Field};
use crate::core::units::{ByteCount, Rows};
use std::borrow::Cow;
use std::fmt::Write;

fn map(yaml: &str) -> FieldMap {
    let map: FieldMap = serde_saphyr::from_str(yaml).expect("a map");
    map.check().expect("a map that works");
    map
}

fn decode_all<'a>(yaml: &str, limits: &DecodeLimits, payload: &'a str) -> Vec<Result<Event<'a>, Reject>> {
    let mut results = Vec::new();
    Decoder::Mapped(Box::new(map(yaml))).decode(payload.as_bytes(), None, limits, &mut |index, result| {
        assert_eq!(index as usize, results.len(), "indexes count from 0");
        results.push(result);
    });
    results
}

fn decode<'a>(yaml: &str, payload: &'a str) -> Event<'a> {
    let mut results = decode_all(yaml, &DecodeLimits::default(), payload);
    assert_eq!(results.len(), 1);
    results.pop().expect("one").expect("used")
}

/// A map with time and actor, and `fields`.
fn with(fields: &str) -> String {
    format!("time: t\nactor: a\n{fields}")
}

#[test]
fn the_contracts_example_decodes_a_batch() {
    let yaml = "{each: records, time: {path: ts, unit: s}, actor: {path: user.name, or: src.ip}, \
                destination: {path: http.host}, bytes: {path: resp.sent, string: true}}";
    let payload = r#"{"http":{"host":"share.example"},"records":[
        {"ts":1335837600,"user":{"name":"emp0042"},"resp":{"sent":"18432"}},
        {"ts":1335837601.9999,"src":{"ip":"10.20.1.5"},"http":{"host":"own.example"},"resp":{"sent":7}},
        {"user":{"name":"emp0042"}},
        "13800138000",
        {"ts":1335837602}
    ]}"#;
    let results = decode_all(yaml, &DecodeLimits::default(), payload);
    let first = results[0].as_ref().expect("used");
    assert_eq!(first.time.to_string(), "2012-05-01T02:00:00.000Z");
    assert_eq!((first.actor.as_deref(), first.destination.as_deref()), (Some("emp0042"), Some("share.example")));
    assert_eq!((first.bytes, first.kind), (Some(ByteCount(18_432)), EventKind::Egress));
    let second = results[1].as_ref().expect("used");
    assert_eq!(second.time.to_string(), "2012-05-01T02:00:01.999Z");
    assert_eq!((second.actor.as_deref(), second.destination.as_deref()), (Some("10.20.1.5"), Some("own.example")));
    let reasons: Vec<_> = results[2..].iter().map(|result| result.as_ref().expect_err("rejected").reason).collect();
    assert_eq!(reasons, [RejectReason::NoTime, RejectReason::NotObject, RejectReason::NoActor]);
}

#[test]
fn paths_reach_keys_places_and_dots() {
    let payload = r#"{"t":1,"a":"x","id.orig_h":"1.2.3.4","list":[{"7":"seven"},"second"],"*":"star","n":null}"#;
    let told = |path: &str| decode(&with(&format!("app: '{path}'")), payload).app.map(Cow::into_owned);
    assert_eq!(told(r"id\.orig_h").as_deref(), Some("1.2.3.4"));
    assert_eq!(told("list.0.7").as_deref(), Some("seven"));
    assert_eq!(told("list.1").as_deref(), Some("second"));
    assert_eq!(told(r"\*").as_deref(), Some("star"));
    for nothing in ["id.orig_h", "list.2", "list.x", "a.b", "n", "n.m"] {
        assert_eq!(told(nothing), None, "{nothing}");
    }
}

#[test]
fn paths_that_cannot_be_are_refused() {
    for wrong in ["", ".", "a.", ".a", "a..b", r"a\b", "a\\", &["a"; MAX_STEPS + 1].join(".")] {
        assert!(Path::parse(wrong).is_err(), "{wrong}");
    }
    assert!(Path::parse(&["a"; MAX_STEPS].join(".")).is_ok());
}

#[test]
fn alternatives_are_tried_until_one_is_usable() {
    let yaml = with("app: {path: one, or: [two, three], const: none}\nrows: {path: one, or: two, const: 9}");
    let payload = r#"{"t":1,"a":"x","one":{},"two":"2","three":"3"}"#;
    let event = decode(&yaml, payload);
    assert_eq!((event.app.as_deref(), event.rows), (Some("2"), Some(Rows(9))));
    assert!(event.unknown_fields.contains(Field::App) && event.unknown_fields.contains(Field::Rows));
    let event = decode(&yaml, r#"{"t":1,"a":"x"}"#);
    assert_eq!((event.app.as_deref(), event.rows), (Some("none"), Some(Rows(9))));
    assert!(!event.unknown_fields.contains(Field::App), "absent is not unknown");
}

#[test]
fn sizes_have_units_and_may_be_strings() {
    let bytes = |rule: &str, value: &str| {
        let payload = format!(r#"{{"t":1,"a":"x","b":{value}}}"#);
        decode(&with(&format!("bytes: {{path: b{rule}}}")), payload.leak()).bytes.map(|bytes| bytes.0)
    };
    assert_eq!(bytes("", "12"), Some(12));
    assert_eq!(bytes("", "12.5"), None);
    assert_eq!(bytes("", "\"12\""), None);
    assert_eq!(bytes(", string: true", "\" 0012 \""), Some(12));
    assert_eq!(bytes(", string: true", "\"0\""), Some(0));
    assert_eq!(bytes(", string: true", "\"00.5e1\""), Some(5));
    for wrong in ["\"-5\"", "\"12 KB\"", "\"\"", "\".5\"", "\"1e999\"", "\"0x10\""] {
        assert_eq!(bytes(", string: true", wrong), None, "{wrong}");
    }
    assert_eq!(bytes(", unit: kb", "1.5"), Some(1_500));
    assert_eq!(bytes(", unit: kib, string: true", "\"1.5\""), Some(1_536));
    assert_eq!(bytes(", unit: b", "0.1"), Some(1), "rounded up");
    assert_eq!(bytes(", unit: tib", "8192"), Some(1 << 53));
    assert_eq!(bytes(", unit: tib", "8193"), None, "out of range");
}

#[test]
fn times_have_units_too() {
    let time = |rule: &str, value: &str| {
        let payload = format!(r#"{{"t":{value},"a":"x"}}"#);
        let yaml = format!("time: {{path: t{rule}}}\nactor: a");
        let mut results = decode_all(&yaml, &DecodeLimits::default(), payload.leak());
        results.remove(0).ok().map(|event| event.time.as_millis())
    };
    let expected = Some(1_335_837_600_123);
    assert_eq!(time("", "1335837600123"), expected);
    assert_eq!(time("", "\"2012-05-01T10:00:00.123456+0800\""), expected, "an offset as Suricata writes it");
    assert_eq!(time(", unit: s", "1335837600.123999"), expected);
    assert_eq!(time(", unit: s", "\"2012-05-01T02:00:00.123Z\""), expected);
    assert_eq!(time(", unit: us", "1335837600123999"), expected);
    assert_eq!(time(", unit: ns", "1335837600123999999"), expected);
    assert_eq!(time(", unit: ms, string: true", "\"1335837600123\""), expected);
    assert_eq!(time(", string: true", "\"1335837600123\""), expected);
    assert_eq!(time("", "\"1335837600123\""), None);
    assert_eq!(time(", unit: s", "1e300"), None);
    assert_eq!(time(", or: u", "{}"), None);
}

#[test]
fn directions_swap_where_the_record_says_so() {
    let yaml = "{time: t, swap_if: {path: dir, equals: [inbound, 2, true]}, client_ip: {path: src, swapped: dst}, \
                destination: {path: dst, swapped: [src, source]}, bytes: {path: sent, swapped: received}}";
    let flow = |dir: &str| {
        let payload = format!(r#"{{"t":1,"dir":{dir},"src":"10.0.0.1","dst":"9.9.9.9","sent":1,"received":2}}"#);
        let event = decode(yaml, payload.leak());
        (event.client_ip.map(Cow::into_owned), event.destination.map(Cow::into_owned), event.bytes.map(|bytes| bytes.0))
    };
    let one_way = (Some("10.0.0.1".to_owned()), Some("9.9.9.9".to_owned()), Some(1));
    let other_way = (one_way.1.clone(), one_way.0.clone(), Some(2));
    for dir in ["\"outbound\"", "null", "1", "false", "{}"] {
        assert_eq!(flow(dir), one_way, "{dir}");
    }
    for dir in ["\"INBOUND\"", "2", "true", "\"2\""] {
        assert_eq!(flow(dir), other_way, "{dir}");
    }
}

#[test]
fn kinds_are_mapped_by_value() {
    let yaml = with("type: {path: action, values: {SELECT: query, '1': egress}, const: egress}");
    let kind = |action: &str| {
        let payload = format!(r#"{{"t":1,"a":"x","action":{action}}}"#);
        let event = decode(&yaml, payload.leak());
        (event.kind, event.unknown_fields.contains(Field::Type))
    };
    assert_eq!(kind("\"select\""), (EventKind::Query, false));
    assert_eq!(kind("1"), (EventKind::Egress, false));
    assert_eq!(kind("\"query\""), (EventKind::Query, false));
    assert_eq!(kind("\"other\""), (EventKind::Egress, true));
    assert_eq!(kind("null"), (EventKind::Egress, false));
}

#[test]
fn lists_collect_texts_and_integers_from_many_places() {
    let yaml = with(
        "objects: {path: [table, joined], or: view}\n\
         identifiers: {phone: 'rows.*.phone', email: {path: to, or: from}, customer_id: {path: ids}, card: {path: none}}\n\
         files: {path: parts, name: {path: file, or: title}, size: {path: kb, unit: kb}}",
    );
    let payload = r#"{"t":1,"a":"x","joined":["orders",{}],"view":"v","to":[],"from":"a@b.cn","ids":[1,"2",3.5],
        "rows":[{"phone":13800138000},{"phone":["1","2"]},{},{"phone":null}],
        "parts":[{"title":"t.csv","kb":2},{"file":"f.csv"},7]}"#;
    let event = decode(&yaml, payload);
    assert_eq!(event.objects.as_slice(), ["orders"]);
    let named: Vec<_> = event.identifiers.iter().map(|named| (&*named.kind, named.values.join(" "))).collect();
    let expected = [("customer_id", "1 2"), ("email", "a@b.cn"), ("phone", "13800138000 1 2")];
    assert_eq!(named, expected.map(|(kind, values)| (kind, values.to_owned())));
    let files: Vec<_> = event.files.iter().map(|file| (file.name.as_deref(), file.size.map(|size| size.0))).collect();
    assert_eq!(files, [(Some("t.csv"), Some(2_000)), (Some("f.csv"), None)]);
    let unknown: Vec<_> = event.unknown_fields.iter().map(Field::name).collect();
    assert_eq!(unknown, ["type", "objects", "identifiers", "files"], "what did not fit is said");
}

#[test]
fn every_field_can_be_mapped() {
    let texts = ["id", "actor", "session", "client_ip", "app", "database", "operation", "statement", "channel"];
    let more = ["destination", "content", "content_base64"];
    let names = || texts.iter().chain(&more);
    let mut yaml: String = names().flat_map(|name| [*name, ": x.", name, "\n"]).collect();
    yaml += "type: x.type\ntime: x.time\nreceived: x.received\nobjects: x.objects\nrows: x.rows\nbytes: x.bytes\n\
             identifiers: {phone: x.phone}\nfiles: x.files\n";
    let mut inner: String = names().flat_map(|name| ["\"", name, "\":\"", name, "\","]).collect();
    inner += r#""type":"query","time":5,"received":6,"objects":["o"],"rows":7,"bytes":8,"#;
    let native = format!(r#"{{{inner}"identifiers":{{"phone":["1"]}},"files":[{{"name":"f","size":9,"type":"m"}}]}}"#);
    let payload = format!(r#"{{"x":{{{inner}"phone":["1"],"files":[{{"name":"f","size":9,"type":"m"}}]}}}}"#);
    let mut expected = None;
    let limits = DecodeLimits::default();
    let native: &'static str = native.leak();
    Decoder::Native.decode(native.as_bytes(), None, &limits, &mut |_, event| expected = event.ok());
    assert_eq!(Some(decode(&yaml, payload.leak())), expected);
}

#[test]
fn a_record_without_the_array_is_one_event_and_an_empty_array_is_none() {
    let yaml = "{each: records, time: t, actor: a}";
    let number = |payload: &str| decode_all(yaml, &DecodeLimits::default(), payload).len();
    assert_eq!(number(r#"{"t":1,"a":"x"}"#), 1);
    assert_eq!(number(r#"{"t":1,"a":"x","records":null}"#), 1);
    assert_eq!(number(r#"{"t":1,"records":{"a":"x"}}"#), 1);
    assert_eq!(number(r#"{"t":1,"a":"x","records":[]}"#), 0);
    assert_eq!(number(r#"{"t":1,"a":"x","records":[{},{},{}]}"#), 3);
}

#[test]
fn a_record_explodes_within_limits() {
    let yaml = "{each: r, time: t, actor: a, content: c}";
    let limits = DecodeLimits { max_events: 3, ..DecodeLimits::default() };
    let record = |elements: usize, content: usize| {
        let elements = vec!["{}"; elements].join(",");
        format!(r#"{{"t":1,"a":"x","c":"{}","r":[{elements}]}}"#, "é".repeat(content / 2))
    };
    assert_eq!(decode_all(yaml, &limits, record(3, 10).leak()).len(), 3);
    let many = record(4, 10);
    let rejected = decode_all(yaml, &limits, &many);
    assert_eq!(rejected.len(), 1);
    assert_eq!(rejected[0].as_ref().expect_err("over").reason, RejectReason::TooManyEvents);
    let heavy = record(10_000, 1 << 19);
    let rejected = decode_all(yaml, &DecodeLimits::default(), &heavy);
    let reject = rejected[0].as_ref().expect_err("repeats half a megabyte 10,000 times");
    assert_eq!((rejected.len(), reject.reason), (1, RejectReason::TooManyEvents));
}

#[test]
fn the_native_formats_strictness_holds() {
    let yaml = "{time: t, actor: a}";
    let reason = |payload: &str| decode_all(yaml, &DecodeLimits::default(), payload).remove(0).expect_err("bad").reason;
    assert_eq!(reason("[]"), RejectReason::NotObject);
    assert_eq!(reason(r#"{"t":1,"a":"x","x":{"y":1,"y":2}}"#), RejectReason::DuplicateKey);
    assert_eq!(reason(&format!(r#"{{"t":1,"a":"x","x":{}"#, "[".repeat(100_000))), RejectReason::TooDeep);
    assert_eq!(reason(&" ".repeat((1 << 20) + 1)), RejectReason::TooLarge);
}

#[test]
fn maps_that_cannot_work_are_refused_by_field() {
    let long = format!("time: t\nactor: {{path: a, or: [{}]}}", ["b"; MAX_ALTERNATIVES + 1].join(", "));
    let cases = [
        "actor: a",
        "time: t",
        "time: t\nactor: {}",
        "time: t\nactor: a\nuser: b",
        "time: t\nactor: {path: a, unit: s}",
        "time: t\nactor: {path: a..b}",
        "time: t\nactor: [a]",
        "time: t\nactor: n",
        "time: t\nactor: {path: a, or: [y]}",
        "time: t\nactor: {const: ' '}",
        "time: t\nactor: {or: b, const: x}",
        "time: {path: t, unit: minutes}\nactor: a",
        "time: t.*\nactor: a",
        "time: t\nactor: a\nbytes: {path: b, string: maybe}",
        "time: t\nactor: a\nbytes: {const: 9007199254740993}",
        "time: t\nactor: a\nrows: {path: r, unit: kb}",
        "time: t\nactor: {path: a, swapped: b}",
        "time: t\nactor: a\nswap_if: {path: d, equals: in}",
        "time: t\nactor: {path: a, swapped: b}\nswap_if: {path: d, equals: []}",
        "time: t\nactor: {path: a, swapped: b}\nswap_if: {path: d, equals: [[in]]}",
        "time: t\nactor: a\neach: r.*.s",
        "time: t\nactor: a\ntype: {values: {SELECT: query}, const: query}",
        "time: t\nactor: a\ntype: {path: x, values: {SELECT: read}}",
        "time: t\nactor: a\nidentifiers: {phone: {}}",
        "time: t\nactor: a\nidentifiers: {' ': x}",
        "time: t\nactor: a\nfiles: {path: f, name: {path: n, swapped: m}}\nswap_if: {path: d, equals: in}",
        "time: t\nactor: a\npreset: zeek-json",
        &long,
    ];
    let mut table = String::new();
    for yaml in cases {
        let error = match serde_saphyr::from_str::<FieldMap>(yaml) {
            Ok(map) => map.check().expect_err(yaml).to_string(),
            Err(error) => error.to_string(),
        };
        writeln!(table, "--- {}\n{error}", yaml.replace('\n', "; ")).expect("writes");
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_schema_names_every_field_and_allows_both_spellings() {
    let schema = schemars::schema_for!(FieldMap);
    let properties = schema.get("properties").and_then(serde_json::Value::as_object).expect("properties");
    for field in Field::ALL {
        assert!(properties.contains_key(field.name()), "{field:?}");
    }
    assert_eq!(schema.get("additionalProperties"), Some(&serde_json::Value::Bool(false)));
}
