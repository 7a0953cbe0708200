//! The fields that a practice keeps of its clients, beyond those built in.
//!
//! Owns: reading `fields: client:` and answering which paths exist, with which type. Leaves values to whoever reads them.

use std::collections::BTreeMap;

use jobwright_core::value::{Field, Type};

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::field;
use crate::source::Span;
use crate::suggest::suggest;
use crate::syntax::{Fields, Kind, Node, choice, map_of};

/// What every client has; nothing declared may begin with one of these.
pub const CLIENT_PATHS: &[&str] =
    &["id", "name", "type", "status", "services", "office", "staff", "contacts", "source"];

/// Most declared fields.
pub const FIELDS_MAX: usize = 500;

/// Most names in a path: `payroll.pension.provider` has three.
pub const PATH_NAMES_MAX: usize = 4;

/// The declared fields of clients, by their path: `vat.scheme`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    fields: BTreeMap<String, DeclaredField>,
}

/// A declared field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredField {
    /// Its type and bounds. A field may be empty unless it is declared as required.
    pub field: Field,
    /// What people call it; the path when absent.
    pub label: Option<String>,
}

impl Declared {
    /// The field at a dotted path.
    pub fn get(&self, path: &str) -> Option<&DeclaredField> {
        self.fields.get(path)
    }

    /// All fields by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &DeclaredField)> {
        self.fields.iter().map(|(path, field)| (path.as_str(), field))
    }

    /// Whether some field lies below this path, so that `vat` is a mapping.
    pub fn is_above(&self, path: &str) -> bool {
        self.fields.keys().any(|other| below(other, path).is_some())
    }

    /// The names that paths begin with: `vat`, `year_end`.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(|path| path.split_once('.').map_or(path.as_str(), |(root, _)| root))
    }

    /// The field that was probably meant.
    pub fn nearest(&self, path: &str) -> Option<&str> {
        suggest(path, self.fields.keys().map(String::as_str))
    }

    /// The fields as one type, nested as their paths are. What may be empty is optional.
    pub fn record(&self) -> Type {
        Type::Record(self.names(""))
    }

    fn names(&self, above: &str) -> BTreeMap<String, Type> {
        let mut names = BTreeMap::new();
        for (path, declared) in &self.fields {
            let Some(rest) = below(path, above) else { continue };
            let (name, deeper) = rest.split_once('.').map_or((rest, false), |(name, _)| (name, true));
            let of = match (deeper, declared.field.optional) {
                (true, _) if names.contains_key(name) => continue,
                (true, _) => {
                    Type::Record(self.names(&if above.is_empty() { name.into() } else { format!("{above}.{name}") }))
                }
                (false, true) => Type::Optional(Box::new(declared.field.of.clone())),
                (false, false) => declared.field.of.clone(),
            };
            names.insert(name.to_owned(), of);
        }
        names
    }
}

/// What follows a path and its dot.
fn below<'p>(path: &'p str, above: &str) -> Option<&'p str> {
    if above.is_empty() { Some(path) } else { path.strip_prefix(above)?.strip_prefix('.') }
}

pub(super) fn declared(node: &Node, diagnostics: &mut Diagnostics) -> Option<Declared> {
    let mut fields = Fields::of(node, "the fields", diagnostics)?;
    let client = fields.optional("client", map_of(declared_field)).unwrap_or_default();
    let head = fields.head();
    fields.finish();
    if client.len() > FIELDS_MAX {
        let message = format!("a practice declares at most {FIELDS_MAX} fields");
        diagnostics.push(Diagnostic::error(code::OUT_OF_RANGE, message).at(head, ""));
        return None;
    }
    let places: BTreeMap<String, Span> = client.iter().map(|(path, _)| (path.value.clone(), path.span)).collect();
    for (path, span) in &places {
        if let Some(fault) = path_fault(path, &places) {
            diagnostics.push(Diagnostic::error(code::FIELD_CLASH, fault).at(*span, ""));
        }
    }
    Some(Declared { fields: client.into_iter().map(|(path, field)| (path.value, field)).collect() })
}

/// Types that need no more than their word.
pub(crate) const WORDS: &[(&str, &Type)] = &[
    ("string", &Type::Text),
    ("int", &Type::Int),
    ("decimal", &Type::Decimal),
    ("bool", &Type::Bool),
    ("date", &Type::Date),
    ("datetime", &Type::Moment),
    ("money", &Type::Money(None)),
];

/// `vat.registered: bool`, or a mapping with label and bounds.
fn declared_field(node: &Node, diagnostics: &mut Diagnostics) -> Option<DeclaredField> {
    if let Kind::Scalar(_) = node.kind {
        let of = choice(WORDS)(node, diagnostics)?.clone();
        return Some(DeclaredField { field: Field { optional: true, ..Field::of(of) }, label: None });
    }
    let mut fields = Fields::of(node, "a field", diagnostics)?;
    let field = field::field(&mut fields);
    let label = fields.optional("label", Node::text).map(|label| label.into_string());
    let required = fields.or("required", Node::boolean, false);
    fields.finish();
    let field = Field { optional: !required, ..field? };
    if is_written_as_text(&field.of) {
        return Some(DeclaredField { field, label });
    }
    node.bad(format!("a {} cannot be a field of clients: nobody could type it in", field.of), diagnostics)
}

/// Whether people can write such a value in a file, in a cell or after `K=`.
fn is_written_as_text(of: &Type) -> bool {
    match of {
        Type::List(of) => !matches!(**of, Type::List(_)) && is_written_as_text(of),
        Type::Map | Type::Record(_) | Type::Document | Type::Any => false,
        _ => true,
    }
}

fn path_fault(path: &str, all: &BTreeMap<String, Span>) -> Option<String> {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let names: Vec<_> = path.split('.').collect();
    if !names.iter().all(|name| is_name(name)) || names.len() > PATH_NAMES_MAX {
        let shape = "names of a-z, 0-9 and `_` with dots between, such as `vat.scheme`";
        return Some(format!("{} is no path: write {shape}, at most {PATH_NAMES_MAX} names", quoted(path)));
    }
    if CLIENT_PATHS.contains(&names[0]) {
        return Some(format!("{} is built in; choose another name", quoted(names[0])));
    }
    let above = (1..names.len()).map(|count| names[..count].join(".")).find(|above| all.contains_key(above))?;
    Some(format!("{} is declared as a value, so {} cannot lie below it", quoted(&above), quoted(path)))
}
