//! What tasks give, as types: outputs and the answers to their items.

use std::collections::BTreeMap;

use jobwright_core::plan::{Item, Parts, Request, Takes, Task, Work};
use jobwright_core::value::{Field, Type};

use super::optional;

/// What others read of a task's outputs and of the answers to its items.
pub(super) fn outputs(task: &Task, sure: bool) -> Type {
    // Who ends with another outcome instead has given nothing.
    let sure = sure && task.on_failed.continue_as.is_none();
    let mut all = answers(task);
    all.extend(task.outputs.iter().map(|(name, field)| {
        let of = field.of.clone();
        (name.to_string(), if field.optional { optional(of) } else { of })
    }));
    Type::Record(all.into_iter().map(|(name, of)| (name, if sure { of } else { optional(of) })).collect())
}

fn answers(task: &Task) -> BTreeMap<String, Type> {
    let Work::Request(Request { parts, .. }) = &task.work else { return BTreeMap::new() };
    let (items, nothing) = match parts {
        Parts::Documents { items, nothing_to_report } => (items, *nothing_to_report),
        Parts::Form(items) => (items, false),
        Parts::Approval { .. } | Parts::Signature { .. } | Parts::Manual { .. } => return BTreeMap::new(),
    };
    let answer = |item: &Item| {
        let of = match &item.takes {
            Takes::File { .. } => Type::Document,
            Takes::Value(field) => field.of.clone(),
        };
        let may_miss = nothing || !item.required;
        (item.id.to_string(), if may_miss { optional(of) } else { of })
    };
    items.iter().map(answer).collect()
}

/// What a script must give.
pub(super) fn wanted_outputs(task: &Task) -> Type {
    let of = |field: &Field| {
        if field.optional { optional(field.of.clone()) } else { field.of.clone() }
    };
    Type::Record(task.outputs.iter().map(|(name, field)| (name.to_string(), of(field))).collect())
}
