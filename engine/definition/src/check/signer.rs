//! A signer who waits for one that is not there, or for one who waits for them (WF0310).

use jobwright_core::id::Name;
use jobwright_core::plan::{Parts, Request, Signer, Work};

use super::unknown;
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Draft, Thing};
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    for mention in draft.mentions.iter().filter(|mention| mention.thing == Thing::Signer) {
        let Some(task) = mention.owner.as_ref().and_then(|owner| draft.task(owner)) else { continue };
        let Work::Request(Request { parts: Parts::Signature { signers, .. }, .. }) = &task.work else { continue };
        let ids = || signers.iter().map(|signer| signer.id.as_str());
        if !ids().any(|id| id == mention.name.value) {
            let message = |name| format!("there is no signer {name} in this task");
            diagnostics.push(unknown(code::UNKNOWN_SIGNER, message, &mention.name, ids()));
        } else if waits_for_itself(signers, &mention.name.value) {
            let message = format!("`{}` can never sign: the signers wait for one another", mention.name.value);
            diagnostics.push(Diagnostic::error(code::UNKNOWN_SIGNER, message).at(mention.name.span, "in a ring"));
        }
    }
}

fn waits_for_itself(signers: &[Signer], id: &str) -> bool {
    let after = |id: &str| signers.iter().find(|signer| signer.id.as_str() == id)?.after.as_ref().map(Name::as_str);
    let mut next = after(id);
    // As many steps as there are signers reach every one of them.
    for _ in signers {
        match next {
            Some(reached) if reached == id => return true,
            Some(reached) => next = after(reached),
            None => return false,
        }
    }
    false
}
