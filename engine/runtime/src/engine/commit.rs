//! Making drafts durable: the one place where the engine commits.
//!
//! Owns: one batch for many drafts, each answered on its own, with one flush; the time they were decided at; and telling
//! what is kept in mind of every change, so that it is never stale. Nothing is acknowledged before this returns.

use super::Engine;
use super::held::Held;
use crate::Error;
use jobwright_store::{
    Commit, CommitError, Draft, Receipt, meta,
    sabotage::{Bug, is_planted},
};
use std::sync::{Arc, atomic::Ordering};

/// What became of a batch.
pub(super) struct Committed {
    /// Each draft's own answer, in their order.
    pub(super) answers: Vec<Result<Receipt, Error>>,
    /// The store could not take the batch as a whole.
    pub(super) failed: bool,
}

/// Commits in the making, and which of them answers for which draft.
#[derive(Default)]
struct Batch {
    commits: Vec<Commit>,
    /// For each draft the place of its commit, or why it has none.
    mains: Vec<Result<usize, Error>>,
    /// Rows that nothing needs any more: they may be left behind.
    after: Vec<Commit>,
}

impl Engine {
    /// Commits a draft alone.
    pub(super) fn commit(&self, held: &mut Held, draft: Draft) -> Result<Receipt, Error> {
        self.commit_each(held, vec![draft]).answers.pop().unwrap_or(Err(Error::Unanswered)).map_err(Error::alone)
    }

    /// Commits each draft on its own, all with one flush.
    pub(super) fn commit_each(&self, held: &mut Held, drafts: Vec<Draft>) -> Committed {
        let count = drafts.len();
        let committed = match self.try_commit_each(held, drafts) {
            Ok(answers) => {
                // What became of a lost commit's rows is not known to what is kept in mind.
                if answers.iter().any(|answer| matches!(answer, Err(Error::Commit(CommitError::OutcomeUnknown(_))))) {
                    held.forget();
                }
                // A job that lost its commit has moved in mind, and not in the store.
                held.desks_settled(answers.iter().all(Result::is_ok));
                Committed { answers, failed: false }
            }
            Err(error) => {
                held.forget();
                let shared = Arc::new(error);
                let told = || Err(Error::Together(Arc::clone(&shared)));
                Committed { answers: (0..count).map(|_| told()).collect(), failed: true }
            }
        };
        self.committed.notify_one();
        committed
    }

    fn try_commit_each(&self, held: &mut Held, drafts: Vec<Draft>) -> Result<Vec<Result<Receipt, Error>>, Error> {
        let mut batch = self.batch(drafts)?;
        let ops = batch.commits.iter().chain(&batch.after).flat_map(|commit| &commit.ops);
        ops.for_each(|op| held.changed(op));
        let now_ms = self.record_time(&mut batch);
        let mut told = self.write(std::mem::take(&mut batch.commits))?.into_iter().map(Some).collect::<Vec<_>>();
        if told.iter().flatten().any(Result::is_ok) {
            self.seen_ms.fetch_max(now_ms, Ordering::AcqRel);
        }
        if !batch.after.is_empty() {
            self.write(batch.after)?;
        }
        let answer = |main: Result<usize, Error>| {
            let receipt = told.get_mut(main?).and_then(Option::take).ok_or(Error::Unanswered)?;
            Ok(receipt?)
        };
        Ok(batch.mains.into_iter().map(answer).collect())
    }

    fn batch(&self, drafts: Vec<Draft>) -> Result<Batch, Error> {
        let (limits, epoch) = (self.parts.store.limits(), self.epoch()?);
        let mut batch = Batch::default();
        for draft in drafts {
            let main = draft.into_commits(&*self.parts.files, limits, epoch, None).map(|commits| {
                batch.commits.extend(commits.before);
                batch.commits.push(commits.main);
                batch.after.extend(commits.after);
                batch.commits.len() - 1
            });
            batch.mains.push(main.map_err(Error::from));
        }
        Ok(batch)
    }

    /// The time goes with the batch once, when it has moved: in its only commit, or in one of its own, since any other
    /// may lose its precondition.
    fn record_time(&self, batch: &mut Batch) -> i64 {
        let now_ms = self.now().as_millisecond();
        if now_ms > self.seen_ms.load(Ordering::Acquire) && !is_planted(Bug::TimeNotRecorded) {
            let op = meta::record_time(now_ms);
            match batch.commits.as_mut_slice() {
                [] => {}
                [only] if only.ops.len() < self.parts.store.limits().ops_max => only.ops.push(op),
                [first, ..] => {
                    let commit = Commit { epoch: first.epoch, ops: vec![op], ..Commit::default() };
                    batch.commits.push(commit);
                }
            }
        }
        now_ms
    }

    /// Gives commits to the store, in as few batches as it takes.
    pub(super) fn write(&self, mut commits: Vec<Commit>) -> Result<Vec<Result<Receipt, CommitError>>, Error> {
        let batch_max = self.parts.store.limits().batch_commits_max.max(1);
        let mut answers = Vec::with_capacity(commits.len());
        while !commits.is_empty() {
            let rest = commits.split_off(commits.len().min(batch_max));
            let given = commits.len();
            let told = self.parts.store.commit(std::mem::replace(&mut commits, rest))?;
            let acknowledged = told.iter().filter(|answer| answer.is_ok()).count();
            self.counters.batch(given, acknowledged);
            tracing::debug!(commits = given, acknowledged, "batch");
            answers.extend(told);
        }
        Ok(answers)
    }
}
