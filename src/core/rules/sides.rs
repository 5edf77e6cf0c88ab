//! Ids of rules from several sets that are judged together.

/// No id in a rule file has it.
const MARK: char = '@';

/// The rule `id` as that of the set number `side` alone.
pub fn on_side(id: &str, side: usize) -> String {
    format!("{id}{MARK}{side}")
}

/// A rule's id in its own set, and the number of that set; without one it is a rule of every set.
pub fn side_of(id: &str) -> (&str, Option<usize>) {
    let marked = id.rsplit_once(MARK).and_then(|(id, side)| Some((id, side.parse().ok()?)));
    marked.map_or((id, None), |(id, side)| (id, Some(side)))
}

/// Whether the rules `one` and `other` are of one set: those of other sets do not exist for it.
pub fn meet(one: &str, other: &str) -> bool {
    let (one, other) = (side_of(one).1, side_of(other).1);
    one.is_none() || other.is_none() || one == other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_every_set_meet_all_others_and_those_of_one_set_each_other() {
        let (old, new) = (on_side("bulk-read", 0), on_side("read-then-leave", 1));
        assert_eq!((side_of(&old), side_of("bulk-read")), (("bulk-read", Some(0)), ("bulk-read", None)));
        assert!(meet(&old, "look-alike") && meet("look-alike", &new) && meet(&old, &on_side("read-then-leave", 0)));
        assert!(!meet(&old, &new));
    }
}
