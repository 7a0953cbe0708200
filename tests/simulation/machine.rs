//! The machine that everything runs on, and that stops.
//!
//! Owns: whether the process is alive, at which deed of the outside world it dies, which deeds fail, what was broken of
//! a promise, and the story of what happened. Disk, files, mail and store ask it before everything they do; once it is
//! dead nothing is done any more. It outlives the processes that run on it.

use std::collections::VecDeque;
use std::fmt::Arguments;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::chance::Chance;
use super::figures::Figures;

/// Reads and commits of one step at most; more means that something goes round for ever.
const BREATHS_MAX: usize = 100_000;
/// The last lines of the story that are kept; of a seed that was named, all.
const STORY_LINES_MAX: usize = 400;
/// A deed after a whole process has died is done so often at most: more means that somebody waits for ever.
const DEEDS_OF_THE_DEAD_MAX: usize = 100_000;

/// What becomes of a deed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is done.
    Done,
    /// The process dies before it.
    Before,
    /// The process dies in the middle of it.
    Within,
    /// It is done, and the process dies before it hears so.
    After,
    /// It fails.
    Fails,
    /// Nobody is left to do it.
    Dead,
}

/// A promise that was broken: the number of the invariant, and in what way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Counted as in `checks`.
    pub invariant: u8,
    /// In words.
    pub how: String,
}

/// The machine.
pub struct Machine(Mutex<State>);

struct State {
    chance: Chance,
    /// The process dies at the deed that brings this to nothing.
    dies_in: Option<usize>,
    /// A deed fails once in so many times, 0 for never.
    fails_one_in: usize,
    is_full: bool,
    is_dead: bool,
    deeds_of_the_dead: usize,
    breaths: usize,
    process: u64,
    broken: Option<Broken>,
    story: VecDeque<String>,
    story_lines_max: usize,
    trace: u64,
    figures: Figures,
}

impl Machine {
    /// A machine with its own chance.
    pub fn new(chance: Chance) -> Self {
        Self(Mutex::new(State {
            chance,
            dies_in: None,
            fails_one_in: 0,
            is_full: false,
            is_dead: false,
            deeds_of_the_dead: 0,
            breaths: 0,
            process: 1,
            broken: None,
            story: VecDeque::new(),
            story_lines_max: if std::env::var_os(super::SEED).is_some() { usize::MAX } else { STORY_LINES_MAX },
            trace: 0xcbf2_9ce4_8422_2325,
            figures: Figures::default(),
        }))
    }

    /// Asks what becomes of a deed.
    pub fn deed(&self, what: Arguments<'_>) -> Fate {
        let mut state = self.state();
        let fate = state.fate();
        match fate {
            Fate::Dead => {}
            Fate::Done => state.tell(format_args!("  {what}")),
            Fate::Fails => {
                state.figures.failed_deeds += 1;
                state.tell(format_args!("  {what}: fails"));
            }
            Fate::Before | Fate::Within | Fate::After => {
                state.is_dead = true;
                state.tell(format_args!("  {what}: the process dies {fate:?}"));
            }
        }
        fate
    }

    /// The same for a deed that changes nothing: the story passes over it, unless something happens to it.
    pub fn glance(&self, what: Arguments<'_>) -> Fate {
        let mut state = self.state();
        let fate = state.fate();
        match fate {
            Fate::Dead | Fate::Done => {}
            Fate::Fails => {
                state.figures.failed_deeds += 1;
                state.tell(format_args!("  {what}: fails"));
            }
            Fate::Before | Fate::Within | Fate::After => {
                state.is_dead = true;
                state.tell(format_args!("  {what}: the process dies"));
            }
        }
        fate
    }

    /// A step begins.
    pub fn step_begins(&self) {
        self.state().breaths = 0;
    }

    /// Something was read or written in this step. False when nobody is left to do it.
    pub fn breathes(&self) -> bool {
        let mut state = self.state();
        state.breaths += 1;
        let (breaths, is_dead) = (state.breaths, state.is_dead);
        drop(state);
        if breaths == BREATHS_MAX {
            self.broke(9, format_args!("a step does not come to an end"));
        }
        !is_dead && breaths < BREATHS_MAX
    }

    /// Chance, for whoever does a deed.
    pub fn chance<T>(&self, of: impl FnOnce(&mut Chance) -> T) -> T {
        of(&mut self.state().chance)
    }

    /// Lets the process die at the deed after so many.
    pub fn dies_in(&self, deeds: Option<usize>) {
        self.state().dies_in = deeds;
    }

    /// Lets a deed fail once in so many times; 0 for never.
    pub fn fails_one_in(&self, times: usize) {
        self.state().fails_one_in = times;
    }

    /// Fills the disk, or makes room on it.
    pub fn fill(&self, is_full: bool) {
        let mut state = self.state();
        if is_full && !state.is_full {
            state.figures.full += 1;
            state.tell(format_args!("the disk is full"));
        }
        state.is_full = is_full;
    }

    /// Whether there is no room.
    pub fn is_full(&self) -> bool {
        self.state().is_full
    }

    /// Ends the process.
    pub fn kill(&self, why: Arguments<'_>) {
        let mut state = self.state();
        state.is_dead = true;
        state.tell(format_args!("the process dies: {why}"));
    }

    /// Begins another process.
    pub fn reborn(&self) -> u64 {
        let mut state = self.state();
        state.is_dead = false;
        state.dies_in = None;
        state.deeds_of_the_dead = 0;
        state.process += 1;
        state.figures.deaths += 1;
        state.process
    }

    /// Whether the process has died.
    pub fn is_dead(&self) -> bool {
        self.state().is_dead
    }

    /// Which process runs, counted from 1.
    pub fn process(&self) -> u64 {
        self.state().process
    }

    /// Tells of a broken promise. The first one counts, and nothing goes on after it.
    pub fn broke(&self, invariant: u8, how: Arguments<'_>) {
        let mut state = self.state();
        state.tell(format_args!("BROKEN ({invariant}): {how}"));
        state.is_dead = true;
        if state.broken.is_none() {
            state.broken = Some(Broken { invariant, how: how.to_string() });
        }
    }

    /// The promise that was broken.
    pub fn broken(&self) -> Option<Broken> {
        self.state().broken.clone()
    }

    /// Adds a line to the story.
    pub fn tell(&self, line: Arguments<'_>) {
        self.state().tell(line);
    }

    /// Adds to what is counted.
    pub fn count(&self, count: impl FnOnce(&mut Figures)) {
        count(&mut self.state().figures);
    }

    /// What was counted.
    pub fn figures(&self) -> Figures {
        self.state().figures.clone()
    }

    /// A number that stands for all that happened.
    pub fn trace(&self) -> u64 {
        self.state().trace
    }

    /// The last part of the story.
    pub fn story(&self) -> String {
        self.state().story.iter().map(|line| format!("{line}\n")).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fate(&mut self) -> Fate {
        if self.is_dead {
            self.deeds_of_the_dead += 1;
            assert!(self.deeds_of_the_dead < DEEDS_OF_THE_DEAD_MAX, "the engine does not notice that it has died");
            return Fate::Dead;
        }
        if let Some(left) = self.dies_in {
            self.dies_in = left.checked_sub(1);
            if left == 0 {
                return [Fate::Before, Fate::Within, Fate::After][self.chance.below(3)];
            }
        }
        if self.chance.one_in(self.fails_one_in) { Fate::Fails } else { Fate::Done }
    }

    fn tell(&mut self, line: Arguments<'_>) {
        let line = line.to_string();
        for byte in line.bytes() {
            self.trace = (self.trace ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        if self.story.len() == self.story_lines_max {
            self.story.pop_front();
        }
        self.story.push_back(line);
    }
}
