//! A contact role (WF0320) or a template (WF0321) that is declared and never used.

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::draft::{Draft, Thing};
use crate::source::Spanned;
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    let used = |thing: Thing, name: &str| draft.mentions.iter().any(|m| m.thing == thing && m.name.value == name);
    // A role may be read by an expression, which names it as a text.
    let written = |name: &str| draft.expressions.iter().any(|expression| expression.text.contains(name));
    let mut tell = |code, what, name: &Spanned<String>| {
        let message = format!("the {what} {} is never used", quoted(&name.value));
        diagnostics.push(Diagnostic::warning(code, message).at(name.span, ""));
    };
    for role in &draft.declared.roles {
        if !used(Thing::ContactRole, &role.value) && !written(&role.value) {
            tell(code::UNUSED_ROLE, "contact role", role);
        }
    }
    for template in draft.declared.templates.iter().filter(|template| !used(Thing::Template, &template.value)) {
        tell(code::UNUSED_TEMPLATE, "template", template);
    }
}
