//! What an actor is called that the directory does not know: its own spelling, unless that is a customer's identifier.

use super::settings::Knowledge;
use crate::core::filter::Membership;
use crate::core::identifiers::extract::extract;
use crate::core::identifiers::{IdentifierKind, mask_in, normalise};
use std::borrow::Cow;

/// What [`mask_in`] puts in place of numbers. People log in by mail address, but not by one of these.
const NUMBERS: [&str; 4] = ["‹phone›", "‹national-id›", "‹card›", "‹iban›"];

/// `actor` as it may be shown. A number is always masked, a mail address where the filter knows it as a customer's; a
/// keyed digest keeps those that look the same apart.
pub(super) fn shown<'a>(actor: &'a str, knowledge: &Knowledge) -> Cow<'a, str> {
    let masked = mask_in(actor, knowledge.region);
    if matches!(masked, Cow::Borrowed(_)) {
        return masked;
    }
    let secret = NUMBERS.iter().any(|number| masked.contains(number)) || names_customer(actor, knowledge);
    if !secret {
        return Cow::Borrowed(actor);
    }
    let digest = knowledge.tagger.digest(actor.as_bytes()) >> 32;
    Cow::Owned(format!("{masked}~{digest:08x}"))
}

/// Whether a mail address in `text` is in the filter.
fn names_customer(text: &str, knowledge: &Knowledge) -> bool {
    let Some(filters) = &knowledge.filters else { return false };
    let mut normal = String::new();
    let mut found = false;
    // Addresses in URLs are written so.
    let text = text.replace("%40", "@");
    extract(&text, knowledge.region, &mut |hit| {
        let kind = hit.what.kind();
        if kind == IdentifierKind::Email && normalise(&kind, hit.text, knowledge.region, &mut normal) {
            let tag = knowledge.tagger.tag(kind.name(), &normal);
            found |= matches!(filters.check(kind.name(), tag), Membership::Member | Membership::Canary);
        }
    });
    found
}
