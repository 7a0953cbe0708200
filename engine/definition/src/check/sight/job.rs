//! What a job has from its first moment, as types: itself, its period, its inputs and its dates.

use std::collections::BTreeMap;

use jobwright_core::date::{Anchor, Rule, Step, Unit};
use jobwright_core::value::Type;

use super::{optional, record};
use crate::draft::Draft;

/// Key dates that name one another further than this are of a type that is not known.
const DEPTH_MAX: usize = 32;

/// What a job has from its first moment.
pub(super) fn job(draft: &Draft) -> BTreeMap<String, Type> {
    let job = ["id", "definition", "name", "state"].map(|name| (name, Type::Text));
    let Type::Record(mut of_job) = record(job) else { return BTreeMap::new() };
    of_job.insert("opened".to_owned(), Type::Moment);
    let mut names = BTreeMap::from([
        ("job".to_owned(), Type::Record(of_job)),
        ("inputs".to_owned(), inputs(draft)),
        ("dates".to_owned(), dates(draft)),
    ]);
    if draft.plan.schedule.as_ref().is_some_and(|schedule| schedule.every.is_some()) {
        let period = [("key", Type::Text), ("label", Type::Text), ("start", Type::Date), ("end", Type::Date)];
        names.insert("period".to_owned(), record(period));
    }
    names
}

fn inputs(draft: &Draft) -> Type {
    // What could not be read holds anything.
    let mut inputs: BTreeMap<_, _> =
        draft.declared.inputs.iter().map(|input| (input.value.clone(), Type::Any)).collect();
    for input in &draft.plan.inputs {
        let may_miss = input.field.optional && input.default.is_none();
        let of = input.field.of.clone();
        inputs.insert(input.name.to_string(), if may_miss { optional(of) } else { of });
    }
    Type::Record(inputs)
}

fn dates(draft: &Draft) -> Type {
    let mut dates: BTreeMap<_, _> = draft.declared.dates.iter().map(|date| (date.value.clone(), Type::Any)).collect();
    for date in &draft.plan.dates {
        let of = dated(&date.rule, draft, 0);
        dates.insert(date.name.to_string(), if date.when.is_some() { optional(of) } else { of });
    }
    Type::Record(dates)
}

/// A day or an instant, as the last step leaves it; optional when the rule hangs on what may not be known.
pub(super) fn dated(rule: &Rule, draft: &Draft, depth: usize) -> Type {
    let keeps = |step: &Step| matches!(step, Step::Shift { unit: Unit::Minute | Unit::Hour, .. } | Step::At(_));
    let anchored = anchored(rule, draft, depth);
    let of = match rule.steps.last() {
        None => return anchored,
        Some(step) if keeps(step) => Type::Moment,
        Some(_) => Type::Date,
    };
    if matches!(anchored, Type::Optional(_)) { optional(of) } else { of }
}

fn anchored(rule: &Rule, draft: &Draft, depth: usize) -> Type {
    let path = match &rule.anchor {
        Anchor::Date(_) => return Type::Date,
        Anchor::Due => return optional(Type::Any),
        Anchor::KeyDate(path) | Anchor::Path(path) => path,
    };
    let key_date = || draft.plan.dates.iter().find(|date| date.name.as_str() == *path);
    match path.split_once('.') {
        None if depth >= DEPTH_MAX => Type::Any,
        None => match key_date() {
            Some(date) if date.when.is_some() => optional(dated(&date.rule, draft, depth + 1)),
            Some(date) => dated(&date.rule, draft, depth + 1),
            None => Type::Any,
        },
        Some(("period", _)) => Type::Date,
        Some(("job", _)) => Type::Moment,
        Some(_) => optional(Type::Any),
    }
}
