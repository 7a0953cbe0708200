//! Which parts of a schema speak of which part of a document.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jsonschema::Validator;
use serde_json::{Value as Json, json};

use super::document::{Document, Path};

/// A schema whose parts can be asked alone.
pub struct Schema {
    pub whole: Json,
    parts: RefCell<BTreeMap<String, Rc<Validator>>>,
}

/// A value of the document, and the parts of the schema that speak of it.
pub struct Place<'d> {
    pub path: Path,
    pub value: &'d Document,
    pub parts: BTreeSet<String>,
}

impl Schema {
    pub fn new(whole: Json) -> Self {
        Self { whole, parts: RefCell::default() }
    }

    pub fn part(&self, pointer: &str) -> &Json {
        self.whole.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is no part of the schema"))
    }

    /// Whether a value passes one part.
    pub fn takes(&self, pointer: &str, value: &Json) -> bool {
        let known = self.parts.borrow().get(pointer).cloned();
        let validator = known.unwrap_or_else(|| {
            let mut part = self.part(pointer).clone();
            let leads_away = part.to_string().contains("$ref");
            if let (true, Json::Object(part), Some(parts)) = (leads_away, &mut part, self.whole.get("$defs")) {
                part.insert("$defs".into(), parts.clone());
            }
            let validator = Rc::new(jsonschema::validator_for(&part).expect("a schema"));
            self.parts.borrow_mut().insert(pointer.to_owned(), Rc::clone(&validator));
            validator
        });
        validator.is_valid(value)
    }

    /// Every value of a document with what speaks of it.
    pub fn places<'d>(&self, document: &'d Document) -> Vec<Place<'d>> {
        let mut places = Vec::new();
        self.walk(document, Vec::new(), &BTreeSet::from([String::new()]), &mut places);
        places
    }

    fn walk<'d>(&self, value: &'d Document, path: Path, from: &BTreeSet<String>, places: &mut Vec<Place<'d>>) {
        let mut parts = BTreeSet::new();
        from.iter().for_each(|pointer| self.expand(pointer, &value.json(), &mut parts));
        let child = |at: usize| path.iter().copied().chain([at]).collect::<Path>();
        match value {
            Document::Map(entries) => {
                for (at, (key, one)) in entries.iter().enumerate() {
                    let below = parts.iter().filter_map(|pointer| self.below(pointer, key)).collect();
                    self.walk(one, child(at), &below, places);
                }
            }
            Document::List(items) => {
                let has_items = |pointer: &&String| self.part(pointer).get("items").is_some();
                let below = parts.iter().filter(has_items).map(|pointer| format!("{pointer}/items")).collect();
                items.iter().enumerate().for_each(|(at, one)| self.walk(one, child(at), &below, places));
            }
            Document::Plain(_) | Document::Quoted(_) => {}
        }
        places.push(Place { path, value, parts });
    }

    /// The part and all that it leads to for this value.
    fn expand(&self, pointer: &str, value: &Json, parts: &mut BTreeSet<String>) {
        let part = self.part(pointer);
        if !parts.insert(pointer.to_owned()) {
            return;
        }
        if let Some(name) = part.get("$ref").and_then(Json::as_str) {
            self.expand(name.trim_start_matches('#'), value, parts);
        }
        let branches = |word: &str| part.get(word).and_then(Json::as_array).map_or(0, Vec::len);
        (0..branches("allOf")).for_each(|at| self.expand(&format!("{pointer}/allOf/{at}"), value, parts));
        let any: Vec<String> = (0..branches("anyOf")).map(|at| format!("{pointer}/anyOf/{at}")).collect();
        any.iter().filter(|branch| self.is_meant(branch, value)).for_each(|branch| self.expand(branch, value, parts));
        if part.get("if").is_some() {
            let then = if self.takes(&format!("{pointer}/if"), value) { "then" } else { "else" };
            if part.get(then).is_some() {
                self.expand(&format!("{pointer}/{then}"), value, parts);
            }
        }
    }

    /// A branch speaks of the values of its own kind.
    fn is_meant(&self, pointer: &str, value: &Json) -> bool {
        value.is_string() || value.is_number() || value.is_boolean() || self.takes(pointer, value)
    }

    fn below(&self, pointer: &str, key: &str) -> Option<String> {
        let part = self.part(pointer);
        if part.get("properties").and_then(|properties| properties.get(key)).is_some() {
            return Some(format!("{pointer}/properties/{key}"));
        }
        part.get("additionalProperties").filter(|of| of.is_object()).map(|_| format!("{pointer}/additionalProperties"))
    }

    /// Where keys are listed, anywhere in the schema.
    pub fn mappings(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        listed(&self.whole, "", &mut found);
        found
    }
}

fn listed(part: &Json, pointer: &str, found: &mut BTreeSet<String>) {
    match part {
        Json::Object(map) => {
            // A condition only asks.
            let is_condition = pointer.ends_with("/if");
            if map.get("type") == Some(&json!("object")) && map.contains_key("properties") && !is_condition {
                found.insert(pointer.to_owned());
            }
            for (key, one) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                listed(one, &format!("{pointer}/{key}"), found);
            }
        }
        Json::Array(list) => {
            list.iter().enumerate().for_each(|(at, one)| listed(one, &format!("{pointer}/{at}"), found))
        }
        _ => {}
    }
}
