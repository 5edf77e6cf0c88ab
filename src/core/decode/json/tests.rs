use super::*;
use proptest::prelude::*;
use serde_json::value::RawValue;

const DEPTH: usize = 32;

fn accepts(text: &str) -> Result<(), ScanError> {
    scan(&mut Tape::new(text), DEPTH)
}

/// JSON and near misses: what a mutation of a real record looks like.
fn nearly_json() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        8 => prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", " ", "\n", "null", "true", "false", "0", "-1", "1e5", "\"a\"", "\"b\"",
            "\"c\":", "{\"d\":", "[1,", "\"\\u0061\"", "\"\\ud800\"", "\"\\n\"",
        ])
        .prop_map(str::to_owned),
        1 => "[-+0-9.eE]{1,6}",
        1 => "\"[ -~\\t\\u{1}é]{0,12}\"",
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
}

fn values() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::{Value, json};
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map("[a-c\\\\\"é]{0,3}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Rebuilds a value from the tape alone.
fn rebuilt(value: Value<'_, '_>) -> serde_json::Value {
    match value.kind() {
        NodeKind::Null => serde_json::Value::Null,
        NodeKind::Bool | NodeKind::Number => serde_json::from_str(value.raw()).expect("a scalar"),
        NodeKind::Text | NodeKind::EscapedText => value.text().expect("a text").into(),
        NodeKind::Array => value.items().map(rebuilt).collect(),
        NodeKind::Object => {
            value.entries().map(|(key, value)| (key.text().expect("a key").into_owned(), rebuilt(value))).collect()
        }
    }
}

/// Whether a key stands twice in one object, by `serde_json`'s reading of it.
fn has_duplicate(text: &str) -> bool {
    struct Seen;
    impl<'de> serde::de::Visitor<'de> for Seen {
        type Value = bool;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
            let mut seen = std::collections::BTreeSet::new();
            let mut twice = false;
            while let Some((key, value)) = map.next_entry::<serde_bytes::ByteBuf, &RawValue>()? {
                twice |= !seen.insert(key) || has_duplicate(value.get());
            }
            Ok(twice)
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
            let mut twice = false;
            while let Some(value) = seq.next_element::<&RawValue>()? {
                twice |= has_duplicate(value.get());
            }
            Ok(twice)
        }
    }
    use serde::Deserializer as _;
    match text.trim_start().as_bytes().first() {
        Some(b'{') => serde_json::Deserializer::from_str(text).deserialize_map(Seen).expect("an object"),
        Some(b'[') => serde_json::Deserializer::from_str(text).deserialize_seq(Seen).expect("an array"),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn the_accepted_language_is_serde_jsons_without_duplicate_keys(text in nearly_json()) {
        match serde_json::from_str::<&RawValue>(&text) {
            Err(_) => {
                let error = accepts(&text).expect_err("not JSON");
                assert!(matches!(error, ScanError::NotJson { .. } | ScanError::DuplicateKey { .. }));
            }
            Ok(_) if has_duplicate(&text) => {
                let duplicate = matches!(accepts(&text), Err(ScanError::DuplicateKey { .. }));
                prop_assert!(duplicate);
            }
            Ok(_) => prop_assert_eq!(accepts(&text), Ok(())),
        }
    }

    #[test]
    fn strings_are_found_whatever_their_length_and_neighbours(before in "[ -~é]{0,70}", text in any::<String>()) {
        let json = format!("[{},{}]", serde_json::Value::from(before.as_str()), serde_json::Value::from(text.as_str()));
        let mut tape = Tape::new(&json);
        prop_assert_eq!(scan(&mut tape, DEPTH), Ok(()));
        let read: Vec<_> = tape.root().items().filter_map(Value::text).collect();
        prop_assert_eq!(read, [before, text]);
    }
}

proptest! {
    #[test]
    fn the_tape_holds_the_whole_value(value in values(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let text = text.expect("writes");
        let mut tape = Tape::new(&text);
        prop_assert_eq!(scan(&mut tape, DEPTH), Ok(()));
        prop_assert_eq!(rebuilt(tape.root()), serde_json::from_str::<serde_json::Value>(&text).expect("reads"));
    }

    #[test]
    fn a_key_twice_is_found_among_few_and_many(count in 2_usize..200, twice in any::<prop::sample::Index>()) {
        let twice = twice.index(count - 1);
        let mut keys: Vec<_> = (0..count).map(|at| format!("\"key-{at}\":{at}")).collect();
        prop_assert_eq!(accepts(&format!("{{{}}}", keys.join(","))), Ok(()));
        keys[count - 1] = format!("\"key\\u002d{twice}\":0");
        let escaped = format!("[{{{}}}]", keys.join(","));
        let plain = escaped.replace("\\u002d", "-");
        for text in [escaped, plain] {
            assert!(matches!(accepts(&text), Err(ScanError::DuplicateKey { .. })));
        }
    }

    #[test]
    fn whole_numbers_keep_their_value_however_they_are_written(number in any::<u64>(), shift in 0_usize..6) {
        let zeros = "0".repeat(shift);
        for text in [format!("{number}.{zeros}0"), format!("{number}{zeros}e-{shift}"), format!("{number}E+0")] {
            prop_assert_eq!(Decimal::parse(&text).and_then(|decimal| decimal.whole(1)), Some(number));
        }
        let tenths = Decimal::parse(&format!("{number}.1")).expect("a number");
        prop_assert_eq!((tenths.whole(1), tenths.floor(1)), (None, Some(number)));
        prop_assert_eq!(tenths.ceil(1), number.checked_add(1));
    }
}

#[test]
fn numbers_out_of_range_are_json_and_worth_nothing() {
    for text in
        ["1e999", "-5", "1e400", "99999999999999999999", "1e-999999999999", "0.5", "123456789012345678901234567890123"]
    {
        assert_eq!(accepts(text), Ok(()), "{text}");
        assert_eq!(Decimal::parse(text).and_then(|decimal| decimal.whole(1)), None, "{text}");
    }
    for text in ["-0", "0e999999999999", "0.000", "-0.0e5"] {
        assert_eq!(Decimal::parse(text).and_then(|decimal| decimal.whole(1)), Some(0), "{text}");
    }
}

#[test]
fn depth_counts_from_one_and_needs_no_stack() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(accepts(&nested(DEPTH)), Ok(()));
    assert_eq!(accepts(&nested(DEPTH + 1)), Err(ScanError::TooDeep { at: DEPTH }));
    assert_eq!(accepts(&"{\"a\":".repeat(100_000)), Err(ScanError::TooDeep { at: 5 * DEPTH }));
    assert_eq!(scan(&mut Tape::new(&nested(100_000)), usize::MAX), Ok(()));
}
