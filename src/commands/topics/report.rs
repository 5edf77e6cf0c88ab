//! What `topics` prints.

use crate::config::Settings;
use crate::config::settings::Role;
use crate::io::kafka::topics::{Acl, Action, Applied, Change, Plan, Step, Wanted, acls, kept};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::Format;

/// A plan, and how it was applied.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    topics: Vec<Line>,
    /// Commands by role: people run them.
    acls: BTreeMap<&'static str, Vec<String>>,
}

/// One line about a topic.
#[derive(Debug, Serialize)]
struct Line {
    status: &'static str,
    topic: String,
    part: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    settings: BTreeMap<&'static str, Setting>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Setting {
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    to: String,
}

impl Report {
    pub(super) fn new(settings: &Settings, plan: &Plan) -> Self {
        let brokers = settings.kafka.brokers.join(",");
        let mut by_role: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for acl in acls(settings) {
            by_role.entry(acl.role.name()).or_default().push(Acl::command(&acl, &brokers));
        }
        let line = |step: &Step| {
            let (status, detail, settings) = describe(&step.action);
            Line { status, topic: step.topic.clone(), part: step.part, detail, settings, applied: None }
        };
        Self { topics: plan.steps.iter().map(line).collect(), acls: by_role }
    }

    /// Notes what was done.
    pub(super) fn applied(&mut self, applied: Vec<Applied>) {
        for step in applied {
            let doing = ["create", "alter"];
            let line = self.topics.iter_mut().find(|line| line.topic == step.topic && doing.contains(&line.status));
            if let Some(line) = line {
                line.applied = Some(step.refused.is_none());
                line.status = if step.refused.is_none() { step.done } else { "failed" };
                if let Some(refused) = step.refused {
                    line.detail = format!("{}: {refused}", line.detail);
                }
            }
        }
    }

    pub(super) fn print(&self, format: Format) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match format {
            Format::Json => writeln!(out, "{}", serde_json::to_string(self)?),
            Format::Text => out.write_all(self.text().as_bytes()),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let widest = self.topics.iter().map(|line| line.topic.len()).max().unwrap_or_default();
        for line in &self.topics {
            let detail =
                if line.detail.is_empty() { line.part.to_owned() } else { format!("{}: {}", line.part, line.detail) };
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{:<8} {:<widest$}  {detail}", line.status, line.topic);
        }
        let _ = writeln!(
            text,
            "\n# Permissions by role. This Kafka client cannot set them: where the cluster authorises,\n# run these with the roles' users in the variables."
        );
        for role in Role::ALL {
            for command in self.acls.get(role.name()).into_iter().flatten() {
                let _ = writeln!(text, "{command}");
            }
        }
        text
    }
}

fn describe(action: &Action) -> (&'static str, String, BTreeMap<&'static str, Setting>) {
    match action {
        Action::Ok => ("ok", String::new(), BTreeMap::new()),
        Action::Manual { what, .. } => ("manual", what.clone(), BTreeMap::new()),
        Action::Create(wanted) => {
            let settings = wanted.settings.iter();
            let settings = settings.map(|(key, bound)| (*key, Setting { from: None, to: bound.value() })).collect();
            ("create", creation(wanted), settings)
        }
        Action::Alter { changes, .. } => {
            let setting = |change: &Change| (change.key, Setting { from: change.from.clone(), to: change.to.clone() });
            let detail = changes.iter().map(alteration).collect::<Vec<_>>().join(", ");
            ("alter", detail, changes.iter().map(setting).collect())
        }
    }
}

fn creation(wanted: &Wanted) -> String {
    let plural = |number: u64| if number == 1 { "" } else { "s" };
    let settings: Vec<String> = wanted.settings.iter().map(|(key, bound)| shown(key, &bound.value())).collect();
    format!(
        "{} partition{}, {} cop{}, {}",
        wanted.partitions,
        plural(wanted.partitions.into()),
        wanted.copies,
        if wanted.copies == 1 { "y" } else { "ies" },
        settings.join(", "),
    )
}

fn alteration(change: &Change) -> String {
    let from = change.from.as_deref().unwrap_or("unknown");
    let value = |value: &str| if change.key == "retention.ms" { kept(value) } else { value.to_owned() };
    format!("{} {} -> {}", change.key, value(from), value(&change.to))
}

fn shown(key: &str, value: &str) -> String {
    if key == "retention.ms" { format!("retention {}", kept(value)) } else { format!("{key}={value}") }
}
