use super::*;
use crate::core::event::{Field, NamedIdentifiers, SentFile};
use crate::core::time::EventTime;
use crate::core::units::{ByteCount, Rows};
use proptest::prelude::*;
use serde_json::json;
use std::borrow::Cow;
use std::fmt::Write;

/// Values that must never be seen outside an event.
const MARKED: [&str; 5] = ["13800138000", "li.wei@example.cn", "6222020200112233", "C0012345", "Zhang-Secret"];

const QUERY: &str = r#"{"type":"query","id":"q-1","time":"2012-05-01T10:00:00.123+08:00","actor":"CORP\\u0042","session":"s-7","client_ip":"10.20.1.5","app":"crm","database":"shop","objects":["customer"],"operation":"select","statement":"select * from customer where name = 'Zhang-Secret'","rows":20,"bytes":4096,"identifiers":{"phone":["13800138000"],"email":["li.wei@example.cn"],"card":["6222020200112233"],"customer_id":["C0012345"]}}"#;
const EGRESS: &str = r#"{"type":"egress","time":1335837600123,"client_ip":"10.20.1.5","channel":"email","destination":"x@share.example","bytes":18432,"content":"call 13800138000\nor li.wei@example.cn","files":[{"name":"Zhang-Secret.xlsx","size":18000,"type":"text/csv"}],"extra":{"13800138000":[1,{"C0012345":null}]}}"#;

fn decode_with<'a>(limits: &DecodeLimits, kind: Option<EventKind>, payload: &'a [u8]) -> Result<Event<'a>, Reject> {
    let mut results = Vec::new();
    Decoder::Native.decode(payload, kind, limits, &mut |index, result| {
        assert_eq!(index, 0);
        results.push(result);
    });
    assert_eq!(results.len(), 1, "one result a record");
    results.pop().expect("one result")
}

fn decode(payload: &str) -> Result<Event<'_>, Reject> {
    decode_with(&DecodeLimits::default(), None, payload.as_bytes())
}

/// A good query with `fields` added.
fn with(fields: &str) -> String {
    format!(r#"{{"type":"query","time":1335837600123,"actor":"emp0042",{fields}}}"#)
}

fn unknown(payload: &str) -> Vec<&'static str> {
    decode(payload).expect("used").unknown_fields.iter().map(Field::name).collect()
}

#[test]
fn a_query_is_read_whole_and_borrowed() {
    let event = decode(QUERY).expect("used");
    let mut expected = Event::new(EventKind::Query, EventTime::from_millis(1_335_837_600_123).expect("in range"));
    let text = |text: &'static str| Some(Cow::Borrowed(text));
    expected.id = text("q-1");
    expected.actor = text("CORP\\u0042");
    expected.session = text("s-7");
    expected.client_ip = text("10.20.1.5");
    expected.app = text("crm");
    expected.database = text("shop");
    expected.objects.push(Cow::Borrowed("customer"));
    expected.operation = text("select");
    expected.statement = text("select * from customer where name = 'Zhang-Secret'");
    expected.rows = Some(Rows(20));
    expected.bytes = Some(ByteCount(4_096));
    for (kind, value) in [("phone", 0), ("email", 1), ("card", 2), ("customer_id", 3)] {
        let values = vec![Cow::Borrowed(MARKED[value])];
        expected.identifiers.push(NamedIdentifiers { kind: Cow::Borrowed(kind), values });
    }
    assert_eq!(event, expected);
    assert!(matches!(event.id, Some(Cow::Borrowed(_))));
    assert!(matches!(event.actor, Some(Cow::Owned(_))), "it has an escape");
}

#[test]
fn an_egress_is_read_whole() {
    let event = decode(EGRESS).expect("used");
    assert_eq!((event.kind, event.time.as_millis()), (EventKind::Egress, 1_335_837_600_123));
    assert_eq!(event.content.as_deref(), Some("call 13800138000\nor li.wei@example.cn"));
    let file = SentFile {
        name: Some("Zhang-Secret.xlsx".into()),
        size: Some(ByteCount(18_000)),
        media_type: Some("text/csv".into()),
    };
    assert_eq!(event.files, [file]);
    assert!(event.unknown_fields.is_empty());
}

#[test]
fn bad_records_are_rejected_for_the_reason_that_they_are_bad() {
    let deep = |depth: usize| with(&format!(r#""x":{}{}"#, "[".repeat(depth), "]".repeat(depth)));
    let time = |time: &str| format!(r#"{{"actor":"a","time":{time}}}"#);
    let actor = |actor: &str| format!(r#"{{"time":1,"actor":{actor}}}"#);
    let many_keys = (0..100).map(|at| format!(r#""k{at}":0"#)).collect::<Vec<_>>().join(",");
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", b"".to_vec()),
        ("white space", b" \n ".to_vec()),
        ("cut", QUERY.as_bytes()[..100].to_vec()),
        ("two objects", [QUERY, QUERY].concat().into()),
        ("byte order mark", format!("\u{feff}{QUERY}").into()),
        ("not a number", with(r#""rows":NaN"#).into()),
        ("infinity", with(r#""rows":-Infinity"#).into()),
        ("comment", with("/* 13800138000 */\"rows\":1").into()),
        ("single quotes", with("'rows':1").into()),
        ("trailing comma", with("\"rows\":1,").into()),
        ("leading zero", with("\"rows\":01").into()),
        ("control character", with("\"app\":\"13800138000\u{1}\"").into()),
        ("wrong escape", with(r#""app":"13800138000\x""#).into()),
        ("second line", "{\n  \"time\" 13800138000}".into()),
        ("wrong bytes", [b"{\"actor\":\"13800138000 ", &[0xff_u8][..], b"\"}"].concat()),
        ("surrogate in UTF-8", [b"{\"actor\":\"", &[0xed_u8, 0xa0, 0x80][..], b"\"}"].concat()),
        ("array", format!("[{QUERY}]").into()),
        ("text", r#""13800138000""#.into()),
        ("null", "null".into()),
        ("too large", with(&format!(r#""content":"{}""#, "13800138000".repeat(100_000))).into()),
        ("too deep", deep(32).into()),
        ("60,000 deep and cut", with(&format!(r#""x":{}"#, "{\"13800138000\":".repeat(60_000))).into()),
        ("100,000 deep", "[".repeat(100_000).into()),
        ("key twice", with(r#""rows":1,"rows":2"#).into()),
        ("ignored key twice", with(r#""x":{"y":[{"13800138000":1,"13800138000":2}]}"#).into()),
        ("key twice by escapes", with(r#""x":1,"\u0078":2"#).into()),
        ("key twice by a surrogate", with(r#""\ud800":1,"\uD800":2"#).into()),
        ("key twice among many", with(&format!(r#"{many_keys},"k7":1"#)).into()),
        ("no time", r#"{"actor":"13800138000"}"#.into()),
        ("null time", time("null").into()),
        ("time without offset", time("\"2012-05-01T10:00:00\"").into()),
        ("time as digits in a string", time("\"1335837600123\"").into()),
        ("time before 1970", time("-1").into()),
        ("time after 9999", time("253402300800000").into()),
        ("time out of range", time("1e999").into()),
        ("fraction of a millisecond", time("1335837600123.5").into()),
        ("no actor", r#"{"time":1,"id":"13800138000"}"#.into()),
        ("blank actor", actor("\" \\t\\u00a0\"").into()),
        ("actor as a number", actor("13800138000").into()),
        ("actor with a lone surrogate", actor(r#""13800138000\ud800""#).into()),
        ("null actor, blank address", r#"{"time":1,"actor":null,"client_ip":""}"#.into()),
        ("neither time nor actor", "{}".into()),
    ];
    let mut table = String::new();
    for (name, payload) in cases {
        let reject = decode_with(&DecodeLimits::default(), None, &payload).expect_err(name);
        writeln!(table, "{name}: {}: {reject}", reject.reason).expect("writes");
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_bad_field_becomes_unknown_and_the_record_is_used() {
    let cases = [
        (r#""rows":-5"#, "rows"),
        (r#""rows":1e999"#, "rows"),
        (r#""rows":1e400,"bytes":99999999999999999999"#, "rows bytes"),
        (r#""rows":"20""#, "rows"),
        (r#""rows":20.5"#, "rows"),
        (r#""rows":9007199254740993"#, "rows"),
        (r#""rows":true,"app":7,"session":{},"id":[]"#, "id session app rows"),
        (r#""app":"\ud800""#, "app"),
        (r#""received":"soon""#, "received"),
        (r#""objects":7"#, "objects"),
        (r#""objects":["t",7]"#, "objects"),
        (r#""identifiers":["13800138000"]"#, "identifiers"),
        (r#""identifiers":{"\ud800":["13800138000"]}"#, "identifiers"),
        (r#""files":7"#, "files"),
        (r#""files":["x"]"#, "files"),
        (r#""files":[{"name":"x","size":"big"}]"#, "files"),
        (r#""rows":null,"app":null,"objects":null,"identifiers":{"phone":[null]},"files":null,"received":null"#, ""),
        (r#""\ud800":1,"other":1e999"#, ""),
    ];
    for (fields, expected) in cases {
        let payload = with(fields);
        assert_eq!(unknown(&payload).join(" "), expected, "{fields}");
    }
}

#[test]
fn whole_numbers_are_taken_however_they_are_written() {
    for rows in ["20", "20.0", "2e1", "2E+1", "200e-1", "20.000"] {
        let payload = with(&format!(r#""rows":{rows}"#));
        assert_eq!(decode(&payload).expect("used").rows, Some(Rows(20)), "{rows}");
    }
    assert_eq!(decode(&with(r#""rows":0"#)).expect("used").rows, Some(Rows(0)), "nought is not unknown");
    assert_eq!(decode(&with(r#""rows":null"#)).expect("used").rows, None);
    assert_eq!(decode(r#"{"time":1335837600123.0,"actor":"a"}"#).expect("used").time.as_millis(), 1_335_837_600_123);
}

#[test]
fn identifiers_of_a_wrong_type_are_kept_where_they_can_be() {
    let values = |identifiers: &str| -> (Vec<String>, bool) {
        let payload = with(&format!(r#""identifiers":{identifiers}"#));
        let event = decode(&payload).expect("used");
        let named = event.identifiers.iter().flat_map(|named| &named.values).map(Cow::to_string);
        (named.collect(), event.unknown_fields.contains(Field::Identifiers))
    };
    let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(values(r#"{"phone":[13800138000,"1"]}"#), (own(&["13800138000", "1"]), true));
    assert_eq!(values(r#"{"phone":[13800138000.0]}"#), (own(&["13800138000"]), true));
    assert_eq!(values(r#"{"card":[62220202001122334455]}"#), (own(&["62220202001122334455"]), true));
    assert_eq!(values(r#"{"phone":"13800138000"}"#), (own(&["13800138000"]), true));
    assert_eq!(values(r#"{"phone":13800138000}"#), (own(&["13800138000"]), true));
    assert_eq!(values(r#"{"phone":["1",true,["2"],{},"3","\ud800"]}"#), (own(&["1", "3"]), true));
    assert_eq!(values(r#"{"phone":[" 1 ",""]}"#), (own(&["1"]), false));
    let event_objects = with(r#""objects":"customer""#);
    let event = decode(&event_objects).expect("used");
    assert_eq!(event.objects.as_slice(), ["customer"]);
    let event_files = with(r#""files":{"name":"x"}"#);
    assert_eq!(decode(&event_files).expect("used").files.len(), 1);
}

#[test]
fn the_kind_is_the_records_then_the_sources_then_what_the_fields_tell() {
    let kind = |fields: &str, default| {
        let payload = format!(r#"{{"time":1,"actor":"a"{fields}}}"#);
        let event = decode_with(&DecodeLimits::default(), default, payload.as_bytes()).expect("used");
        (event.kind, event.unknown_fields.contains(Field::Type))
    };
    let (query, egress) = (EventKind::Query, EventKind::Egress);
    assert_eq!(kind(r#","type":"query""#, Some(egress)), (query, false));
    assert_eq!(kind("", Some(egress)), (egress, false));
    assert_eq!(kind(r#","type":"delete""#, Some(egress)), (egress, true));
    assert_eq!(kind(r#","type":1"#, Some(query)), (query, true));
    assert_eq!(kind(r#","rows":1"#, None), (query, true));
    assert_eq!(kind(r#","destination":"x""#, None), (egress, true));
    assert_eq!(kind(r#","type":"","files":[{}]"#, None), (egress, true));
}

#[test]
fn an_address_stands_in_for_an_actor_that_is_unusable() {
    let event = decode(r#"{"type":"query","time":1,"actor":42,"client_ip":" 10.20.1.5 "}"#).expect("used");
    assert_eq!((event.actor, event.client_ip.as_deref()), (None, Some("10.20.1.5")));
    assert!(event.unknown_fields.contains(Field::Actor));
}

#[test]
fn limits_hold_at_their_edge() {
    let limits = DecodeLimits { max_bytes: QUERY.len(), max_depth: 3, max_events: 1 };
    assert!(decode_with(&limits, None, QUERY.as_bytes()).is_ok());
    let reason = |limits, payload: &str| decode_with(limits, None, payload.as_bytes()).expect_err("over").reason;
    assert_eq!(reason(&limits, &format!("{QUERY} ")), RejectReason::TooLarge);
    assert_eq!(reason(&DecodeLimits { max_depth: 2, ..limits }, QUERY), RejectReason::TooDeep);
    let nested = |depth: usize| with(&format!(r#""x":{}{}"#, "[".repeat(depth - 1), "]".repeat(depth - 1)));
    assert!(decode(&nested(32)).is_ok());
    assert_eq!(decode(&nested(33)).expect_err("over").reason, RejectReason::TooDeep);
}

/// A text that means itself: not blank, nothing to trim.
fn a_text() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| format!("<{text}>"))
}

fn a_count() -> impl Strategy<Value = Option<u64>> {
    proptest::option::of(0..=MAX_COUNT)
}

type Texts = Vec<Option<String>>;
type Lists = (Vec<String>, std::collections::BTreeMap<String, Vec<String>>, Vec<(String, u64)>);

/// The entries of a native object, and the event that they describe.
fn entries(
    kind: EventKind,
    (time, received): (i64, Option<i64>),
    texts: Texts,
    (rows, bytes): (Option<u64>, Option<u64>),
    lists: Lists,
) -> (Vec<(&'static str, serde_json::Value)>, Event<'static>) {
    let at = |ms: i64| EventTime::from_millis(ms).expect("in range");
    let mut event = Event::new(kind, at(time));
    let mut texts = texts.into_iter().map(|text| text.map(Cow::Owned));
    let mut next = || texts.next().flatten();
    event.id = next();
    event.actor = Some("<actor>".into());
    event.session = next();
    event.client_ip = next();
    event.app = next();
    event.database = next();
    event.operation = next();
    event.statement = next();
    event.channel = next();
    event.destination = next();
    event.content = next();
    event.content_base64 = next();
    event.rows = rows.map(Rows);
    event.bytes = bytes.map(ByteCount);
    event.received = received.map(at);
    let (objects, identifiers, files) = lists;
    let mut json = vec![
        ("type", if kind == EventKind::Query { "query".into() } else { "egress".into() }),
        ("time", at(time).to_string().into()),
        ("received", json!(received)),
        ("rows", json!(rows)),
        ("bytes", json!(bytes)),
        ("objects", json!(objects)),
        ("identifiers", json!(identifiers)),
        ("files", files.iter().map(|(name, size)| json!({"name": name, "size": size, "x": []})).collect()),
        ("something else", json!({"a": [1.5e300, {"b": null}]})),
    ];
    let named =
        [("id", &event.id), ("actor", &event.actor), ("session", &event.session), ("client_ip", &event.client_ip)];
    let more = [("app", &event.app), ("database", &event.database), ("operation", &event.operation)];
    let rest = [("statement", &event.statement), ("channel", &event.channel), ("destination", &event.destination)];
    let last = [("content", &event.content), ("content_base64", &event.content_base64)];
    json.extend(named.into_iter().chain(more).chain(rest).chain(last).map(|(key, text)| (key, json!(text))));
    event.objects = objects.into_iter().map(Cow::Owned).collect();
    event.identifiers = identifiers
        .into_iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(kind, values)| NamedIdentifiers {
            kind: Cow::Owned(kind),
            values: values.into_iter().map(Cow::Owned).collect(),
        })
        .collect();
    let file = |(name, size)| SentFile { name: Some(Cow::Owned(name)), size: Some(ByteCount(size)), media_type: None };
    event.files = files.into_iter().map(file).collect();
    (json, event)
}

fn an_event() -> impl Strategy<Value = (Vec<(&'static str, serde_json::Value)>, Event<'static>)> {
    let kind = prop_oneof![Just(EventKind::Query), Just(EventKind::Egress)];
    let times = (0..=EventTime::MAX.as_millis(), proptest::option::of(0..=EventTime::MAX.as_millis()));
    let texts = proptest::collection::vec(proptest::option::of(a_text()), 11);
    let lists = (
        proptest::collection::vec(a_text(), 0..4),
        proptest::collection::btree_map(a_text(), proptest::collection::vec(a_text(), 0..4), 0..5),
        proptest::collection::vec((a_text(), 0..=MAX_COUNT), 0..3),
    );
    (kind, times, texts, (a_count(), a_count()), lists)
        .prop_map(|(kind, times, texts, counts, lists)| entries(kind, times, texts, counts, lists))
}

fn object(entries: &[(&str, serde_json::Value)]) -> String {
    let entries: Vec<_> = entries.iter().map(|(key, value)| format!("{}:{value}", json!(key))).collect();
    format!("{{{}}}", entries.join(","))
}

proptest! {
    #[test]
    fn any_event_comes_back_whatever_the_order_of_its_keys(
        (mut entries, event) in an_event(), seed in any::<u64>()
    ) {
        let hasher = ContentHasher::new(b"0123456789abcdef");
        // Leaked, because an event's lifetime cannot be shortened to compare it (`SmallVec` is invariant).
        let in_order: &'static str = object(&entries).leak();
        entries.sort_by_key(|(key, _)| siphasher::sip::SipHasher13::new_with_keys(seed, 0).hash(key.as_bytes()));
        let shuffled: &'static str = object(&entries).leak();
        prop_assert_eq!(&decode(in_order).expect("used"), &event);
        let decoded = decode(shuffled).expect("used");
        prop_assert_eq!(&decoded, &event);
        prop_assert_eq!(hasher.hash(&decoded), hasher.hash(&event));
    }

    #[test]
    fn arbitrary_bytes_give_one_answer(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode_with(&DecodeLimits::default(), None, &bytes);
    }

    #[test]
    fn arbitrary_text_in_any_place_gives_one_answer(text in any::<String>(), at in any::<prop::sample::Index>()) {
        let mut places: Vec<_> = QUERY.char_indices().map(|(place, _)| place).collect();
        places.push(QUERY.len());
        let mut payload = QUERY.to_owned();
        payload.insert_str(places[at.index(places.len())], &text);
        let _ = decode(&payload);
    }
}

#[test]
fn the_content_hash_sees_every_field_but_received() {
    let hash = |key: &[u8; 16], payload: &str| ContentHasher::new(key).hash(&decode(payload).expect("used"));
    let key = b"0123456789abcdef";
    let base = with(r#""identifiers":{"phone":["1","2"],"email":["e"]},"objects":["ab","c"]"#);
    let hashed = hash(key, &base);
    assert_ne!(hashed, hash(b"0123456789abcdeF", &base), "keyed");
    let same = [
        with(r#""objects":["ab","c"],"identifiers":{"email":["\u0065"],"phone":["1","2"]}"#),
        with(r#""identifiers":{"phone":["1","2"],"email":["e"]},"objects":["ab","c"],"received":9"#),
    ];
    for payload in &same {
        assert_eq!(hashed, hash(key, payload), "{payload}");
    }
    let fields = [
        r#""id":"x""#,
        r#""session":"x""#,
        r#""client_ip":"x""#,
        r#""app":"x""#,
        r#""database":"x""#,
        r#""operation":"x""#,
        r#""statement":"x""#,
        r#""channel":"x""#,
        r#""destination":"x""#,
        r#""content":"x""#,
        r#""content_base64":"x""#,
        r#""rows":0"#,
        r#""bytes":0"#,
        r#""files":[{}]"#,
        r#""files":[{"name":"x"}]"#,
        r#""files":[{"size":0}]"#,
        r#""objects":["a","bc"]"#,
        r#""objects":["abc"]"#,
        r#""identifiers":{"phone":["2","1"]}"#,
        r#""identifiers":{"phone":["12"]}"#,
        r#""identifiers":{"phone":["1"],"email":["2"]}"#,
        r#""x":1"#,
    ];
    let mut others: Vec<_> = fields.iter().map(|field| hash(key, &with(field))).collect();
    others.extend([hashed, hash(key, r#"{"type":"egress","time":1335837600123,"actor":"emp0042"}"#)]);
    others.extend(
        [
            r#"{"type":"query","time":1335837600124,"actor":"emp0042"}"#,
            r#"{"type":"query","time":1335837600123,"actor":"x"}"#,
        ]
        .map(|other| hash(key, other)),
    );
    let number = others.len();
    others.sort_unstable();
    others.dedup();
    assert_eq!(others.len(), number, "two contents have one hash");
    assert_eq!(
        ContentHasher::new(key).hash(&decode(QUERY).expect("used")),
        5_625_986_101_286_819_738,
        "stored in the log: must not change"
    );
}
