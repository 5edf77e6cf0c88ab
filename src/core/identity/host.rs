//! Where something went, out of what a source calls a destination.

use std::borrow::Cow;

/// A destination's host: of a URL, a mail address, `host:port`, a bucket URL or a bare name; lower case, without a
/// trailing dot. The second value says whether it was a mailbox.
pub(super) fn host_of(raw: &str) -> (Cow<'_, str>, bool) {
    let raw = raw.trim();
    let after_scheme = raw.split_once("://").map_or(raw, |(_, rest)| rest);
    let after_mailto = strip_prefix_ignoring_case(after_scheme, "mailto:").unwrap_or(after_scheme);
    let end = after_mailto.find(['/', '?', '#', '\\']).unwrap_or(after_mailto.len());
    let authority = &after_mailto[..end];
    let (host, mailbox) = match authority.rsplit_once('@') {
        Some((_, host)) => (host, !raw.contains("://")),
        None => (authority, false),
    };
    let host = host.trim_matches(['>', '<', ' ']);
    let host = without_port(host).trim_end_matches('.');
    if host.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii()) {
        (Cow::Owned(host.to_lowercase()), mailbox)
    } else {
        (Cow::Borrowed(host), mailbox)
    }
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn without_port(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').map_or(rest, |(address, _)| address);
    }
    match host.rsplit_once(':') {
        // More than one colon without brackets is a bare IPv6 address.
        Some((name, port)) if !name.contains(':') && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    }
}

/// The registrable domain of a host; addresses and single labels stand for themselves.
pub(super) fn registrable(host: &str) -> &str {
    if host.parse::<std::net::IpAddr>().is_ok() {
        return host;
    }
    psl::domain_str(host).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_in_what_sources_write() {
        let cases = [
            ("https://User@Share.Example:8443/a/b?c#d", "share.example", false),
            ("bob@Mail.Example.", "mail.example", true),
            ("mailto:bob@x.example", "x.example", true),
            ("<bob@x.example>", "x.example", true),
            ("s3://my-bucket/key/one", "my-bucket", false),
            ("10.1.2.3:443", "10.1.2.3", false),
            ("[2001:db8::1]:443", "2001:db8::1", false),
            ("2001:db8::1", "2001:db8::1", false),
            ("printer", "printer", false),
            ("", "", false),
        ];
        for (raw, host, mailbox) in cases {
            assert_eq!(host_of(raw), (Cow::Borrowed(host), mailbox), "{raw}");
        }
    }

    #[test]
    fn registrable_domains_follow_the_public_suffix_list() {
        let cases = [("a.b.drop.example", "drop.example"), ("x.shop.com.cn", "shop.com.cn"), ("10.1.2.3", "10.1.2.3")];
        for (host, domain) in cases {
            assert_eq!(registrable(host), domain);
        }
        assert_eq!(registrable("printer"), "printer");
    }
}
