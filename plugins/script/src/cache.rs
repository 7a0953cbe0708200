//! Scripts that were compiled already.
//!
//! Owns: finding one by its source, and how many are kept. A cache and nothing more: whatever it has let go is compiled
//! again and gives the same.

use jobwright_expression::Script;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many compiled scripts are kept: more than the definitions of a practice have.
pub const SCRIPTS_MAX: usize = 128;

#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<BTreeMap<String, Kept>>);

#[derive(Debug)]
struct Kept {
    /// The names it was compiled with: with other names the same text may be another script.
    names: Vec<String>,
    script: Arc<Script>,
}

impl Cache {
    /// The script of this source, if it was compiled with these names.
    pub fn get(&self, source: &str, names: &[&str]) -> Option<Arc<Script>> {
        let kept = self.kept();
        let found = kept.get(source)?;
        found.names.iter().eq(names).then(|| Arc::clone(&found.script))
    }

    /// Keeps a script, and lets another go when there are too many: any, since none is lost by it.
    pub fn keep(&self, source: &str, names: &[&str], script: Script) -> Arc<Script> {
        let script = Arc::new(script);
        let mut kept = self.kept();
        if kept.len() >= SCRIPTS_MAX && !kept.contains_key(source) {
            kept.pop_first();
        }
        let names = names.iter().map(|name| (*name).to_string()).collect();
        kept.insert(source.into(), Kept { names, script: Arc::clone(&script) });
        script
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jobwright_core::value::Type;
    use jobwright_expression::Scope;

    fn compiled(source: &str) -> Script {
        Script::compile(source, &Scope::new([("a", Type::Any)], Type::Map)).unwrap()
    }

    #[test]
    fn a_script_is_compiled_once_for_the_same_names() {
        let cache = Cache::default();
        let kept = cache.keep("#{}", &["a"], compiled("#{}"));
        assert!(cache.get("#{}", &["a"]).is_some_and(|found| Arc::ptr_eq(&found, &kept)));
        assert!(cache.get("#{}", &["b"]).is_none());
        assert!(cache.get("#{ }", &["a"]).is_none());
    }

    #[test]
    fn no_more_are_kept_than_the_bound_says_and_the_newest_is_among_them() {
        let cache = Cache::default();
        for number in 0..2 * SCRIPTS_MAX {
            let source = format!("#{{ a: {number} }}");
            cache.keep(&source, &["a"], compiled(&source));
            assert!(cache.get(&source, &["a"]).is_some(), "{source}");
        }
        assert_eq!(cache.kept().len(), SCRIPTS_MAX);
    }
}
