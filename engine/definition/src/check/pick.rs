//! An approval or a signer whose selector may find several people and names no `pick` (WF0216).

use jobwright_core::recipient::{Form, Selector, StaffForm};

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::Draft;
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    for written in draft.selectors.iter().filter(|written| written.must_pick && is_open(&written.selector)) {
        let message = "this selector may find several people and does not say who is asked";
        let help = "write `pick: one` with an `order_by`, or `pick: all`";
        diagnostics.push(Diagnostic::error(code::PICK_MISSING, message).at(written.span, "").help(help));
    }
}

/// Whether it may find several and nobody said how many are meant.
fn is_open(selector: &Selector) -> bool {
    if selector.pick.is_some() {
        return false;
    }
    match &selector.form {
        Form::PrimaryContact | Form::Default | Form::Contact(_) => false,
        Form::Staff(form) => matches!(form, StaffForm::Additional | StaffForm::Role(_)),
        Form::FirstOf(branches) => branches.iter().any(is_open),
        Form::Role(_) | Form::AnyOf(_) | Form::AllOf(_) | Form::Script(_) | Form::Plugin { .. } => true,
    }
}
