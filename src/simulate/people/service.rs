//! The programs that work on customers' data beside the people.

/// A service account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Job {
    /// Bills every customer by night.
    BillingBatch,
    /// Keeps a partner's customer-relations system up to date.
    CrmSync,
    /// Streams changed customers into the search index.
    SearchIndexer,
    /// Sends order mails through a partner.
    Mailer,
    /// Copies tables into the warehouse before the morning.
    ReportEtl,
}

impl Job {
    /// Every service.
    pub const ALL: [Self; 5] = [Self::BillingBatch, Self::CrmSync, Self::SearchIndexer, Self::Mailer, Self::ReportEtl];

    /// The actor's name in the directory.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BillingBatch => "billing-batch",
            Self::CrmSync => "crm-sync",
            Self::SearchIndexer => "search-indexer",
            Self::Mailer => "mailer",
            Self::ReportEtl => "report-etl",
        }
    }

    /// The database account that it logs in with.
    pub const fn login(self) -> &'static str {
        match self {
            Self::BillingBatch => "svc_billing",
            Self::CrmSync => "svc_crm",
            Self::SearchIndexer => "svc_search",
            Self::Mailer => "svc_mailer",
            Self::ReportEtl => "svc_etl",
        }
    }

    /// Steps an hour at a local hour, for a staff of 300.
    pub const fn steps_an_hour(self, hour: u8) -> f64 {
        match (self, hour) {
            (Self::BillingBatch, 1..=4) => 300.0,
            (Self::BillingBatch, _) => 2.0,
            (Self::CrmSync, 8..=21) => 95.0,
            (Self::SearchIndexer, 8..=22) => 80.0,
            (Self::CrmSync | Self::SearchIndexer, _) => 30.0,
            (Self::Mailer, 9..=23) => 125.0,
            (Self::Mailer, _) => 25.0,
            (Self::ReportEtl, 4 | 5) => 160.0,
            (Self::ReportEtl, _) => 4.0,
        }
    }
}
