//! A job definition, from its bytes to diagnostics and a plan.
//!
//! Owns: the order of the work: read, include, decode, check, compile. Each step goes as far as it can, so that
//! everything wrong is told at once; a plan comes only of a definition without errors. A stored definition is its
//! canonical text, which goes the same way once more.

use jobwright_core::id::{DefinitionId, Hash};
use jobwright_core::plan::Plan;

use crate::code;
use crate::diagnostic::{Diagnostics, Severity};
use crate::include::Files;
use crate::source::Sources;
use crate::surroundings::Surroundings;
use crate::syntax::{self, Node};
use crate::{canonical, check, compile, decode, include, plugins};

/// A definition that was looked at.
#[derive(Debug)]
pub struct Checked {
    /// The plan, when nothing is wrong.
    pub plan: Option<Plan>,
    /// The definition's id, when it could be read.
    pub id: Option<DefinitionId>,
    /// The definition's own tests, unread.
    pub tests: Option<Node>,
    /// All that is wrong, doubtful or worth knowing.
    pub diagnostics: Diagnostics,
    /// What the store keeps: the definition with its files, without comments and layout.
    pub canonical: String,
    /// The content hash: SHA-256 of the canonical text.
    pub hash: Hash,
}

/// Why a stored definition gives no plan.
#[derive(Debug, thiserror::Error)]
pub enum Damaged {
    /// It is no canonical text.
    #[error("the stored definition cannot be read")]
    Text(#[from] serde_json::Error),
    /// It is one that this version does not understand.
    #[error("the stored definition has {0} errors for this version")]
    Errors(usize),
}

/// Reads and checks a definition. `files` gives what `file:` names, by its path beside the definition.
pub fn read(sources: &mut Sources, name: &str, bytes: &[u8], files: Files, surroundings: &Surroundings) -> Checked {
    let mut diagnostics = Diagnostics::new();
    let root = syntax::read(sources, name, bytes, &mut diagnostics);
    let Some(mut root) = root else {
        let canonical = String::new();
        return Checked {
            plan: None,
            id: None,
            tests: None,
            diagnostics,
            hash: canonical::hash(&canonical),
            canonical,
        };
    };
    include::include(&mut root, sources, files, &mut diagnostics);
    plugins::include(&mut root, &surroundings.offers, &mut diagnostics);
    let canonical = canonical::write(&root);
    let hash = canonical::hash(&canonical);
    let installed = plugins::take_installed(&mut root);
    let draft = decode::decode(&root, installed, &mut diagnostics);
    if let Some(draft) = &draft {
        check::check(draft, surroundings, &mut diagnostics);
    }
    let id = draft.as_ref().map(|draft| draft.plan.id.clone());
    let plan = draft.filter(|_| !diagnostics.has_errors()).and_then(|draft| compile::compile(draft, hash));
    Checked { plan, id, tests: root.get("tests").cloned(), diagnostics, canonical, hash }
}

/// The plan of a canonical text that was stored. It was checked when it was published; what it names outside of itself
/// may be gone since, and is not asked for again.
pub fn recompile(canonical: &str) -> Result<Plan, Damaged> {
    let mut root = canonical::read(canonical)?;
    let installed = plugins::take_installed(&mut root);
    let mut diagnostics = Diagnostics::new();
    let draft = decode::decode(&root, installed, &mut diagnostics);
    // What an earlier version took without an effect is refused in new texts only: jobs that run go on.
    let errors = diagnostics.iter().filter(|one| one.severity == Severity::Error && one.code != code::NOT_YET).count();
    let draft = draft.filter(|_| errors == 0);
    let plan = draft.and_then(|draft| compile::compile(draft, canonical::hash(canonical)));
    plan.ok_or(Damaged::Errors(diagnostics.errors()))
}
