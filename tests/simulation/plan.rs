//! What fails, and how often: the plan that a seed draws.
//!
//! Owns: the rates of one seed. Each kind of fault is drawn by itself and may be absent, since faults hide one another.

use std::fmt;

use jobwright_runtime::DurableSteps;
use jobwright_store::JournalOptions;

use super::chance::Chance;
use super::mail::Weather;

/// Rates of one seed: once in so many, 0 for never.
#[derive(Clone, Debug)]
pub struct FaultPlan {
    /// Steps in which the process dies at some deed.
    pub deaths: usize,
    /// Deaths by which the power goes too, out of all.
    pub power_cuts: usize,
    /// Deaths on the way up.
    pub deaths_again: usize,
    /// Starts at which a bit of an older file is read wrongly.
    pub flips: usize,
    /// Deeds of disk and files that fail.
    pub failures: usize,
    /// Steps in which the disk becomes full or has room again.
    pub full: usize,
    /// Steps in which the machine's clock jumps.
    pub clock_jumps: usize,
    /// Steps in which another engine takes over.
    pub takeovers: usize,
    /// The road to the mail server.
    pub weather: Weather,
    /// Letters under way at once.
    pub letters_at_once: usize,
    /// When an answer is durable.
    pub durable_steps: DurableSteps,
    /// Bytes of a segment of the journal, and by how many it grows.
    pub segments: (u64, u64),
    /// Steps in which the view is flushed.
    pub checkpoints: usize,
    /// Steps in which the journal is let go up to the last flush.
    pub trims: usize,
    /// Steps in which the process is told to stop.
    pub closes: usize,
    /// Steps before faults end.
    pub steps: usize,
    /// Clients.
    pub clients: usize,
    /// Open jobs at most.
    pub jobs: usize,
}

impl FaultPlan {
    /// Draws a plan.
    pub fn draw(chance: &mut Chance) -> Self {
        let rate = |chance: &mut Chance, often: usize, rarely: usize| {
            if chance.one_in(4) { 0 } else { often + chance.below(rarely - often) }
        };
        let weather = Weather {
            puts_off_one_in: rate(chance, 3, 20),
            cuts_one_in: rate(chance, 3, 20),
            refuses_one_in: rate(chance, 10, 60),
            locks_one_in: rate(chance, 100, 400),
        };
        Self {
            deaths: 2 + chance.below(6),
            power_cuts: 1 + chance.below(3),
            deaths_again: rate(chance, 3, 12),
            flips: rate(chance, 2, 20),
            failures: rate(chance, 100, 1000),
            full: rate(chance, 40, 200),
            clock_jumps: rate(chance, 10, 60),
            takeovers: rate(chance, 20, 100),
            weather,
            letters_at_once: 1 + chance.below(4),
            durable_steps: if chance.one_in(3) { DurableSteps::Each } else { DurableSteps::Turn },
            segments: (2048 << chance.below(6), 512 << chance.below(4)),
            checkpoints: rate(chance, 4, 40),
            trims: rate(chance, 4, 40),
            closes: rate(chance, 30, 100),
            steps: 60 + chance.below(200),
            clients: 1 + chance.below(3),
            jobs: 4 + chance.below(12),
        }
    }
}

impl FaultPlan {
    /// How the journal lays out its files.
    pub fn journal(&self, may_begin: bool) -> JournalOptions {
        let (segment_bytes_max, growth_bytes_min) = self.segments;
        JournalOptions { segment_bytes_max, growth_bytes_min, free_bytes_min: 1, may_begin }
    }
}

impl fmt::Display for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
