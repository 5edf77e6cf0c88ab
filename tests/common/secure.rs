//! A real Kafka that asks who comes: SCRAM over TLS, mutual TLS, and an authorizer that allows nothing by itself.

use super::kafka::{connection, format, free_port, java, libraries, skip, write_log_settings};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const UP_WITHIN: Duration = Duration::from_mins(1);
/// The users, each with a password and a certificate of its own.
pub const USERS: [&str; 3] = ["ingest", "detect", "sinks"];

pub struct SecureKafka {
    child: Child,
    libs: PathBuf,
    pub directory: tempfile::TempDir,
    admin: u16,
    scram: u16,
    mutual: u16,
}

impl Drop for SecureKafka {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl SecureKafka {
    /// `None` where it cannot run here and need not.
    pub fn start(test: &str) -> Option<Self> {
        Self::try_start().map_or_else(|why| skip(test, &why), Some)
    }

    fn try_start() -> Result<Self, String> {
        let libs = libraries()?;
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        certificates(directory.path())?;
        let [admin, scram, mutual, controller] = [free_port()?, free_port()?, free_port()?, free_port()?];
        let properties = write_properties(directory.path(), [admin, scram, mutual, controller])?;
        let user = |user| format!("SCRAM-SHA-512=[name={user},password={}]", password(user));
        let users: Vec<String> = USERS.into_iter().flat_map(|name| ["--add-scram".to_owned(), user(name)]).collect();
        format(&libs, &properties, directory.path(), &users)?;
        let child = java(&libs, directory.path(), "kafka.log")?
            .args(["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "kafka.Kafka"])
            .arg(&properties)
            .spawn()
            .map_err(|error| format!("java does not start: {error}"))?;
        let kafka = Self { child, libs, directory, admin, scram, mutual };
        let until = Instant::now() + UP_WITHIN;
        while Instant::now() < until {
            let probe: BaseConsumer = kafka.admin().create().map_err(|error| error.to_string())?;
            if probe.fetch_metadata(None, Duration::from_millis(500)).is_ok_and(|seen| !seen.brokers().is_empty()) {
                return Ok(kafka);
            }
        }
        Err(format!("the broker was not up within {UP_WITHIN:?}"))
    }

    /// The connection of whoever may do everything.
    pub fn admin(&self) -> ClientConfig {
        connection(&self.admin_address())
    }

    pub fn admin_address(&self) -> String {
        format!("127.0.0.1:{}", self.admin)
    }

    /// The `kafka` section of a configuration for `user`: SCRAM over TLS.
    pub fn scram_section(&self, user: &str) -> String {
        let dir = self.directory.path().display();
        format!(
            "{{brokers: [\"127.0.0.1:{}\"], security: {{protocol: sasl_ssl, mechanism: scram-sha-512, username_file: \
             {dir}/{user}.name, password_file: {dir}/{user}.password, ca_file: {dir}/ca.pem}}}}",
            self.scram
        )
    }

    /// The same by the user's certificate; without one where `certified` is false.
    pub fn mutual_section(&self, user: &str, certified: bool) -> String {
        let dir = self.directory.path().display();
        let certificate = if certified {
            format!(", certificate_file: {dir}/{user}.pem, key_file: {dir}/{user}.key")
        } else {
            String::new()
        };
        format!(
            "{{brokers: [\"127.0.0.1:{}\"], security: {{protocol: ssl, ca_file: {dir}/ca.pem{certificate}}}}}",
            self.mutual
        )
    }

    /// The connection of `user`, for what it may not do.
    pub fn client(&self, user: &str) -> ClientConfig {
        let mut config = connection(&format!("127.0.0.1:{}", self.scram));
        config
            .set("security.protocol", "sasl_ssl")
            .set("sasl.mechanism", "SCRAM-SHA-512")
            .set("sasl.username", user)
            .set("sasl.password", password(user))
            .set("ssl.ca.location", self.directory.path().join("ca.pem").display().to_string());
        config
    }

    /// Runs Kafka's own tool for permissions with `args`.
    pub fn acls(&self, args: &[String]) {
        let status = java(&self.libs, self.directory.path(), "acls.log")
            .expect("a command")
            .args(["-XX:TieredStopAtLevel=1", "org.apache.kafka.tools.AclCommand"])
            .args(args)
            .status()
            .expect("runs");
        assert!(status.success(), "{}", fs::read_to_string(self.directory.path().join("acls.log")).expect("a log"));
    }
}

fn password(user: &str) -> String {
    format!("{user}-secret")
}

fn openssl(directory: &Path, args: &[&str]) -> Result<(), String> {
    let run = Command::new("openssl").args(args).current_dir(directory).stdin(Stdio::null()).output();
    let run = run.map_err(|error| format!("openssl does not start: {error}"))?;
    if run.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&run.stderr).into_owned()) }
}

/// An authority, the broker's certificate, and one a user.
fn certificates(directory: &Path) -> Result<(), String> {
    let write = |name: &str, text: &str| fs::write(directory.join(name), text).map_err(|error| error.to_string());
    write("names", "subjectAltName=IP:127.0.0.1\n")?;
    openssl(
        directory,
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
            "-days",
            "2",
            "-subj",
            "/CN=authority",
        ],
    )?;
    for who in ["broker"].iter().chain(&USERS) {
        let [key, asked, pem, subject] =
            [format!("{who}.key"), format!("{who}.csr"), format!("{who}.pem"), format!("/CN={who}")];
        openssl(
            directory,
            &["req", "-newkey", "rsa:2048", "-nodes", "-keyout", &key, "-out", &asked, "-subj", &subject],
        )?;
        openssl(
            directory,
            &[
                "x509",
                "-req",
                "-in",
                &asked,
                "-CA",
                "ca.pem",
                "-CAkey",
                "ca.key",
                "-CAcreateserial",
                "-out",
                &pem,
                "-days",
                "2",
                "-extfile",
                "names",
            ],
        )?;
        write(&format!("{who}.name"), who)?;
        write(&format!("{who}.password"), &password(who))?;
    }
    let read = |name: &str| fs::read_to_string(directory.join(name)).map_err(|error| error.to_string());
    write("keystore.pem", &format!("{}{}", read("broker.key")?, read("broker.pem")?))
}

fn write_properties(directory: &Path, [admin, scram, mutual, controller]: [u16; 4]) -> Result<PathBuf, String> {
    let dir = directory.display();
    let text = format!(
        "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
         listeners=ADMIN://127.0.0.1:{admin},SCRAM://127.0.0.1:{scram},MUTUAL://127.0.0.1:{mutual},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=ADMIN://127.0.0.1:{admin},SCRAM://127.0.0.1:{scram},MUTUAL://127.0.0.1:{mutual}\n\
         controller.listener.names=CONTROLLER\ninter.broker.listener.name=ADMIN\n\
         listener.security.protocol.map=ADMIN:PLAINTEXT,CONTROLLER:PLAINTEXT,SCRAM:SASL_SSL,MUTUAL:SSL\n\
         sasl.enabled.mechanisms=SCRAM-SHA-512\n\
         listener.name.scram.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;\n\
         ssl.keystore.type=PEM\nssl.keystore.location={dir}/keystore.pem\n\
         ssl.truststore.type=PEM\nssl.truststore.location={dir}/ca.pem\nlistener.name.mutual.ssl.client.auth=required\n\
         ssl.principal.mapping.rules=RULE:^CN=([a-z]+)$/$1/,DEFAULT\n\
         authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
         super.users=User:ANONYMOUS\nallow.everyone.if.no.acl.found=false\nlog.dirs={dir}/data\n\
         auto.create.topics.enable=false\noffsets.topic.replication.factor=1\noffsets.topic.num.partitions=4\n\
         transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
         share.coordinator.state.topic.replication.factor=1\nshare.coordinator.state.topic.min.isr=1\n\
         group.initial.rebalance.delay.ms=0\ngroup.min.session.timeout.ms=1000\n"
    );
    let path = directory.join("server.properties");
    fs::write(&path, text).map_err(|error| error.to_string())?;
    write_log_settings(directory)?;
    Ok(path)
}
