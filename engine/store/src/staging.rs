//! Deciding a batch: which commits hold, and what they write.
//!
//! Owns: epochs, repeated commands, preconditions and versions, each commit seeing the ones before it in the batch.
//! Only reads the view; whoever stages also writes, so that a view and a journal are given the same rows.

use std::collections::BTreeMap;

use crate::{
    Change, Commit, CommitError, CommitId, Error, Key, Limits, Op, Pre, Receipt, Space, Versioned, View, Write, meta,
};

/// A view takes the commits of a batch in steps of about so many rows; large steps made sled's memory grow. A commit is
/// never split, so a step holds at most this many rows and those of one commit more.
const STEP_ROWS_MAX: usize = 1000;

/// What a batch will write, laid over the view it was decided upon.
pub(crate) struct Staging<'a, V> {
    view: &'a V,
    epoch: u64,
    position: u64,
    /// All writes in order; one key may stand here once for each commit.
    writes: Vec<Write>,
    /// Where in `writes` the newest state of a row stands.
    newest: BTreeMap<Key, usize>,
    /// Each staged commit's position, and where its writes end.
    commits: Vec<(u64, usize)>,
}

/// Rows that a view takes at once.
pub(crate) struct Step<'a> {
    pub(crate) position: u64,
    pub(crate) writes: &'a [Write],
}

impl<'a, V: View> Staging<'a, V> {
    pub(crate) fn new(view: &'a V, epoch: u64, position: u64) -> Self {
        Self { view, epoch, position, writes: Vec::new(), newest: BTreeMap::new(), commits: Vec::new() }
    }

    /// Stages a commit, or tells why it cannot be; then nothing of it is left.
    pub(crate) fn admit(&mut self, commit: Commit) -> Result<Result<Receipt, CommitError>, Error> {
        if commit.epoch != self.epoch {
            return Ok(Err(CommitError::Fenced { given: commit.epoch, now: self.epoch }));
        }
        if let Err(refused) = Limits::LOCAL.check(&commit).and_then(|()| check_reserved(&commit.ops)) {
            return Ok(Err(refused));
        }
        if let Some(first) = self.first_position(commit.id)? {
            return Ok(Ok(Receipt { position: first, repeated: true }));
        }
        for pre in commit.pre {
            if !self.holds(&pre)? {
                return Ok(Err(CommitError::Conflict(pre)));
            }
        }
        let own = commit.id.map(|id| Op::Put(command_key(id), (self.position + 1).to_be_bytes().to_vec()));
        let position = self.stage(commit.ops.into_iter().chain(own))?;
        Ok(Ok(Receipt { position, repeated: false }))
    }

    /// Stages writes of the store itself as one commit.
    pub(crate) fn stage(&mut self, ops: impl IntoIterator<Item = Op>) -> Result<u64, Error> {
        let mut finals = BTreeMap::new();
        for op in ops {
            match op {
                Op::Put(key, value) => finals.insert(key, Some(value)),
                Op::Delete(key) => finals.insert(key, None),
            };
        }
        let mut staged = Vec::with_capacity(finals.len());
        for (key, value) in finals {
            let version = self.version(&key)?;
            if version > 0 || value.is_some() {
                let row = value.map(|value| Versioned { version: version + 1, value });
                staged.push(Write { key, row });
            }
        }
        // Only now, when nothing can fail any more.
        for write in staged {
            self.newest.insert(write.key.clone(), self.writes.len());
            self.writes.push(write);
        }
        self.position += 1;
        self.commits.push((self.position, self.writes.len()));
        Ok(self.position)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.commits.is_empty()
    }

    /// The position after the batch.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    pub(crate) fn bytes(&self) -> usize {
        let value = |write: &Write| write.row.as_ref().map_or(0, |row| row.value.len());
        self.writes.iter().map(|write| write.key.bytes.len() + value(write)).sum()
    }

    /// The commits gathered into steps for the view.
    pub(crate) fn steps(&self) -> Vec<Step<'_>> {
        let mut steps = Vec::new();
        let mut from = 0;
        for (at, &(position, end)) in self.commits.iter().enumerate() {
            if end - from >= STEP_ROWS_MAX || at + 1 == self.commits.len() {
                steps.push(Step { position, writes: &self.writes[from..end] });
                from = end;
            }
        }
        steps
    }

    /// The commits as their followers hear of them.
    pub(crate) fn into_changes(self) -> Vec<Change> {
        let mut keys = self.writes.into_iter().map(|write| write.key);
        let mut from = 0;
        let mut change = |(position, end)| {
            let change = Change { position, keys: keys.by_ref().take(end - from).collect() };
            from = end;
            change
        };
        self.commits.into_iter().map(&mut change).collect()
    }

    fn first_position(&self, id: Option<CommitId>) -> Result<Option<u64>, Error> {
        let Some(id) = id else { return Ok(None) };
        self.row(&command_key(id))?.map(|row| meta::number(&row)).transpose()
    }

    fn holds(&self, pre: &Pre) -> Result<bool, Error> {
        let found = self.version(pre.key())?;
        Ok(match pre {
            Pre::Absent(_) => found == 0,
            Pre::Present(_) => found > 0,
            Pre::Version(_, version) => found == *version,
        })
    }

    fn version(&self, key: &Key) -> Result<u64, Error> {
        Ok(self.row(key)?.map_or(0, |row| row.version))
    }

    fn row(&self, key: &Key) -> Result<Option<Versioned>, Error> {
        match self.newest.get(key) {
            Some(at) => Ok(self.writes[*at].row.clone()),
            None => self.view.get(key),
        }
    }
}

fn command_key(id: CommitId) -> Key {
    Key::new(Space::Command, id)
}

/// The store's own rows are not for others to write; kept command ids may be deleted once they are old.
fn check_reserved(ops: &[Op]) -> Result<(), CommitError> {
    let reserved = |op: &&Op| match op {
        Op::Put(key, _) => key.space == Space::Command || meta::is_reserved(key),
        Op::Delete(key) => meta::is_reserved(key),
    };
    ops.iter().find(reserved).map_or(Ok(()), |op| Err(CommitError::Reserved(op.key().clone())))
}
