//! How far something long has come, for a person who waits.
//!
//! Owns: one line on standard error that is written over, only where a terminal is, wherever that is. Nothing depends on
//! it being seen.

use std::time::{Duration, Instant};

use crate::output::Output;
use crate::verb::Context;

/// A person reads no faster.
const EVERY: Duration = Duration::from_millis(200);
/// Takes the line back.
const CLEAR: &str = "\r\u{1b}[K";

/// The line.
pub struct Progress<'a> {
    to: Option<&'a mut Output>,
    said_at: Instant,
    is_shown: bool,
}

impl<'a> Progress<'a> {
    /// A line for whoever typed the command, if they want one.
    pub fn of(ctx: &'a mut Context) -> Self {
        let is_wanted = ctx.errors.is_terminal() && !ctx.global.quiet && !ctx.global.json;
        Self { to: is_wanted.then_some(&mut ctx.errors), said_at: Instant::now(), is_shown: false }
    }

    /// Says how far it is, when the last word was some time ago.
    pub fn say(&mut self, words: impl FnOnce() -> String) {
        if let Some(to) = &mut self.to
            && self.said_at.elapsed() >= EVERY
        {
            // Whoever closed that stream does not want to know.
            let _ = to.text(format!("{CLEAR}{}", words())).and_then(|()| to.flush());
            self.said_at = Instant::now();
            self.is_shown = true;
        }
    }

    /// Says how far a backup has come.
    pub fn copied(&mut self, now: jobwright_store::backup::Progress) {
        self.say(|| format!("{} rows, {} files, {} MiB", now.rows, now.files, now.bytes >> 20));
    }

    /// Takes the line away.
    pub fn end(self) {
        if let (Some(to), true) = (self.to, self.is_shown) {
            let _ = to.text(CLEAR).and_then(|()| to.flush());
        }
    }
}
