//! Topics by number, so that hot paths carry no names.

use crate::core::units::Partition;

/// A topic's place in a [`TopicTable`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicIndex(pub u16);

/// One partition of a topic that a consumer reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic.
    pub topic: TopicIndex,
    /// The partition.
    pub partition: Partition,
}

/// The topics that a consumer reads, in the order of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicTable {
    names: Vec<String>,
}

impl TopicTable {
    /// The most topics a table holds.
    pub const MAX: usize = u16::MAX as usize;

    /// The table of `names`; later ones than [`Self::MAX`] are dropped.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self { names: names.into_iter().take(Self::MAX).collect() }
    }

    /// The name of topic `index`; empty where the table has none.
    pub fn name(&self, index: TopicIndex) -> &str {
        self.names.get(usize::from(index.0)).map_or("", String::as_str)
    }

    /// The number of the topic called `name`.
    pub fn index(&self, name: &str) -> Option<TopicIndex> {
        let at = self.names.iter().position(|known| known == name)?;
        u16::try_from(at).ok().map(TopicIndex)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The partition that the client calls `topic` [`partition`].
    pub fn locate(&self, topic: &str, partition: i32) -> Option<TopicPartition> {
        Some(TopicPartition { topic: self.index(topic)?, partition: Partition(u32::try_from(partition).ok()?) })
    }
}

/// A partition's number as the client wants it.
pub fn wire_partition(partition: Partition) -> i32 {
    i32::try_from(partition.0).unwrap_or(i32::MAX)
}

/// An offset as the client wants it.
pub fn wire_offset(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}
