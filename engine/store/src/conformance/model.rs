//! The store against an ordered map: random batches, the same answers, the same rows.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection::vec, prelude::*, test_runner::TestRunner};

use super::Factory;
use crate::{Commit, CommitError, CommitId, Direction, Key, Op, Pre, Range, Space, Store, Versioned};

const SPACES: [Space; 3] = [Space::Job, Space::Event, Space::Contact];
const CASES: u32 = 48;
const PAGE_ROWS: usize = 3;

#[derive(Default)]
struct Model {
    rows: BTreeMap<Key, Versioned>,
    commands: BTreeSet<CommitId>,
}

/// What the model expects of a commit.
#[derive(Debug, PartialEq)]
enum Expected {
    Made,
    Repeated,
    Lost(Pre),
}

pub(super) fn random_batches_do_what_an_ordered_map_does(new: Factory<'_>) {
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&vec(vec(some_commit(), 0..6), 1..8), |batches| {
            let (store, mut model) = (new(), Model::default());
            for batch in batches {
                let expected: Vec<Expected> = batch.iter().map(|commit| model.commit(commit)).collect();
                let answers = store.commit(batch).unwrap();
                let found: Vec<Expected> = answers.into_iter().map(told).collect();
                prop_assert_eq!(found, expected);
                check_rows(&*store, &model)?;
            }
            Ok(())
        })
        .unwrap();
}

impl Model {
    fn commit(&mut self, commit: &Commit) -> Expected {
        if commit.id.is_some_and(|id| self.commands.contains(&id)) {
            return Expected::Repeated;
        }
        if let Some(lost) = commit.pre.iter().find(|pre| !self.holds(pre)) {
            return Expected::Lost(lost.clone());
        }
        let before = self.rows.clone();
        for op in &commit.ops {
            match op {
                Op::Put(key, value) => {
                    let version = before.get(key).map_or(1, |row| row.version + 1);
                    self.rows.insert(key.clone(), Versioned { version, value: value.clone() })
                }
                Op::Delete(key) => self.rows.remove(key),
            };
        }
        self.commands.extend(commit.id);
        Expected::Made
    }

    fn holds(&self, pre: &Pre) -> bool {
        let found = self.rows.get(pre.key());
        match pre {
            Pre::Absent(_) => found.is_none(),
            Pre::Present(_) => found.is_some(),
            Pre::Version(_, version) => found.map_or(0, |row| row.version) == *version,
        }
    }
}

fn told(answer: Result<crate::Receipt, CommitError>) -> Expected {
    match answer {
        Ok(receipt) if receipt.repeated => Expected::Repeated,
        Ok(_) => Expected::Made,
        Err(CommitError::Conflict(lost)) => Expected::Lost(lost),
        Err(other) => panic!("{other}"),
    }
}

fn check_rows(store: &dyn Store, model: &Model) -> Result<(), TestCaseError> {
    for space in SPACES {
        let mut expected: Vec<_> = model.rows.iter().filter(|(key, _)| key.space == space).collect();
        for direction in [Direction::Forward, Direction::Backward] {
            let found = all(store, space, direction);
            prop_assert_eq!(found.iter().map(|(key, row)| (key, row)).collect::<Vec<_>>(), expected.clone());
            expected.reverse();
        }
    }
    let keys: Vec<Key> = model.rows.keys().cloned().collect();
    let found: Vec<Versioned> = store.get(&keys).unwrap().into_iter().flatten().collect();
    prop_assert_eq!(found, model.rows.values().cloned().collect::<Vec<_>>());
    Ok(())
}

fn all(store: &dyn Store, space: Space, direction: Direction) -> Vec<(Key, Versioned)> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = store.scan(&Range::all(space), after.as_ref(), PAGE_ROWS, direction).unwrap();
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return rows;
        }
    }
}

fn some_key() -> impl Strategy<Value = Key> {
    (0..SPACES.len(), vec(prop::sample::select(vec![0_u8, 1, 0xff]), 0..4))
        .prop_map(|(space, bytes)| Key::new(SPACES[space], bytes))
}

fn some_pre() -> impl Strategy<Value = Pre> {
    prop_oneof![
        some_key().prop_map(Pre::Absent),
        some_key().prop_map(Pre::Present),
        (some_key(), 0..4_u64).prop_map(|(key, version)| Pre::Version(key, version)),
    ]
}

fn some_op() -> impl Strategy<Value = Op> {
    // Values on both sides of what sled keeps within a pointer, and a few large ones.
    let value = prop_oneof![4 => vec(any::<u8>(), 0..40), 1 => (0..60_000_usize).prop_map(|bytes| vec![7; bytes])];
    prop_oneof![3 => (some_key(), value).prop_map(|(key, value)| Op::Put(key, value)), 1 => some_key().prop_map(Op::Delete)]
}

fn some_commit() -> impl Strategy<Value = Commit> {
    let id = prop::option::weighted(0.2, (0..4_u8).prop_map(|id| [id; 16]));
    let pre = prop_oneof![2 => Just(Vec::new()), 1 => vec(some_pre(), 1..3)];
    (id, pre, vec(some_op(), 0..8)).prop_map(|(id, pre, ops)| Commit { epoch: 0, id, pre, ops })
}
