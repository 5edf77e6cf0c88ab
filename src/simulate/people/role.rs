//! Roles: their share of the staff, their hours, and how much a working day holds.

use super::super::calendar::LocalHour;

/// What a person is employed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Answers customers' calls and mails.
    CustomerService,
    /// Looks after accounts of their own.
    Sales,
    /// Runs aggregates.
    Analyst,
    /// Runs campaigns.
    Marketing,
    /// Packs and ships.
    Operations,
    /// Invoices and refunds.
    Finance,
    /// Builds and runs the software.
    Engineering,
    /// Reads reports.
    Management,
}

/// When a person works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// 06:00 to 14:00.
    Early,
    /// About 09:00 to 18:00.
    Office,
    /// 14:00 to 22:00.
    Late,
    /// 22:00 to 06:00.
    Night,
}

/// The figures of a role.
#[derive(Clone, Copy, Debug)]
pub struct RoleFigures {
    /// The name in the directory.
    pub name: &'static str,
    /// The prefix of its teams.
    pub team_prefix: &'static str,
    /// Its share of a hundred employees.
    pub share: u32,
    /// Tasks at the database on a usual day; a task is one to three queries.
    pub lookups_a_day: f64,
    /// Things sent on a usual day.
    pub sendings_a_day: f64,
    /// How many of a hundred work on a Saturday or Sunday.
    pub weekend_percent: u32,
    /// The shifts, with their share of a hundred.
    pub shifts: &'static [(Shift, u32)],
}

const OFFICE: &[(Shift, u32)] = &[(Shift::Office, 100)];

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::CustomerService,
        Self::Sales,
        Self::Analyst,
        Self::Marketing,
        Self::Operations,
        Self::Finance,
        Self::Engineering,
        Self::Management,
    ];

    /// The role's figures. Shares add up to 100.
    pub const fn figures(self) -> RoleFigures {
        match self {
            Self::CustomerService => RoleFigures {
                shifts: &[(Shift::Early, 30), (Shift::Office, 32), (Shift::Late, 30), (Shift::Night, 8)],
                ..figures("customer-service", "cs", 40, [62.0, 22.0], 40)
            },
            Self::Sales => figures("sales", "sales", 18, [56.0, 30.0], 15),
            Self::Analyst => figures("analyst", "bi", 4, [42.0, 26.0], 3),
            Self::Marketing => figures("marketing", "mkt", 6, [38.0, 46.0], 3),
            Self::Operations => RoleFigures {
                shifts: &[(Shift::Early, 48), (Shift::Late, 42), (Shift::Night, 10)],
                ..figures("operations", "wh", 16, [58.0, 22.0], 40)
            },
            Self::Finance => figures("finance", "fin", 6, [50.0, 28.0], 3),
            Self::Engineering => figures("engineering", "eng", 7, [24.0, 60.0], 8),
            Self::Management => figures("management", "board", 3, [9.0, 40.0], 3),
        }
    }

    /// The name in the directory.
    pub const fn name(self) -> &'static str {
        self.figures().name
    }
}

/// A role of office hours.
const fn figures(
    name: &'static str,
    team_prefix: &'static str,
    share: u32,
    a_day: [f64; 2],
    weekend_percent: u32,
) -> RoleFigures {
    let [lookups_a_day, sendings_a_day] = a_day;
    RoleFigures { name, team_prefix, share, lookups_a_day, sendings_a_day, weekend_percent, shifts: OFFICE }
}

impl Shift {
    /// Hour of the local clock at which the shift begins.
    pub const fn begins(self) -> u8 {
        match self {
            Self::Early => 6,
            Self::Office => 9,
            Self::Late => 14,
            Self::Night => 22,
        }
    }

    /// The hours' shares of a shift's work, from its beginning on; they dip for meals and add up to 1.
    pub const fn curve(self) -> &'static [f64] {
        match self {
            Self::Early => &[0.09, 0.14, 0.15, 0.15, 0.14, 0.06, 0.14, 0.13],
            Self::Office => &[0.11, 0.15, 0.14, 0.05, 0.12, 0.14, 0.13, 0.10, 0.06],
            Self::Late => &[0.11, 0.14, 0.14, 0.13, 0.06, 0.16, 0.15, 0.11],
            Self::Night => &[0.18, 0.16, 0.14, 0.10, 0.07, 0.10, 0.12, 0.13],
        }
    }

    /// The share of the shift's work that falls into an hour, for somebody who begins `offset` hours late (or early).
    pub fn share_of(self, at: LocalHour, offset: i8) -> f64 {
        let begins = i16::from(self.begins()) + i16::from(offset);
        let since = (i16::from(at.hour) - begins).rem_euclid(24) as usize;
        self.curve().get(since).copied().unwrap_or(0.0)
    }

    /// How many days before `at` the shift that covers it began: 1 after midnight in a night shift.
    pub fn days_back(self, at: LocalHour, offset: i8) -> i64 {
        i64::from(i16::from(at.hour) < i16::from(self.begins()) + i16::from(offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_curves_add_up() {
        assert_eq!(Role::ALL.iter().map(|role| role.figures().share).sum::<u32>(), 100);
        for role in Role::ALL {
            assert_eq!(role.figures().shifts.iter().map(|(_, share)| share).sum::<u32>(), 100, "{role:?}");
        }
        for shift in [Shift::Early, Shift::Office, Shift::Late, Shift::Night] {
            assert!((shift.curve().iter().sum::<f64>() - 1.0).abs() < 1e-9, "{shift:?}");
        }
    }
}
