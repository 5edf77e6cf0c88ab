//! What is to be done, and what only people may do.

use super::wanted::{Bound, Part, Wanted};
use super::{Cluster, Seen};
use crate::config::settings::{InternalTopic, SourceSettings};
use crate::core::time::Millis;

/// What is to be done about every topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Topic by topic: sources first, then internal ones, then those of sinks.
    pub steps: Vec<Step>,
}

/// What is to be done about one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The topic's name.
    pub topic: String,
    /// `source`, `sink`, or its key under `topics`.
    pub part: &'static str,
    /// What.
    pub action: Action,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing: it is as it should be.
    Ok,
    /// It is not there.
    Create(Wanted),
    /// Settings differ. `keep` are the others that it has of its own, which must be repeated to be kept.
    Alter {
        /// What differs.
        changes: Vec<Change>,
        /// What stays.
        keep: Vec<(String, String)>,
    },
    /// Only people may do this.
    Manual {
        /// What is so, and the way out.
        what: String,
        /// Whether nothing may be applied before it is done.
        blocks: bool,
    },
}

/// A setting that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The setting.
    pub key: &'static str,
    /// What it is; `None` where the broker does not tell.
    pub from: Option<String>,
    /// What it is to be.
    pub to: String,
}

impl Plan {
    /// The steps that nothing may be applied before.
    pub fn blocking(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| matches!(step.action, Action::Manual { blocks: true, .. }))
    }
}

/// Compares `sources` and `wanted` with what `cluster` has.
pub fn plan(sources: &[SourceSettings], wanted: &[Wanted], cluster: &Cluster) -> Plan {
    let mut steps: Vec<Step> = sources.iter().map(|source| source_step(source, cluster)).collect();
    for topic in wanted {
        match cluster.topics.get(&topic.name) {
            None => steps.push(missing(topic, cluster)),
            Some(seen) => match topic.part {
                Part::Internal(internal) => existing(internal, topic, seen, &mut steps),
                // It is its readers' as well: how long they want it kept, and in how many partitions, is their affair.
                Part::Sink => steps.push(fine(topic)),
            },
        }
    }
    Plan { steps }
}

fn source_step(source: &SourceSettings, cluster: &Cluster) -> Step {
    let action = if cluster.topics.contains_key(&source.topic) {
        Action::Ok
    } else {
        let what = "is not there, or this user may not see it; sources are never created here: create it where its \
                    producers are looked after, and let this user describe it";
        Action::Manual { what: what.to_owned(), blocks: false }
    };
    Step { topic: source.topic.clone(), part: "source", action }
}

fn missing(wanted: &Wanted, cluster: &Cluster) -> Step {
    let action = if usize::from(wanted.copies) > cluster.brokers {
        let what = format!(
            "is not there, and {} copies need as many brokers, the cluster has {}: set topics.replication_factor",
            wanted.copies, cluster.brokers
        );
        Action::Manual { what, blocks: true }
    } else {
        Action::Create(wanted.clone())
    };
    Step { topic: wanted.name.clone(), part: wanted.part.name(), action }
}

fn fine(wanted: &Wanted) -> Step {
    Step { topic: wanted.name.clone(), part: wanted.part.name(), action: Action::Ok }
}

fn existing(internal: InternalTopic, wanted: &Wanted, seen: &Seen, steps: &mut Vec<Step>) {
    let before = steps.len();
    let mut push = |action| steps.push(Step { topic: wanted.name.clone(), part: wanted.part.name(), action });
    if seen.partitions != wanted.partitions {
        push(Action::Manual { what: partitions_differ(internal, wanted, seen), blocks: true });
    }
    if seen.copies < wanted.copies {
        let what = format!(
            "has {} of {} copies: add them with kafka-reassign-partitions, brokers have to copy the data",
            seen.copies, wanted.copies
        );
        push(Action::Manual { what, blocks: false });
    }
    let mut changes = Vec::new();
    for (key, bound) in &wanted.settings {
        match compare(seen.settings.get(*key).map(String::as_str), *bound) {
            Verdict::Fits => {}
            Verdict::Change => {
                changes.push(Change { key, from: seen.settings.get(*key).cloned(), to: bound.value() });
            }
            Verdict::Larger => push(Action::Manual { what: larger(key, *bound, seen), blocks: false }),
        }
    }
    if !changes.is_empty() {
        push(alteration(changes, seen));
    }
    if steps.len() == before {
        steps.push(fine(wanted));
    }
}

/// Kafka's `AlterConfigs` replaces all settings that a topic has of its own, so those that stay are sent again.
fn alteration(changes: Vec<Change>, seen: &Seen) -> Action {
    let mut keep = Vec::new();
    for (key, value) in seen.own.iter().filter(|(key, _)| changes.iter().all(|change| change.key != *key)) {
        let Some(value) = value else {
            let what = format!("{} differ, and {key} is hidden, so that it would be lost", names(&changes));
            return Action::Manual { what: format!("{what}: set them with kafka-configs"), blocks: false };
        };
        keep.push((key.clone(), value.clone()));
    }
    Action::Alter { changes, keep }
}

fn names(changes: &[Change]) -> String {
    changes.iter().map(|change| change.key).collect::<Vec<_>>().join(", ")
}

fn partitions_differ(internal: InternalTopic, wanted: &Wanted, seen: &Seen) -> String {
    let key = internal.key();
    let keep = format!("set topics.partitions.{key}: {}", seen.partitions);
    let numbers = format!("has {} partitions, expected {}", seen.partitions, wanted.partitions);
    match internal {
        InternalTopic::Activity => format!(
            "{numbers}; state is kept by partition, so the number is for ever: {keep}, or begin a new log under another \
             name (topics.activity) once this one is read to its end"
        ),
        InternalTopic::Incidents
        | InternalTopic::Shadow
        | InternalTopic::Rejected
        | InternalTopic::Verdicts
        | InternalTopic::Audit
        | InternalTopic::DeadLetters
        | InternalTopic::Heartbeats => format!(
            "{numbers}; records of one key would go apart: {keep}, or another name for a new topic (topics.{key})"
        ),
    }
}

fn larger(key: &str, bound: Bound, seen: &Seen) -> String {
    let now = seen.settings.get(key).map_or("?", String::as_str);
    let now = if matches!(bound, Bound::Kept(_)) { kept(now) } else { now.to_owned() };
    let wanted = match bound {
        Bound::Kept(span) => span.to_string(),
        Bound::Is(_) | Bound::AtLeast(_) => bound.value(),
    };
    format!(
        "{key} is {now}, more than the {wanted} expected; nothing is shrunk here: use kafka-configs, or expect more"
    )
}

/// Milliseconds as people say them; `-1` is for ever.
pub fn kept(value: &str) -> String {
    match value.parse::<i64>() {
        Ok(-1) => "for ever".to_owned(),
        Ok(ms) => Millis::new(ms).to_string(),
        Err(_) => value.to_owned(),
    }
}

enum Verdict {
    Fits,
    Change,
    Larger,
}

fn compare(now: Option<&str>, bound: Bound) -> Verdict {
    let number = now.and_then(|now| now.parse::<i64>().ok());
    match bound {
        Bound::Is(value) if now == Some(value) => Verdict::Fits,
        // Larger limits of a message, or more copies in sync, do no harm.
        Bound::AtLeast(least) if number.is_some_and(|number| number >= least) => Verdict::Fits,
        Bound::Kept(span) => match number {
            Some(number) if number == span.as_millis() => Verdict::Fits,
            Some(number) if number == -1 || number > span.as_millis() => Verdict::Larger,
            _ => Verdict::Change,
        },
        Bound::Is(_) | Bound::AtLeast(_) => Verdict::Change,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::TopicsSettings;
    use crate::io::kafka::topics::wanted;
    use std::collections::BTreeMap;

    /// A cluster of three brokers that has every internal topic as it should be.
    fn fine() -> (Vec<Wanted>, Cluster) {
        let wanted = wanted(&TopicsSettings::default(), ["siem"].into_iter(), 3);
        let topics = wanted.iter().map(|topic| {
            let settings: BTreeMap<String, String> =
                topic.settings.iter().map(|(key, bound)| ((*key).to_owned(), bound.value())).collect();
            let own = settings.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
            let seen = Seen { partitions: topic.partitions, copies: topic.copies, settings, own };
            (topic.name.clone(), seen)
        });
        let topics = topics.collect();
        (wanted, Cluster { brokers: 3, topics })
    }

    fn of<'p>(plan: &'p Plan, topic: &str) -> Vec<&'p Action> {
        plan.steps.iter().filter(|step| step.topic == topic).map(|step| &step.action).collect()
    }

    fn set(cluster: &mut Cluster, key: &str, value: &str) {
        let seen = cluster.topics.get_mut("leakwatch.activity").expect("is there");
        seen.settings.insert(key.to_owned(), value.to_owned());
        seen.own.insert(key.to_owned(), Some(value.to_owned()));
    }

    #[test]
    fn three_brokers_give_three_copies_of_which_two_are_in_sync() {
        let (wanted, cluster) = fine();
        assert!(wanted.iter().all(|topic| topic.copies == 3));
        assert!(wanted[0].settings.contains(&("min.insync.replicas", Bound::AtLeast(2))));
        let plan = plan(&[], &wanted, &cluster);
        assert!(plan.steps.iter().all(|step| step.action == Action::Ok));
        assert_eq!(plan.steps.len(), InternalTopic::ALL.len() + 1);
    }

    #[test]
    fn what_is_larger_than_expected_is_left_or_told() {
        let (wanted, mut cluster) = fine();
        set(&mut cluster, "min.insync.replicas", "3");
        set(&mut cluster, "max.message.bytes", "90000000");
        assert_eq!(of(&plan(&[], &wanted, &cluster), "leakwatch.activity"), [&Action::Ok]);
        set(&mut cluster, "retention.ms", "-1");
        let told = plan(&[], &wanted, &cluster);
        assert!(matches!(of(&told, "leakwatch.activity")[..], [Action::Manual { blocks: false, .. }]));
    }

    #[test]
    fn an_alteration_repeats_the_settings_that_stay() {
        let (wanted, mut cluster) = fine();
        set(&mut cluster, "retention.ms", "1000");
        set(&mut cluster, "segment.ms", "7");
        let planned = plan(&[], &wanted, &cluster);
        let [Action::Alter { changes, keep }] = of(&planned, "leakwatch.activity")[..] else {
            panic!("expected alter")
        };
        let change = Change { key: "retention.ms", from: Some("1000".to_owned()), to: "3024000000".to_owned() };
        assert_eq!(changes, &[change]);
        assert!(keep.contains(&("segment.ms".to_owned(), "7".to_owned())));
        assert!(keep.iter().all(|(key, _)| key != "retention.ms"));
    }

    #[test]
    fn a_topic_of_a_sink_is_created_like_that_of_incidents_and_then_its_readers_own() {
        let (wanted, mut cluster) = fine();
        cluster.topics.remove("siem");
        let planned = plan(&[], &wanted, &cluster);
        let [Action::Create(siem)] = of(&planned, "siem")[..] else { panic!("expected create") };
        let incidents = wanted.iter().find(|topic| topic.name == "leakwatch.incidents").expect("is wanted");
        assert_eq!((siem.partitions, siem.copies, &siem.settings), (1, 3, &incidents.settings));
        cluster.topics.insert("siem".to_owned(), Seen { partitions: 12, copies: 1, ..Seen::default() });
        assert_eq!(of(&plan(&[], &wanted, &cluster), "siem"), [&Action::Ok]);
    }

    #[test]
    fn a_hidden_setting_is_not_lost() {
        let (wanted, mut cluster) = fine();
        set(&mut cluster, "retention.ms", "1000");
        cluster.topics.get_mut("leakwatch.activity").expect("is there").own.insert("secret".to_owned(), None);
        let planned = plan(&[], &wanted, &cluster);
        assert!(matches!(of(&planned, "leakwatch.activity")[..], [Action::Manual { blocks: false, .. }]));
    }
}
