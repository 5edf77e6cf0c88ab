//! The host in whatever a source calls a destination.

use super::addresses::parse_address;
use std::borrow::Cow;
use std::net::IpAddr;

/// A longer host is cut (RFC 1035, 2.3.4: names have at most 255 octets on the wire, 253 as text).
pub const MAX_HOST_BYTES: usize = 253;

/// Schemes whose authority is the name of a bucket, not a host: anybody can call a bucket `www.shop.example`.
const BUCKET_SCHEMES: [&str; 6] = ["s3", "s3a", "s3n", "gs", "az", "oss"];

/// What no host may hold (WHATWG URL, 3.2): a full-width slash that folds to `/` must not end a host that reads on.
const FORBIDDEN: [char; 14] = [' ', '#', '%', '/', ':', '<', '>', '?', '@', '[', '\\', ']', '^', '|'];

/// What a destination comes down to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// An address.
    Address(IpAddr),
    /// A host name in lower case, or any other single word.
    Host(Cow<'a, str>),
    /// A bucket, with its scheme: `s3://name`.
    Bucket(String),
}

/// The place that `raw` names: a URL, a mail address, `host:port`, a host or a bucket.
///
/// Whatever stands before the last `@` of the authority is a user or mailbox, and a path or query cannot hold the host:
/// `https://shop.example@evil.example/` and `https://evil.example/@shop.example` both go to `evil.example`. Backslashes
/// are slashes, as browsers read them (WHATWG URL, 4.4).
pub(super) fn place(raw: &str) -> Place<'_> {
    let raw = mailbox(raw.trim());
    let (scheme, rest) = scheme(raw);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host).trim();
    if let Some(scheme) = scheme.filter(|scheme| BUCKET_SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)))
    {
        return Place::Bucket(bounded(&format!("{scheme}://{host}").to_lowercase()).to_owned());
    }
    match parse_address(host) {
        Some(address) => Place::Address(address),
        None => Place::Host(name(without_port(host))),
    }
}

/// The address between angle brackets, where a display name stands before it.
fn mailbox(text: &str) -> &str {
    let inside = text.trim_end_matches('>');
    if inside.len() == text.len() {
        return text;
    }
    inside.rsplit_once('<').map_or(inside, |(_, inside)| inside).trim()
}

fn scheme(text: &str) -> (Option<&str>, &str) {
    if let Some((scheme, rest)) = text.split_once("://") {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        if !scheme.is_empty() && scheme.bytes().all(legal) {
            return (Some(scheme), rest.trim_start_matches(['/', '\\']));
        }
    }
    let (head, rest) = text.split_at(text.floor_char_boundary("mailto:".len()));
    if head.eq_ignore_ascii_case("mailto:") { (None, rest) } else { (None, text) }
}

fn without_port(host: &str) -> &str {
    let host = host.trim_matches(is_outer);
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.contains(':') => name,
        _ => host,
    }
}

/// A host name in lower case without the root's dot; in ASCII (punycode) where it is an internationalised name.
fn name(host: &str) -> Cow<'_, str> {
    let host = host.trim_matches(is_outer);
    if !host.is_ascii()
        && let Ok(ascii) = idna::domain_to_ascii(host)
        && !ascii.contains(FORBIDDEN)
    {
        return Cow::Owned(bounded(ascii.trim_matches(is_outer)).trim_end_matches(is_outer).to_owned());
    }
    let host = bounded(host).trim_end_matches(is_outer);
    if host.chars().any(|c| !c.is_ascii() || c.is_ascii_uppercase()) {
        Cow::Owned(host.chars().flat_map(char::to_lowercase).collect())
    } else {
        Cow::Borrowed(host)
    }
}

/// What surrounds a name without being part of it.
fn is_outer(c: char) -> bool {
    c == '.' || c.is_whitespace()
}

fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_HOST_BYTES)]
}

/// Where the registrable domain of `host` begins: one label more than its public suffix (<https://publicsuffix.org>).
/// Single labels and public suffixes stand for themselves.
pub(super) fn registrable_start(host: &str) -> usize {
    if !host.contains("xn--") {
        return psl::domain_str(host).map_or(0, |domain| host.len() - domain.len());
    }
    // The list is kept in Unicode; the labels are as many either way.
    let (unicode, _) = idna::domain_to_unicode(host);
    let Some(domain) = psl::domain_str(&unicode) else { return 0 };
    let labels = domain.split('.').count();
    let start = host.rmatch_indices('.').nth(labels - 1).map(|(dot, _)| dot + 1);
    start.unwrap_or(0)
}

/// Whether `host` is a domain below which anybody can register.
pub(super) fn is_public_suffix(host: &str) -> bool {
    let (unicode, _) = idna::domain_to_unicode(host);
    let suffix = psl::suffix(unicode.as_bytes());
    suffix.is_some_and(|suffix| suffix.typ() == Some(psl::Type::Icann) && suffix.as_bytes() == unicode.as_bytes())
}
