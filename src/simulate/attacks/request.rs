//! An attack as the command line asks for it: `KIND[,key=value]…`.

use super::options::{AttackOptions, Begin, Speed};
use super::{ATTACKS, Attack};
use std::str::FromStr;
use thiserror::Error;

/// An attack and its options.
#[derive(Clone, Debug)]
pub struct AttackRequest {
    /// Which.
    pub attack: &'static dyn Attack,
    /// How.
    pub options: AttackOptions,
}

/// A request that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// No attack has this name.
    #[error("{found:?} is no attack, expected one of {}", kinds())]
    Kind {
        /// What was asked for.
        found: String,
    },
    /// A part is no `key=value`, or no attack knows the key.
    #[error(
        "{found:?} is no option, expected size=N, actor=LOGIN, actors=N, at=TIME, speed=N/UNIT or destination=HOST"
    )]
    Option {
        /// The part.
        found: String,
    },
    /// A value does not fit its key.
    #[error("{key} is {found:?}, expected {expected}")]
    Value {
        /// The key.
        key: String,
        /// The value.
        found: String,
        /// What it may be.
        expected: &'static str,
    },
}

impl AttackRequest {
    /// The attack called `kind` with its defaults.
    ///
    /// # Errors
    /// [`RequestError::Kind`] where no attack has that name.
    pub fn new(kind: &str) -> Result<Self, RequestError> {
        let attack = ATTACKS.into_iter().find(|attack| attack.kind() == kind);
        let attack = attack.ok_or_else(|| RequestError::Kind { found: kind.to_owned() })?;
        Ok(Self { attack, options: AttackOptions::default() })
    }

    /// The same attack on so many customers.
    #[must_use]
    pub fn sized(mut self, customers: u32) -> Self {
        self.options.size = Some(customers);
        self
    }

    /// The same attack so fast.
    #[must_use]
    pub fn at_speed(mut self, speed: Speed) -> Self {
        self.options.speed = Some(speed);
        self
    }

    /// The same attack, begun then.
    #[must_use]
    pub fn beginning(mut self, at: Begin) -> Self {
        self.options.at = Some(at);
        self
    }

    /// The same attack by the actor called `login`.
    #[must_use]
    pub fn by(mut self, login: impl Into<String>) -> Self {
        self.options.actor = Some(login.into());
        self
    }
}

impl FromStr for AttackRequest {
    type Err = RequestError;

    fn from_str(text: &str) -> Result<Self, RequestError> {
        let mut parts = text.split(',');
        let mut request = Self::new(parts.next().unwrap_or_default().trim())?;
        for part in parts {
            let (key, value) = part.split_once('=').ok_or_else(|| RequestError::Option { found: part.to_owned() })?;
            set(&mut request.options, key.trim(), value.trim())?;
        }
        Ok(request)
    }
}

fn set(options: &mut AttackOptions, key: &str, value: &str) -> Result<(), RequestError> {
    let wrong = |expected| RequestError::Value { key: key.to_owned(), found: value.to_owned(), expected };
    let number = || value.parse().ok().filter(|number| *number > 0).ok_or(wrong("a whole number above 0"));
    match key {
        "size" => options.size = Some(number()?),
        "actors" => options.actors = Some(number()?),
        "actor" => options.actor = Some(value.to_owned()),
        "destination" if !value.is_empty() => options.destination = Some(value.to_owned()),
        "destination" => return Err(wrong("a host, URL or mailbox")),
        "at" => {
            let at = Begin::parse(value)
                .ok_or(wrong("a time such as 2012-05-09T11:00:00Z, 26h after the start, or day3"))?;
            options.at = Some(at);
        }
        "speed" => {
            let speed = Speed::parse(value).ok_or(wrong("customers a unit, such as 300/m, 40/h or 12/d"))?;
            options.speed = Some(speed);
        }
        _ => return Err(RequestError::Option { found: key.to_owned() }),
    }
    Ok(())
}

fn kinds() -> String {
    ATTACKS.map(Attack::kind).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::time::Millis;

    #[test]
    fn a_request_is_a_kind_and_options() {
        let request: AttackRequest =
            "bulk-dump,size=50,actor=CORP\\u0007,at=26h,speed=10/h,destination=x.example".parse().expect("valid");
        let expected = AttackOptions {
            size: Some(50),
            actor: Some("CORP\\u0007".into()),
            actors: None,
            at: Some(Begin::After(Millis::from_hours(26))),
            speed: Speed::parse("10/h"),
            destination: Some("x.example".into()),
        };
        assert_eq!((request.attack.kind(), request.options), ("bulk-dump", expected));
    }

    #[test]
    fn a_request_can_be_built_as_well_as_written() {
        let built = AttackRequest::new("drip").expect("known").sized(50).by("emp0003").at_speed(Speed::a_minute(2));
        let built = built.beginning(Begin::After(Millis::from_hours(3)));
        let written: AttackRequest = "drip,size=50,actor=emp0003,speed=2/m,at=3h".parse().expect("valid");
        assert_eq!(built.options, written.options);
    }

    #[test]
    fn a_wrong_request_says_what_was_expected() {
        let error = |text: &str| text.parse::<AttackRequest>().expect_err("wrong").to_string();
        assert!(error("bulkdump").starts_with("\"bulkdump\" is no attack, expected one of bulk-dump, paged-dump,"));
        assert_eq!(error("drip,size=0"), "size is \"0\", expected a whole number above 0");
        assert!(error("drip,sise=3").contains("expected size=N"));
        assert!(error("drip,speed=3").contains("such as 300/m"));
        assert!(error("drip,at=soon").contains("26h after the start"));
    }
}
