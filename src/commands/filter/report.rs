//! What `filter build` and `filter inspect` print.

use super::Format;
use crate::core::filter::{KindEntry, Manifest};
use std::fmt::Write as _;
use std::io::{self, Write as _};

/// Prints one line.
pub fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Prints a filter's manifest below `title`. In JSON, the manifest's fields come after those of `first`.
pub fn manifest(
    format: Format,
    title: &str,
    first: serde_json::Map<String, serde_json::Value>,
    manifest: &Manifest,
) -> io::Result<()> {
    match format {
        Format::Text => line(text(title, manifest).trim_end()),
        Format::Json => {
            let mut fields = first;
            if let serde_json::Value::Object(rest) = serde_json::to_value(manifest)? {
                fields.extend(rest);
            }
            line(&serde_json::to_string(&fields)?)
        }
    }
}

fn text(title: &str, manifest: &Manifest) -> String {
    let mut text = format!(
        "{title}\nbuilt {}, region {}, key {}, normaliser {}\n\n{:<12} {:>14} {:>24} {:>10}\n",
        manifest.built_at,
        manifest.region,
        manifest.key_fingerprint,
        manifest.normaliser,
        "kind",
        "customers",
        "false positives (target)",
        "canaries",
    );
    for kind in &manifest.kinds {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", kind_line(kind));
    }
    text
}

fn kind_line(entry: &KindEntry) -> String {
    let none = || "-".to_owned();
    let customers = entry.customers.as_ref().map_or_else(none, |part| grouped(part.count));
    let rate = entry
        .customers
        .as_ref()
        .map_or_else(none, |part| format!("{:.3e} ({:e})", part.measured_rate, part.target_rate));
    let canaries = entry.canaries.as_ref().map_or_else(none, |part| grouped(part.count));
    format!("{:<12} {customers:>14} {rate:>24} {canaries:>10}", entry.kind)
}

/// `900000` as `900,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::filter::FalsePositiveRate;
    use crate::core::identifiers::{Region, TagKey};
    use crate::core::time::EventTime;

    #[test]
    fn a_report_is_readable() {
        let mut manifest = Manifest::new(EventTime::MIN, Region::CN, &TagKey::new([1; 16]).fingerprint());
        let rate = FalsePositiveRate::new(0.01).expect("in range");
        manifest.add_kind("phone", Some((0..20_000).collect()), Some(vec![1, 2]), rate).expect("builds");
        manifest.add_kind("iban", None, Some(vec![3]), rate).expect("builds");
        insta::assert_snapshot!(text("filters: 2 kinds", &manifest), @r"
        filters: 2 kinds
        built 1970-01-01T00:00:00.000Z, region CN, key 76fe1e02, normaliser 1

        kind              customers false positives (target)   canaries
        phone                20,000          9.830e-3 (1e-2)          2
        iban                      -                        -          1
        ");
        assert_eq!([grouped(7), grouped(900_000), grouped(1_234_567)], ["7", "900,000", "1,234,567"]);
    }
}
