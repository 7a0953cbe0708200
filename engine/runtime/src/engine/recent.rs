//! A bounded memory of what was used last.
//!
//! Owns: two generations, the young and the old. Whatever is used becomes young; when the young ones are half of what may
//! be kept, the old ones are forgotten. So the bound is kept without an order of every use.

use std::{borrow::Borrow, collections::HashMap, hash::Hash};

pub(super) struct Recent<K, V> {
    half: usize,
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Eq + Hash, V> Recent<K, V> {
    /// Keeps at most `max`.
    pub(super) fn of_at_most(max: usize) -> Self {
        Self { half: (max / 2).max(1), young: HashMap::new(), old: HashMap::new() }
    }

    /// Keeps a value.
    pub(super) fn put(&mut self, key: K, value: V) {
        if self.young.len() >= self.half {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    /// Takes a value out.
    pub(super) fn take<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.young.remove(key).or_else(|| self.old.remove(key))
    }

    /// A value, which becomes young by being used.
    pub(super) fn get(&mut self, key: &K) -> Option<&V>
    where
        K: Clone,
    {
        if let Some(value) = self.old.remove(key) {
            self.put(key.clone(), value);
        }
        self.young.get(key)
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_kept_than_the_bound_and_what_is_used_stays() {
        let mut recent = Recent::of_at_most(8);
        recent.put(0, "used");
        for number in 1..100 {
            recent.put(number, "once");
            assert_eq!(recent.get(&0), Some(&"used"), "after {number}");
            assert!(recent.young.len() + recent.old.len() <= 8);
        }
        assert_eq!((recent.take(&0), recent.take(&0)), (Some("used"), None));
        assert_eq!(recent.get(&1), None, "too long ago");
    }
}
