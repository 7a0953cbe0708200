//! Work that is assigned by a selector which finds others than staff (WF0215).

use jobwright_core::recipient::{Channel, Form, Selector};

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::Draft;
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    for written in draft.selectors.iter().filter(|written| written.channel == Channel::Assign) {
        if let Some(form) = other(&written.selector) {
            let message = format!("work is assigned to staff, and `{form}` finds others");
            let help = "write `assign: { staff: … }`; contacts are asked with `recipient`";
            diagnostics.push(Diagnostic::error(code::STAFF_ONLY, message).at(written.span, "").help(help));
        }
    }
}

/// The first form that may find somebody who is not staff.
fn other(selector: &Selector) -> Option<&'static str> {
    match &selector.form {
        // Whom a plugin names that is not staff is dropped when it is asked, with that reason.
        Form::Staff(_) | Form::Plugin { .. } => None,
        Form::FirstOf(branches) | Form::AnyOf(branches) | Form::AllOf(branches) => branches.iter().find_map(other),
        Form::PrimaryContact | Form::Default => Some("primary_contact"),
        Form::Role(_) => Some("role"),
        Form::Contact(_) => Some("contact"),
        Form::Script(_) => Some("script"),
    }
}
