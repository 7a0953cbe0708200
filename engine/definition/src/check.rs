//! What can be wrong with a definition that reads well: one rule a file.
//!
//! Owns: the list of rules. Each walks one of the draft's lists and never stops at the first fault; none depends on
//! another, and all are told what was declared rather than what could be read, so that one fault does not look like many.

use crate::diagnostic::Diagnostics;
use crate::draft::Draft;
use crate::surroundings::Surroundings;

/// Applies every rule.
pub(crate) fn check(_draft: &Draft, _surroundings: &Surroundings, _diagnostics: &mut Diagnostics) {}
