//! What a commit says, and how much it may say.
//!
//! Owns: the shape of a commit and its answer, and the limits, chosen below what the usual distributed stores allow.
//! Leaves to `staging` what a commit does.

use crate::{CommitError, Key};

/// The largest value; what is larger goes to a file by its content, see `blob`.
pub const VALUE_BYTES_MAX: usize = 64 * 1024;
/// The longest key, without its space.
pub const KEY_BYTES_MAX: usize = 512;
/// The most operations in one commit, and apart from them the most preconditions.
pub const OPS_MAX: usize = 100;
/// The most bytes of keys and values in one commit.
pub const COMMIT_BYTES_MAX: usize = 512 * 1024;
/// The most commits in one batch; those beyond are answered `Busy`.
pub const BATCH_COMMITS_MAX: usize = 1024;

/// What a store takes at most; callers ask instead of knowing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a value.
    pub value_bytes_max: usize,
    /// Bytes of a key within its space.
    pub key_bytes_max: usize,
    /// Operations of a commit, and apart from them its preconditions.
    pub ops_max: usize,
    /// Bytes of all keys and values of a commit.
    pub commit_bytes_max: usize,
    /// Commits of a batch.
    pub batch_commits_max: usize,
    /// Rows of a page.
    pub page_rows_max: usize,
}

/// A command's own id, by which its repetition is known. Time-ordered, so that old ones stand first and can be deleted.
pub type CommitId = [u8; 16];

/// A set of changes that happen together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// The epoch of the owner who decided this.
    pub epoch: u64,
    /// Names a command from outside: the same id again is answered as the first time and changes nothing.
    pub id: Option<CommitId>,
    /// What must hold for the changes to happen.
    pub pre: Vec<Pre>,
    /// The changes; of two for one key the later wins.
    pub ops: Vec<Op>,
}

/// What a commit was decided upon and must still find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pre {
    /// There is no such row.
    Absent(Key),
    /// There is such a row.
    Present(Key),
    /// The row has this version; version 0 means that there is none.
    Version(Key, u64),
}

/// One change of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Writes the row and moves its version by one. The first version is 1, and again after a deletion: a row whose
    /// version others rely on is never deleted.
    Put(Key, Vec<u8>),
    /// Removes the row, if there is one.
    Delete(Key),
}

/// The proof that a commit is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The commit's place in the order of all commits.
    pub position: u64,
    /// The command had been committed before: the position is that of the first time, and nothing was changed now.
    pub repeated: bool,
}

impl Limits {
    /// What the local stores take.
    pub(crate) const LOCAL: Self = Self {
        value_bytes_max: VALUE_BYTES_MAX,
        key_bytes_max: KEY_BYTES_MAX,
        ops_max: OPS_MAX,
        commit_bytes_max: COMMIT_BYTES_MAX,
        batch_commits_max: BATCH_COMMITS_MAX,
        page_rows_max: crate::view::PAGE_ROWS_MAX,
    };

    /// Refuses a commit that asks for more.
    pub(crate) fn check(&self, commit: &Commit) -> Result<(), CommitError> {
        within("operations", commit.ops.len(), self.ops_max)?;
        within("preconditions", commit.pre.len(), self.ops_max)?;
        for key in commit.pre.iter().map(Pre::key).chain(commit.ops.iter().map(Op::key)) {
            within("bytes of a key", key.bytes.len(), self.key_bytes_max)?;
        }
        for op in &commit.ops {
            within("bytes of a value", op.value_bytes(), self.value_bytes_max)?;
        }
        let bytes = commit.ops.iter().map(|op| op.key().bytes.len() + op.value_bytes()).sum();
        within("bytes of a commit", bytes, self.commit_bytes_max)
    }
}

fn within(what: &'static str, found: usize, limit: usize) -> Result<(), CommitError> {
    if found <= limit { Ok(()) } else { Err(CommitError::TooLarge { what, found, limit }) }
}

impl Pre {
    /// The row it speaks of.
    pub fn key(&self) -> &Key {
        match self {
            Self::Absent(key) | Self::Present(key) | Self::Version(key, _) => key,
        }
    }
}

impl Op {
    /// The row it changes.
    pub fn key(&self) -> &Key {
        match self {
            Self::Put(key, _) | Self::Delete(key) => key,
        }
    }

    fn value_bytes(&self) -> usize {
        match self {
            Self::Put(_, value) => value.len(),
            Self::Delete(_) => 0,
        }
    }
}
