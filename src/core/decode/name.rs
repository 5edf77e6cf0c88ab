//! Decoders by name, as the configuration says them.

use thiserror::Error;

/// A decoder that this release has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DecoderName {
    /// The contract's own format.
    #[default]
    Native,
    /// Any JSON, by a field map.
    Mapped,
}

/// Names kept for decoders to come.
const RESERVED_DECODERS: [&str; 3] = ["pgaudit", "ocsf", "rds-das"];
/// Names kept for field maps to come.
const RESERVED_PRESETS: [&str; 4] = ["suricata-eve", "zeek-json", "envoy-json", "cloudtrail-s3"];

/// Why a decoder's name cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecoderNameError {
    /// A later release will have it.
    #[error("decoder `{0}` is reserved and not yet available: expected `native` or `mapped`")]
    Reserved(String),
    /// A later release will have it as a preset of `mapped`.
    #[error("preset `{0}` is reserved and not yet available: expected decoder `mapped` with a `map` of its own")]
    ReservedPreset(String),
    /// No release has it.
    #[error("unknown decoder `{0}`: expected `native` or `mapped`")]
    Unknown(String),
}

impl DecoderName {
    /// The decoder called `name` in the configuration.
    ///
    /// # Errors
    /// [`DecoderNameError`], which says whether the name is reserved.
    pub fn parse(name: &str) -> Result<Self, DecoderNameError> {
        match name {
            "native" => Ok(Self::Native),
            "mapped" => Ok(Self::Mapped),
            reserved if RESERVED_DECODERS.contains(&reserved) => Err(DecoderNameError::Reserved(reserved.to_owned())),
            preset if RESERVED_PRESETS.contains(&preset) => Err(DecoderNameError::ReservedPreset(preset.to_owned())),
            unknown => Err(DecoderNameError::Unknown(unknown.to_owned())),
        }
    }

    /// The name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Mapped => "mapped",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_reserved_or_wrong() {
        for name in [DecoderName::Native, DecoderName::Mapped] {
            assert_eq!(DecoderName::parse(name.name()), Ok(name));
        }
        for name in RESERVED_DECODERS.iter().chain(&RESERVED_PRESETS) {
            let error = DecoderName::parse(name).expect_err("reserved");
            assert!(error.to_string().contains("is reserved and not yet available"), "{error}");
        }
        assert_eq!(DecoderName::parse("Native"), Err(DecoderNameError::Unknown("Native".to_owned())));
    }
}
