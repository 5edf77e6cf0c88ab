//! `kafka`, checked.

use super::checker::Checker;
use crate::config::document::At;
use crate::config::raw::{Kafka, Mechanism, Protocol, Security};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How to reach Kafka.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaSettings {
    /// Brokers to ask first, each as `host:port`.
    pub brokers: Vec<String>,
    /// How connections are secured.
    pub security: SecuritySettings,
    /// Further settings of the Kafka client, none of which carries correctness.
    pub client: BTreeMap<String, String>,
}

/// How connections are secured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecuritySettings {
    /// TLS, or none.
    pub tls: Option<Tls>,
    /// SASL, or none.
    pub sasl: Option<Sasl>,
}

/// TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Certificate authorities to trust; without it, the system's.
    pub ca_file: Option<PathBuf>,
    /// The client's certificate and private key.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// A file that holds the private key's pass phrase.
    pub key_password_file: Option<PathBuf>,
}

/// SASL with a user name and a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sasl {
    /// The mechanism.
    pub mechanism: Mechanism,
    /// A file that holds the user name.
    pub username_file: PathBuf,
    /// A file that holds the password.
    pub password_file: PathBuf,
}

impl KafkaSettings {
    /// Unsecured connections to `brokers`.
    pub fn plaintext(brokers: Vec<String>) -> Self {
        Self { brokers, security: SecuritySettings::default(), client: BTreeMap::new() }
    }
}

/// Client settings that carry correctness: Leakwatch sets them, whatever the file says.
const CORRECTNESS: [&str; 26] = [
    "acks",
    "allow.auto.create.topics",
    "auto.commit.enable",
    "auto.commit.interval.ms",
    "auto.offset.reset",
    "compression.codec",
    "delivery.timeout.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "enable.partition.eof",
    "enable.random.seed",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "group.remote.assignor",
    "isolation.level",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "message.timeout.ms",
    "partition.assignment.strategy",
    "partitioner",
    "request.required.acks",
    "transaction.timeout.ms",
    "transactional.id",
];

/// Client settings that hold a secret or name one, and the sections that other client settings belong to.
const ELSEWHERE: [(&str, &str); 15] = [
    ("bootstrap.servers", "kafka.brokers"),
    ("metadata.broker.list", "kafka.brokers"),
    ("security.protocol", "kafka.security.protocol"),
    ("sasl.mechanism", "kafka.security.mechanism"),
    ("sasl.mechanisms", "kafka.security.mechanism"),
    ("sasl.username", "kafka.security.username_file"),
    ("sasl.password", "kafka.security.password_file"),
    ("ssl.ca.location", "kafka.security.ca_file"),
    ("ssl.ca.pem", "kafka.security.ca_file"),
    ("ssl.certificate.location", "kafka.security.certificate_file"),
    ("ssl.certificate.pem", "kafka.security.certificate_file"),
    ("ssl.key.location", "kafka.security.key_file"),
    ("ssl.key.pem", "kafka.security.key_file"),
    ("ssl.key.password", "kafka.security.key_password_file"),
    ("ssl.keystore.password", "kafka.security.key_password_file"),
];

pub(super) fn check(raw: Option<&Kafka>, checker: &mut Checker<'_>) -> Option<KafkaSettings> {
    let at = At::ROOT.key("kafka");
    let brokers_at = at.key("brokers");
    let Some(raw) = raw else {
        checker.fail(&brokers_at, "is missing and has no default; expected a list of host:port");
        return None;
    };
    if raw.brokers.is_empty() {
        checker.fail(&brokers_at, "expected at least one host:port");
    }
    for (index, broker) in raw.brokers.iter().enumerate() {
        if !is_broker(broker) {
            checker.fail(&brokers_at.item(index), "expected host:port");
        }
    }
    check_client(&raw.client, &at.key("client"), checker);
    let security = check_security(&raw.security, &at.key("security"), checker);
    Some(KafkaSettings { brokers: raw.brokers.clone(), security, client: raw.client.clone() })
}

fn is_broker(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let plain = |c: char| !c.is_whitespace() && !"/,@".contains(c);
    !host.is_empty() && host.chars().all(plain) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

fn check_client(client: &BTreeMap<String, String>, at: &At<'_>, checker: &mut Checker<'_>) {
    for key in client.keys() {
        // librdkafka takes some settings a second time with this prefix, as defaults for topics.
        let plain = key.strip_prefix("default.topic.").unwrap_or(key);
        if CORRECTNESS.contains(&plain) {
            checker.fail(&at.key(key), "carries correctness: Leakwatch sets it itself, expected it not to be here");
        } else if let Some((_, setting)) = ELSEWHERE.iter().find(|(name, _)| *name == plain) {
            checker.fail(&at.key(key), format!("expected it in {setting}"));
        }
    }
}

fn check_security(raw: &Security, at: &At<'_>, checker: &mut Checker<'_>) -> SecuritySettings {
    let (encrypted, authenticated) = match raw.protocol {
        Protocol::Plaintext => (false, false),
        Protocol::Ssl => (true, false),
        Protocol::SaslPlaintext => (false, true),
        Protocol::SaslSsl => (true, true),
    };
    let tls_keys = [
        ("ca_file", raw.ca_file.is_some()),
        ("certificate_file", raw.certificate_file.is_some()),
        ("key_file", raw.key_file.is_some()),
        ("key_password_file", raw.key_password_file.is_some()),
    ];
    let sasl_keys = [
        ("mechanism", raw.mechanism.is_some()),
        ("username_file", raw.username_file.is_some()),
        ("password_file", raw.password_file.is_some()),
    ];
    if !encrypted {
        refuse_set(&tls_keys, "ssl or sasl_ssl", at, checker);
    }
    if !authenticated {
        refuse_set(&sasl_keys, "sasl_ssl or sasl_plaintext", at, checker);
    }
    SecuritySettings {
        tls: encrypted.then(|| check_tls(raw, at, checker)),
        sasl: if authenticated { check_sasl(raw, &sasl_keys, at, checker) } else { None },
    }
}

/// Keys that have no effect are refused: whoever wrote them believes that they have.
fn refuse_set(keys: &[(&str, bool)], protocols: &str, at: &At<'_>, checker: &mut Checker<'_>) {
    for (key, _) in keys.iter().filter(|(_, set)| *set) {
        checker.fail(&at.key(key), format!("has no effect: expected protocol {protocols} beside it"));
    }
}

fn check_tls(raw: &Security, at: &At<'_>, checker: &mut Checker<'_>) -> Tls {
    let identity = match (&raw.certificate_file, &raw.key_file) {
        (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
        (None, None) => None,
        (Some(_), None) => {
            checker.fail(&at.key("certificate_file"), "expected key_file beside it");
            None
        }
        (None, Some(_)) => {
            checker.fail(&at.key("key_file"), "expected certificate_file beside it");
            None
        }
    };
    Tls { ca_file: raw.ca_file.clone(), identity, key_password_file: raw.key_password_file.clone() }
}

fn check_sasl(raw: &Security, keys: &[(&str, bool)], at: &At<'_>, checker: &mut Checker<'_>) -> Option<Sasl> {
    for (key, _) in keys.iter().filter(|(_, set)| !set) {
        checker.fail(&at.key(key), "is missing, and a sasl protocol needs it");
    }
    Some(Sasl {
        mechanism: raw.mechanism?,
        username_file: raw.username_file.clone()?,
        password_file: raw.password_file.clone()?,
    })
}
