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
    /// And with every other whose name begins like that.
    pub prefixed: bool,
}

impl Acl {
    /// The command that grants it to the principal in the shell variable that is named after the role.
    pub fn command(&self, brokers: &str) -> String {
        format!(
            "kafka-acls --bootstrap-server {brokers} --add --allow-principal \"User:${}\" --operation {} --{} {}{}",
            self.role.name().to_uppercase(),
            self.operations.join(" --operation "),
            self.resource,
            self.name,
            if self.prefixed { " --resource-pattern-type prefixed" } else { "" },
        )
    }
}

// How long a topic keeps its records is watched by whoever reads it.
const READ: &[&str] = &["Read", "Describe", "DescribeConfigs"];
const WRITE: &[&str] = &["Write", "Describe"];
const BOTH: &[&str] = &["Read", "Write", "Describe", "DescribeConfigs"];

/// What each role needs, role by role.
pub fn acls(settings: &Settings) -> Vec<Acl> {
    let topic = |role, operations, name: &str| Acl {
        role,
        operations,
        resource: "topic",
        name: name.to_owned(),
        prefixed: false,
    };
    let sources = settings.engine.sources.iter();
    let mut acls: Vec<Acl> = sources.map(|source| topic(Role::Ingest, READ, &source.topic)).collect();
    for role in Role::ALL {
        acls.extend(needs(role).iter().map(|(need, operations)| topic(role, operations, settings.topics.name(*need))));
        // Each sink has a group of its own, which ends in its name; notes about records that end processes have groups too.
        acls.push(Acl { role, operations: &["Read"], resource: "group", name: settings.group(role), prefixed: true });
        if role == Role::Sinks {
            acls.extend(settings.sink_topics().into_iter().map(|name| topic(role, WRITE, name)));
            let name = settings.console_group();
            acls.push(Acl { role, operations: &["Read"], resource: "group", name, prefixed: false });
        }
    }
    acls
}

fn needs(role: Role) -> &'static [(InternalTopic, &'static [&'static str])] {
    match role {
        Role::Ingest => &[(InternalTopic::Activity, WRITE), (InternalTopic::Rejected, WRITE)],
        Role::Detect => &[
            (InternalTopic::Activity, BOTH),
            (InternalTopic::Incidents, WRITE),
            (InternalTopic::Shadow, WRITE),
            (InternalTopic::Heartbeats, WRITE),
        ],
        // The console is theirs, and draws what the accounts of a case did.
        Role::Sinks => &[
            (InternalTopic::Activity, READ),
            (InternalTopic::Incidents, READ),
            (InternalTopic::Shadow, READ),
            (InternalTopic::Verdicts, BOTH),
            (InternalTopic::Audit, BOTH),
            (InternalTopic::DeadLetters, WRITE),
            (InternalTopic::Heartbeats, READ),
        ],
    }
}
