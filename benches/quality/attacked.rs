//! A company under attack: when the first page comes, and what is gone by then.

use crate::cases::Case;
use crate::company::Watch;
use crate::traffic::{Attacks, Fed, Traffic};
use leakwatch::core::incident::{Incident, Severity};
use leakwatch::core::ingest::Knowledge;
use leakwatch::core::time::{EventTime, Millis};
use leakwatch::simulate::{AttackEvent, AttackTruth, CustomerIndex, Topic};
use std::collections::BTreeSet;

/// How one attack ended for the detector.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What the tables call the attack.
    pub case: String,
    /// How many customers it touches in the end.
    pub customers: u64,
    /// Rows that may be gone when the page comes, where there is a goal for it.
    pub allowed_rows: Option<u64>,
    /// The first page, if one came.
    pub page: Option<Page>,
    /// The rule of the first warning, if one came.
    pub warned_by: Option<String>,
}

/// What is so when the first page comes. The event that brings it counts as gone.
#[derive(Clone, Debug)]
pub struct Page {
    /// The rule that raised it.
    pub rule: String,
    /// Different customers read.
    pub read: u64,
    /// Different customers sent.
    pub sent: u64,
    /// Different customers sent before the event that brought the page.
    pub sent_before: u64,
    /// Rows read.
    pub rows: u64,
    /// Since the attack's first event.
    pub after: Millis,
}

/// An attack while it goes on.
struct Leak<'a> {
    truth: &'a AttackTruth,
    began: Option<EventTime>,
    read: BTreeSet<CustomerIndex>,
    sent: BTreeSet<CustomerIndex>,
    sent_before: u64,
    rows: u64,
    page: Option<Page>,
    warned_by: Option<String>,
}

/// Watches `traffic` under the attacks of `cases`.
pub fn watch(knowledge: Knowledge, traffic: &Traffic, cases: &[Case]) -> Vec<Outcome> {
    let attacks = traffic.attacked_by(cases.iter().map(|case| case.request.clone()).collect());
    let leaks = leaks(knowledge, traffic, &attacks);
    let outcome = |(case, leak): (&Case, Leak<'_>)| Outcome {
        case: case.name.clone(),
        customers: leak.truth.customers_read.max(leak.truth.customers_sent),
        allowed_rows: case.allowed_rows,
        page: leak.page,
        warned_by: leak.warned_by,
    };
    cases.iter().zip(leaks).map(outcome).collect()
}

fn leaks<'a>(knowledge: Knowledge, traffic: &Traffic, attacks: &'a Attacks) -> Vec<Leak<'a>> {
    let mut leaks: Vec<Leak<'a>> = attacks.truth.iter().map(Leak::new).collect();
    let mut engine = Watch::new(knowledge);
    for fed in traffic.with(attacks) {
        if let Fed::Attack(attack) = fed
            && let Some(leak) = attack.event.attack.and_then(|number| leaks.get_mut(usize::from(number)))
        {
            leak.go_on(attack);
        }
        for line in engine.feed(fed.event()) {
            for leak in leaks.iter_mut().filter(|leak| leak.is_named_by(&line)) {
                leak.hear(&line, fed.event().arrival);
            }
        }
        leaks.iter_mut().for_each(Leak::settle);
    }
    leaks
}

impl<'a> Leak<'a> {
    fn new(truth: &'a AttackTruth) -> Self {
        Self {
            truth,
            began: None,
            read: BTreeSet::new(),
            sent: BTreeSet::new(),
            sent_before: 0,
            rows: 0,
            page: None,
            warned_by: None,
        }
    }

    fn go_on(&mut self, attack: &AttackEvent) {
        self.began.get_or_insert(attack.event.arrival);
        match attack.event.topic {
            Topic::Queries => {
                self.rows += attack.customers.len() as u64;
                self.read.extend(&attack.customers);
            }
            Topic::Egress => self.sent.extend(&attack.customers),
        }
    }

    /// Whether an incident is about this attack: its entity or its actors are the attack's, which has begun.
    fn is_named_by(&self, line: &Incident) -> bool {
        let entity = &line.entity;
        let accused = |kind: &str, id: &str| self.truth.entities.iter().any(|one| one.kind == kind && one.id == id);
        let named = accused(entity.kind.name(), &entity.id) || line.actors.iter().any(|actor| accused("actor", actor));
        self.began.is_some() && named
    }

    fn hear(&mut self, line: &Incident, now: EventTime) {
        match line.severity {
            Severity::Info => {}
            Severity::Warning => {
                self.warned_by.get_or_insert_with(|| line.rule.clone());
            }
            Severity::Page => {
                let began = self.began.unwrap_or(now);
                self.page.get_or_insert_with(|| Page {
                    rule: line.rule.clone(),
                    read: self.read.len() as u64,
                    sent: self.sent.len() as u64,
                    sent_before: self.sent_before,
                    rows: self.rows,
                    after: now.since(began),
                });
            }
        }
    }

    fn settle(&mut self) {
        self.sent_before = self.sent.len() as u64;
    }
}
