//! Why some attacks are missed: what is known of those that the goals name.

/// Why attacks of a kind are not always caught.
pub fn why(case: &str) -> &'static str {
    match case.split(',').next().unwrap_or_default() {
        "bulk-dump" | "paged-dump" => {
            "in roles whose busiest colleague reads over 150 customers an hour, 300 are below twice that: a sale day"
        }
        "slow-poison" => {
            "the leak is spread over weeks and each day stays below twice the busiest day before; nothing leaves"
        }
        "team-harvest" => {
            "each member reads about a third more for some days, less than a sale day brings; nothing leaves"
        }
        "unseen-egress" => {
            "nothing that left shows a customer, and the reading is below twice the busiest hour and day of the role"
        }
        _ => "not looked into",
    }
}
