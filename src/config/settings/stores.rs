//! `state.store` and how to reach it, checked.

use super::checker::Checker;
use crate::config::document::At;
use crate::config::raw::{Azure, Gcs, S3, State};
use std::path::PathBuf;
use url::Url;

/// An object store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateStore {
    /// A local directory.
    Directory(PathBuf),
    /// Amazon S3 and what speaks its protocol (`s3://bucket/prefix`).
    S3(S3Store),
    /// Google Cloud Storage (`gs://bucket/prefix`).
    Gcs(GcsStore),
    /// Azure Blob Storage (`az://container/prefix`).
    Azure(AzureStore),
}

/// A bucket or container, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What every object's name begins with, `/` between its parts; may be empty.
    pub prefix: String,
}

/// How the service is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Where, instead of at the provider's. Unencrypted only where `allow_http` said so.
    pub endpoint: Option<Url>,
    /// Certificate authorities to trust beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// Amazon S3 and what speaks its protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Store {
    /// The bucket.
    pub bucket: Bucket,
    /// How it is reached.
    pub reach: Reach,
    /// The region, where the file names one.
    pub region: Option<String>,
    /// The files of the access key's id and of the secret key; without them, the pod's own identity.
    pub key_files: Option<(PathBuf, PathBuf)>,
}

/// Google Cloud Storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GcsStore {
    /// The bucket.
    pub bucket: Bucket,
    /// How it is reached.
    pub reach: Reach,
    /// A service account's key; without it, the pod's own identity.
    pub service_account_file: Option<PathBuf>,
}

/// Azure Blob Storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzureStore {
    /// The container.
    pub bucket: Bucket,
    /// How it is reached.
    pub reach: Reach,
    /// The storage account.
    pub account: String,
    /// An access key; without it, the pod's own identity.
    pub access_key_file: Option<PathBuf>,
}

const BUCKET_BYTES: std::ops::RangeInclusive<usize> = 3..=63;
const MAX_NAME_BYTES: usize = 63;
const MAX_PREFIX_BYTES: usize = 256;
const ADDRESS: &str = "expected a directory, or a URL that begins with file:///, s3://, gs:// or az:// and names a bucket \
                       of 3 to 63 characters, with nothing behind it but a prefix of a-z, A-Z, 0-9, `.`, `-`, `_`, `=`";

enum Place {
    Directory(PathBuf),
    Bucket(Scheme, Bucket),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    S3,
    Gcs,
    Azure,
}

pub(super) fn check(raw: &State, checker: &mut Checker<'_>) -> StateStore {
    let at = At::ROOT.key("state");
    let Some(place) = place(&raw.store) else {
        checker.fail(&at.key("store"), ADDRESS);
        return StateStore::Directory(PathBuf::new());
    };
    let scheme = match &place {
        Place::Directory(_) => None,
        Place::Bucket(scheme, _) => Some(*scheme),
    };
    refuse_others(raw, scheme, &at, checker);
    let (s3_at, gcs_at, azure_at) = (at.key("s3"), at.key("gcs"), at.key("azure"));
    match place {
        Place::Directory(path) => StateStore::Directory(path),
        Place::Bucket(Scheme::S3, bucket) => {
            StateStore::S3(s3(bucket, &raw.s3.clone().unwrap_or_default(), &s3_at, checker))
        }
        Place::Bucket(Scheme::Gcs, bucket) => {
            StateStore::Gcs(gcs(bucket, &raw.gcs.clone().unwrap_or_default(), &gcs_at, checker))
        }
        Place::Bucket(Scheme::Azure, bucket) => {
            StateStore::Azure(azure(bucket, &raw.azure.clone().unwrap_or_default(), &azure_at, checker))
        }
    }
}

/// Sections that have no effect are refused: whoever wrote them believes that they have.
fn refuse_others(raw: &State, scheme: Option<Scheme>, at: &At<'_>, checker: &mut Checker<'_>) {
    let sections = [
        ("s3", Scheme::S3, raw.s3.is_some()),
        ("gcs", Scheme::Gcs, raw.gcs.is_some()),
        ("azure", Scheme::Azure, raw.azure.is_some()),
    ];
    for (key, of, _) in sections.into_iter().filter(|(_, of, set)| *set && scheme != Some(*of)) {
        let message = format!("has no effect: expected a store that begins with {} beside it", of.prefix());
        checker.fail(&at.key(key), message);
    }
}

impl Scheme {
    const fn prefix(self) -> &'static str {
        match self {
            Self::S3 => "s3://",
            Self::Gcs => "gs://",
            Self::Azure => "az://",
        }
    }
}

fn place(text: &str) -> Option<Place> {
    if text.trim().is_empty() {
        return None;
    }
    if !text.contains("://") {
        return Some(Place::Directory(PathBuf::from(text)));
    }
    if text.starts_with("file://") {
        return Url::parse(text).ok()?.to_file_path().ok().map(Place::Directory);
    }
    let mut schemes = [Scheme::S3, Scheme::Gcs, Scheme::Azure].into_iter();
    let (scheme, rest) = schemes.find_map(|scheme| Some((scheme, text.strip_prefix(scheme.prefix())?)))?;
    bucket(rest).map(|bucket| Place::Bucket(scheme, bucket))
}

/// A bucket and a prefix; parts that object stores would escape, or directories climb by, are refused.
fn bucket(text: &str) -> Option<Bucket> {
    let (name, prefix) = text.split_once('/').unwrap_or((text, ""));
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    let is_plain = |text: &str, more: &[u8]| text.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b));
    let is_part = |part: &str| !part.is_empty() && part != "." && part != ".." && is_plain(part, b".-_=");
    let named = BUCKET_BYTES.contains(&name.len()) && is_plain(name, b".-_");
    let placed = prefix.is_empty() || (prefix.len() <= MAX_PREFIX_BYTES && prefix.split('/').all(is_part));
    (named && placed).then(|| Bucket { name: name.to_owned(), prefix: prefix.to_owned() })
}

fn s3(bucket: Bucket, raw: &S3, at: &At<'_>, checker: &mut Checker<'_>) -> S3Store {
    let key_files = match (&raw.access_key_file, &raw.secret_key_file) {
        (Some(access), Some(secret)) => Some((access.clone(), secret.clone())),
        (None, None) => None,
        (Some(_), None) => {
            checker.fail(&at.key("access_key_file"), "expected secret_key_file beside it");
            None
        }
        (None, Some(_)) => {
            checker.fail(&at.key("secret_key_file"), "expected access_key_file beside it");
            None
        }
    };
    let region = raw.region.as_deref().map(|region| name(region, &at.key("region"), "a region's name", checker));
    let reach = reach(raw.endpoint.as_deref(), raw.allow_http, raw.ca_file.as_ref(), at, checker);
    S3Store { bucket, reach, region, key_files }
}

fn gcs(bucket: Bucket, raw: &Gcs, at: &At<'_>, checker: &mut Checker<'_>) -> GcsStore {
    let reach = reach(raw.endpoint.as_deref(), raw.allow_http, raw.ca_file.as_ref(), at, checker);
    GcsStore { bucket, reach, service_account_file: raw.service_account_file.clone() }
}

fn azure(bucket: Bucket, raw: &Azure, at: &At<'_>, checker: &mut Checker<'_>) -> AzureStore {
    let key = at.key("account");
    let account = if let Some(account) = &raw.account {
        name(account, &key, "a storage account's name", checker)
    } else {
        checker.fail(&key, "is missing, and an az:// store needs it");
        String::new()
    };
    let reach = reach(raw.endpoint.as_deref(), raw.allow_http, raw.ca_file.as_ref(), at, checker);
    AzureStore { bucket, reach, account, access_key_file: raw.access_key_file.clone() }
}

/// Text that becomes part of a host's name.
fn name(text: &str, at: &At<'_>, what: &str, checker: &mut Checker<'_>) -> String {
    let named = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if text.is_empty() || text.len() > MAX_NAME_BYTES || !named(text) {
        checker.fail(at, format!("expected {what}: a-z, 0-9 and `-`"));
    }
    text.to_owned()
}

fn reach(
    endpoint: Option<&str>,
    allow_http: bool,
    ca_file: Option<&PathBuf>,
    at: &At<'_>,
    checker: &mut Checker<'_>,
) -> Reach {
    let key = at.key("endpoint");
    let endpoint = endpoint.and_then(|text| checker.http_url(&key, text));
    if let Some(url) = &endpoint {
        if url.query().is_some() || url.fragment().is_some() {
            checker.fail(&key, "expected a URL such as https://host:port, without `?` and `#`");
        }
        if url.scheme() == "http" && !allow_http {
            checker.fail(&key, "is not encrypted: expected https://, or allow_http: true beside it");
        }
    }
    if allow_http && endpoint.as_ref().is_none_or(|url| url.scheme() != "http") {
        checker.fail(&at.key("allow_http"), "has no effect: expected an endpoint that begins with http:// beside it");
    }
    Reach { endpoint, ca_file: ca_file.cloned() }
}
