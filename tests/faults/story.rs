//! What happens at the company, and what has to be raised of it: the reference model.
//!
//! Each story ends either exactly at a limit or one short of it. A single event that is lost, or counted twice, is a
//! story with the wrong end.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Events, and customers, at which a reader is reported.
pub const READER_LIMIT: usize = 12;
/// Customers at which a place is reported that three people send to.
pub const POOL_LIMIT: usize = 15;
const GANG: usize = 3;
/// A story's events are spread over this long.
const STORY_MS: u64 = 25_000;

/// The rules: warnings, since a rule that pages has to bring tests of its own.
pub fn rules() -> String {
    format!(
        "version: 1\nrules:\n\
         - {{id: exact-events, title: Exactly so many events, count: events, of: {{type: query}}, by: actor, over: 24h, \
         limit: {{warn: {READER_LIMIT}}}, hold: 24h}}\n\
         - {{id: exact-customers, title: Exactly so many customers, count: customers, of: {{type: query}}, by: actor, \
         over: 24h, limit: {{warn: {READER_LIMIT}}}, hold: 24h}}\n\
         - {{id: exact-pool, title: Exactly so many to one place, count: overlap, read_before: 24h, \
         of: {{type: egress, destination_class: [external]}}, by: domain, over: 7d, actors: {{at_least: {GANG}}}, \
         limit: {{warn: {POOL_LIMIT}}}, hold: 24h}}\n"
    )
}

/// The topic that an event goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Queries.
    Queries,
    /// Egress.
    Egress,
}

/// An event to be told so long after the run began.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// When.
    pub at_ms: u64,
    /// Where to.
    pub source: Source,
    /// All of it but the closing brace and the time.
    pub event: String,
}

/// What has to be raised: (rule, entity).
pub type Pairs = BTreeSet<(String, String)>;

/// Stories, and what comes of them.
#[derive(Default)]
pub struct Stories {
    told: u64,
    customers: u64,
    /// What has to be raised, and nothing else.
    pub expected: Pairs,
}

impl Stories {
    /// A story that begins at `start_ms`; its events in no order.
    pub fn next(&mut self, start_ms: u64, rng: &mut ChaCha8Rng) -> Vec<Due> {
        self.told += 1;
        if rng.random_range(0..4) == 0 { self.gang(start_ms, rng) } else { self.reader(start_ms, rng) }
    }

    /// One person reads, a customer at a time.
    fn reader(&mut self, start_ms: u64, rng: &mut ChaCha8Rng) -> Vec<Due> {
        let actor = format!("reader{}", self.told);
        let reaches = rng.random_range(0..2) == 0;
        if reaches {
            self.expect("exact-events", &actor);
            self.expect("exact-customers", &actor);
        }
        let count = if reaches { READER_LIMIT } else { READER_LIMIT - 1 };
        (0..count).map(|_| self.read(start_ms + rng.random_range(0..STORY_MS), &actor)).collect()
    }

    /// Exactly at the limit, for `actor`, at once: what follows it in its partition is seen when this is raised.
    pub fn sentinel(&mut self, actor: &str) -> Vec<Due> {
        self.expect("exact-events", actor);
        self.expect("exact-customers", actor);
        (0..READER_LIMIT).map(|_| self.read(0, actor)).collect()
    }

    /// Three people each read a few customers and send them to one place.
    fn gang(&mut self, start_ms: u64, rng: &mut ChaCha8Rng) -> Vec<Due> {
        let domain = format!("drop{}.example", self.told);
        let reaches = rng.random_range(0..2) == 0;
        if reaches {
            self.expect("exact-pool", &domain);
        }
        let mut shares = [POOL_LIMIT / GANG; GANG];
        shares[0] -= usize::from(!reaches);
        shares.shuffle(rng);
        let mut events = Vec::new();
        for (member, share) in shares.into_iter().enumerate() {
            let actor = format!("gang{}-{member}", self.told);
            for _ in 0..share {
                let read_at = start_ms + rng.random_range(0..STORY_MS / 2);
                let sent_at = read_at + 1 + rng.random_range(0..STORY_MS / 2);
                events.push(self.read(read_at, &actor));
                let mut event = format!(r#"{{"type":"egress","actor":"{actor}","channel":"http","bytes":900"#);
                let customer = self.customers;
                write!(
                    event,
                    r#","destination":"https://in.{domain}/up","identifiers":{{"customer_id":["c{customer}"]}}"#
                )
                .expect("text");
                events.push(Due { at_ms: sent_at, source: Source::Egress, event });
            }
        }
        events
    }

    fn read(&mut self, at_ms: u64, actor: &str) -> Due {
        self.customers += 1;
        let customer = self.customers;
        let event = format!(
            r#"{{"type":"query","actor":"{actor}","objects":["customers"],"rows":1,"identifiers":{{"customer_id":["c{customer}"]}}"#
        );
        Due { at_ms, source: Source::Queries, event }
    }

    fn expect(&mut self, rule: &str, entity: &str) {
        self.expected.insert((rule.to_owned(), entity.to_owned()));
    }
}
