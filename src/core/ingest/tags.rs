//! From the identifiers that an event names to keyed tags with their membership.

use super::settings::Knowledge;
use crate::core::activity::TagList;
use crate::core::activity::codec::MAX_TAGS_A_RECORD;
use crate::core::event::Event;
use crate::core::filter::Membership;
use crate::core::identifiers::extract::{Hit, extract, extract_base64};
use crate::core::identifiers::{IdentifierKind, Tagger, mask_in, normalise};
use crate::core::units::Tag;
use smallvec::SmallVec;

/// Kinds of one event; further ones are left out.
const MAX_KINDS: usize = 16;

/// A tag, and the one by which the filter knows the same identifier: another one where the filter has another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Keyed {
    tag: u64,
    asked: u64,
}

/// The tags of one kind under one key; its memory is reused from event to event.
#[derive(Debug, Default)]
struct KindTags {
    kind: String,
    /// The key's place among those that count; 0 is the filter's.
    key: usize,
    /// What the set of tags is called.
    name: String,
    tags: Vec<Keyed>,
    bytes: Vec<u8>,
    members: Vec<u8>,
    canaries: Vec<u8>,
    member_count: u32,
}

/// The tags of one event.
#[derive(Debug, Default)]
pub(super) struct EventTags {
    kinds: Vec<KindTags>,
    used: usize,
    normal: String,
    /// Tags found only inside encoded layers so far, with their kind's place.
    hidden: Vec<(usize, Keyed)>,
    found_hidden: bool,
}

impl EventTags {
    /// Normalises, tags and asks the filter about everything that `event` names or holds. Where `all_count` whatever
    /// the filter says (a query of a customer object), only canaries are asked for.
    pub fn fill(&mut self, event: &Event<'_>, knowledge: &Knowledge, all_count: bool) {
        self.used = 0;
        self.hidden.clear();
        self.found_hidden = false;
        for named in &event.identifiers {
            // A source may put an identifier where the kind's name belongs.
            let Some(at) = self.slot(&mask_in(&named.kind, knowledge.region), knowledge) else { continue };
            let kind = IdentifierKind::from_name(&named.kind);
            for value in &named.values {
                self.add(at, &kind, value, knowledge, false);
            }
        }
        if event.content.is_some() || event.content_base64.is_some() {
            self.search(event, knowledge);
        }
        self.settle(knowledge, all_count);
        if !self.hidden.is_empty() {
            self.add_hidden(knowledge);
        }
    }

    /// Whether customers were found only inside an encoded layer of the content.
    pub const fn found_hidden(&self) -> bool {
        self.found_hidden
    }

    fn search(&mut self, event: &Event<'_>, knowledge: &Knowledge) {
        let mut each = |hit: Hit<'_>| {
            let kind = hit.what.kind();
            let Some(at) = self.slot(kind.name(), knowledge) else { return };
            self.add(at, &kind, hit.text, knowledge, hit.hidden);
        };
        if let Some(content) = &event.content {
            extract(content, knowledge.region, &mut each);
        }
        if let Some(content) = &event.content_base64 {
            extract_base64(content, knowledge.region, &mut each);
        }
    }

    /// Adds an identifier under every key; `at` is the kind's place.
    fn add(&mut self, at: usize, kind: &IdentifierKind, value: &str, knowledge: &Knowledge, hidden: bool) {
        if !normalise(kind, value, knowledge.region, &mut self.normal) {
            return;
        }
        let asked = knowledge.tagger.tag(kind.name(), &self.normal).0;
        let others = knowledge.others.iter().map(|tagger| tagger.tag(kind.name(), &self.normal).0);
        for (at, tag) in (at..).zip(std::iter::once(asked).chain(others)) {
            let keyed = Keyed { tag, asked };
            if hidden {
                self.hidden.push((at, keyed));
            } else {
                self.kinds[at].tags.push(keyed);
            }
        }
    }

    fn settle(&mut self, knowledge: &Knowledge, all_count: bool) {
        for kind in &mut self.kinds[..self.used] {
            kind.settle(knowledge, all_count);
        }
    }

    fn add_hidden(&mut self, knowledge: &Knowledge) {
        let open_before = self.customers(knowledge);
        for (at, keyed) in self.hidden.drain(..) {
            self.kinds[at].tags.push(keyed);
        }
        self.settle(knowledge, false);
        self.found_hidden = open_before == 0 && self.customers(knowledge) > 0;
    }

    /// Tags that count as customers of an egress.
    fn customers(&self, knowledge: &Knowledge) -> usize {
        let kinds = self.kinds[..self.used].iter().filter(|kind| kind.key == 0);
        if knowledge.filters.is_some() {
            kinds.map(|kind| kind.member_count as usize).sum()
        } else {
            kinds.map(|kind| kind.tags.len()).sum()
        }
    }

    /// Identifiers of the largest kind, and how many of them the filter knows.
    pub fn largest(&self) -> (u32, u32) {
        let largest = self.kinds[..self.used].iter().max_by_key(|kind| kind.tags.len());
        largest.map_or((0, 0), |kind| (u32::try_from(kind.tags.len()).unwrap_or(u32::MAX), kind.member_count))
    }

    /// How many records it takes to carry all of them.
    pub fn parts(&self) -> usize {
        let longest = self.kinds[..self.used].iter().map(|kind| kind.tags.len()).max().unwrap_or(0);
        longest.div_ceil(MAX_TAGS_A_RECORD).max(1)
    }

    /// Part number `part`: of every kind the tags that lie in it.
    pub fn part(&self, part: usize) -> SmallVec<[TagList<'_>; 3]> {
        let lists = self.kinds[..self.used].iter().filter_map(|kind| kind.part(part));
        lists.collect()
    }

    /// The place of a kind's tags under the filter's key; those under the others follow.
    fn slot(&mut self, kind: &str, knowledge: &Knowledge) -> Option<usize> {
        if let Some(at) = self.kinds[..self.used].iter().position(|known| known.kind == kind) {
            return Some(at);
        }
        let (first, keys) = (self.used, 1 + knowledge.others.len());
        if first == MAX_KINDS * keys {
            return None;
        }
        self.used += keys;
        if self.used > self.kinds.len() {
            self.kinds.resize_with(self.used, KindTags::default);
        }
        for (key, tagger) in knowledge.taggers().enumerate() {
            self.kinds[first + key].begin(kind, key, tagger);
        }
        Some(first)
    }
}

impl KindTags {
    fn begin(&mut self, kind: &str, key: usize, tagger: &Tagger) {
        self.kind.clear();
        self.kind.push_str(kind);
        self.key = key;
        self.name.clear();
        tagger.name_set(kind, &mut self.name);
        self.tags.clear();
    }

    /// Each tag once, and what the filter says of it.
    fn settle(&mut self, knowledge: &Knowledge, all_count: bool) {
        if self.tags.len() > 1 {
            self.tags.sort_unstable();
            self.tags.dedup();
        }
        self.bytes.clear();
        self.bytes.extend(self.tags.iter().flat_map(|keyed| keyed.tag.to_le_bytes()));
        self.members.clear();
        self.canaries.clear();
        self.member_count = 0;
        let Some(filters) = &knowledge.filters else { return };
        self.members.resize(self.tags.len().div_ceil(8), 0);
        let Some(filter) = filters.kind(&self.kind) else { return };
        for at in 0..self.tags.len() {
            let tag = Tag(self.tags[at].asked);
            if all_count {
                self.note(at, filter.is_canary(tag), true);
            } else {
                let found = filter.check(tag);
                self.note(at, found == Membership::Canary, matches!(found, Membership::Member | Membership::Canary));
            }
        }
    }

    fn note(&mut self, at: usize, canary: bool, member: bool) {
        let (byte, bit) = (at / 8, 1 << (at % 8));
        if member {
            self.members[byte] |= bit;
            self.member_count += 1;
        }
        if canary {
            self.canaries.resize(self.members.len(), 0);
            self.canaries[byte] |= bit;
        }
    }

    fn part(&self, part: usize) -> Option<TagList<'_>> {
        let from = part * MAX_TAGS_A_RECORD;
        let to = self.tags.len().min(from + MAX_TAGS_A_RECORD);
        if from >= to {
            return None;
        }
        // A part begins at a multiple of 8 tags, so its bits begin at a byte.
        let bits = |bits: &'_ [u8]| (from / 8).min(bits.len())..to.div_ceil(8).min(bits.len());
        Some(TagList {
            kind: &self.name,
            tags: &self.bytes[from * 8..to * 8],
            members: &self.members[bits(&self.members)],
            canaries: &self.canaries[bits(&self.canaries)],
        })
    }
}
