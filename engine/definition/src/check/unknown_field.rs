//! A field of the client that is written and not declared, or that no job may write (WF0313).

use super::unknown;
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Draft, Thing};
use crate::practice::CLIENT_PATHS;
use crate::surroundings::Surroundings;

/// Fields that every client has and a job may write.
pub(super) const WRITABLE: [&str; 3] = ["name", "status", "office"];

pub(super) fn check(draft: &Draft, surroundings: &Surroundings, diagnostics: &mut Diagnostics) {
    for mention in draft.mentions.iter().filter(|mention| mention.thing == Thing::ClientField) {
        let name = &mention.name;
        let root = name.value.split('.').next().unwrap_or_default();
        if WRITABLE.contains(&name.value.as_str()) {
            continue;
        }
        if CLIENT_PATHS.contains(&root) {
            let message = format!("a job cannot write `{}` of a client", name.value);
            let help = format!("it may write {} and the fields that the practice declared", WRITABLE.join(", "));
            diagnostics.push(Diagnostic::error(code::UNKNOWN_CLIENT_FIELD, message).at(name.span, "").help(help));
        } else if let Some(practice) = &surroundings.practice
            && practice.client_fields.get(&name.value).is_none()
        {
            let known = practice.client_fields.iter().map(|(path, _)| path).collect::<Vec<_>>();
            let message = |name| format!("the practice has not declared the field {name}");
            let known = known.iter().copied().chain(WRITABLE);
            let diagnostic = unknown(code::UNKNOWN_CLIENT_FIELD, message, name, known);
            diagnostics.push(diagnostic.help("declare it under `fields: client:` of practice.yaml"));
        }
    }
}
