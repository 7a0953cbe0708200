//! What holds for every plan, whatever people, time and the world do to its jobs.
//!
//! The world itself holds after every command: no event is impossible, told again it is the same job, nothing is left
//! to do or to ask, it wakes when it must and not before, effects never repeat, nobody gets a letter twice in one round
//! and place, and an ended job has no open task. Here it is lived at random.

use super::random::{Tape, any_plan, any_start, anything};
use super::std;
use super::world::World;
use crate::event::Event;
use crate::job::Job;
use alloc::{
    collections::BTreeSet,
    format,
    string::{String, ToString},
    vec::Vec,
};
use expect_test::expect;
use proptest::prelude::*;

/// Numbers of a tape: a plan of a dozen tasks takes some 300, a thing that happens about four.
const TAPE_MAX: usize = 700;

fn live(values: Vec<u16>) -> World {
    let mut tape = Tape::new(values);
    let mut world = World::new(any_plan(&mut tape));
    any_start(&mut tape, &mut world);
    world.settle();
    while !tape.is_over() {
        anything(&mut tape, &mut world);
    }
    world
}

/// The lives are worth living: without this, the properties could hold because nothing ever happens.
#[test]
fn in_random_lives_everything_happens() {
    let mut seed = 1_u64;
    let mut number = || {
        // Knuth's constants for a linear congruential generator; the high bits are the good ones.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 40) as u16
    };
    let mut met = BTreeSet::new();
    for _ in 0..200 {
        let world = live((0..TAPE_MAX).map(|_| number()).collect());
        met.extend(world.log.iter().map(|recorded| word(&recorded.event)));
    }
    let met = met.into_iter().collect::<Vec<_>>().join("\n") + "\n";
    expect![[r#"
        ActRefused
        ChildAsked
        ChildEnded
        ChildStarted
        ClientUpdated
        DatesSet
        EffectDelayed
        EffectGivenUp
        ItemAnswered
        JobCancelled
        JobCompleted
        JobMoved
        JobOpened
        JobUncancelled
        LetterDropped
        LetterRefused
        LetterSent
        LetterWritten
        NoticeUnsent
        OutcomeGiven
        PluginAsked
        PluginDeferred
        PluginReturned
        PluginSaid
        ProgressKept
        RecipientsResolved
        ReopenLimitReached
        SignatureDeclined
        SignatureVoided
        Signed
        TaskActivated
        TaskCompleted
        TaskDoneOutOfTurn
        TaskExpanded
        TaskFailed
        TaskMended
        TaskOverdue
        TaskOverridden
        TaskReady
        TaskReassigned
        TaskReopened
        TaskRetried
        TaskSkipped
        TaskTakenOver
        TaskUncompletable
        TasksReopened
    "#]]
    .assert_eq(&met);
}

fn word(event: &Event) -> String {
    let text = format!("{event:?}");
    text.split([' ', '(']).next().unwrap_or_default().to_string()
}

/// Few enough lives to run beside everything else; `PROPTEST_CASES=5000` goes hunting.
fn config() -> ProptestConfig {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let is_hunting = std::env::var_os("PROPTEST_CASES").is_some();
    ProptestConfig { cases: if is_hunting { config.cases } else { 80 }, ..config }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_job_keeps_its_promises_whatever_happens_to_it(values in prop::collection::vec(any::<u16>(), 0..TAPE_MAX)) {
        live(values);
    }

    #[test]
    fn a_job_can_be_told_up_to_any_event(values in prop::collection::vec(any::<u16>(), 0..TAPE_MAX), cut in any::<prop::sample::Index>()) {
        let world = live(values);
        let cut = cut.index(world.log.len()) + 1;
        let mut half = Job::replay(&world.log[..cut]).unwrap().unwrap();
        for event in &world.log[cut..] {
            half.apply(event).unwrap();
        }
        prop_assert_eq!(half, world.job);
    }
}
