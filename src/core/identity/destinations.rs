//! Whose a destination is.

use super::directory::Directory;
use super::host::{Place, is_public_suffix, place, registrable_start};
use crate::core::activity::DestinationClass;
use hashbrown::HashMap;
use std::net::IpAddr;

/// A destination names at most this many recipients; of a longer list the rest is not looked at.
const MAX_RECIPIENTS: usize = 64;
/// Where an event's data went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedDestination {
    host: Box<str>,
    domain_start: usize,
    /// How close it is.
    pub class: DestinationClass,
}

impl ResolvedDestination {
    /// The host, address or bucket, in its one spelling. As the source wrote it, it may hold an identifier: mask it.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The host's registrable domain; addresses, buckets and single labels stand for themselves.
    pub fn domain(&self) -> &str {
        &self.host[self.domain_start..]
    }
}

/// What the directory says about destinations.
#[derive(Clone, Debug, Default)]
pub(super) struct Destinations {
    /// Hosts and buckets; a host covers its subdomains.
    names: HashMap<Box<str>, Entry>,
    networks: Vec<(Network, Entry)>,
}

/// What one line says.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub class: DestinationClass,
    pub owner: Option<Box<str>>,
    pub line: usize,
}

/// What a destination line is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Name(Box<str>),
    Network(Network),
    /// A domain below which anybody can register: a line for it would vouch for strangers.
    PublicSuffix,
    /// Nothing at all.
    Empty,
}

/// An address and how many of its leading bits count (RFC 4632, RFC 4291).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.trim().split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let bits = bits.parse().ok().filter(|bits| *bits <= width(address))?;
        Some(Self { address, bits })
    }

    fn covers(self, address: IpAddr) -> bool {
        let shift = u32::from(width(address) - self.bits.min(width(address)));
        let same = (number(self.address) ^ number(address)).checked_shr(shift).unwrap_or(0) == 0;
        same && self.address.is_ipv4() == address.is_ipv4()
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl Subject {
    /// What a line about `text` is about.
    pub(super) fn new(text: &str) -> Self {
        if let Some(network) = Network::parse(text) {
            return Self::Network(network);
        }
        let host = match place(text.trim().trim_start_matches("*.")) {
            Place::Address(address) => return Self::Network(Network { address, bits: width(address) }),
            Place::Bucket(bucket) => return Self::Name(bucket.into()),
            Place::Host(host) => host,
        };
        match &*host {
            "" => Self::Empty,
            host if is_public_suffix(host) => Self::PublicSuffix,
            host => Self::Name(host.into()),
        }
    }
}

impl Destinations {
    /// The line that is about `subject` already.
    pub(super) fn line_of(&self, subject: &Subject) -> Option<usize> {
        match subject {
            Subject::Name(name) => self.names.get(name).map(|entry| entry.line),
            Subject::Network(network) => {
                self.networks.iter().find(|(known, _)| known == network).map(|(_, entry)| entry.line)
            }
            Subject::PublicSuffix | Subject::Empty => None,
        }
    }

    pub(super) fn insert(&mut self, subject: Subject, entry: Entry) {
        match subject {
            Subject::Name(name) => drop(self.names.insert(name, entry)),
            Subject::Network(network) => self.networks.push((network, entry)),
            Subject::PublicSuffix | Subject::Empty => {}
        }
    }

    /// How many lines of `older` this lacks.
    pub(super) fn lost_since(&self, older: &Self) -> usize {
        let names = older.names.keys().filter(|name| !self.names.contains_key(*name)).count();
        let kept = |network| self.networks.iter().any(|(known, _)| known == network);
        names + older.networks.iter().filter(|(network, _)| !kept(network)).count()
    }

    fn entry(&self, place: &Place<'_>) -> Option<&Entry> {
        match place {
            Place::Address(address) => {
                let covering = self.networks.iter().filter(|(network, _)| network.covers(*address));
                covering.max_by_key(|(network, _)| network.bits).map(|(_, entry)| entry)
            }
            Place::Bucket(bucket) => self.names.get(bucket.as_str()),
            Place::Host(host) => self.longest_suffix(host),
        }
    }

    fn longest_suffix(&self, host: &str) -> Option<&Entry> {
        let mut suffix = host;
        loop {
            if let Some(entry) = self.names.get(suffix) {
                return Some(entry);
            }
            (_, suffix) = suffix.split_once('.')?;
        }
    }

    fn resolve_one(&self, raw: &str) -> ResolvedDestination {
        let place = place(raw);
        let class = self.entry(&place).map_or(DestinationClass::External, |entry| entry.class);
        match place {
            Place::Address(address) => ResolvedDestination { host: address.to_string().into(), domain_start: 0, class },
            Place::Bucket(bucket) => ResolvedDestination { host: bucket.into(), domain_start: 0, class },
            Place::Host(host) => {
                ResolvedDestination { domain_start: registrable_start(&host), host: host.into(), class }
            }
        }
    }
}

impl Directory {
    /// Where `raw` is: a URL, mail address, `host:port`, host, address or bucket. Of several recipients (separated by
    /// commas or semicolons) the least close one decides, the first among equals.
    pub fn destination(&self, raw: &str) -> ResolvedDestination {
        // A path may hold any of these: `https://evil.example/a,b@shop.example` is one place.
        let list = raw.contains('@') && raw.contains([',', ';']) && !raw.contains(['/', '\\']);
        if !list {
            return self.destinations.resolve_one(raw);
        }
        let recipients = raw.split([',', ';']).filter(|part| part.contains('@')).take(MAX_RECIPIENTS);
        let resolved = recipients.map(|part| self.destinations.resolve_one(part));
        let least_close = resolved.reduce(|kept, next| if next.class > kept.class { next } else { kept });
        least_close.unwrap_or_else(|| self.destinations.resolve_one(raw))
    }

    /// Whom the line that covers `raw` names as its owner.
    pub fn destination_owner(&self, raw: &str) -> Option<&str> {
        self.destinations.entry(&place(raw))?.owner.as_deref()
    }
}
