//! Logins without case and padding.

/// A login longer than this is compared, and watched, by its beginning.
pub(super) const MAX_LOGIN_BYTES: usize = 256;

/// Writes `login` into `buffer` (replacing what it held), trimmed and in Unicode lower case, letter by letter.
pub(super) fn fold_into(login: &str, buffer: &mut String) {
    buffer.clear();
    append_folded(login, buffer);
}

/// Appends `login` to `buffer`, folded.
pub(super) fn append_folded(login: &str, buffer: &mut String) {
    let login = bounded(login.trim());
    if login.is_ascii() {
        let start = buffer.len();
        buffer.push_str(login);
        buffer[start..].make_ascii_lowercase();
    } else {
        buffer.extend(login.chars().flat_map(char::to_lowercase));
    }
}

/// `login` folded, in memory of its own.
pub(super) fn folded(login: &str) -> Box<str> {
    let mut buffer = String::with_capacity(login.len());
    fold_into(login, &mut buffer);
    buffer.into_boxed_str()
}

fn bounded(login: &str) -> &str {
    &login[..login.floor_char_boundary(MAX_LOGIN_BYTES)]
}
