//! Accounts under names that say nothing, and are the same wherever they appear.

use super::verdict::Judgement;
use crate::core::incident::{EntityKind, Incident, NamedCount};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::BTreeMap;

/// What every pseudonym begins with.
const PREFIX: &str = "actor-";
/// Bytes of the code behind it: of a million accounts, hardly two share one.
const CODE_BYTES: usize = 6;
/// Accounts remembered; those that come later cannot be unmasked, and stay masked.
const MAX_NAMES: usize = 200_000;
/// A name in a text is not looked for beyond so many bytes.
const MAX_NAME_BYTES: usize = 128;

/// Gives each account the pseudonym that follows from its name and a secret key (HMAC-SHA-256, RFC 2104), and remembers
/// whose it is.
pub struct Pseudonyms {
    key: Vec<u8>,
    actors: BTreeMap<String, String>,
    /// By the name in lower case: logins compare without regard to it.
    known: BTreeMap<String, String>,
}

impl Pseudonyms {
    /// None yet, under `key`.
    pub fn new(key: &[u8]) -> Self {
        Self { key: key.to_owned(), actors: BTreeMap::new(), known: BTreeMap::new() }
    }

    /// The pseudonym of `actor`.
    pub fn of(&self, actor: &str) -> String {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return format!("{PREFIX}hidden") };
        mac.update(actor.as_bytes());
        let code = mac.finalize().into_bytes();
        format!("{PREFIX}{}", crate::core::hex::lower(&code[..CODE_BYTES]))
    }

    /// Whose pseudonym it is, as far as it was given to anybody.
    pub fn actor(&self, pseudonym: &str) -> Option<&str> {
        self.actors.get(pseudonym).map(String::as_str)
    }

    /// The line without a name of an account: its actors, what it is about, and where they are named in sentences,
    /// destinations and objects.
    #[must_use]
    pub fn incident(&mut self, mut line: Incident) -> Incident {
        let mut own: BTreeMap<String, String> = BTreeMap::new();
        let about = (line.entity.kind == EntityKind::Actor).then_some(&mut line.entity.id);
        for name in line.actors.iter_mut().chain(about) {
            let pseudonym = self.remember(name);
            own.insert(name.to_lowercase(), pseudonym.clone());
            *name = pseudonym;
        }
        let masked = |text: &str| replaced(text, |name| own.get(name));
        line.summary = masked(&line.summary);
        for NamedCount { name, .. } in line.destinations.iter_mut().chain(&mut line.objects) {
            *name = masked(name);
        }
        line
    }

    /// A verdict whose note names no account that is known.
    #[must_use]
    pub fn judgement(&self, judgement: Judgement) -> Judgement {
        Judgement { note: self.text(&judgement.note), ..judgement }
    }

    /// `text` without the names of accounts that are known.
    pub fn text(&self, text: &str) -> String {
        replaced(text, |name| self.known.get(name))
    }

    fn remember(&mut self, actor: &str) -> String {
        let pseudonym = self.of(actor);
        if self.actors.len() < MAX_NAMES {
            self.actors.insert(pseudonym.clone(), actor.to_owned());
            self.known.insert(actor.to_lowercase(), pseudonym.clone());
        }
        pseudonym
    }
}

/// `text` with what `lookup` knows (in lower case) in place of whole words, the longest first.
fn replaced<'a>(text: &str, lookup: impl Fn(&str) -> Option<&'a String>) -> String {
    let in_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    while let Some(first) = text[at..].chars().next() {
        let begins = !in_word(text[..at].chars().next_back());
        let ends = text[at..].char_indices().map(|(offset, c)| offset + c.len_utf8());
        let ends: Vec<usize> =
            if begins { ends.take_while(|end| *end <= MAX_NAME_BYTES).collect() } else { Vec::new() };
        let mut whole = ends.iter().rev().filter(|end| !in_word(text[at + **end..].chars().next()));
        let found = whole.find_map(|end| Some((lookup(&text[at..at + end].to_lowercase())?, *end)));
        if let Some((name, length)) = found {
            out.push_str(name);
            at += length;
        } else {
            out.push(first);
            at += first.len_utf8();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::incident::Incident;
    use crate::core::time::EventTime;

    #[test]
    fn a_line_names_nobody_and_the_same_account_is_the_same_everywhere() {
        let mut names = Pseudonyms::new(b"a secret of some length");
        let mut line = Incident::test(EventTime::MIN, "shop");
        line.entity.kind = EntityKind::Actor;
        line.entity.id = "Emp0042".into();
        line.actors = vec!["Emp0042".into(), "emp00".into()];
        line.summary = "emp0042 (sales) and emp00, not emp004, sent to emp0042-box.example.".into();
        let masked = names.incident(line);
        let pseudonym = masked.entity.id.clone();
        assert_eq!(masked.actors[0], pseudonym);
        assert_eq!(pseudonym, names.of("Emp0042"));
        assert_eq!((pseudonym.len(), names.actor(&pseudonym)), (18, Some("Emp0042")));
        let other = &masked.actors[1];
        let expected = format!("{pseudonym} (sales) and {other}, not emp004, sent to {pseudonym}-box.example.");
        assert_eq!(masked.summary, expected);
        assert_eq!(names.text("EMP0042 says: ‹phone› élan"), format!("{pseudonym} says: ‹phone› élan"));
        assert_eq!(names.actor("emp0042"), None, "a name is no pseudonym");
    }

    #[test]
    fn another_key_gives_other_pseudonyms() {
        assert_ne!(Pseudonyms::new(b"one").of("e1"), Pseudonyms::new(b"two").of("e1"));
        assert_eq!(Pseudonyms::new(b"one").of("e1"), Pseudonyms::new(b"one").of("e1"));
    }
}
