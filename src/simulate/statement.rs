//! The text of a statement, as an audit log prints it: often with the literals that were looked for.

use super::customers::{Customer, CustomerBase};
use super::step::{Kinds, Query, Statement, Touched};

/// The statement of `query`, where the source tells it.
pub fn statement(query: &Query, base: &CustomerBase) -> Option<String> {
    let object = query.object;
    Some(match query.statement {
        Statement::Untold => return None,
        Statement::Literal => match query.touched.named_customers().first() {
            Some(index) => literal_lookup(object, &query.touched, base.customer(*index)),
            None => format!("SELECT count(*) FROM {object} WHERE created_at > now() - interval '1 day'"),
        },
        Statement::Parameters => format!("SELECT * FROM {object} WHERE id = ANY($1)"),
        Statement::Page { offset, limit } => {
            format!("SELECT * FROM {object} ORDER BY id LIMIT {limit} OFFSET {offset}")
        }
        Statement::KeyRange { after, limit } => {
            format!("SELECT * FROM {object} WHERE id > {after} ORDER BY id LIMIT {limit}")
        }
        Statement::Aggregate => format!("SELECT segment, count(*), sum(total) FROM {object} GROUP BY segment"),
        Statement::Fetch { limit } => format!("FETCH FORWARD {limit} FROM cur_{}", object.replace('.', "_")),
        Statement::Copy => format!("COPY {object} TO STDOUT (FORMAT csv)"),
    })
}

fn literal_lookup(object: &str, touched: &Touched, customer: Customer) -> String {
    if touched.kinds.has(Kinds::PHONE) {
        format!("SELECT * FROM {object} WHERE phone = '{}'", customer.phone())
    } else if touched.kinds.has(Kinds::EMAIL) {
        format!("SELECT * FROM {object} WHERE lower(email) = '{}'", customer.email())
    } else {
        format!("SELECT * FROM {object} WHERE customer_id = '{}'", customer.customer_id())
    }
}
