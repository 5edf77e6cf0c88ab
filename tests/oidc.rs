//! Tokens of a real issuer on loopback, signed under keys that the test makes: who is let in, and who is not.

mod common;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::kafka::{Kafka, eventually};
use common::process::{Process, free_port};
use common::service;
use leakwatch::config::settings::OidcSettings;
use leakwatch::core::time::{EventTime, Millis};
use leakwatch::io::clock::Clock;
use leakwatch::io::http::oidc::{TokenRefused, Verifier, Vouched};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const AUDIENCE: &str = "leakwatch-console";

/// What the issuer publishes, and how often it was asked for it.
#[derive(Default)]
struct Issuer {
    url: Mutex<String>,
    keys: Mutex<Vec<Value>>,
    asked: AtomicUsize,
}

impl Issuer {
    async fn start() -> Arc<Self> {
        let issuer = Arc::new(Self::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        *issuer.url.lock().expect("lock") = format!("http://{}/realm", listener.local_addr().expect("an address"));
        let router = Router::new()
            .route(
                "/realm/.well-known/openid-configuration",
                get(|State(issuer): State<Arc<Self>>| async move { issuer.discovery() }),
            )
            .route("/realm/keys", get(|State(issuer): State<Arc<Self>>| async move { issuer.published() }))
            .with_state(Arc::clone(&issuer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        issuer
    }

    fn discovery(&self) -> String {
        json!({"issuer": self.url(), "jwks_uri": format!("{}/keys", self.url())}).to_string()
    }

    fn published(&self) -> String {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let keys = self.keys.lock().expect("lock").clone();
        // A key of a kind that nobody knows is in many a real set.
        let keys = [vec![json!({"kty": "new-kind", "kid": "x"})], keys].concat();
        json!({ "keys": keys }).to_string()
    }

    fn url(&self) -> String {
        self.url.lock().expect("lock").clone()
    }

    fn publish(&self, keys: &[&Key]) {
        *self.keys.lock().expect("lock") = keys.iter().map(|key| key.published()).collect();
    }
}

/// A signing key of the issuer, or of somebody else.
struct Key {
    kid: &'static str,
    alg: &'static str,
    private: PKey<Private>,
}

fn coded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Key {
    fn rsa(kid: &'static str, bits: u32) -> Self {
        let private = PKey::from_rsa(Rsa::generate(bits).expect("a key")).expect("a key");
        Self { kid, alg: "RS256", private }
    }

    fn p256(kid: &'static str) -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve");
        let private = PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key");
        Self { kid, alg: "ES256", private }
    }

    fn published(&self) -> Value {
        let common = json!({"kid": self.kid, "alg": self.alg, "use": "sig"});
        let own = if let Ok(rsa) = self.private.rsa() {
            json!({"kty": "RSA", "n": coded(rsa.n().to_vec()), "e": coded(rsa.e().to_vec())})
        } else {
            let key = self.private.ec_key().expect("one on a curve");
            let (mut x, mut y) = (BigNum::new().expect("a number"), BigNum::new().expect("a number"));
            let mut context = BigNumContext::new().expect("a context");
            key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context).expect("a point");
            let [x, y] = [x, y].map(|number| coded(number.to_vec_padded(32).expect("32 bytes")));
            json!({"kty": "EC", "crv": "P-256", "x": x, "y": y})
        };
        let mut all = common;
        all.as_object_mut().expect("an object").extend(own.as_object().expect("an object").clone());
        all
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.private).expect("a signer");
        let signature = signer.sign_oneshot_to_vec(message).expect("signed");
        if self.alg == "RS256" {
            return signature;
        }
        let both = EcdsaSig::from_der(&signature).expect("a signature");
        [both.r(), both.s()].map(|number| number.to_vec_padded(32).expect("32 bytes")).concat()
    }

    fn token(&self, claims: &Value) -> String {
        signed(&json!({"alg": self.alg, "kid": self.kid, "typ": "JWT"}), claims, |message| self.sign(message))
    }
}

fn signed(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", coded(header.to_string()), coded(claims.to_string()));
    format!("{message}.{}", coded(sign(message.as_bytes())))
}

/// Time stands still until the test moves it on.
struct Stepped(AtomicI64);

impl Clock for Stepped {
    fn now(&self) -> EventTime {
        EventTime::from_millis(self.0.load(Ordering::SeqCst)).expect("a time")
    }
}

struct Bench {
    issuer: Arc<Issuer>,
    clock: Arc<Stepped>,
    verifier: Verifier,
}

impl Bench {
    async fn new(keys: &[&Key]) -> Self {
        let issuer = Issuer::start().await;
        issuer.publish(keys);
        let clock = Arc::new(Stepped(AtomicI64::new(1_335_837_600_000)));
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let settings = OidcSettings {
            issuer: issuer.url(),
            audience: AUDIENCE.to_owned(),
            jwks_url: None,
            ca_file: None,
            user_claim: "email".to_owned(),
            groups_claim: "groups".to_owned(),
            admins: names(&["ann@corp.example"]),
            admin_groups: names(&["sec-oncall"]),
            viewer_groups: names(&["staff"]),
        };
        let told: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let verifier = Verifier::new(settings, told).expect("a verifier");
        Self { issuer, clock, verifier }
    }

    /// Claims that are right, with changes; `null` removes one.
    fn claims(&self, changes: &Value) -> Value {
        let now = jiff::Timestamp::now().as_second();
        let mut claims = json!({"iss": self.issuer.url(), "aud": AUDIENCE, "sub": "7", "iat": now, "nbf": now - 5,
            "exp": now + 300, "email": "bob@corp.example", "groups": ["staff"]});
        let all = claims.as_object_mut().expect("an object");
        for (name, value) in changes.as_object().expect("an object") {
            all.insert(name.clone(), value.clone());
        }
        all.retain(|_, value| !value.is_null());
        claims
    }

    async fn user(&self, token: &str) -> Result<Vouched, TokenRefused> {
        self.verifier.user(token).await
    }

    fn step(&self, span: Millis) {
        self.clock.0.fetch_add(span.as_millis(), Ordering::SeqCst);
    }
}

fn vouched(name: &str, admin: bool) -> Vouched {
    Vouched { name: name.to_owned(), admin }
}

#[tokio::test]
async fn a_right_token_names_a_viewer_or_an_admin() {
    let (rsa, p256) = (Key::rsa("one", 2_048), Key::p256("two"));
    let bench = Bench::new(&[&rsa, &p256]).await;
    for key in [&rsa, &p256] {
        let user = |changes: Value| key.token(&bench.claims(&changes));
        assert_eq!(bench.user(&user(json!({}))).await, Ok(vouched("bob@corp.example", false)));
        assert_eq!(
            bench.user(&user(json!({"aud": ["other", AUDIENCE]}))).await,
            Ok(vouched("bob@corp.example", false))
        );
        assert_eq!(
            bench.user(&user(json!({"email": "ann@corp.example"}))).await,
            Ok(vouched("ann@corp.example", true))
        );
        assert_eq!(bench.user(&user(json!({"groups": "sec-oncall"}))).await, Ok(vouched("bob@corp.example", true)));
        let just_over = jiff::Timestamp::now().as_second() - 10;
        assert_eq!(
            bench.user(&user(json!({"exp": just_over}))).await,
            Ok(vouched("bob@corp.example", false)),
            "leeway"
        );
    }
    assert_eq!(bench.issuer.asked.load(Ordering::SeqCst), 1, "its keys are kept");
}

#[tokio::test]
async fn what_is_wrong_with_a_token_keeps_its_bearer_out() {
    let (key, other) = (Key::rsa("one", 2_048), Key::rsa("one", 2_048));
    let bench = Bench::new(&[&key]).await;
    let now = jiff::Timestamp::now().as_second();
    for changes in [
        json!({"aud": "another-console"}),
        json!({"aud": null}),
        json!({"iss": "http://127.0.0.1:1/realm"}),
        json!({"iss": null}),
        json!({"exp": now - 120}),
        json!({"exp": null}),
        json!({"nbf": now + 120}),
        json!({"email": null}),
        json!({"email": ""}),
        json!({"email": ["ann@corp.example"]}),
        json!({"email": "ann@corp.example", "email_verified": false}),
    ] {
        let refused = bench.user(&key.token(&bench.claims(&changes))).await;
        assert!(matches!(refused, Err(TokenRefused::Wrong(_))), "{changes}: {refused:?}");
    }
    let stranger = bench.user(&key.token(&bench.claims(&json!({"groups": ["guests"]})))).await;
    assert_eq!(stranger, Err(TokenRefused::NoViewer));
    let forged = bench.user(&other.token(&bench.claims(&json!({})))).await;
    assert_eq!(forged, Err(TokenRefused::Wrong("its signature, issuer, audience or time")));
    for nonsense in ["", "a.b.c", "....", &"x".repeat(100_000)] {
        assert!(matches!(bench.user(nonsense).await, Err(TokenRefused::Wrong(_))));
    }
}

#[tokio::test]
async fn no_algorithm_but_the_issuers_own_is_believed() {
    let (key, short) = (Key::rsa("one", 2_048), Key::rsa("short", 1_024));
    let bench = Bench::new(&[&key, &short]).await;
    let claims = bench.claims(&json!({"email": "ann@corp.example"}));
    let pem = key.private.public_key_to_pem().expect("PEM");
    let der = key.private.public_key_to_der().expect("DER");
    let hmac = |secret: &[u8], message: &[u8]| {
        let secret = PKey::hmac(secret).expect("a key");
        Signer::new(MessageDigest::sha256(), &secret).expect("a signer").sign_oneshot_to_vec(message).expect("signed")
    };
    let by_public_key = |secret: &[u8]| signed(&json!({"alg": "HS256", "kid": "one"}), &claims, |m| hmac(secret, m));
    let own = |header: Value| signed(&header, &claims, |message| key.sign(message));
    let forged = [
        signed(&json!({"alg": "none", "kid": "one"}), &claims, |_| Vec::new()),
        signed(&json!({"alg": "None", "kid": "one"}), &claims, |_| Vec::new()),
        by_public_key(&pem),
        by_public_key(&der),
        own(json!({"alg": "ES256", "kid": "one"})),
        own(json!({"alg": "RS256"})),
        own(json!({"alg": "RS256", "kid": "two"})),
        own(json!({"alg": "RS256", "kid": "one", "crit": ["exp"]})),
        short.token(&claims),
    ];
    for token in forged {
        let refused = bench.user(&token).await;
        assert!(matches!(refused, Err(TokenRefused::Wrong(_))), "{token}: {refused:?}");
    }
    assert_eq!(bench.user(&key.token(&claims)).await, Ok(vouched("ann@corp.example", true)), "and the right one is");
}

#[tokio::test]
async fn a_rotated_key_is_picked_up_and_a_withdrawn_one_forgotten() {
    let (old, new) = (Key::rsa("old", 2_048), Key::p256("new"));
    let bench = Bench::new(&[&old]).await;
    let (by_old, by_new) = (old.token(&bench.claims(&json!({}))), new.token(&bench.claims(&json!({}))));
    assert!(bench.user(&by_old).await.is_ok());
    for _ in 0..50 {
        let unknown = bench.user(&by_new).await;
        assert_eq!(unknown, Err(TokenRefused::Wrong("the issuer has no such key")));
    }
    let asked = || bench.issuer.asked.load(Ordering::SeqCst);
    assert_eq!(asked(), 1, "unknown keys do not make it ask at once");
    bench.issuer.publish(&[&new]);
    bench.step(Millis::from_secs(31));
    assert!(bench.user(&by_new).await.is_ok(), "the new key is fetched");
    assert_eq!(asked(), 2);
    assert_eq!(bench.user(&by_old).await, Err(TokenRefused::Wrong("the issuer has no such key")));
    assert_eq!(asked(), 2);
    bench.issuer.publish(&[]);
    assert!(bench.user(&by_new).await.is_ok(), "keys are kept for a while");
    bench.step(Millis::from_mins(11));
    assert!(bench.user(&by_new).await.is_err(), "and asked for anew");
}

#[tokio::test]
async fn an_issuer_that_is_away_lets_nobody_in_whom_its_kept_keys_do_not() {
    let key = Key::p256("one");
    let bench = Bench::new(&[&key]).await;
    let token = key.token(&bench.claims(&json!({})));
    *bench.issuer.url.lock().expect("lock") = "http://127.0.0.1:1/elsewhere".to_owned();
    assert_eq!(bench.user(&token).await, Err(TokenRefused::NoKeys), "the document is another issuer's");
    *bench.issuer.url.lock().expect("lock") = iss(&token);
    assert_eq!(bench.user(&token).await, Err(TokenRefused::NoKeys), "it is not asked again at once");
    bench.step(Millis::from_secs(31));
    assert!(bench.user(&token).await.is_ok());
    *bench.issuer.url.lock().expect("lock") = "http://127.0.0.1:1/elsewhere".to_owned();
    bench.step(Millis::from_hours(1));
    assert!(bench.user(&token).await.is_ok(), "kept keys are good for some hours");
    bench.step(Millis::from_hours(4));
    assert_eq!(bench.user(&token).await, Err(TokenRefused::NoKeys));
}

/// The issuer that a token names.
fn iss(token: &str) -> String {
    let claims = token.split('.').nth(1).expect("claims");
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64")).expect("JSON");
    claims["iss"].as_str().expect("text").to_owned()
}

const TEST: &str = "oidc";

/// A service whose console believes `issuer`.
fn service(kafka: &Kafka, directory: &std::path::Path, issuer: &str, console: u16) -> Process {
    service::create_topics(kafka, TEST, 1);
    let own = ["activity", "incidents", "shadow", "rejected", "dead_letters", "verdicts", "audit"];
    let topics = own.map(|topic| format!("  {topic}: {TEST}.{topic}\n")).concat();
    let (config, port) = (kafka.config(), free_port());
    let yaml = format!(
        "version: 1\ndeployment: {TEST}\nkafka: {{brokers: [\"{}\"]}}\ntopics:\n{topics}\
         sources:\n  - {{topic: {TEST}.source, decoder: native}}\nstate: {{store: {}/state}}\n\
         http:\n  metrics: \"127.0.0.1:{port}\"\n  console: \"127.0.0.1:{console}\"\n  \
         auth: {{kind: oidc, issuer: \"{issuer}\", audience: {AUDIENCE}, admin_groups: [sec-oncall]}}\n",
        config.get("bootstrap.servers").expect("set"),
        directory.display()
    );
    let process = Process::start(directory, "service", &yaml, port);
    eventually("it is ready", Duration::from_mins(1), || process.is_ready());
    process
}

#[test]
fn the_console_of_a_service_asks_for_a_token_and_tells_viewers_from_admins() {
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let key = Key::rsa("one", 2_048);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runtime");
    let bench = runtime.block_on(Bench::new(&[&key]));
    let (dir, console) = (tempfile::tempdir().expect("a directory"), free_port());
    let process = service(&kafka, dir.path(), &bench.issuer.url(), console);
    runtime.block_on(ask_the_console(&bench, &key, console));
    assert!(!process.log().contains("eyJ"), "no token is logged");
}

async fn ask_the_console(bench: &Bench, key: &Key, console: u16) {
    let client = reqwest::Client::new();
    let url = |path: &str| format!("http://127.0.0.1:{console}/api/v1/{path}");
    let token = |changes: Value| key.token(&bench.claims(&changes));
    let nobody = client.get(url("rules")).send().await.expect("an answer");
    assert_eq!((nobody.status().as_u16(), nobody.headers()["www-authenticate"].as_bytes()), (401, &b"Bearer"[..]));
    for (changes, status) in [
        (json!({}), 200),
        (json!({"groups": "sec-oncall"}), 200),
        (json!({"aud": "another-console"}), 401),
        (json!({"exp": 1}), 401),
    ] {
        let answer = client.get(url("rules")).bearer_auth(token(changes.clone())).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{changes}");
    }
    // There is no such case: whoever is told so was allowed to ask.
    for (groups, status) in [("staff", 403), ("sec-oncall", 404)] {
        let request = client.post(url("cases/none/verdict")).bearer_auth(token(json!({ "groups": groups })));
        let request = request.header("x-leakwatch-request", "1").json(&json!({"verdict": "true"}));
        assert_eq!(request.send().await.expect("an answer").status().as_u16(), status, "{groups}");
    }
}
