//! A witness between engine and store, who knows what every answer has to be.
//!
//! Owns: the plainest model of a store, kept beside the real one across all deaths: every commit is judged by it, every
//! read compared with it, and after a death the store must hold everything acknowledged, and of what was not, the first
//! commits of the last batch or none. Whoever reads the model instead of the store reads what was acknowledged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jobwright_store::memory::MemoryView;
use jobwright_store::{
    Changes, Commit, CommitError, Direction, Error, Key, Limits, MemoryStore, Op, Page, Pre, Range, Receipt, Space,
    Store, Versioned, View, Written, memory, meta,
};

use super::machine::Machine;

/// Rows of a page when everything is read.
const PAGE_ROWS: usize = 1000;

type Rows = BTreeMap<Key, Versioned>;

/// What the store must hold.
pub struct Model {
    rows: MemoryView,
    /// Lends its feed of changes, of which the model has none.
    silent: MemoryStore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    epoch: u64,
    /// The last position that was acknowledged.
    position: u64,
    /// The batch whose outcome nobody knows.
    unsure: Vec<Commit>,
}

/// What a commit comes to.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Fenced,
    Repeated(u64),
    Lost,
    Made,
}

impl Model {
    /// The model of an empty store.
    pub fn new() -> Self {
        let silent = memory::open().expect("a store in memory");
        Self { rows: MemoryView::default(), silent, state: Mutex::default() }
    }

    /// Compares with a store that was opened anew, and learns what became of the batch that nobody knew of. Gives what
    /// is wrong with it.
    pub fn settle(&self, store: &dyn Store) -> Result<Option<String>, Error> {
        let found = rows_of(store)?;
        let mut state = self.state();
        let mut expected = rows_of(self)?;
        let mut best = difference(&expected, &found);
        let unsure = std::mem::take(&mut state.unsure);
        let mut made = 0;
        for (at, commit) in unsure.iter().enumerate() {
            if best.is_none() {
                break;
            }
            if judge(commit, state.epoch, |key| expected.get(key).cloned()) == Verdict::Made {
                for (key, row) in writes(commit, 0, |key| expected.get(key).cloned()) {
                    match row {
                        Some(row) => expected.insert(key, row),
                        None => expected.remove(&key),
                    };
                }
            }
            if difference(&expected, &found).is_none() {
                (best, made) = (None, at + 1);
            }
        }
        if best.is_none() {
            for commit in &unsure[..made] {
                if self.judge(commit, state.epoch) == Verdict::Made {
                    let position = command_position(commit, &found);
                    self.make(&mut state, commit, position);
                }
            }
        }
        state.epoch = store.epoch()?;
        Ok(best)
    }

    /// Whether the store holds what it must hold, in all its rows.
    pub fn compare(&self, store: &dyn Store) -> Result<Option<String>, Error> {
        Ok(difference(&rows_of(self)?, &rows_of(store)?))
    }

    /// The same, of a view that has followed.
    pub fn compare_view(&self, view: &dyn View) -> Result<Option<String>, Error> {
        let read = |range: &Range, after: Option<&Key>| view.scan(range, after, PAGE_ROWS, Direction::Forward);
        Ok(difference(&rows_of(self)?, &all_rows(read)?))
    }

    fn judge(&self, commit: &Commit, epoch: u64) -> Verdict {
        judge(commit, epoch, |key| self.row(key))
    }

    fn row(&self, key: &Key) -> Option<Versioned> {
        self.rows.get(key).expect("memory does not fail")
    }

    fn make(&self, state: &mut State, commit: &Commit, position: u64) {
        let made = writes(commit, position, |key| self.row(key));
        let made: Vec<Written<'_>> = made.iter().map(|(key, row)| (key, row.as_ref())).collect();
        state.position = state.position.max(position);
        self.rows.apply(&made, None).expect("memory does not fail");
    }

    /// Takes the store's answer to one commit, and says what is wrong with it.
    fn hear(&self, commit: Commit, answer: &Result<Receipt, CommitError>) -> Option<String> {
        let mut state = self.state();
        // Behind a commit of unknown fate another may rest on it: all of them are judged once it is known.
        let is_open = matches!(answer, Err(CommitError::OutcomeUnknown(_) | CommitError::Conflict(_)));
        if is_open && !state.unsure.is_empty() {
            state.unsure.push(commit);
            return None;
        }
        let verdict = self.judge(&commit, state.epoch);
        match (answer, &verdict) {
            (Ok(receipt), Verdict::Made) if !receipt.repeated && receipt.position > state.position => {
                self.make(&mut state, &commit, receipt.position);
                None
            }
            (Ok(receipt), Verdict::Repeated(first)) if receipt.repeated && receipt.position == *first => None,
            (Err(CommitError::Fenced { .. }), Verdict::Fenced) | (Err(CommitError::Conflict(_)), Verdict::Lost) => None,
            (Err(CommitError::OutcomeUnknown(_)), Verdict::Made) => {
                state.unsure.push(commit);
                None
            }
            (
                Err(
                    CommitError::TooLarge { .. }
                    | CommitError::Reserved(_)
                    | CommitError::Busy { .. }
                    | CommitError::Unwritten(_),
                ),
                _,
            ) => None,
            _ => Some(format!("a commit was answered {answer:?}, and should be {verdict:?}")),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was acknowledged, for whoever only reads.
impl Store for Model {
    fn limits(&self) -> Limits {
        self.silent.limits()
    }

    fn epoch(&self) -> Result<u64, Error> {
        Ok(self.state().epoch)
    }

    fn raise_epoch(&self) -> Result<u64, Error> {
        Err(read_only())
    }

    fn commit(&self, _batch: Vec<Commit>) -> Result<Vec<Result<Receipt, CommitError>>, Error> {
        Err(read_only())
    }

    fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, Error> {
        keys.iter().map(|key| self.rows.get(key)).collect()
    }

    fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, direction: Direction) -> Result<Page, Error> {
        self.rows.scan(range, after, limit, direction)
    }

    fn changes(&self, from: u64) -> Changes {
        self.silent.changes(from)
    }
}

fn read_only() -> Error {
    Error::Damaged { what: "the model is written by the witness alone".to_owned() }
}

fn judge(commit: &Commit, epoch: u64, row: impl Fn(&Key) -> Option<Versioned>) -> Verdict {
    if commit.epoch != epoch {
        return Verdict::Fenced;
    }
    if let Some(first) = commit.id.and_then(|id| row(&Key::new(Space::Command, id))) {
        return Verdict::Repeated(number(&first));
    }
    let version = |key: &Key| row(key).map_or(0, |row| row.version);
    let holds = |pre: &Pre| match pre {
        Pre::Absent(key) => version(key) == 0,
        Pre::Present(key) => version(key) > 0,
        Pre::Version(key, expected) => version(key) == *expected,
    };
    if commit.pre.iter().all(holds) { Verdict::Made } else { Verdict::Lost }
}

fn writes(commit: &Commit, position: u64, row: impl Fn(&Key) -> Option<Versioned>) -> Vec<(Key, Option<Versioned>)> {
    let own = commit.id.map(|id| Op::Put(Key::new(Space::Command, id), position.to_be_bytes().to_vec()));
    let mut last = BTreeMap::new();
    for op in commit.ops.iter().cloned().chain(own) {
        match op {
            Op::Put(key, value) => last.insert(key, Some(value)),
            Op::Delete(key) => last.insert(key, None),
        };
    }
    let write = |(key, value): (Key, Option<Vec<u8>>)| {
        let version = row(&key).map_or(0, |row| row.version) + 1;
        (key, value.map(|value| Versioned { version, value }))
    };
    last.into_iter().map(write).collect()
}

fn number(row: &Versioned) -> u64 {
    row.value.as_slice().try_into().map_or(0, u64::from_be_bytes)
}

fn command_position(commit: &Commit, found: &Rows) -> u64 {
    commit.id.and_then(|id| found.get(&Key::new(Space::Command, id))).map_or(0, number)
}

/// Every row but those that the store keeps for itself.
fn rows_of(store: &dyn Store) -> Result<Rows, Error> {
    all_rows(|range, after| store.scan(range, after, PAGE_ROWS, Direction::Forward))
}

fn all_rows(read: impl Fn(&Range, Option<&Key>) -> Result<Page, Error>) -> Result<Rows, Error> {
    let mut rows = Rows::new();
    for space in Space::ALL {
        let mut after = None;
        loop {
            let page = read(&Range::all(space), after.as_ref())?;
            rows.extend(page.rows.into_iter().filter(|(key, _)| !is_own(key)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(rows)
}

/// What differs, in words; positions of commands of unknown outcome are not known before.
fn difference(expected: &Rows, found: &Rows) -> Option<String> {
    let same = |key: &Key| match (expected.get(key), found.get(key)) {
        (Some(_), Some(_)) if key.space == Space::Command => true,
        (expected, found) => expected == found,
    };
    let differ = expected.keys().chain(found.keys()).filter(|key| !same(key));
    let words = |key: &Key| {
        let shown = |row: Option<&Versioned>| row.map_or("nothing".to_owned(), shown);
        format!("{key} must be {} and is {}", shown(expected.get(key)), shown(found.get(key)))
    };
    let differ: Vec<String> = differ.take(4).map(words).collect();
    (!differ.is_empty()).then(|| differ.join("; "))
}

fn shown(row: &Versioned) -> String {
    format!("version {} ({} bytes)", row.version, row.value.len())
}

fn is_own(key: &Key) -> bool {
    key.space == Space::Meta && ![meta::time_key(), meta::halted_key()].contains(key)
}

/// The store that an engine is handed.
pub struct Witness {
    inner: Arc<dyn Store>,
    model: Arc<Model>,
    machine: Arc<Machine>,
}

impl Witness {
    /// Stands before this store.
    pub fn new(inner: Arc<dyn Store>, model: Arc<Model>, machine: Arc<Machine>) -> Self {
        Self { inner, model, machine }
    }

    /// A store that stopped shows what is durable or nothing; a dead process shows nothing to anybody.
    fn compares(&self) -> bool {
        !self.machine.is_dead()
    }

    fn breathes(&self) -> Result<(), Error> {
        let dead = || Error::Damaged { what: "the process has died".to_owned() };
        if self.machine.breathes() { Ok(()) } else { Err(dead()) }
    }
}

impl Store for Witness {
    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    fn epoch(&self) -> Result<u64, Error> {
        self.inner.epoch()
    }

    fn raise_epoch(&self) -> Result<u64, Error> {
        let raised = self.inner.raise_epoch()?;
        if self.compares() {
            let mut state = self.model.state();
            if raised <= state.epoch {
                self.machine.broke(5, format_args!("the epoch was raised from {} to {raised}", state.epoch));
            }
            state.epoch = raised;
            state.position += 1;
        }
        Ok(raised)
    }

    fn commit(&self, batch: Vec<Commit>) -> Result<Vec<Result<Receipt, CommitError>>, Error> {
        self.breathes()?;
        let answers = self.inner.commit(batch.clone());
        if !self.compares() {
            let mut state = self.model.state();
            if state.unsure.is_empty() {
                state.unsure = batch;
            }
            return answers;
        }
        let answers = answers?;
        self.machine.count(|figures| figures.commits += batch.len() as u64);
        for (commit, answer) in batch.into_iter().zip(&answers) {
            self.machine.tell(format_args!("  commit of {} rows: {}", commit.ops.len(), word(answer)));
            if let Some(wrong) = self.model.hear(commit, answer) {
                self.machine.broke(1, format_args!("{wrong}"));
            }
        }
        Ok(answers)
    }

    fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, Error> {
        self.breathes()?;
        let found = self.inner.get(keys)?;
        if self.compares() {
            for (key, found) in keys.iter().zip(&found) {
                let expected = self.model.row(key);
                if !is_own(key) && expected != *found {
                    let shown = |row: &Option<Versioned>| row.as_ref().map(shown);
                    let (found, expected) = (shown(found), shown(&expected));
                    self.machine.broke(1, format_args!("{key} was read as {found:?} and is {expected:?}"));
                }
            }
        }
        Ok(found)
    }

    fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, direction: Direction) -> Result<Page, Error> {
        self.breathes()?;
        let page = self.inner.scan(range, after, limit, direction)?;
        if self.compares() && range.space != Space::Meta {
            let rows = page.rows.len();
            let expected = self.model.scan(range, after, rows + 1, direction)?;
            let more = expected.rows.len() > rows || (rows > 0 && expected.next.is_some());
            if !expected.rows.starts_with(&page.rows) || more != page.next.is_some() {
                self.machine.broke(1, format_args!("a page of {:?} has {rows} rows that differ", range.space));
            }
        }
        Ok(page)
    }

    fn changes(&self, from: u64) -> Changes {
        self.inner.changes(from)
    }
}

fn word(answer: &Result<Receipt, CommitError>) -> String {
    match answer {
        Ok(receipt) if receipt.repeated => format!("repeats {}", receipt.position),
        Ok(receipt) => format!("{}", receipt.position),
        Err(error) => error.to_string(),
    }
}
