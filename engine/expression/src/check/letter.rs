//! Typing of letters.
//!
//! Owns: conditions, loops and what is written out, on every branch, taken or not.

use super::{Checker, family, known_after, types::Family};
use crate::{
    fault::{Fault, FaultKind},
    node::{Node, Piece},
    scope::Scope,
};
use jobwright_core::value::Type;
use std::collections::BTreeMap;

/// Checks a letter against its scope.
pub(crate) fn check_letter(text: &str, pieces: &[Piece], scope: &Scope) -> Vec<Fault> {
    let mut checker = Checker::new(text, scope);
    checker.letter = true;
    checker.pieces(pieces);
    checker.faults
}

impl Checker<'_> {
    fn pieces(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Text(_) => {}
                Piece::Emit(node) => self.written_out(node),
                Piece::If { condition, then, otherwise } => {
                    self.condition(condition);
                    self.pieces_knowing(known_after(condition, true), then);
                    self.pieces_knowing(known_after(condition, false), otherwise);
                }
                Piece::For { over, body, otherwise, .. } => {
                    let item = self.items_of(over);
                    let outside = self.locals.len();
                    self.locals.extend([item, loop_state()]);
                    self.pieces(body);
                    self.locals.truncate(outside);
                    self.pieces(otherwise);
                }
            }
        }
    }

    fn pieces_knowing(&mut self, paths: Vec<String>, pieces: &[Piece]) {
        let before = self.known.len();
        self.known.extend(paths);
        self.pieces(pieces);
        self.known.truncate(before);
    }

    /// `{% if x %}`: whether there is one. A number is neither true nor false, least of all 0.
    pub(super) fn truth(&mut self, inner: &Node) -> Type {
        let of = self.infer(inner);
        if matches!(family(&of), Family::Number | Family::Money(_)) {
            let path = inner.path().unwrap_or_else(|| "it".into());
            let message = format!("{} is neither true nor false", family(&of).words());
            let help = format!("write {{% if {path} is defined %}} or compare it");
            self.report(Fault::new(inner.span, FaultKind::WrongType, message).help(help));
        }
        Type::Bool
    }
}

/// What `loop` tells inside a loop.
fn loop_state() -> Type {
    let fields = [
        ("first", Type::Bool),
        ("index", Type::Int),
        ("index0", Type::Int),
        ("last", Type::Bool),
        ("length", Type::Int),
    ];
    Type::Record(fields.map(|(name, of)| (name.to_string(), of)).into_iter().collect::<BTreeMap<_, _>>())
}
