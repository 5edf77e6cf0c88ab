//! What is kept stays within the configured bound while accounts are invented by the ten thousand, and whoever reads
//! patiently among them is caught all the same.

#[path = "common/flood.rs"]
mod flood;

use flood::{Company, Flood, LATECOMER, Size, VISITOR, Week};
use leakwatch::core::incident::Severity;
use leakwatch::simulate::Look;

const LISTED: u32 = 10_000;
const INVENTED: u32 = 100_000;
/// Of these 12,000 are for accounts that no directory knows.
const MAX_ENTITIES: u64 = 32_000;
/// The staff, with programs and former employees, is larger than its number of people by no more than this.
const BESIDE_STAFF: u64 = 5_000;

fn company() -> Company {
    Company::new(Size { listed: LISTED, customers: 20_000, max_entities: MAX_ENTITIES, look_every: 2_000 })
}

/// What any flood has to leave as it is.
fn holds(company: &Company, calm: &Week, flooded: &Week) {
    let most = flooded.most.entities;
    assert!(flooded.last.crowded > 0, "the bound was reached: {:?}", flooded.last);
    assert!(most <= u64::from(LISTED) + BESIDE_STAFF + MAX_ENTITIES, "{most} entities");
    for reader in [company.reader().as_str(), VISITOR] {
        let told = calm.of(reader);
        assert!(told.iter().any(|line| line.0 == "read-then-out" && line.2 == Severity::Page), "{reader}: {told:?}");
        assert_eq!(flooded.of(reader), told, "{reader}");
    }
    let pages = calm.incidents(Severity::Page);
    assert!(pages.contains(&("read-then-out", LATECOMER)), "without a flood by name: {pages:?}");
    let pages = flooded.incidents(Severity::Page);
    let late = pages.iter().any(|(rule, entity)| *rule == "read-then-out" && entity.starts_with("ip:"));
    assert!(late, "whoever comes too late for a name is caught by address: {pages:?}");
}

/// The incidents of `flooded` that `calm` has not: about whoever shares an entity, and about anybody else.
fn new_incidents<'a>(calm: &'a Week, flooded: &'a Week) -> [Vec<(&'a str, &'a str)>; 2] {
    let known = calm.incidents(Severity::Info);
    let found = flooded.incidents(Severity::Info).into_iter().filter(|one| !known.contains(one));
    let (shared, own) = found.partition(|(_, entity)| entity.starts_with("ip:"));
    [shared, own]
}

#[test]
fn a_flood_of_invented_accounts_neither_exceeds_the_bound_nor_hides_a_patient_reader_nor_pages() {
    let company = company();
    let calm = company.week(None);
    let of_latecomer: Vec<&str> =
        calm.incidents(Severity::Info).into_iter().filter(|one| one.1 == LATECOMER).map(|one| one.0).collect();

    let flooded = company.week(Some(Flood { logins: INVENTED, look: Look::AtProduct }));
    holds(&company, &calm, &flooded);
    let [shared, own] = new_incidents(&calm, &flooded);
    assert_eq!(own, [("actor-flood", "db-queries")]);
    assert!(shared.iter().all(|(rule, _)| of_latecomer.contains(rule)), "{shared:?}");

    // Where each of the flood reads a customer, those of them who share an entity are one large reader.
    let flooded = company.week(Some(Flood { logins: INVENTED / 4, look: Look::AtCustomers(1) }));
    holds(&company, &calm, &flooded);
    let [shared, own] = new_incidents(&calm, &flooded);
    assert_eq!(own, [("actor-flood", "db-queries")]);
    assert!(shared.iter().all(|(_, entity)| *entity == "ip:*"), "{shared:?}");
}
