//! Writing a letter.
//!
//! Owns: putting values into text, each escaped once when the letter is HTML. A value is never read as a letter again,
//! whatever braces it holds.

use super::{Machine, Stop, bound, held::Held, wrong};
use crate::{
    fault::{EvaluationError, Span},
    node::Piece,
    scope::{Facts, LETTER_OPERATIONS_MAX},
};
use jiff::tz::TimeZone;
use jobwright_core::value::Value;
use std::cell::OnceCell;

/// Bytes of the longest letter.
const LETTER_BYTES_MAX: usize = 256 * 1024;
/// Bytes written for one operation.
const BYTES_AN_OPERATION: u64 = 64;

/// Renders a letter.
pub(crate) fn render(
    pieces: &[Piece],
    roots: &[String],
    facts: &dyn Facts,
    zone: &TimeZone,
    html: bool,
) -> Result<String, EvaluationError> {
    let asked: Vec<_> = roots.iter().map(|_| OnceCell::new()).collect();
    let mut machine = Machine::new(roots, &asked, &[], facts, LETTER_OPERATIONS_MAX);
    machine.zone = Some(zone);
    let mut letter = String::new();
    match machine.pieces(pieces, html, &mut letter) {
        Ok(()) => Ok(letter),
        Err(Stop::Error(error)) => Err(*error),
        // A letter has no statement that leaves it.
        Err(Stop::Break | Stop::Continue | Stop::Return(_)) => Ok(letter),
    }
}

impl<'r> Machine<'r> {
    fn pieces(&mut self, pieces: &'r [Piece], html: bool, letter: &mut String) -> Result<(), Stop> {
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.append(text, false, Span::default(), letter)?,
                Piece::Emit(node) => {
                    let held = self.there(node)?;
                    let mut text = String::new();
                    self.write(&held, &mut text).map_err(|message| wrong(node.span, message))?;
                    self.append(&text, html, node.span, letter)?;
                }
                Piece::If { condition, then, otherwise } => {
                    let chosen = if self.condition(condition)? { then } else { otherwise };
                    self.pieces(chosen, html, letter)?;
                }
                Piece::For { slot, over, body, otherwise } => {
                    let items: Vec<Held<'r>> = self.items(over)?.collect();
                    if items.is_empty() {
                        self.pieces(otherwise, html, letter)?;
                    }
                    let length = items.len();
                    for (index, item) in items.into_iter().enumerate() {
                        self.spend(1, over.span)?;
                        self.locals.truncate(*slot);
                        self.locals.extend([item.kept(), loop_state(index, length).kept()]);
                        self.pieces(body, html, letter)?;
                    }
                    self.locals.truncate(*slot);
                }
            }
        }
        Ok(())
    }

    fn append(&mut self, text: &str, escaped: bool, span: Span, letter: &mut String) -> Result<(), Stop> {
        self.spend(1 + text.len() as u64 / BYTES_AN_OPERATION, span)?;
        if escaped {
            text.chars().for_each(|c| escape(c, letter));
        } else {
            letter.push_str(text);
        }
        if letter.len() > LETTER_BYTES_MAX {
            return Err(bound(span, format!("this letter is longer than {LETTER_BYTES_MAX} bytes")));
        }
        Ok(())
    }
}

fn escape(c: char, letter: &mut String) {
    match c {
        '&' => letter.push_str("&amp;"),
        '<' => letter.push_str("&lt;"),
        '>' => letter.push_str("&gt;"),
        '"' => letter.push_str("&quot;"),
        '\'' => letter.push_str("&#39;"),
        other => letter.push(other),
    }
}

fn loop_state<'r>(index: usize, length: usize) -> Held<'r> {
    Held::Own(Value::map([
        ("first", Value::Bool(index == 0)),
        ("index", Value::Int(index as i64 + 1)),
        ("index0", Value::Int(index as i64)),
        ("last", Value::Bool(index + 1 == length)),
        ("length", Value::Int(length as i64)),
    ]))
}
