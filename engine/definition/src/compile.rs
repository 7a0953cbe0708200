//! From a draft without faults to a plan.
//!
//! Owns: the order of key dates and the hash. Everything else stands in the draft already: places are left behind here.

use jobwright_core::date;
use jobwright_core::id::Hash;
use jobwright_core::plan::Plan;

use crate::draft::Draft;

/// The plan; none when key dates hang on one another in a ring, which a check has told.
pub(crate) fn compile(draft: Draft, hash: Hash) -> Option<Plan> {
    let mut plan = draft.plan;
    let order: Vec<String> = date::order(plan.dates.iter().map(|date| (date.name.as_str(), &date.rule)))
        .ok()?
        .into_iter()
        .map(str::to_owned)
        .collect();
    plan.dates.sort_by_key(|date| order.iter().position(|name| *name == date.name.as_str()));
    plan.hash = hash;
    Some(plan)
}
