//! What the tests of several normal forms share.

/// What `normalise` writes, or `-` where it finds no identifier.
pub fn normal_or_dash(normalise: impl FnOnce(&mut String) -> bool) -> String {
    let mut out = String::new();
    if normalise(&mut out) { out } else { "-".to_owned() }
}
