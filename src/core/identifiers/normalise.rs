//! Normal forms: one spelling for one customer.

use super::kind::IdentifierKind;
use super::region::Region;
use super::{card, email, iban, national_id, phone};

/// The version of the rules; tags of different versions do not compare.
pub const NORMALISER_VERSION: u32 = 1;

/// Writes the normal form of `raw` to `out`, whose memory is reused; false where it holds no identifier of `kind`.
///
/// Normal forms are their own normal forms.
pub fn normalise(kind: &IdentifierKind, raw: &str, region: Region, out: &mut String) -> bool {
    match kind {
        IdentifierKind::Phone => phone::normalise(raw, region, out),
        IdentifierKind::Email => email::normalise(raw, out),
        IdentifierKind::NationalId => national_id::normalise(raw, out),
        IdentifierKind::Card => card::normalise(raw, out),
        IdentifierKind::Iban => iban::normalise(raw, out),
        IdentifierKind::CustomerId | IdentifierKind::Other(_) => exact(raw, out),
    }
}

/// Exact text: only the space around it goes.
fn exact(raw: &str, out: &mut String) -> bool {
    out.clear();
    out.push_str(raw.trim());
    !out.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_kinds_are_exact_text() {
        let mut out = String::from("before");
        let kind = IdentifierKind::from_name("loyalty");
        assert!(normalise(&kind, " Ab-1 \n", Region::CN, &mut out));
        assert_eq!(out, "Ab-1");
        assert!(!normalise(&IdentifierKind::CustomerId, "  ", Region::CN, &mut out));
    }
}
