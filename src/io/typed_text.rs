//! What people type into notes, reasons and tickets, without what looks like a customer's identifier.

use super::filter_dir::read_manifest;
use crate::config::settings::FilterSettings;
use crate::core::identifiers::{Region, mask_in};
use std::path::PathBuf;

/// Masks before anything is kept, told or logged: numbers as the region of the customer filter dials them.
#[derive(Clone, Debug, Default)]
pub struct TypedText {
    filters: Option<PathBuf>,
}

impl TypedText {
    /// By the region of these filters. They may be built, or built anew, later.
    pub fn new(filters: Option<&FilterSettings>) -> Self {
        Self { filters: filters.map(|filters| filters.dir.clone()) }
    }

    /// `text` with `‹phone›` and the like in place of what looks like one. A customer id looks like any other word, and stays.
    pub fn masked(&self, text: &str) -> String {
        mask_in(text, self.region()).into_owned()
    }

    /// The filter's, or China's, as `filter build` has it, where this process cannot read the filter.
    fn region(&self) -> Region {
        let manifest = self.filters.as_deref().and_then(|dir| read_manifest(dir).ok());
        manifest.and_then(|manifest| manifest.region().ok()).unwrap_or(Region::CN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::filter::Manifest;
    use crate::core::identifiers::TagKey;
    use crate::core::time::EventTime;

    #[test]
    fn numbers_are_those_of_the_filters_region() {
        let dir = tempfile::tempdir().expect("a directory");
        let filters = FilterSettings { dir: dir.path().to_owned(), key_files: vec![], stale_after: None };
        let typed = TypedText::new(Some(&filters));
        let text = "212-555-0123 says so, or 13800138000";
        assert_eq!(typed.masked(text), "212-555-0123 says so, or ‹phone›", "there is no filter yet");
        let (us, key) = ("US".parse().expect("a region"), TagKey::new([7; 16]).fingerprint());
        let manifest = Manifest::new(EventTime::MIN, us, &key).to_json().expect("JSON");
        std::fs::write(dir.path().join(Manifest::FILE_NAME), manifest).expect("written");
        let masked = typed.masked(text);
        assert!(masked.starts_with("‹phone› says so"), "{masked}");
    }
}
