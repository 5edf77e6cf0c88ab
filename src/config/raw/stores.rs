//! How to reach an object store: `state.s3`, `state.gcs`, `state.azure`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Amazon S3 and what speaks its protocol. Without keys the pod's own identity is used.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct S3 {
    /// Where the service is, where it is not Amazon's: `https://host:port`. The bucket is named in the path.
    pub endpoint: Option<String>,
    /// The region; without it, that of the environment (`AWS_REGION`), else `us-east-1`.
    pub region: Option<String>,
    /// A file that holds the access key's id.
    pub access_key_file: Option<PathBuf>,
    /// A file that holds the secret access key.
    pub secret_key_file: Option<PathBuf>,
    /// Certificate authorities to trust beside the system's (PEM).
    pub ca_file: Option<PathBuf>,
    /// Whether `endpoint` may be unencrypted.
    pub allow_http: bool,
}

/// Google Cloud Storage. Without a service account's file the pod's own identity is used.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Gcs {
    /// Where the service is, where it is not Google's: `https://host:port`.
    pub endpoint: Option<String>,
    /// A file that holds a service account's key (JSON).
    pub service_account_file: Option<PathBuf>,
    /// Certificate authorities to trust beside the system's (PEM).
    pub ca_file: Option<PathBuf>,
    /// Whether `endpoint` may be unencrypted.
    pub allow_http: bool,
}

/// Azure Blob Storage. Without a key the pod's own identity is used.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Azure {
    /// The storage account.
    pub account: Option<String>,
    /// Where the service is, where it is not Azure's: `https://host:port/account`.
    pub endpoint: Option<String>,
    /// A file that holds one of the account's access keys.
    pub access_key_file: Option<PathBuf>,
    /// Certificate authorities to trust beside the system's (PEM).
    pub ca_file: Option<PathBuf>,
    /// Whether `endpoint` may be unencrypted.
    pub allow_http: bool,
}
