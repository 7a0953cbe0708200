//! Jobs told as stories: a plan, what people and time do, and every event that follows.
//!
//! Owns: `check`, which plays a story and holds what must be true after every line of it: what was told again makes the
//! same job, nothing is left to do, and no wake lies in the past. The world the stories play in is in `world`.

extern crate std;

mod dates;
mod flow;
mod forced;
mod instances;
mod letters;
mod moving;
mod outside;
mod plans;
mod properties;
mod random;
mod reopening;
mod requests;
mod signatures;
mod story;
mod tables;
mod telling;
mod trouble;
mod uncompletable;
mod world;

use crate::plan::Plan;
use expect_test::Expect;

/// Plays a story with a plan and compares what happened.
#[expect(clippy::needless_pass_by_value, reason = "an expectation reads best where it is used")]
fn check(plan: Plan, story: &str, expected: Expect) {
    let mut world = world::World::new(plan);
    story::play(&mut world, story);
    expected.assert_eq(&world.told);
}
