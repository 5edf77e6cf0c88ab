//! What each role must be allowed: printed, because the Kafka client has no interface to set it.

use crate::config::Settings;
use crate::config::settings::{InternalTopic, Role};

/// One permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acl {
    /// Who needs it.
    pub role: Role,
    /// To do what.
    pub operations: &'static [&'static str],
    /// `topic` or `group`.
    pub resource: &'static str,
    /// With which.
    pub name: String,
}

impl Acl {
    /// The command that grants it to the principal in the shell variable that is named after the role.
    pub fn command(&self, brokers: &str) -> String {
        let operations: String = self.operations.iter().map(|operation| format!(" --operation {operation}")).collect();
        format!(
            "kafka-acls --bootstrap-server {brokers} --add --allow-principal \"User:${}\"{operations} --{} {}",
            self.role.name().to_uppercase(),
            self.resource,
            self.name
        )
    }
}

const READ: &[&str] = &["Read", "Describe"];
const WRITE: &[&str] = &["Write", "Describe"];
const BOTH: &[&str] = &["Read", "Write", "Describe"];

/// What each role needs, role by role.
pub fn acls(settings: &Settings) -> Vec<Acl> {
    let mut acls = Vec::new();
    for source in &settings.engine.sources {
        acls.push(Acl { role: Role::Ingest, operations: READ, resource: "topic", name: source.topic.clone() });
    }
    for role in Role::ALL {
        for (topic, operations) in needs(role) {
            let name = settings.topics.name(*topic).to_owned();
            acls.push(Acl { role, operations, resource: "topic", name });
        }
        acls.push(Acl { role, operations: &["Read"], resource: "group", name: settings.group(role) });
    }
    acls
}

fn needs(role: Role) -> &'static [(InternalTopic, &'static [&'static str])] {
    match role {
        Role::Ingest => &[(InternalTopic::Activity, WRITE), (InternalTopic::Rejected, WRITE)],
        Role::Detect => {
            &[(InternalTopic::Activity, BOTH), (InternalTopic::Incidents, WRITE), (InternalTopic::Shadow, WRITE)]
        }
        Role::Sinks => &[
            (InternalTopic::Incidents, READ),
            (InternalTopic::Shadow, READ),
            (InternalTopic::Verdicts, BOTH),
            (InternalTopic::Audit, BOTH),
            (InternalTopic::DeadLetters, WRITE),
        ],
    }
}
