//! Temporary.
use std::borrow::Cow;
/// Temporary: until the real one is merged.
pub fn mask(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}
