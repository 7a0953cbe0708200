//! One schema against one decoder.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use jobwright_core::id::Hash;
use jobwright_definition::diagnostic::{Diagnostic, Diagnostics, Severity};
use jobwright_definition::people::Known;
use jobwright_definition::source::Sources;
use jobwright_definition::surroundings::{Offer, Offered, Surroundings};
use jobwright_definition::{calendar, definition, people, practice, scenario, syntax};
use serde_json::Value as Json;

use super::document::Document;
use super::walk::{Place, Schema};

/// The key and the word that nobody knows.
const STRANGE: &str = "zz_probe";

/// A number that no bound allows.
const HUGE: &str = "999999999";

/// What is put in the place of every value.
const TRIALS: [&str; 9] = ["Zz Probe", "zz-probe", "4711", "0", "-1", "1.50", "2026-05-01", "3 working days", "09:30"];

/// What a decoder says where it knows more than a schema can.
const KNOWS_MORE: [(&str, &str); 1] =
    [("this step needs `signer`", "the only signer of a task need not be named, and no definition is at hand here")];

/// Where the words that are possible stand in the document itself.
const DECLARED_THERE: &str = "/default";

/// A decoder.
#[derive(Clone, Copy)]
pub enum Reader {
    Definition,
    Tests,
    Practice,
    People,
    Calendar,
}

/// What is said against the shape of a text; names are looked up where the document itself has all of them.
fn said(reader: Reader, text: &str) -> Vec<Diagnostic> {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let root = |sources: &mut Sources, diagnostics: &mut Diagnostics| {
        syntax::read(sources, "document.yaml", text.as_bytes(), diagnostics)
    };
    match reader {
        Reader::Definition => {
            let files = |_: &str| Ok(b"1".to_vec());
            let around = Surroundings { offers: offers(), ..Surroundings::default() };
            let read = definition::read(&mut sources, "d.yaml", text.as_bytes(), &files, &around);
            diagnostics = read.diagnostics;
        }
        Reader::Tests => {
            let root = root(&mut sources, &mut diagnostics).expect("YAML");
            if let Some(file) = scenario::test_file(&root, &mut diagnostics) {
                scenario::scenarios(file.tests, None, None, &mut diagnostics);
            }
        }
        Reader::Practice => {
            let root = root(&mut sources, &mut diagnostics).expect("YAML");
            practice::practice(&root, &mut diagnostics);
        }
        Reader::People => {
            let root = root(&mut sources, &mut diagnostics).expect("YAML");
            people::people(&root, &settings(), &Known::default(), &mut diagnostics);
        }
        Reader::Calendar => {
            let root = root(&mut sources, &mut diagnostics).expect("YAML");
            calendar::calendar(&root, &mut diagnostics);
        }
    }
    let looks_up = matches!(reader, Reader::Tests | Reader::People);
    let is_of_shape = |one: &Diagnostic| looks_up || one.code.starts_with("WF01") || one.code.starts_with("WF02");
    let faults = diagnostics.sorted().into_iter().filter(|one| one.severity == Severity::Error);
    faults.filter(is_of_shape).collect()
}

/// Plugins whose settings may be anything: what they take is their own schemas' to say.
fn offers() -> BTreeMap<String, Offer> {
    let offer = |kind| Offer {
        plugin: "any".into(),
        digest: Hash([0; 32]),
        kind,
        settings: Arc::new(|_, _| vec![]),
        lacks: None,
    };
    let task = Offered::Task { outputs: BTreeMap::new(), failures: vec![] };
    [("vat.checks", offer(task)), ("office.least_loaded", offer(Offered::Selector))]
        .map(|(name, offer)| (name.to_owned(), offer))
        .into()
}

fn settings() -> practice::PracticeFile {
    let mut diagnostics = Diagnostics::new();
    let root = syntax::read(&mut Sources::default(), "p.yaml", b"format: 1\nname: P\n", &mut diagnostics);
    practice::practice(&root.expect("YAML"), &mut diagnostics).expect("settings")
}

/// The proof that a schema and a decoder agree.
pub struct Proof {
    schema: Rc<Schema>,
    reader: Reader,
    /// By the parts that list them: the schema's keys, and all that the decoder named.
    keys: BTreeMap<BTreeSet<String>, (BTreeSet<String>, BTreeSet<String>)>,
    seen: BTreeSet<String>,
    faults: Vec<String>,
}

impl Proof {
    pub fn new(schema: Json, reader: Reader) -> Self {
        let schema = Rc::new(Schema::new(schema));
        Self { schema, reader, keys: BTreeMap::new(), seen: BTreeSet::new(), faults: Vec::new() }
    }

    /// Changes a document in every place.
    pub fn read(&mut self, name: &str, text: &str) {
        let document = Document::read(text);
        let said: Vec<String> = said(self.reader, &document.yaml()).iter().map(|one| one.message.clone()).collect();
        assert!(said.is_empty(), "{name} is right:\n{}\n{}", said.join("\n"), document.yaml());
        assert!(self.schema.takes("", &document.json()), "{name} passes its schema");
        let (schema, reader) = (Rc::clone(&self.schema), self.reader);
        for place in schema.places(&document).iter().filter(|place| !is_read_elsewhere(reader, place, &document)) {
            self.seen.extend(place.parts.iter().cloned());
            match place.value {
                Document::Map(entries) => {
                    self.key_too_many(name, &document, place);
                    (0..entries.len()).for_each(|at| self.key_too_few(name, &document, place, at));
                }
                Document::List(_) => {}
                Document::Plain(_) | Document::Quoted(_) => {
                    let is_number = self.strange_word(name, &document, place);
                    if is_number {
                        self.huge_number(name, &document, place);
                    }
                    TRIALS.iter().for_each(|trial| self.another_value(name, &document, place, trial));
                }
            }
        }
    }

    fn key_too_many(&mut self, name: &str, document: &Document, place: &Place) {
        let changed = document.with(&place.path, &|value| match value {
            Document::Map(entries) => {
                let strange = (STRANGE.to_owned(), Document::Plain("1".to_owned()));
                Document::Map(entries.iter().cloned().chain([strange]).collect())
            }
            other => other.clone(),
        });
        let said = self.compare(name, &changed);
        let unknown = said.iter().find(|one| one.message.starts_with(&format!("unknown key `{STRANGE}`")));
        let Some(possible) = unknown.and_then(|one| words(one, "possible here: ")) else { return };
        let is_listed = |pointer: &&String| self.schema.part(pointer).get("properties").is_some();
        let parts: BTreeSet<String> = place.parts.iter().filter(is_listed).cloned().collect();
        let properties = || parts.iter().filter_map(|pointer| self.schema.part(pointer)["properties"].as_object());
        let mut keys: BTreeSet<String> = properties().flat_map(|keys| keys.keys().cloned()).collect();
        let no_more = properties().flatten().filter(|(_, of)| **of == Json::Bool(false)).map(|(key, _)| key.clone());
        no_more.collect::<Vec<_>>().iter().for_each(|key| _ = keys.remove(key));
        for key in possible.difference(&keys) {
            self.faults.push(format!("{name}: the decoder knows `{key}`, the schema does not: {parts:?}"));
        }
        self.keys.entry(parts).or_insert_with(|| (keys, BTreeSet::new())).1.extend(possible);
    }

    fn key_too_few(&mut self, name: &str, document: &Document, place: &Place, at: usize) {
        let changed = document.with(&place.path, &|value| match value {
            Document::Map(entries) => {
                let others = entries.iter().enumerate().filter(|(other, _)| *other != at);
                Document::Map(others.map(|(_, entry)| entry.clone()).collect())
            }
            other => other.clone(),
        });
        let said = self.compare(name, &changed);
        let missing = said.iter().find(|one| one.code == "WF0202");
        let known = |one: &&Diagnostic| KNOWS_MORE.iter().all(|(more, _)| one.message != *more);
        if let Some(missing) = missing.filter(known).filter(|_| self.schema.takes("", &changed.json())) {
            self.faults.push(format!("{name}: the schema takes it although {}", missing.message));
        }
    }

    /// Whether a number belongs there.
    fn strange_word(&mut self, name: &str, document: &Document, place: &Place) -> bool {
        let said = self.compare(name, &replaced(document, place, STRANGE));
        let unknown = said.iter().find(|one| one.message.starts_with(&format!("`{STRANGE}` is not possible here")));
        let told = unknown.and_then(|one| words(one, "possible are: "));
        let is_declared = place.parts.iter().any(|pointer| pointer.ends_with(DECLARED_THERE));
        let listed = self.words(place);
        if told.as_ref().is_some_and(|told| *told != listed) && !is_declared {
            self.faults.push(format!("{name}: the decoder takes {told:?}, the schema {listed:?}: {:?}", place.parts));
        }
        said.iter().any(|one| one.message.contains("number"))
    }

    fn huge_number(&mut self, name: &str, document: &Document, place: &Place) {
        let said = self.compare(name, &replaced(document, place, HUGE));
        let outside = said.iter().find(|one| one.code == "WF0208" && one.message.starts_with(HUGE));
        let bounds = self.bounds(place);
        if let Some(outside) = outside.filter(|one| !one.message.contains(&bounds)) {
            self.faults.push(format!("{name}: {}, and the schema says {bounds}", outside.message));
        }
    }

    fn another_value(&mut self, name: &str, document: &Document, place: &Place, trial: &str) {
        let value = Document::Plain(trial.to_owned()).json();
        // Reading is slow, and says nothing new about what every part of the schema takes.
        if !place.parts.iter().all(|part| self.schema.takes(part, &value)) {
            self.compare(name, &replaced(document, place, trial));
        }
    }

    /// What the decoder takes, the schema must take.
    fn compare(&mut self, name: &str, changed: &Document) -> Vec<Diagnostic> {
        let said = said(self.reader, &changed.yaml());
        if said.is_empty() && !self.schema.takes("", &changed.json()) {
            let validator = jsonschema::validator_for(&self.schema.whole).expect("a schema");
            let json = changed.json();
            let faults: Vec<String> =
                validator.iter_errors(&json).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
            self.faults.push(format!("{name}: only the schema refuses {}", faults.join("; ")));
        }
        said
    }

    fn words(&self, place: &Place) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        for part in place.parts.iter().map(|pointer| self.schema.part(pointer)) {
            let all = part.get("enum").and_then(Json::as_array).into_iter().flatten().chain(part.get("const"));
            words.extend(all.map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned)));
        }
        words
    }

    fn bounds(&self, place: &Place) -> String {
        let bound = |word: &str| {
            let part = |pointer: &String| self.schema.part(pointer);
            let found = place.parts.iter().map(part).find_map(|part| part.get(word).or(part.get("const")).cloned());
            found.map_or("nothing".to_owned(), |bound| bound.to_string())
        };
        format!("between {} and {}", bound("minimum"), bound("maximum"))
    }

    /// Nothing was left out.
    pub fn finish(mut self) {
        for (parts, (listed, told)) in &self.keys {
            for key in listed.difference(told) {
                self.faults.push(format!("the schema knows `{key}`, the decoder does not: {parts:?}"));
            }
        }
        for pointer in self.schema.mappings() {
            let elsewhere = matches!(self.reader, Reader::Definition)
                && ["/$defs/test", "/$defs/step", "/$defs/contact"].iter().any(|part| is_at(&pointer, part));
            if !self.seen.contains(&pointer) && !elsewhere {
                self.faults.push(format!("no document of the corpus has {pointer}"));
            }
        }
        self.faults.sort();
        self.faults.dedup();
        assert!(self.faults.is_empty(), "\n{}", self.faults.join("\n"));
    }
}

fn replaced(document: &Document, place: &Place, by: &str) -> Document {
    document.with(&place.path, &|_| Document::Plain(by.to_owned()))
}

/// Tests in a definition are read by those who run them, and have a proof of their own.
fn is_read_elsewhere(reader: Reader, place: &Place, document: &Document) -> bool {
    let Document::Map(entries) = document else { return false };
    let is_tests = |at: &usize| entries[*at].0 == "tests";
    matches!(reader, Reader::Definition) && place.path.first().is_some_and(is_tests)
}

fn is_at(pointer: &str, part: &str) -> bool {
    pointer.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn words(diagnostic: &Diagnostic, before: &str) -> Option<BTreeSet<String>> {
    let told = diagnostic.help.iter().find_map(|help| help.strip_prefix(before))?;
    Some(told.split(", ").map(str::to_owned).collect())
}
