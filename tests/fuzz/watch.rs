//! What every input must keep to, whatever the target: time and memory.
//!
//! Owns: the clock over one input and the eye on a process that does not come back or grows without end. Such a process
//! cannot fail in the usual way, so it prints the input and ends.

use std::fs;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::Input;

/// No input takes longer.
const INPUT_TIME_MAX: Duration = Duration::from_secs(1);
/// A busy machine is slow too: an input is slow when it is slow every time.
const TRIES_WHEN_SLOW: usize = 3;
/// Past this an input is not slow any more, it hangs.
const HANG_AFTER: Duration = Duration::from_secs(60);
/// What the whole process may grow by while a target runs; other tests run beside it.
const MEMORY_BYTES_MAX: u64 = 2 << 30;
const LOOK_AFTER: Duration = Duration::from_millis(100);
const PAGE_BYTES: u64 = 4096;

/// An eye on one target; closed when dropped.
pub struct Watch {
    now: Arc<Mutex<Option<(Instant, Input)>>>,
    is_over: Arc<AtomicBool>,
}

impl Watch {
    /// Watches a target.
    pub fn over(target: &'static str) -> Self {
        let watch = Self { now: Arc::default(), is_over: Arc::default() };
        let (now, is_over) = (Arc::clone(&watch.now), Arc::clone(&watch.is_over));
        let memory_max = memory_bytes() + MEMORY_BYTES_MAX;
        thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                thread::sleep(LOOK_AFTER);
                let now = now.lock().unwrap_or_else(PoisonError::into_inner);
                let Some((since, input)) = now.as_ref() else { continue };
                if since.elapsed() > HANG_AFTER {
                    end(target, "does not come back from", input);
                }
                if memory_bytes() > memory_max {
                    end(target, "takes memory without end for", input);
                }
            }
        });
        watch
    }

    /// Tries one input.
    pub fn try_one(&self, input: &Input, holds: impl Fn(&Input)) {
        for tries_left in (0..TRIES_WHEN_SLOW).rev() {
            let begun = Instant::now();
            self.note(Some((begun, input.clone())));
            holds(input);
            self.note(None);
            let took = begun.elapsed();
            if took < INPUT_TIME_MAX {
                return;
            }
            assert!(tries_left > 0, "took {took:?}, {TRIES_WHEN_SLOW} times: {input:?}");
        }
    }

    fn note(&self, input: Option<(Instant, Input)>) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = input;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// What the process has in memory; nothing is known where there is no such file.
fn memory_bytes() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
    pages.unwrap_or_default() * PAGE_BYTES
}

fn end(target: &str, what: &str, input: &Input) -> ! {
    // Not by `eprintln`, which the test harness keeps to itself.
    let _ = writeln!(io::stderr(), "fuzz target {target} {what} {input:?}");
    std::process::exit(101)
}
