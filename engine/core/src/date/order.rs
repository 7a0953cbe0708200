//! Key dates that name one another, put in an order in which each can be worked out.
//!
//! A rule hangs on one anchor, so key dates form chains: following each chain to its end is the whole sort, and a chain
//! that meets itself is a cycle. Leaves names that nobody declared to whoever checks references.

use super::Rule;
use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

/// Key dates that hang on one another in a ring, each on the next and the last on the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle(pub Vec<String>);

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|name| write!(f, "{name} → "))?;
        f.write_str(self.0.first().map_or("", String::as_str))
    }
}

impl core::error::Error for Cycle {}

/// The names, each after the one it hangs on; otherwise as given.
pub fn order<'a>(dates: impl IntoIterator<Item = (&'a str, &'a Rule)>) -> Result<Vec<&'a str>, Cycle> {
    let dates: Vec<(&str, &Rule)> = dates.into_iter().collect();
    let mut rules: BTreeMap<&str, &Rule> = dates.iter().copied().collect();
    let mut ordered = Vec::with_capacity(dates.len());
    for (name, _) in &dates {
        let mut chain: Vec<&str> = Vec::new();
        let mut next = Some(*name);
        // A rule is taken out when its name joins a chain, so every name is walked once.
        while let Some((name, rule)) = next.and_then(|name| rules.remove_entry(name)) {
            chain.push(name);
            next = rule.key_date();
        }
        if let Some(first) = chain.iter().position(|name| Some(*name) == next) {
            return Err(Cycle(chain[first..].iter().map(ToString::to_string).collect()));
        }
        ordered.extend(chain.into_iter().rev());
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn check(dates: &[(&str, &str)]) -> Result<Vec<String>, Cycle> {
        let rules: Vec<_> = dates.iter().map(|(name, rule)| (*name, Rule::parse(rule).unwrap())).collect();
        order(rules.iter().map(|(name, rule)| (*name, rule))).map(|names| names.iter().map(|n| n.to_string()).collect())
    }

    #[test]
    fn key_dates_may_name_one_another_in_any_order() {
        let dates = [("c", "b, +1 day"), ("a", "period.end"), ("b", "dates.a, +1 day"), ("d", "a"), ("e", "nobody")];
        assert_eq!(check(&dates).unwrap(), ["a", "b", "c", "d", "e"]);
        assert_eq!(check(&[]).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_ring_of_key_dates_is_told_by_its_names() {
        let ring = check(&[("z", "a"), ("a", "b"), ("b", "c"), ("c", "a")]).unwrap_err();
        assert_eq!(ring, Cycle(vec!["a".into(), "b".into(), "c".into()]));
        assert_eq!(ring.to_string(), "a → b → c → a");
        assert_eq!(check(&[("a", "a, +1 day")]).unwrap_err().to_string(), "a → a");
    }
}
