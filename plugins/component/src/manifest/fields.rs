//! The output fields that a JSON Schema describes.
//!
//! Owns: which of our types a property is, so that a definition can be checked against it. What the schema says beyond
//! that is still held against each answer. Leaves validity to `schema`.

use jobwright_core::value::{Field, Type};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Deepest nesting that is looked at; below it any value fits.
const DEPTH_MAX: usize = 16;

/// The words of `x-jobwright`.
const MARKS: &[&str] = &["money", "document", "decimal"];

/// The fields of an object's schema, by name.
pub fn of(schema: &Json) -> BTreeMap<String, Field> {
    properties(schema).map(|(name, one)| (name.clone(), field(schema, one, !is_required(schema, name)))).collect()
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

fn field(root: &Json, schema: &Json, optional: bool) -> Field {
    let schema = resolved(root, schema);
    let (of, nullable) = type_of(root, schema, DEPTH_MAX);
    let (low, high) = match of {
        Type::Int | Type::Decimal => ("minimum", "maximum"),
        Type::Text => ("minLength", "maxLength"),
        Type::List(_) => ("minItems", "maxItems"),
        _ => return Field { optional: optional || nullable, ..Field::of(of) },
    };
    let (min, max) = (number(schema, low), number(schema, high));
    Field { min, max, optional: optional || nullable, ..Field::of(of) }
}

/// The type, and whether `null` fits too.
fn type_of(root: &Json, schema: &Json, depth: usize) -> (Type, bool) {
    let Some(deeper) = depth.checked_sub(1) else { return (Type::Any, false) };
    let schema = resolved(root, schema);
    match schema.get("x-jobwright").and_then(Json::as_str) {
        Some("money") => return (Type::Money(None), false),
        Some("document") => return (Type::Document, false),
        Some("decimal") => return (Type::Decimal, false),
        _ => {}
    }
    let (word, nullable) = match schema.get("type") {
        Some(Json::String(word)) => (word.as_str(), false),
        Some(Json::Array(words)) => {
            let mut others = words.iter().filter_map(Json::as_str).filter(|word| *word != "null");
            match (others.next(), others.next()) {
                (Some(word), None) => (word, words.iter().any(|word| word == "null")),
                _ => return (Type::Any, false),
            }
        }
        _ => ("", false),
    };
    let of = match word {
        "integer" => Type::Int,
        "number" => Type::Decimal,
        "boolean" => Type::Bool,
        "array" => {
            let items = schema.get("items").map_or(Type::Any, |items| nested(root, items, true, deeper));
            Type::List(Box::new(items))
        }
        "object" if properties(schema).next().is_some() => {
            let fields = properties(schema)
                .map(|(name, one)| (name.clone(), nested(root, one, is_required(schema, name), deeper)));
            Type::Record(fields.collect())
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
    (of, nullable)
}

fn nested(root: &Json, schema: &Json, required: bool, depth: usize) -> Type {
    let (of, nullable) = type_of(root, schema, depth);
    if (required && !nullable) || of == Type::Any { of } else { Type::Optional(Box::new(of)) }
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

    #[test]
    fn a_mark_that_nobody_knows_is_named() {
        let schema = json!({ "properties": { "sum": { "x-jobwright": "cash" } } });
        assert_eq!(faults(&schema)[0].1, "`x-jobwright`: \"cash\" is none of money, document, decimal");
    }
}
