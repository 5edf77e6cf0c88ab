//! Any bytes as a record under a field map that uses most of what maps can do.
#![no_main]

use leakwatch::config::Settings;
use leakwatch::config::settings::SourceSettings;
use leakwatch::core::decode::{DecodeLimits, Decoder};
use leakwatch::core::event::EventKind;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

const CONFIGURATION: &str = "kafka: {brokers: [a:1]}
sources:
  - topic: proxy
    decoder: mapped
    type: egress
    map: {each: records, time: {path: ts, unit: s}, actor: {path: user.name, or: src.ip}, destination: {path: http.host}, bytes: {path: resp.sent, string: true}}
";

static DECODER: LazyLock<Decoder> = LazyLock::new(|| {
    let settings = Settings::parse(CONFIGURATION, "fuzz").expect("a right configuration");
    settings.engine.sources.into_iter().map(|source: SourceSettings| source.decoder).next().expect("one")
});

fuzz_target!(|payload: &[u8]| {
    let limits = DecodeLimits::default();
    let mut answers = 0;
    DECODER.decode(payload, Some(EventKind::Egress), &limits, &mut |_, _| answers += 1);
    assert!(answers <= limits.max_events + 1);
});
