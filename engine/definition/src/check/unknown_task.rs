//! A task that is waited for, reopened, left out or renamed, and is not there (WF0302).

use super::unknown;
use crate::code;
use crate::diagnostic::Diagnostics;
use crate::draft::{Draft, Thing};
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    let tasks = || draft.declared.tasks.iter().map(|task| task.value.as_str());
    for mention in &draft.mentions {
        let names_task =
            matches!(mention.thing, Thing::Dependency(_) | Thing::Reopened | Thing::NotSameAs | Thing::Renamed);
        if names_task && !tasks().any(|task| task == mention.name.value) {
            let message = |name| format!("there is no task {name}");
            diagnostics.push(unknown(code::UNKNOWN_TASK, message, &mention.name, tasks()));
        }
    }
}
