//! How long ago the synthetic event last came by, wherever this process should see it.

use crate::core::time::EventTime;
use crate::io::clock::Clock;
use crate::io::lifecycle::lock;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{GaugeVec, Opts, Registry};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const MS_A_SECOND: f64 = 1_000.0;

/// A place that the synthetic event passes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Post {
    /// The activity log has taken this process's own.
    Ingest,
    /// The owner of a partition of the activity log has read it.
    Detect {
        /// The partition.
        partition: u32,
    },
    /// A sink has read it.
    Sink {
        /// The sink's name.
        name: String,
    },
}

impl Post {
    /// The labels `stage` and `part`.
    fn labels(&self) -> [String; 2] {
        match self {
            Self::Ingest => ["ingest".to_owned(), String::new()],
            Self::Detect { partition } => ["detect".to_owned(), partition.to_string()],
            Self::Sink { name } => ["sinks".to_owned(), name.clone()],
        }
    }
}

/// What is known at one post.
#[derive(Debug)]
struct Watch {
    /// Before this nobody looked.
    since: EventTime,
    /// How many ways lead here; each has a synthetic event of its own.
    ways: u32,
    /// The newest of each way, by when it was made.
    newest: BTreeMap<u32, EventTime>,
}

impl Watch {
    /// When the event of the slowest way was made.
    fn oldest(&self) -> EventTime {
        let missing = self.newest.len() < usize::try_from(self.ways).unwrap_or(usize::MAX);
        let silent = missing.then_some(self.since);
        self.newest.values().copied().chain(silent).min().unwrap_or(self.since)
    }
}

/// `leakwatch_heartbeat_age_seconds`, reckoned when it is asked for; clones share it.
#[derive(Clone)]
pub struct HeartbeatAges {
    watches: Arc<Mutex<BTreeMap<Post, Watch>>>,
    clock: Arc<dyn Clock>,
    gauges: GaugeVec,
}

impl std::fmt::Debug for HeartbeatAges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeartbeatAges").field("watches", &self.watches).finish_non_exhaustive()
    }
}

impl HeartbeatAges {
    pub(super) fn new(registry: &Registry, clock: Arc<dyn Clock>) -> Result<Self, prometheus::Error> {
        let opts = Opts::new("leakwatch_heartbeat_age_seconds", "How long ago the synthetic event last came by.");
        let made = Self { watches: Arc::default(), clock, gauges: GaugeVec::new(opts, &["stage", "part"])? };
        registry.register(Box::new(made.clone()))?;
        Ok(made)
    }

    /// From now on the event has to come by at `post`.
    pub fn expect(&self, post: Post) {
        let since = self.clock.now();
        lock(&self.watches).insert(post, Watch { since, ways: 1, newest: BTreeMap::new() });
    }

    /// The event that was made at `made` has come by `way`, one of `ways`. Nothing happens where none is expected.
    pub fn came(&self, post: &Post, way: u32, ways: u32, made: EventTime) {
        if let Some(watch) = lock(&self.watches).get_mut(post) {
            watch.ways = ways;
            watch.newest.retain(|known, _| *known < ways);
            let newest = watch.newest.entry(way).or_insert(made);
            *newest = made.max(*newest);
        }
    }

    /// It need not come by at `post` any longer.
    pub fn forget(&self, post: &Post) {
        lock(&self.watches).remove(post);
    }
}

impl Collector for HeartbeatAges {
    fn desc(&self) -> Vec<&Desc> {
        self.gauges.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let now = self.clock.now();
        self.gauges.reset();
        for (post, watch) in lock(&self.watches).iter() {
            // A clock that was set back is no age below zero.
            let age_ms = now.since(watch.oldest()).as_millis().max(0);
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
            self.gauges.with_label_values(&post.labels()).set(age_ms as f64 / MS_A_SECOND);
        }
        self.gauges.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::clock::Stepped;
    use std::sync::atomic::AtomicI64;

    fn at(seconds: i64) -> EventTime {
        EventTime::from_millis(seconds * 1_000).expect("a time")
    }

    fn seen(registry: &Registry) -> Vec<(String, f64)> {
        let families = registry.gather();
        let all = families.iter().flat_map(MetricFamily::get_metric);
        all.map(|one| {
            let labels: Vec<_> = one.get_label().iter().map(|label| label.value().to_owned()).collect();
            (labels.join(" "), one.get_gauge().get_value())
        })
        .collect()
    }

    #[test]
    fn the_slowest_way_counts_and_silence_counts_from_where_one_began_to_look() {
        let clock = Arc::new(Stepped(AtomicI64::new(100_000)));
        let registry = Registry::new();
        let ages = HeartbeatAges::new(&registry, Arc::<Stepped>::clone(&clock)).expect("a name of its own");
        let sink = Post::Sink { name: "am".to_owned() };
        ages.came(&sink, 0, 1, at(90));
        assert_eq!(seen(&registry), [], "nobody expects one");
        ages.expect(sink.clone());
        clock.set_ms(130_000);
        ages.came(&sink, 0, 2, at(125));
        let shown = |age| vec![("am sinks".to_owned(), age)];
        assert_eq!(seen(&registry), shown(30.0), "the other way has been silent since 100");
        ages.came(&sink, 1, 2, at(120));
        ages.came(&sink, 0, 2, at(60));
        assert_eq!(seen(&registry), shown(10.0), "one that comes twice is not older for it");
        ages.forget(&sink);
        assert_eq!(seen(&registry), []);
    }
}
