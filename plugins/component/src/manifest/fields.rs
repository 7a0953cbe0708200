//! The output fields that a JSON Schema describes.
//!
//! Owns: which of our types a property is, so that a definition can be checked against it. What the schema says beyond
//! that is still held against each answer. Leaves validity to `schema`.

use jobwright_core::value::{Field, Type};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// How deep the types of a schema are written out: the first that gives no more than [`TYPES_MAX`] of them. A schema that
/// refers to itself has no end, and one that refers to others twice a level doubles with each; below it any value fits.
const DEPTHS: [usize; 6] = [16, 8, 4, 3, 2, 1];
/// Most types that a schema is written out as.
const TYPES_MAX: usize = 4_096;

/// The words of `x-jobwright`.
const MARKS: &[&str] = &["money", "document", "decimal"];

/// The fields of an object's schema, by name.
pub fn of(schema: &Json) -> BTreeMap<String, Field> {
    DEPTHS.into_iter().find_map(|depth| of_depth(schema, depth)).unwrap_or_default()
}

fn of_depth(schema: &Json, depth: usize) -> Option<BTreeMap<String, Field>> {
    // The last depth always gives an answer: it has no more types than the schema has properties.
    let types_max = if DEPTHS.last() == Some(&depth) { usize::MAX } else { TYPES_MAX };
    let mut writing = Writing { root: schema, left: types_max };
    properties(schema)
        .map(|(name, one)| Some((name.clone(), writing.field(one, !is_required(schema, name), depth)?)))
        .collect()
}

/// Properties with a mark that we do not know.
pub fn faults(schema: &Json) -> Vec<(String, String)> {
    let known = |mark: &Json| mark.as_str().is_some_and(|mark| MARKS.contains(&mark));
    let marked = properties(schema).filter_map(|(name, one)| Some((name, one.get("x-jobwright")?)));
    let unknown = marked.filter(|(_, mark)| !known(mark));
    unknown
        .map(|(name, mark)| (name.clone(), format!("`x-jobwright`: {mark} is none of {}", MARKS.join(", "))))
        .collect()
}

fn properties(schema: &Json) -> impl Iterator<Item = (&String, &Json)> {
    schema.get("properties").and_then(Json::as_object).into_iter().flatten()
}

fn is_required(schema: &Json, name: &str) -> bool {
    let required = schema.get("required").and_then(Json::as_array);
    required.is_some_and(|names| names.iter().any(|one| one == name))
}

/// The types of a schema, as they are written out.
struct Writing<'a> {
    root: &'a Json,
    /// How many more there may be.
    left: usize,
}

impl<'a> Writing<'a> {
    /// A field; nothing when there are too many types.
    fn field(&mut self, schema: &'a Json, optional: bool, depth: usize) -> Option<Field> {
        let schema = resolved(self.root, schema);
        let (of, nullable) = self.type_of(schema, depth)?;
        let optional = optional || nullable;
        let (low, high) = match of {
            Type::Int | Type::Decimal => ("minimum", "maximum"),
            Type::Text => ("minLength", "maxLength"),
            Type::List(_) => ("minItems", "maxItems"),
            _ => return Some(Field { optional, ..Field::of(of) }),
        };
        let (min, max) = (number(schema, low), number(schema, high));
        Some(Field { min, max, optional, ..Field::of(of) })
    }

    /// The type, and whether `null` fits too.
    fn type_of(&mut self, schema: &'a Json, depth: usize) -> Option<(Type, bool)> {
        self.left = self.left.checked_sub(1)?;
        let Some(deeper) = depth.checked_sub(1) else { return Some((Type::Any, false)) };
        let schema = resolved(self.root, schema);
        match schema.get("x-jobwright").and_then(Json::as_str) {
            Some("money") => return Some((Type::Money(None), false)),
            Some("document") => return Some((Type::Document, false)),
            Some("decimal") => return Some((Type::Decimal, false)),
            _ => {}
        }
        let (word, nullable) = match schema.get("type") {
            Some(Json::String(word)) => (word.as_str(), false),
            Some(Json::Array(words)) => {
                let mut others = words.iter().filter_map(Json::as_str).filter(|word| *word != "null");
                match (others.next(), others.next()) {
                    (Some(word), None) => (word, words.iter().any(|word| word == "null")),
                    _ => return Some((Type::Any, false)),
                }
            }
            _ => ("", false),
        };
        let of = match word {
            "integer" => Type::Int,
            "number" => Type::Decimal,
            "boolean" => Type::Bool,
            "array" => {
                let items = schema.get("items").map(|items| self.nested(items, true, deeper));
                Type::List(Box::new(items.unwrap_or(Some(Type::Any))?))
            }
            "object" if properties(schema).next().is_some() => {
                let fields = properties(schema)
                    .map(|(name, one)| Some((name.clone(), self.nested(one, is_required(schema, name), deeper)?)));
                Type::Record(fields.collect::<Option<_>>()?)
            }
            "object" => Type::Map,
            "string" | "" if schema.get("enum").is_some() => words(schema).map_or(Type::Any, Type::Enum),
            "string" => match schema.get("format").and_then(Json::as_str) {
                Some("date") => Type::Date,
                Some("date-time") => Type::Moment,
                _ => Type::Text,
            },
            _ => Type::Any,
        };
        Some((of, nullable))
    }

    fn nested(&mut self, schema: &'a Json, required: bool, depth: usize) -> Option<Type> {
        let (of, nullable) = self.type_of(schema, depth)?;
        Some(if (required && !nullable) || of == Type::Any { of } else { Type::Optional(Box::new(of)) })
    }
}

fn words(schema: &Json) -> Option<Vec<String>> {
    schema.get("enum")?.as_array()?.iter().map(|word| word.as_str().map(str::to_owned)).collect()
}

/// What a `$ref` within the same schema means.
fn resolved<'a>(root: &'a Json, schema: &'a Json) -> &'a Json {
    let pointer = schema.get("$ref").and_then(Json::as_str).and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

fn number(schema: &Json, key: &str) -> Option<Decimal> {
    schema.get(key)?.as_number()?.to_string().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_property_has_its_type() {
        let schema = json!({
            "type": "object",
            "required": ["text", "count", "rows", "deep"],
            "$defs": { "row": { "type": "object", "required": ["a"], "properties": { "a": { "type": "integer" }, "b": { "type": "boolean" } } } },
            "properties": {
                "text": { "type": "string", "maxLength": 5 },
                "day": { "type": "string", "format": "date" },
                "at": { "type": "string", "format": "date-time" },
                "word": { "enum": ["a", "b"] },
                "count": { "type": "integer", "minimum": 1, "maximum": 9 },
                "rate": { "type": ["number", "null"] },
                "sum": { "type": "object", "x-jobwright": "money" },
                "file": { "type": "object", "x-jobwright": "document" },
                "share": { "type": "string", "x-jobwright": "decimal" },
                "rows": { "type": "array", "items": { "$ref": "#/$defs/row" } },
                "deep": { "type": "object" },
                "else": {}
            }
        });
        let fields = of(&schema);
        let shown = |name: &str| {
            let field = &fields[name];
            format!("{}{}", field.of, if field.optional { "?" } else { "" })
        };
        let names = ["text", "day", "at", "word", "count", "rate", "sum", "file", "share", "rows", "deep", "else"];
        assert_eq!(
            names.map(shown).join(" | "),
            "text | date? | datetime? | one of a, b? | int | decimal? | money? | document? | decimal? | list of map | map | any value?"
        );
        assert_eq!((fields["count"].min, fields["count"].max), (Some(Decimal::ONE), Some(Decimal::from(9))));
        let Type::List(row) = &fields["rows"].of else { panic!("a list") };
        let Type::Record(row) = &**row else { panic!("a record: {row:?}") };
        assert_eq!(row["b"], Type::Optional(Box::new(Type::Bool)));
    }

    /// How many types there are in one.
    fn types(of: &Type) -> usize {
        1 + match of {
            Type::List(of) | Type::Optional(of) => types(of),
            Type::Record(fields) => fields.values().map(types).sum(),
            _ => 0,
        }
    }

    #[test]
    fn r07_a_schema_that_refers_to_itself_is_written_out_within_bounds() {
        let node = |names: &[&str]| {
            let one = |name: &&str| ((*name).to_owned(), json!({ "$ref": "#/$defs/n" }));
            json!({ "type": "object", "properties": names.iter().map(one).collect::<serde_json::Map<_, _>>() })
        };
        for names in [&["a"][..], &["a", "b"], &["a", "b", "c"], &["a", "b", "c", "d", "e", "f", "g", "h"]] {
            let schema = json!({ "$defs": { "n": node(names) }, "properties": { "x": { "$ref": "#/$defs/n" } } });
            let fields = of(&schema);
            let count = types(&fields["x"].of);
            assert!((2..=2 * TYPES_MAX).contains(&count), "{names:?}: {count}");
            let Type::Record(inner) = &fields["x"].of else { panic!("a record") };
            assert_eq!(inner.len(), names.len(), "the first level is always there");
        }
    }

    #[test]
    fn r07_a_chain_that_doubles_with_each_level_is_written_out_within_bounds() {
        let mut defs = serde_json::Map::new();
        for level in 0..40 {
            let next = json!({ "$ref": format!("#/$defs/n{}", level + 1) });
            let both = json!({ "type": "object", "properties": { "a": next, "b": next } });
            defs.insert(format!("n{level}"), both);
        }
        let schema = json!({ "$defs": defs, "properties": { "x": { "$ref": "#/$defs/n0" } } });
        assert!(types(&of(&schema)["x"].of) <= 2 * TYPES_MAX);
    }

    #[test]
    fn a_mark_that_nobody_knows_is_named() {
        let schema = json!({ "properties": { "sum": { "x-jobwright": "cash" } } });
        assert_eq!(faults(&schema)[0].1, "`x-jobwright`: \"cash\" is none of money, document, decimal");
    }
}
