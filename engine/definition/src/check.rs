//! What can be wrong with a definition that reads well: one rule a file.
//!
//! Owns: the list of rules. Each walks one of the draft's lists and never stops at the first fault; none depends on
//! another, and all are told what was declared rather than what could be read, so that one fault does not look like many.

mod anchor;
mod by_hand;
mod cannot_happen;
mod cycle;
mod date_ring;
mod due_before_start;
mod equal_ids;
mod expression;
mod graph;
mod key_dates;
pub(crate) mod names;
mod no_effect;
mod other_job;
mod outcome;
mod pick;
mod reopen;
mod required;
mod same_item;
mod sight;
mod signer;
mod staff_only;
mod surely;
mod unchecked;
mod unknown_definition;
mod unknown_field;
mod unknown_office;
mod unknown_order;
mod unknown_role;
mod unknown_task;
mod unknown_template;
mod unknown_zone;
mod unreachable;
mod unused;

use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::draft::Draft;
use crate::source::Spanned;
use crate::suggest::suggest;
use crate::surroundings::Surroundings;

/// A rule: looks at the draft, adds what it finds.
type Rule = fn(&Draft, &Surroundings, &mut Diagnostics);

/// Every rule, by level.
const RULES: &[Rule] = &[
    // 2: shapes that need more than one key.
    staff_only::check,
    pick::check,
    // 3: names.
    equal_ids::check,
    unknown_task::check,
    unknown_template::check,
    unknown_role::check,
    unknown_zone::check,
    unknown_office::check,
    unknown_definition::check,
    unknown_field::check,
    unknown_order::check,
    outcome::check,
    signer::check,
    anchor::check,
    unused::check,
    unchecked::check,
    // 4 and 5: types, and whether what is read is there.
    expression::check,
    // 6: flow.
    cycle::check,
    unreachable::check,
    cannot_happen::check,
    same_item::check,
    other_job::check,
    reopen::check,
    key_dates::check,
    date_ring::check,
    due_before_start::check,
    no_effect::check,
    required::check,
    by_hand::check,
];

/// Applies every rule.
pub(crate) fn check(draft: &Draft, surroundings: &Surroundings, diagnostics: &mut Diagnostics) {
    RULES.iter().for_each(|rule| rule(draft, surroundings, diagnostics));
}

/// A name that names nothing: what it should have been, if that is near, else all there is.
fn unknown<'k>(
    code: &'static str,
    message: impl FnOnce(String) -> String,
    name: &Spanned<String>,
    known: impl Iterator<Item = &'k str> + Clone,
) -> Diagnostic {
    const LISTED_MAX: usize = 12;
    let meant = suggest(&name.value, known.clone());
    let label = meant.map_or(String::new(), |meant| format!("did you mean `{meant}`?"));
    let diagnostic = Diagnostic::error(code, message(quoted(&name.value))).at(name.span, label);
    let listed: Vec<&str> = known.take(LISTED_MAX + 1).collect();
    match listed.len() {
        _ if meant.is_some() => diagnostic,
        1..=LISTED_MAX => diagnostic.help(format!("there are: {}", listed.join(", "))),
        _ => diagnostic,
    }
}
