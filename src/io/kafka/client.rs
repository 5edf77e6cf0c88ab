//! The Kafka client's configuration, from checked settings. Secrets are read here, and nowhere printed.

use crate::config::raw::Mechanism;
use crate::config::settings::{KafkaSettings, Sasl, SecuritySettings, Tls};
use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A secret file larger than this is not one.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// The setting that names a member of a group over restarts (static membership, KIP-345).
pub const INSTANCE: &str = "group.instance.id";

/// Why a client cannot be configured.
#[derive(Debug, Error)]
pub enum ClientError {
    /// A secret could not be read.
    #[error("{key}: {}", file.display())]
    Secret {
        /// The setting that names the file.
        key: &'static str,
        /// The file.
        file: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The client does not know a setting, or not its value.
    #[error("kafka.client.{key}: expected a setting of the Kafka client and a value that it takes")]
    Setting {
        /// The setting.
        key: String,
    },
}

/// The settings that every client shares: brokers, security, identification and what `kafka.client` adds.
///
/// Each client sets what carries correctness itself, afterwards.
///
/// # Errors
/// [`ClientError`], if a secret cannot be read or the client refuses a setting.
pub fn client_config(kafka: &KafkaSettings) -> Result<ClientConfig, ClientError> {
    if let Some(key) = refused_settings(kafka).next() {
        return Err(ClientError::Setting { key: key.to_owned() });
    }
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", kafka.brokers.join(","));
    config.set("client.id", "leakwatch");
    for (key, value) in &kafka.client {
        config.set(key, value);
    }
    set_security(&mut config, &kafka.security)?;
    Ok(config)
}

/// The keys of `kafka.client` that the client does not know, or whose values it does not take. Reads no secret and
/// connects to nobody.
pub fn refused_settings(kafka: &KafkaSettings) -> impl Iterator<Item = &str> {
    let refused = |(key, value): &(&String, &String)| {
        let mut config = ClientConfig::new();
        config.set(*key, *value);
        matches!(config.create_native_config(), Err(KafkaError::ClientConfig(..)))
    };
    kafka.client.iter().filter(refused).map(|(key, _)| key.as_str())
}

fn set_security(config: &mut ClientConfig, security: &SecuritySettings) -> Result<(), ClientError> {
    let protocol = match (&security.tls, &security.sasl) {
        (None, None) => "plaintext",
        (Some(_), None) => "ssl",
        (None, Some(_)) => "sasl_plaintext",
        (Some(_), Some(_)) => "sasl_ssl",
    };
    config.set("security.protocol", protocol);
    if let Some(tls) = &security.tls {
        set_tls(config, tls)?;
    }
    if let Some(sasl) = &security.sasl {
        set_sasl(config, sasl)?;
    }
    Ok(())
}

fn set_tls(config: &mut ClientConfig, tls: &Tls) -> Result<(), ClientError> {
    let mut located = |key: &str, setting: &'static str, file: &Path| {
        readable(setting, file)?;
        config.set(key, file.to_string_lossy());
        Ok(())
    };
    if let Some(file) = &tls.ca_file {
        located("ssl.ca.location", "kafka.security.ca_file", file)?;
    }
    if let Some((certificate, key)) = &tls.identity {
        located("ssl.certificate.location", "kafka.security.certificate_file", certificate)?;
        located("ssl.key.location", "kafka.security.key_file", key)?;
    }
    if let Some(file) = &tls.key_password_file {
        config.set("ssl.key.password", secret("kafka.security.key_password_file", file)?);
    }
    Ok(())
}

/// The client opens these files itself, with a worse message.
fn readable(key: &'static str, file: &Path) -> Result<(), ClientError> {
    let opened = std::fs::File::open(file);
    opened.map(drop).map_err(|source| ClientError::Secret { key, file: file.to_owned(), source })
}

fn set_sasl(config: &mut ClientConfig, sasl: &Sasl) -> Result<(), ClientError> {
    let mechanism = match sasl.mechanism {
        Mechanism::Plain => "PLAIN",
        Mechanism::ScramSha256 => "SCRAM-SHA-256",
        Mechanism::ScramSha512 => "SCRAM-SHA-512",
    };
    config.set("sasl.mechanisms", mechanism);
    config.set("sasl.username", secret("kafka.security.username_file", &sasl.username_file)?);
    config.set("sasl.password", secret("kafka.security.password_file", &sasl.password_file)?);
    Ok(())
}

/// The content of `file` without the line ends that editors append.
fn secret(key: &'static str, file: &Path) -> Result<String, ClientError> {
    read_bounded(file).map_err(|source| ClientError::Secret { key, file: file.to_owned(), source })
}

fn read_bounded(file: &Path) -> io::Result<String> {
    if std::fs::metadata(file)?.len() > MAX_SECRET_BYTES {
        let message = format!("expected at most {MAX_SECRET_BYTES} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    let content = std::fs::read_to_string(file)?;
    let content = content.trim_end_matches(['\r', '\n']);
    if content.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "expected content, the file is empty"));
    }
    Ok(content.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(content: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(content.as_bytes()).expect("written");
        file
    }

    #[test]
    fn secrets_come_from_files_without_their_line_ends() {
        let (user, password) = (file("svc-leakwatch\n"), file("correct horse \r\n"));
        let mut kafka = KafkaSettings::plaintext(vec!["a:9092".to_owned(), "b:9092".to_owned()]);
        kafka.client.insert("fetch.queue.backoff.ms".to_owned(), "1".to_owned());
        kafka.security.tls = Some(Tls::default());
        kafka.security.sasl = Some(Sasl {
            mechanism: Mechanism::ScramSha512,
            username_file: user.path().to_owned(),
            password_file: password.path().to_owned(),
        });
        let config = client_config(&kafka).expect("a configuration");
        let of = |key| config.get(key).unwrap_or_default();
        assert_eq!(of("bootstrap.servers"), "a:9092,b:9092");
        assert_eq!(of("security.protocol"), "sasl_ssl");
        assert_eq!(of("sasl.username"), "svc-leakwatch");
        assert_eq!(of("sasl.password"), "correct horse ");
        assert_eq!(of("fetch.queue.backoff.ms"), "1");
        assert!(config.create_native_config().is_ok());
        assert!(!format!("{config:?}").contains("correct horse"));
    }

    #[test]
    fn an_unreadable_secret_is_named_by_its_setting() {
        let mut kafka = KafkaSettings::plaintext(vec!["a:9092".to_owned()]);
        kafka.security.tls = Some(Tls { ca_file: Some(PathBuf::from("/no/such/ca.pem")), ..Tls::default() });
        let error = client_config(&kafka).expect_err("no such file").to_string();
        assert_eq!(error, "kafka.security.ca_file: /no/such/ca.pem");
    }

    #[test]
    fn a_setting_that_the_client_does_not_know_is_refused() {
        for (key, value) in [("fetch.que.backoff.ms", "1"), ("fetch.queue.backoff.ms", "soon")] {
            let mut kafka = KafkaSettings::plaintext(vec!["a:9092".to_owned()]);
            kafka.client.insert(key.to_owned(), value.to_owned());
            let error = client_config(&kafka).expect_err("an unknown setting").to_string();
            assert!(error.contains(key) && !error.contains("soon"), "{error}");
        }
    }
}
