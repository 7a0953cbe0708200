//! Jobs of ten scripts, so many at once.
//!
//! Owns: keeping them in flight until the time is over, and how long each step took to be durable: from the answer of the
//! store before it to its own.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jobwright_store::{
    Changes, Commit, CommitError, Direction, Error, Key, Limits, Page, Range, Receipt, Space, Store, Versioned,
};

use super::How;
use super::practice::{Measured, SCRIPTS, STEPS, start};
use crate::assemble::engine_report;
use crate::report::Result;

/// What was measured.
pub struct Line {
    pub how: How,
    pub in_flight: usize,
    pub jobs: u64,
    pub steps_per_second: f64,
    /// Milliseconds from one durable step of a job to the next: half took at most this.
    pub p50_ms: f64,
    /// And ninety-nine in a hundred this.
    pub p99_ms: f64,
    pub flushes_per_step: f64,
    /// Microseconds of processor time a step, of all threads.
    pub processor_us: f64,
}

/// Measures one line.
pub fn measure(practice: &Measured, how: How, in_flight: usize, time: Duration, jobs: Option<u64>) -> Result<Line> {
    let watch = Arc::new(Watch::default());
    let watched = Arc::clone(&watch);
    let engine = practice.engine(how.durable_steps(), move |inner| Arc::new(Watched { inner, watch: watched }))?;
    // What is done once for a definition is no step's.
    engine.start(start(SCRIPTS, 0)?).map_err(engine_report)?;
    watch.begin();
    let (began, spent) = (Instant::now(), processor_time());
    let (mut started, mut done, mut failed) = (0, 0, None);
    let starts = std::iter::from_fn(|| {
        let goes_on = began.elapsed() < time && jobs.is_none_or(|jobs| started < jobs);
        started += 1;
        goes_on.then(|| start(SCRIPTS, started).ok()).flatten()
    });
    let told = |_, answer: std::result::Result<_, _>| match answer {
        Ok(_) => done += 1,
        Err(error) => failed = Some(error),
    };
    engine.start_each(starts, in_flight, told).map_err(engine_report)?;
    let (wall, spent) = (began.elapsed().as_secs_f64(), processor_time() - spent);
    if let Some(error) = failed {
        return Err(engine_report(error));
    }
    let steps = (done * STEPS).max(1) as f64;
    let (batches, p50_ms, p99_ms) = watch.told();
    Ok(Line {
        how,
        in_flight,
        jobs: done,
        steps_per_second: steps / wall,
        p50_ms,
        p99_ms,
        flushes_per_step: batches as f64 / steps,
        processor_us: spent.as_secs_f64() * 1e6 / steps,
    })
}

/// Processor time of this process so far.
pub fn processor_time() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(spent.tv_sec.unsigned_abs(), u32::try_from(spent.tv_nsec).unwrap_or(0))
}

/// When batches were answered, and how many jobs moved in each.
#[derive(Default)]
struct Watch(Mutex<Vec<(Instant, usize)>>);

impl Watch {
    fn begin(&self) {
        let mut batches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        batches.clear();
        batches.push((Instant::now(), 0));
    }

    fn answered(&self, jobs: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), jobs));
    }

    /// How many batches, and the times that half and ninety-nine in a hundred of the steps took at most.
    fn told(&self) -> (usize, f64, f64) {
        let batches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut times: Vec<(Duration, usize)> =
            batches.windows(2).map(|pair| (pair[1].0.duration_since(pair[0].0), pair[1].1)).collect();
        times.sort_unstable();
        let all: usize = times.iter().map(|(_, jobs)| jobs).sum();
        let at = |share: usize| {
            let mut seen = 0;
            let reached = times.iter().find(|(_, jobs)| {
                seen += jobs;
                seen * 100 >= all * share
            });
            reached.map_or(0.0, |(time, _)| time.as_secs_f64() * 1000.0)
        };
        (times.len(), at(50), at(99))
    }
}

/// A store whose answers are timed.
struct Watched {
    inner: Arc<dyn Store>,
    watch: Arc<Watch>,
}

impl Store for Watched {
    fn limits(&self) -> Limits {
        self.inner.limits()
    }
    fn epoch(&self) -> std::result::Result<u64, Error> {
        self.inner.epoch()
    }
    fn raise_epoch(&self) -> std::result::Result<u64, Error> {
        self.inner.raise_epoch()
    }
    fn commit(&self, batch: Vec<Commit>) -> std::result::Result<Vec<std::result::Result<Receipt, CommitError>>, Error> {
        let moves = |commit: &&Commit| commit.ops.iter().any(|op| op.key().space == Space::Job);
        let jobs = batch.iter().filter(moves).count();
        let answers = self.inner.commit(batch);
        self.watch.answered(jobs);
        answers
    }
    fn get(&self, keys: &[Key]) -> std::result::Result<Vec<Option<Versioned>>, Error> {
        self.inner.get(keys)
    }
    fn scan(
        &self,
        range: &Range,
        after: Option<&Key>,
        limit: usize,
        direction: Direction,
    ) -> std::result::Result<Page, Error> {
        self.inner.scan(range, after, limit, direction)
    }
    fn changes(&self, from: u64) -> Changes {
        self.inner.changes(from)
    }
}
