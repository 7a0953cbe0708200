//! The thread that lets the view follow the journal.
//!
//! Owns: when rows move on, when the view reaches the disk, and when the journal may forget what a verified backup
//! holds. It sleeps while there is nothing to do. Leaves how a step is made to `durable`.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::rebuild::{self, recorded_backup};
use crate::{Durable, Error, STEP_ROWS_MAX, View};

/// Rows wait so long for others, since one that is overwritten meanwhile moves on once.
const FOLLOW_AFTER: Duration = Duration::from_millis(100);
/// Unless so many bytes have come together.
const FOLLOW_BYTES_MIN: usize = 8 * 1024 * 1024;
/// The view reaches the disk so often while there is work.
const CHECKPOINT_AFTER: Duration = Duration::from_secs(30);
/// Or when the journal has grown by so much.
const CHECKPOINT_BYTES: u64 = 64 * 1024 * 1024;
/// How long it waits after a step that could not be made, for a disk that is full.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);

type Local = Durable<Box<dyn View>>;

/// A running thread; joined when dropped, and then everything has arrived.
pub(super) struct Follower {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    durable: Arc<Local>,
    folder: PathBuf,
    /// Whether the thread sleeps until somebody wakes it.
    sleeps: AtomicBool,
    asked: Mutex<Asked>,
    moved: Condvar,
}

#[derive(Default)]
struct Asked {
    work: bool,
    end: bool,
}

impl Follower {
    pub fn start(durable: Arc<Local>, folder: PathBuf, counts: bool) -> Self {
        let asked = Asked { work: durable.waiting_bytes() > 0, end: false };
        let shared = Shared { durable, folder, sleeps: false.into(), asked: Mutex::new(asked), moved: Condvar::new() };
        let shared = Arc::new(shared);
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("follower".into()).spawn(move || own.run(counts));
        if let Err(error) = &thread {
            // Whoever commits lends a hand when too much waits, and closing brings the rest over.
            tracing::error!(%error, "no thread for the view");
        }
        Self { shared, thread: thread.ok() }
    }

    /// There is something to do.
    pub fn wake(&self) {
        if self.shared.sleeps.swap(false, Ordering::AcqRel) {
            self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner).work = true;
            self.shared.moved.notify_one();
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner).end = true;
        self.shared.moved.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic there was told when it happened.
            let _ = thread.join();
        }
        if let Err(error) = self.shared.durable.close() {
            tracing::warn!(%error, "the store was not closed cleanly; nothing is lost, the next start has more to do");
        }
    }
}

impl Shared {
    fn run(&self, counts: bool) {
        let mut counts = counts && !rebuild::count_beside(&self.durable, &self.folder);
        let (mut checkpoint_at, mut bytes) = (Instant::now() + CHECKPOINT_AFTER, 0);
        while self.sleep() {
            loop {
                match self.durable.follow(STEP_ROWS_MAX) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        if !self.told(&error) {
                            return;
                        }
                        break;
                    }
                }
                if self.ends() {
                    return;
                }
            }
            let written = self.durable.counters().journal_bytes;
            if Instant::now() >= checkpoint_at || written - bytes >= CHECKPOINT_BYTES {
                (checkpoint_at, bytes) = (Instant::now() + CHECKPOINT_AFTER, written);
                if let Err(error) = checkpoint(&self.durable, &self.folder)
                    && !self.told(&error)
                {
                    return;
                }
                // Nothing waits now, so this may be the quieter time.
                counts = counts && !rebuild::count_beside(&self.durable, &self.folder);
            }
        }
    }

    /// Waits for work and then for more of it. False when it is the end.
    fn sleep(&self) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if !asked.work {
            self.sleeps.store(true, Ordering::Release);
            // What was committed just before nobody woke us for.
            if self.durable.fresh_bytes() == 0 {
                asked = self
                    .moved
                    .wait_while(asked, |asked| !asked.work && !asked.end)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
        self.sleeps.store(false, Ordering::Release);
        asked.work = false;
        let until = Instant::now() + FOLLOW_AFTER;
        while !asked.end && self.durable.fresh_bytes() < FOLLOW_BYTES_MIN {
            let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else { break };
            let piece = left.min(FOLLOW_AFTER / 10);
            asked = self.moved.wait_timeout(asked, piece).unwrap_or_else(PoisonError::into_inner).0;
        }
        !asked.end
    }

    fn ends(&self) -> bool {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).end
    }

    /// A full disk may have room again; with anything else the view is not touched any more. False then.
    fn told(&self, error: &Error) -> bool {
        if let Error::DiskFull { .. } = error {
            tracing::warn!(%error, "the view waits for room");
            let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = self.moved.wait_timeout_while(asked, TRY_AGAIN_AFTER, |asked| !asked.end);
            waited.unwrap_or_else(PoisonError::into_inner).0.work = true;
            return true;
        }
        rebuild::ask_for_it(&self.folder, &error.to_string());
        false
    }
}

/// Brings everything into the view and the view to the disk; then what a verified backup holds may go.
pub(super) fn checkpoint(durable: &Local, folder: &Path) -> Result<(), Error> {
    let reached = durable.checkpoint()?;
    if let Some(backup) = recorded_backup(folder)? {
        durable.trim(reached.min(backup.position))?;
    }
    Ok(())
}
