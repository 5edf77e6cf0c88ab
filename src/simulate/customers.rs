//! The customer base: every customer is a function of an index, so a million of them need no memory.
//!
//! All data is synthetic and valid in form: Chinese mobile numbers, mail addresses under `.example` (RFC 2606),
//! identity numbers with the check character of GB 11643 (ISO 7064 MOD 11-2), cards with a Luhn digit (ISO/IEC 7812).

use super::rng::mix;
use std::fmt;
use std::ops::Range;

/// Operators' prefixes of the numbers handed out; a hundred million numbers each.
const MOBILE_PREFIXES: [u64; 29] = [
    130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 150, 151, 152, 153, 155, 156, 157, 158, 159, 180, 181, 182, 183,
    184, 185, 186, 187, 188, 189,
];
const NUMBERS_A_PREFIX: u64 = 100_000_000;
const MOBILES: u64 = MOBILE_PREFIXES.len() as u64 * NUMBERS_A_PREFIX;
const CUSTOMER_IDS: u64 = 100_000_000;
const DISTRICTS: [u64; 10] = [110_101, 120_101, 310_101, 320_102, 330_102, 350_203, 370_102, 420_102, 440_103, 510_104];
const BIRTH_YEARS: u64 = 60;
/// Days 1 to 28 of twelve months, in every year.
const BIRTH_DAYS: u64 = BIRTH_YEARS * 12 * 28;
const NATIONAL_IDS: u64 = DISTRICTS.len() as u64 * BIRTH_DAYS * 1_000;
/// Odd, and prime to 5, 7, 3 and 29: with it `index × STRIDE mod n` repeats no value for any of the sizes above.
const STRIDE: u64 = 1_640_531_527;
/// Mail providers of customers, with their share of a hundred.
const MAIL_DOMAINS: [(&str, u64); 8] = [
    ("webmail.example", 34),
    ("post163.example", 20),
    ("mailbox.example", 14),
    ("letters.example", 10),
    ("inbox.example", 8),
    ("campusmail.example", 6),
    ("familymail.example", 5),
    ("worldpost.example", 3),
];
const FAMILY: [&str; 16] = [
    "wang", "li", "zhang", "liu", "chen", "yang", "huang", "zhao", "wu", "zhou", "xu", "sun", "ma", "zhu", "hu", "lin",
];
const GIVEN: [&str; 16] = [
    "wei", "fang", "na", "min", "jing", "li", "qiang", "lei", "jun", "yang", "yong", "yan", "jie", "tao", "ming", "xia",
];

/// A customer's index in the base.
pub type CustomerIndex = u32;

/// The customers of the simulated retailer. The last of them are decoys.
#[derive(Clone, Copy, Debug)]
pub struct CustomerBase {
    seed: u64,
    count: u32,
    canaries: u32,
}

/// One customer.
#[derive(Clone, Copy, Debug)]
pub struct Customer {
    seed: u64,
    index: u64,
}

impl CustomerBase {
    /// `count` customers, the last `canaries` of whom are decoys.
    pub const fn new(seed: u64, count: u32, canaries: u32) -> Self {
        Self { seed, count, canaries }
    }

    /// How many customers the database holds, decoys included.
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// How many of them are real, hence may be met in ordinary work.
    pub const fn real(&self) -> u32 {
        self.count - self.canaries
    }

    /// The decoys.
    pub const fn canaries(&self) -> Range<CustomerIndex> {
        self.real()..self.count
    }

    /// The customer at `index`. An index beyond the base gives somebody who is not a customer.
    pub const fn customer(&self, index: CustomerIndex) -> Customer {
        Customer { seed: mix(self.seed, 0xc0), index: index as u64 }
    }
}

impl Customer {
    /// A mobile number as its eleven national digits.
    pub fn phone(self) -> u64 {
        let number = self.permuted(1, MOBILES);
        MOBILE_PREFIXES[(number / NUMBERS_A_PREFIX) as usize] * NUMBERS_A_PREFIX + number % NUMBERS_A_PREFIX
    }

    /// The company's own number, such as `C04711815`.
    pub fn customer_id(self) -> impl fmt::Display {
        let number = self.permuted(2, CUSTOMER_IDS);
        fmt::from_fn(move |f| write!(f, "C{number:08}"))
    }

    /// A mail address in lower case.
    pub fn email(self) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            let (family, given) = self.names();
            write!(f, "{given}.{family}{:x}@{}", self.index, self.mail_domain())
        })
    }

    /// The provider of the mail address.
    pub fn mail_domain(self) -> &'static str {
        let mut left = self.hash(3) % 100;
        for (domain, share) in MAIL_DOMAINS {
            if left < share {
                return domain;
            }
            left -= share;
        }
        MAIL_DOMAINS[0].0
    }

    /// A name that says it is made up.
    pub fn name(self) -> impl fmt::Display {
        let (family, given) = self.names();
        fmt::from_fn(move |f| write!(f, "Sample {family} {given}"))
    }

    /// An identity number of 18 characters; three customers in ten have one on file.
    pub fn national_id(self) -> Option<impl fmt::Display> {
        let number = self.permuted(4, NATIONAL_IDS);
        let (district, rest) = (DISTRICTS[(number % 10) as usize], number / 10);
        let (order, day) = (rest % 1_000, rest / 1_000);
        let date = (1940 + day / 336) * 10_000 + (1 + day / 28 % 12) * 100 + 1 + day % 28;
        let digits = district * 100_000_000_000 + date * 1_000 + order;
        let on_file = self.hash(5) % 10 < 3;
        on_file.then_some(fmt::from_fn(move |f| write!(f, "{digits:017}{}", national_check(digits))))
    }

    /// A payment card of 16 digits; one customer in five has one on file.
    pub fn card(self) -> Option<impl fmt::Display> {
        let digits = 622_598_000_000_000 + self.permuted(6, 1_000_000_000);
        let on_file = self.hash(7).is_multiple_of(5);
        on_file.then_some(fmt::from_fn(move |f| write!(f, "{digits}{}", luhn_digit(digits))))
    }

    /// A stable number below 2^64 of this customer, for choices that go with the person.
    pub const fn hash(self, purpose: u64) -> u64 {
        mix(mix(self.seed, purpose), self.index)
    }

    fn names(self) -> (&'static str, &'static str) {
        let hash = self.hash(8);
        (FAMILY[(hash % 16) as usize], GIVEN[(hash / 16 % 16) as usize])
    }

    /// A different number below `size` for each index: an affine permutation.
    const fn permuted(self, purpose: u64, size: u64) -> u64 {
        (self.index * STRIDE + mix(self.seed, purpose) % size) % size
    }
}

/// The check character of GB 11643 (ISO 7064 MOD 11-2) after 17 digits.
fn national_check(digits: u64) -> char {
    let mut sum = 0;
    let mut weight = 2;
    let mut left = digits;
    for _ in 0..17 {
        sum += left % 10 * weight;
        weight = weight * 2 % 11;
        left /= 10;
    }
    char::from(b"10X98765432"[(sum % 11) as usize])
}

/// The Luhn digit after `digits`.
fn luhn_digit(digits: u64) -> u64 {
    let mut sum = 0;
    let mut left = digits;
    let mut doubled = true;
    while left > 0 {
        let digit = left % 10 * if doubled { 2 } else { 1 };
        sum += digit / 10 + digit % 10;
        doubled = !doubled;
        left /= 10;
    }
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_customers_share_an_identifier() {
        let base = CustomerBase::new(42, 20_000, 12);
        let mut seen = BTreeSet::new();
        for index in 0..20_000 {
            let customer = base.customer(index);
            assert!(seen.insert(customer.phone().to_string()));
            assert!(seen.insert(customer.email().to_string()));
            assert!(seen.insert(customer.customer_id().to_string()));
            assert!(customer.national_id().is_none_or(|id| seen.insert(id.to_string())));
            assert!(customer.card().is_none_or(|card| seen.insert(card.to_string())));
        }
        for size in [MOBILES, CUSTOMER_IDS, NATIONAL_IDS, 1_000_000_000] {
            assert!([2, 3, 5, 7, 29].iter().all(|prime| size % prime != 0 || !STRIDE.is_multiple_of(*prime)), "{size}");
        }
    }

    #[test]
    fn check_digits_are_those_of_the_published_examples() {
        assert_eq!(national_check(11_010_519_491_231_002), 'X', "GB 11643-1999, 11010519491231002X");
        assert_eq!(luhn_digit(7_992_739_871), 3, "ISO/IEC 7812, 79927398713");
    }

    #[test]
    fn identifiers_look_like_their_kind() {
        let customer = CustomerBase::new(1, 1_000, 12).customer(5);
        assert!((13_000_000_000..19_000_000_000).contains(&customer.phone()));
        assert!(customer.email().to_string().ends_with(".example"));
        assert_eq!(customer.customer_id().to_string().len(), 9);
        let ids = (0..1_000).filter_map(|i| CustomerBase::new(1, 1_000, 12).customer(i).national_id());
        let ids: Vec<_> = ids.map(|id| id.to_string()).collect();
        assert!((200..400).contains(&ids.len()) && ids.iter().all(|id| id.len() == 18));
    }
}
