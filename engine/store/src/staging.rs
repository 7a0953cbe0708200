//! Deciding a group: which commits hold, and what they write.
//!
//! Owns: epochs, repeated commands, preconditions and versions, each commit seeing the ones before it in the group.
//! Only reads; whoever stages also writes, so that a view and a journal are given the same rows.

use std::collections::HashMap;

use crate::{
    Change, Commit, CommitError, CommitId, Error, Key, Limits, Op, Pre, Receipt, Space, Versioned, View, Write, meta,
    sabotage::{Bug, is_planted},
};

/// What a group is decided upon.
pub(crate) trait Rows {
    fn get(&self, key: &Key) -> Result<Option<Versioned>, Error>;
    fn version(&self, key: &Key) -> Result<u64, Error>;
}

impl<V: View> Rows for V {
    fn get(&self, key: &Key) -> Result<Option<Versioned>, Error> {
        View::get(self, key)
    }

    fn version(&self, key: &Key) -> Result<u64, Error> {
        View::version(self, key)
    }
}

/// What a group will write, laid over the rows it was decided upon.
pub(crate) struct Staging<'a, R> {
    rows: &'a R,
    epoch: u64,
    position: u64,
    /// All writes in order; one key may stand here once for each commit.
    writes: Vec<Write>,
    /// Where in `writes` the newest state of a row stands.
    newest: HashMap<Key, usize>,
    /// Each staged commit's position, and where its writes end.
    commits: Vec<(u64, usize)>,
    bytes: usize,
}

impl<'a, R: Rows> Staging<'a, R> {
    pub(crate) fn new(rows: &'a R, epoch: u64, position: u64) -> Self {
        let (writes, newest, commits) = Default::default();
        Self { rows, epoch, position, writes, newest, commits, bytes: 0 }
    }

    /// Stages a commit, or tells why it cannot be; then nothing of it is left.
    pub(crate) fn admit(&mut self, commit: Commit) -> Result<Result<Receipt, CommitError>, Error> {
        if commit.epoch != self.epoch && !is_planted(Bug::SkipFence) {
            return Ok(Err(CommitError::Fenced { given: commit.epoch, now: self.epoch }));
        }
        if let Err(refused) = Limits::LOCAL.check(&commit).and_then(|()| check_reserved(&commit.ops)) {
            return Ok(Err(refused));
        }
        if let Some(first) = self.first_position(commit.id)? {
            return Ok(Ok(Receipt { position: first, repeated: true }));
        }
        for pre in commit.pre {
            if !self.holds(&pre)? && !is_planted(Bug::SkipPrecondition) {
                if is_planted(Bug::ReceiptForConflict) {
                    return Ok(Ok(Receipt { position: self.position + 1, repeated: false }));
                }
                return Ok(Err(CommitError::Conflict(pre)));
            }
        }
        let own = commit
            .id
            .filter(|_| !is_planted(Bug::ForgetCommandId))
            .map(|id| Op::Put(command_key(id), (self.position + 1).to_be_bytes().to_vec()));
        let position = self.stage(commit.ops.into_iter().chain(own))?;
        Ok(Ok(Receipt { position, repeated: false }))
    }

    /// Stages writes of the store itself as one commit. When it fails the whole group is given up.
    pub(crate) fn stage(&mut self, ops: impl IntoIterator<Item = Op>) -> Result<u64, Error> {
        let from = self.writes.len();
        for op in ops {
            let (key, value) = match op {
                Op::Put(key, value) => (key, Some(value)),
                Op::Delete(key) => (key, None),
            };
            self.bytes += key.bytes.len() + value.as_ref().map_or(0, Vec::len);
            match self.newest.get(&key).copied() {
                // Of two changes in one commit the later wins, and they count as one.
                Some(at) if at >= from => self.overwrite(at, value)?,
                _ => self.write(key, value)?,
            }
        }
        self.position += 1;
        self.commits.push((self.position, self.writes.len()));
        Ok(self.position)
    }

    fn write(&mut self, key: Key, value: Option<Vec<u8>>) -> Result<(), Error> {
        let version = self.version(&key)?;
        if version > 0 || value.is_some() {
            let row = value.map(|value| Versioned { version: version + 1, value });
            self.newest.insert(key.clone(), self.writes.len());
            self.writes.push(Write { key, row });
        }
        Ok(())
    }

    fn overwrite(&mut self, at: usize, value: Option<Vec<u8>>) -> Result<(), Error> {
        let version = match &self.writes[at].row {
            Some(row) => row.version,
            // Removed by this commit: what it was before tells its version.
            None => self.version_before(at)? + 1,
        };
        self.writes[at].row = value.map(|value| Versioned { version, value });
        Ok(())
    }

    fn version_before(&self, at: usize) -> Result<u64, Error> {
        let key = &self.writes[at].key;
        match self.writes[..at].iter().rfind(|write| write.key == *key) {
            Some(write) => Ok(write.row.as_ref().map_or(0, |row| row.version)),
            None => self.rows.version(key),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.commits.is_empty()
    }

    /// How many commits are staged.
    pub(crate) fn len(&self) -> usize {
        self.commits.len()
    }

    /// Bytes of all keys and values, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The position after the group.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Each commit's writes, in order.
    pub(crate) fn commits(&self) -> impl Iterator<Item = &[Write]> {
        let mut from = 0;
        self.commits.iter().map(move |(_, end)| {
            let writes = &self.writes[from..*end];
            from = *end;
            writes
        })
    }

    /// The newest state of every row, each once.
    pub(crate) fn newest(&self) -> Vec<&Write> {
        let is_newest = |(at, write): &(usize, &Write)| self.newest.get(&write.key) == Some(at);
        self.writes.iter().enumerate().filter(is_newest).map(|(_, write)| write).collect()
    }

    /// The commits as their followers hear of them.
    pub(crate) fn changes(&self) -> Vec<Change> {
        let keys = |writes: &[Write]| writes.iter().map(|write| write.key.clone()).collect();
        self.commits
            .iter()
            .zip(self.commits())
            .map(|((at, _), writes)| Change { position: *at, keys: keys(writes) })
            .collect()
    }

    /// All writes in order.
    pub(crate) fn into_writes(self) -> Vec<Write> {
        self.writes
    }

    fn first_position(&self, id: Option<CommitId>) -> Result<Option<u64>, Error> {
        let Some(id) = id else { return Ok(None) };
        let key = command_key(id);
        let row = match self.newest.get(&key) {
            Some(at) => self.writes[*at].row.clone(),
            None => self.rows.get(&key)?,
        };
        row.map(|row| meta::number(&row)).transpose()
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
        match self.newest.get(key) {
            Some(at) => Ok(self.writes[*at].row.as_ref().map_or(0, |row| row.version)),
            None => self.rows.version(key),
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
