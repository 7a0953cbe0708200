//! A commit in the making.
//!
//! Owns: gathering what several parts of the typed access want in one commit, keeping large records in files first, and
//! splitting off what need not be atomic when it is too much for one commit. Builders of drafts read nothing and write
//! nothing.

use crate::{
    Commit, CommitId, Error, Files, Key, Limits, Op, Pre,
    record::{self, Record},
};

/// Smaller values are not moved to a file to make room in a commit.
const MOVED_BYTES_MIN: usize = 1024;

/// Changes that belong together, and what they were decided upon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    pre: Vec<Pre>,
    ops: Vec<Op>,
    /// Index rows that may stand before what they point to: whoever reads them looks whether it is so.
    early: Vec<Op>,
    /// Index rows that may stay after what they pointed to.
    late: Vec<Op>,
    /// What must be kept in files before the commit that names it.
    files: Vec<Vec<u8>>,
}

/// Commits to make in this order, in one batch or several. Almost always there is only the main one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commits {
    /// Index rows for which the main commit had no room. Harmless without it.
    pub before: Vec<Commit>,
    /// All that must happen together.
    pub main: Commit,
    /// Index rows that nothing needs any more, for which the main commit had no room.
    pub after: Vec<Commit>,
}

impl Draft {
    /// Takes in another draft: both happen together.
    pub fn and(mut self, other: Self) -> Self {
        self.pre.extend(other.pre);
        self.ops.extend(other.ops);
        self.early.extend(other.early);
        self.late.extend(other.late);
        self.files.extend(other.files);
        self
    }

    /// Happens only if this holds.
    pub fn when(mut self, pre: Pre) -> Self {
        self.pre.push(pre);
        self
    }

    /// Also makes this change.
    pub fn with(mut self, op: Op) -> Self {
        self.ops.push(op);
        self
    }

    /// How many changes must happen together: a commit takes no more than `Limits::ops_max`.
    pub fn ops(&self) -> usize {
        self.ops.len()
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty() && self.early.is_empty() && self.late.is_empty()
    }

    /// Keeps the large records in files and gives the commits to make.
    pub fn into_commits(
        mut self,
        files: &dyn Files,
        limits: Limits,
        epoch: u64,
        id: Option<CommitId>,
    ) -> Result<Commits, Error> {
        self.move_largest_to_files(limits.commit_bytes_max);
        self.files.iter().try_for_each(|file| files.put(file).map(drop))?;
        let Self { pre, mut ops, early, late, .. } = self;
        let mut split = |hints: Vec<Op>| {
            if ops.len() + hints.len() <= limits.ops_max {
                ops.extend(hints);
                return vec![];
            }
            let commit = |ops: &[Op]| Commit { epoch, id: None, pre: vec![], ops: ops.to_vec() };
            hints.chunks(limits.ops_max).map(commit).collect()
        };
        let (before, after) = (split(early), split(late));
        Ok(Commits { before, main: Commit { epoch, id, pre, ops }, after })
    }

    pub(crate) fn put<T: Record>(&mut self, key: Key, record: &T) -> Result<(), Error> {
        self.put_bytes(key, record::encode(record)?);
        Ok(())
    }

    /// Writes the bytes of a record; says whether they lie in a file.
    pub(crate) fn put_bytes(&mut self, key: Key, bytes: Vec<u8>) -> bool {
        let (value, file) = record::row(bytes);
        let is_in_file = file.is_some();
        self.ops.push(Op::Put(key, value));
        self.files.extend(file);
        is_in_file
    }

    pub(crate) fn early(&mut self, ops: impl IntoIterator<Item = Op>) {
        self.early.extend(ops);
    }

    pub(crate) fn late(&mut self, ops: impl IntoIterator<Item = Op>) {
        self.late.extend(ops);
    }

    /// A turn may write many letters: where they are too much for a commit, the largest go to files like large ones.
    fn move_largest_to_files(&mut self, bytes_max: usize) {
        let size = |op: &Op| op.key().bytes.len() + value_bytes(op);
        let mut total: usize = self.ops.iter().chain(&self.early).chain(&self.late).map(size).sum();
        if total <= bytes_max {
            return;
        }
        let mut largest: Vec<usize> = (0..self.ops.len()).collect();
        largest.sort_by_key(|at| std::cmp::Reverse(value_bytes(&self.ops[*at])));
        for at in largest {
            match &mut self.ops[at] {
                Op::Put(_, value) if total > bytes_max && value.len() > MOVED_BYTES_MIN => {
                    total -= value.len();
                    let (name, file) = record::in_file(std::mem::take(value));
                    total += name.len();
                    *value = name;
                    self.files.extend(file);
                }
                _ => return,
            }
        }
    }
}

fn value_bytes(op: &Op) -> usize {
    match op {
        Op::Put(_, value) => value.len(),
        Op::Delete(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryFiles, Reader, Space, Store, memory, trial::*};

    fn op(space: Space, n: usize) -> Op {
        Op::Put(Key::new(space, n.to_be_bytes()), vec![])
    }

    fn commits(draft: Draft) -> Commits {
        draft.into_commits(&MemoryFiles::default(), Limits::LOCAL, 3, Some([1; 16])).unwrap()
    }

    #[test]
    fn what_fits_is_one_commit_with_its_index_rows() {
        let mut draft = Draft::default().with(op(Space::Client, 1)).when(Pre::Absent(Key::new(Space::Job, [1])));
        draft.early([op(Space::NameIndex, 1)]);
        draft.late([op(Space::NameIndex, 2)]);
        let commits = commits(draft);
        assert_eq!((commits.before.len(), commits.main.ops.len(), commits.after.len()), (0, 3, 0));
        assert_eq!((commits.main.epoch, commits.main.id, commits.main.pre.len()), (3, Some([1; 16]), 1));
    }

    #[test]
    fn too_many_index_rows_go_before_and_after_and_never_take_the_commands_id() {
        let mut draft = Draft::default().with(op(Space::Client, 1));
        draft.early((0..250).map(|n| op(Space::NameIndex, n)));
        draft.late((250..401).map(|n| op(Space::NameIndex, n)));
        let commits = commits(draft);
        let sizes = |commits: &[Commit]| commits.iter().map(|commit| commit.ops.len()).collect::<Vec<_>>();
        assert_eq!(sizes(&commits.before), [100, 100, 50]);
        assert_eq!(sizes(&commits.after), [100, 51]);
        assert_eq!(commits.main.ops.len(), 1);
        let others = commits.before.iter().chain(&commits.after);
        assert!(others.into_iter().all(|commit| commit.id.is_none() && commit.pre.is_empty() && commit.epoch == 3));
    }

    #[test]
    fn a_turn_of_many_letters_is_one_commit_with_the_largest_in_files() {
        let (store, files) = (memory::open().unwrap(), MemoryFiles::default());
        let client = |n: u64| a_client(&format!("c{n}"), &"x".repeat(25_000 + n as usize), &[]);
        let mut draft = Draft::default();
        for n in 0..40 {
            draft.put(record::key::client(&client(n).id), &Some(client(n))).unwrap();
        }
        let commits = draft.into_commits(&files, store.limits(), 0, None).unwrap();
        store.commit(vec![commits.main]).unwrap().remove(0).unwrap();
        let reader = Reader::new(&store, &files);
        for n in 0..40 {
            assert_eq!(crate::directory::client(&reader, &client(n).id).unwrap().value, Some(client(n)));
        }
        let rows = reader.first(&crate::Range::all(Space::Client), 99).unwrap();
        let in_files = rows.iter().filter(|(_, row)| row.value.len() < 100).count();
        assert_eq!(in_files, 20, "only as many as needed");
    }

    #[test]
    fn a_record_whose_file_is_gone_is_damage() {
        let trial = Trial::new();
        let mut draft = Draft::default();
        let large = a_client("4711", &"x".repeat(40_000), &[]);
        draft.put(record::key::client(&large.id), &Some(large.clone())).unwrap();
        trial.commit(draft);
        let reader = Reader::new(&trial.store, &trial.files);
        assert_eq!(crate::directory::client(&reader, &large.id).unwrap().value, Some(large.clone()));
        let empty = MemoryFiles::default();
        let error = crate::directory::client(&Reader::new(&trial.store, &empty), &large.id).unwrap_err();
        assert!(error.to_string().ends_with("(client) is gone"), "{error}");
    }
}
