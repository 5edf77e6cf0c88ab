//! Destinations as they may be shown, remembered by the spelling that sources use: the same ones recur.

use crate::core::activity::DestinationClass;
use crate::core::identifiers::{Region, mask_in};
use crate::core::identity::Directory;
use hashbrown::HashMap;

/// So many spellings are remembered; then the memory starts anew.
const MAX_PLACES: usize = 65_536;
/// A longer spelling is cut before it is looked at.
const MAX_SPELLING_BYTES: usize = 2_048;
/// A longer one is looked at anew each time: spellings that are made up must not be a way to fill memory.
const MAX_REMEMBERED_BYTES: usize = 256;

/// A destination, resolved and masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The host, or `‹mailbox›@host`.
    pub shown: Box<str>,
    /// The registrable domain.
    pub domain: Box<str>,
    pub class: DestinationClass,
}

/// Remembered destinations of one directory and region.
#[derive(Debug, Default)]
pub(super) struct Places {
    known: HashMap<Box<str>, Place>,
    /// The last one that is not remembered.
    last: Option<Place>,
    version: Option<u64>,
}

impl Places {
    /// What `raw` is. Forgets everything when the directory is another than before.
    pub fn shown(&mut self, directory: &Directory, region: Region, raw: &str) -> &Place {
        if self.version != Some(directory.version()) || self.known.len() >= MAX_PLACES {
            self.known.clear();
            self.version = Some(directory.version());
        }
        let raw = &raw[..raw.floor_char_boundary(MAX_SPELLING_BYTES)];
        if raw.len() > MAX_REMEMBERED_BYTES {
            return self.last.insert(resolve(directory, region, raw));
        }
        self.known.entry_ref(raw).or_insert_with(|| resolve(directory, region, raw))
    }
}

fn resolve(directory: &Directory, region: Region, raw: &str) -> Place {
    let resolved = directory.destination(raw);
    let host = mask_in(resolved.host(), region);
    let is_mailbox = raw.contains('@') && !raw.contains("://");
    let shown = if is_mailbox { format!("‹mailbox›@{host}") } else { host.to_string() };
    Place { shown: shown.into(), domain: mask_in(resolved.domain(), region).into(), class: resolved.class }
}
