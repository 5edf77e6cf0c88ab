//! Ten thousand spoilt records through both decoders: each has one answer, and no answer tells what was in it.

use leakwatch::core::decode::{DecodeLimits, Decoder};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const QUERY: &str = r#"{"type":"query","id":"q-1","time":"2012-05-01T10:00:00.123+08:00","actor":"CORP\\u0042","session":"s-7","client_ip":"10.20.1.5","app":"crm","database":"shop","objects":["customer"],"operation":"select","statement":"select * from customer where name = 'Zhang-Secret'","rows":20,"bytes":4096,"identifiers":{"phone":["13800138000"],"email":["li.wei@example.cn"],"card":["6222020200112233"],"customer_id":["C0012345"]}}"#;

const EGRESS: &str = r#"{"type":"egress","time":1335837600123,"client_ip":"10.20.1.5","channel":"email","destination":"x@share.example","bytes":18432,"content":"call 13800138000\nor li.wei@example.cn","files":[{"name":"Zhang-Secret.xlsx","size":18000,"type":"text/csv"}],"extra":{"13800138000":[1,{"C0012345":null}]}}"#;

/// Values that must never be seen outside an event.
const MARKED: [&str; 5] = ["13800138000", "li.wei@example.cn", "6222020200112233", "C0012345", "Zhang-Secret"];

/// A record cut, bent or spoilt at random.
fn mutated(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = [QUERY, EGRESS].choose(rng).expect("two").as_bytes().to_vec();
    for _ in 0..rng.random_range(0..3) {
        if bytes.is_empty() {
            break;
        }
        let at = rng.random_range(0..bytes.len());
        match rng.random_range(0..9) {
            0 => bytes.truncate(at),
            1 => bytes[at] = rng.random(),
            2 => insert(&mut bytes, at, &[0xff, 0xc0, 0xed, 0xa0]),
            3 => insert(&mut bytes, at, &b"[{\"13800138000\":".repeat(rng.random_range(1..200))),
            4 => insert(&mut bytes, 1, b"\"x\":{\"C0012345\":1,\"\\u00430012345\":2},"),
            5 => {
                replace_value(&mut bytes, rng, &["1e999", "-5", "99999999999999999999", "1e400", "20.0", "{}", "[[]]"]);
            }
            6 => replace_value(
                &mut bytes,
                rng,
                &["\"13800138000\"", "true", "null", "\"\\ud800\"", "[13800138000]", "\"\""],
            ),
            7 => insert(&mut bytes, at, b"["),
            _ => drop(bytes.remove(at)),
        }
    }
    if rng.random_range(0..500) == 0 {
        bytes = b"{\"13800138000\":[".repeat(100_000);
    }
    bytes
}

fn insert(bytes: &mut Vec<u8>, at: usize, what: &[u8]) {
    bytes.splice(at..at, what.iter().copied());
}

/// Replaces what follows a colon up to the next comma.
fn replace_value(bytes: &mut Vec<u8>, rng: &mut ChaCha8Rng, values: &[&str]) {
    let colons: Vec<_> = memchr::memchr_iter(b':', bytes).collect();
    let Some(start) = colons.choose(rng).map(|colon| colon + 1) else { return };
    let end = memchr::memchr(b',', &bytes[start..]).map_or(bytes.len(), |length| start + length);
    bytes.splice(start..end, values.choose(rng).expect("values").bytes());
}

#[test]
fn ten_thousand_mutated_records_are_all_accounted_for_and_tell_nothing() {
    let mut rng = ChaCha8Rng::seed_from_u64(20_120_501);
    let map = serde_saphyr::from_str("{time: time, actor: actor, client_ip: client_ip, each: files, bytes: size}");
    let decoders = [Decoder::Native, Decoder::Mapped(map.expect("a map"))];
    let limits = DecodeLimits::default();
    let (mut used, mut rejected, mut reasons) = (0, 0, std::collections::BTreeSet::new());
    for _ in 0..10_000 {
        let payload = mutated(&mut rng);
        for decoder in &decoders {
            let mut calls = 0;
            decoder.decode(&payload, None, &limits, &mut |_, result| {
                calls += 1;
                let Err(reject) = result else { return used += 1 };
                rejected += 1;
                reasons.insert(reject.reason);
                let said = format!("{reject} {reject:?}");
                assert!(!MARKED.iter().any(|marked| said.contains(marked)), "{said}");
            });
            assert_eq!(calls, 1, "one element at most in these records");
        }
    }
    assert_eq!(used + rejected, 20_000);
    assert!(used > 3_000 && rejected > 3_000, "{used} used, {rejected} rejected");
    assert!(reasons.len() >= 7, "{reasons:?}");
}
