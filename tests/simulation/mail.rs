//! A mail server of another machine, and a road to it that breaks.
//!
//! Owns: every letter that was delivered, across all deaths of the engine, and what the engine was told of it. Each try
//! is held against what was acknowledged before it: claimed, counted, wanted, for somebody who may have it, with the
//! bytes of the first try. Leaves building a letter to the real task type.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jobwright_core::command::Outcome;
use jobwright_core::effect::{Effect, Failure};
use jobwright_core::id::EffectId;
use jobwright_core::retry::FailureKind;
use jobwright_plugin::{Acts, Frozen, Report, Reporting, Until};

use super::checks::letters::{Sight, retried, unwanted, wrong_with};
use super::machine::{Fate, Machine};

/// How long the road takes at most, in turns of the other letters.
const TURNS_MAX: usize = 4;

/// How often the road and the server are at fault: once in so many tries, 0 for never.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// The connection is cut off before the letter, or the server says 4xx.
    pub puts_off_one_in: usize,
    /// The connection is cut off after the letter.
    pub cuts_one_in: usize,
    /// The address is refused for good.
    pub refuses_one_in: usize,
    /// The server takes no letter of ours at all.
    pub locks_one_in: usize,
}

/// The server, the road, and what is known of both.
pub struct Mail {
    writes: Arc<dyn Acts>,
    machine: Arc<Machine>,
    at_once: usize,
    sight: Sight,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    weather: Weather,
    letters: BTreeMap<EffectId, Letter>,
}

/// What became of a letter so far.
#[derive(Clone, Debug, Default)]
pub struct Letter {
    /// Tries since a person last had its task tried again.
    pub tries: u32,
    /// How often a person had its task tried again.
    pub retried: usize,
    /// Its bytes at the first try.
    pub bytes: Vec<u8>,
    /// How often it was delivered.
    pub delivered: u32,
    /// The engine was told that it was taken, in this process.
    pub told_in: Option<u64>,
    /// It was refused for good, and the engine was told.
    pub refused: bool,
}

impl Mail {
    /// A server without letters; `writes` builds them.
    pub fn new(writes: Arc<dyn Acts>, machine: Arc<Machine>, at_once: usize, sight: Sight) -> Arc<Self> {
        Arc::new(Self { writes, machine, at_once, sight, state: Mutex::default() })
    }

    /// Changes how the road is.
    pub fn set_weather(&self, weather: Weather) {
        self.state().weather = weather;
    }

    /// What became of a letter, if it was ever tried.
    pub fn letter(&self, id: EffectId) -> Option<Letter> {
        self.state().letters.get(&id).cloned()
    }

    fn hand_over(&self, id: EffectId, frozen: &Frozen) -> Report {
        let died = || Report::InDoubt("nobody heard".to_owned());
        let fate = self.machine.deed(format_args!("letter {id} to {}", frozen.to));
        if matches!(fate, Fate::Dead | Fate::Before) {
            return died();
        }
        let mut letter = self.state().letters.remove(&id).unwrap_or_default();
        let retried = retried(&self.sight, id);
        if retried > letter.retried {
            (letter.retried, letter.tries) = (retried, 0);
        }
        if let Some((invariant, how)) = wrong_with(&self.sight, &letter, id, frozen, self.machine.process()) {
            self.machine.broke(invariant, format_args!("letter {id}: {how}"));
        }
        letter.tries += 1;
        if letter.bytes.is_empty() {
            letter.bytes.clone_from(&frozen.bytes);
        }
        let weather = self.state().weather;
        let report = match fate {
            Fate::Within => died(),
            Fate::After => {
                self.deliver(&mut letter);
                died()
            }
            _ => self.under(weather, &mut letter, frozen),
        };
        self.state().letters.insert(id, letter);
        report
    }

    fn under(&self, weather: Weather, letter: &mut Letter, frozen: &Frozen) -> Report {
        let happens = |one_in| self.machine.chance(|chance| chance.one_in(one_in));
        let failed = |kind, code: &str| {
            let message = "the simulated server says so".to_owned();
            Report::Known(Outcome::Failed(Failure { kind, code: code.to_owned(), message }))
        };
        self.machine.count(|figures| figures.mail_faults += 1);
        if happens(weather.puts_off_one_in) {
            let kinds = [FailureKind::Transient, FailureKind::Busy, FailureKind::Timeout];
            return failed(kinds[self.machine.chance(|chance| chance.below(kinds.len()))], "smtp-451");
        }
        if happens(weather.cuts_one_in) {
            if happens(2) {
                self.deliver(letter);
            }
            return Report::InDoubt("the connection was cut off".to_owned());
        }
        if happens(weather.refuses_one_in) {
            letter.refused = true;
            return Report::Known(Outcome::Refused { address: frozen.to.clone(), reply: "550 nobody".to_owned() });
        }
        if happens(weather.locks_one_in) {
            let why = "535 the password is wrong".to_owned();
            return Report::Paused { why, until: Until::Mended };
        }
        self.machine.count(|figures| figures.mail_faults -= 1);
        self.deliver(letter);
        letter.told_in = Some(self.machine.process());
        Report::Known(Outcome::Sent { reply: "250 taken".to_owned() })
    }

    fn deliver(&self, letter: &mut Letter) {
        letter.delivered += 1;
        let is_first = letter.delivered == 1;
        self.machine.count(|figures| if is_first { figures.letters += 1 } else { figures.repeats += 1 });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Acts for Mail {
    fn freeze(&self, id: EffectId, effect: &Effect, written_at: Timestamp) -> Result<Frozen, Failure> {
        self.writes.freeze(id, effect, written_at)
    }

    fn act<'a>(&'a self, id: EffectId, frozen: &'a Frozen) -> Reporting<'a> {
        Box::pin(async move {
            let is_first = self.letter(id).is_none_or(|letter| letter.bytes.is_empty());
            if let Some(how) = unwanted(&self.sight, id).filter(|_| is_first && !self.machine.is_dead()) {
                self.machine.broke(4, format_args!("letter {id}: {how}"));
            }
            let turns = self.machine.chance(|chance| chance.below(TURNS_MAX));
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            let report = self.hand_over(id, frozen);
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            report
        })
    }

    fn at_once_max(&self) -> usize {
        self.at_once
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }
}
