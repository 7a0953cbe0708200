//! Outside a practice folder: what is read of the client was not checked (WF0330). Said once.

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Draft, Thing};
use crate::practice::CLIENT_PATHS;
use crate::source::Span;
use crate::surroundings::Surroundings;
use crate::syntax::Text;

pub(super) fn check(draft: &Draft, surroundings: &Surroundings, diagnostics: &mut Diagnostics) {
    if surroundings.practice.is_some() {
        return;
    }
    let texts = draft.expressions.iter().map(|expression| &expression.text);
    let texts = texts.chain(draft.texts.iter().map(|words| &words.text));
    let texts = texts.chain(draft.scripts.iter().map(|script| &script.text));
    let texts = texts.chain(draft.rules.iter().map(|rule| &rule.text));
    let written = draft.mentions.iter().find(|mention| mention.thing == Thing::ClientField);
    let Some(place) = texts.filter_map(place).next().or(written.map(|mention| mention.name.span)) else { return };
    let message = "fields of the client were not checked, since this is no practice folder";
    let help = "the practice declares its fields in practice.yaml; check the definition beside that file";
    diagnostics.push(Diagnostic::note(code::CLIENT_UNCHECKED, message).at(place, "for example this").help(help));
}

/// Where a text first reads a field that not every client has.
fn place(text: &Text) -> Option<Span> {
    const ROOT: &str = "client.";
    let begins = |at: &usize| !text[..*at].ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    text.match_indices(ROOT).filter(|(at, _)| begins(at)).find_map(|(at, _)| {
        let path = &text[at + ROOT.len()..];
        let name = path.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()?;
        let reads = name.starts_with(|first: char| first.is_ascii_lowercase()) && !CLIENT_PATHS.contains(&name);
        reads.then(|| text.place_range(at..at + ROOT.len() + name.len()))
    })
}
