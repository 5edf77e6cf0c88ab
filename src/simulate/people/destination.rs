//! Where data goes in ordinary life, and how the directory classifies it.

/// A line of the directory: a destination (its subdomains included), its class and owner.
pub const CLASSIFIED: [(&str, &str, &str); 9] = [
    ("corp.example", "internal", "it"),
    ("mailer.partner.example", "partner", "marketing"),
    ("parcels.example", "partner", "operations"),
    ("crm-cloud.example", "partner", "sales"),
    ("payments.example", "partner", "finance"),
    ("cartons.example", "external", "operations"),
    ("papersupply.example", "external", "finance"),
    ("adagency.example", "external", "marketing"),
    ("toolsmith.example", "external", "engineering"),
];

/// Hosts of the company's own.
pub const INTERNAL_WEB: [&str; 6] = [
    "wiki.corp.example",
    "git.corp.example",
    "erp.corp.example",
    "desk.corp.example",
    "reports.corp.example",
    "tickets.corp.example",
];
/// The mail campaigns' partner.
pub const CAMPAIGN_PARTNER: &str = "api.mailer.partner.example";
/// The partner who carries parcels.
pub const PARCEL_PARTNER: &str = "labels.parcels.example";
/// The partner who hosts customer relations.
pub const CRM_PARTNER: &str = "sync.crm-cloud.example";
/// The partner who takes payments.
pub const PAYMENT_PARTNER: &str = "gateway.payments.example";
/// The company's own object store.
pub const WAREHOUSE_STORE: &str = "s3.corp.example";
/// Suppliers' mailboxes.
pub const SUPPLIERS: [&str; 4] =
    ["orders@cartons.example", "service@papersupply.example", "team@adagency.example", "support@toolsmith.example"];
/// What people look at besides work; no line of the directory covers it.
pub const PUBLIC_WEB: [&str; 8] = [
    "www.search.example",
    "news.example",
    "social.example",
    "video.example",
    "weather.example",
    "translate.example",
    "maps.example",
    "docs.toolsmith.example",
];
