//! What a plugin says of itself: the custom section `jobwright:manifest` of its component.
//!
//! Owns: the manifest's shape, and every fault of one, each with its place. Leaves the author's file to `author`, where
//! the section lies in the component to `section`, and what a practice grants of the wishes to `grants`.

mod author;
mod fields;
mod section;

use crate::{gate::Endpoint, limits::Asked, schema::Schema};
use jobwright_core::value::Field;
use jobwright_plugin::{EVENTS, RepeatSafe, json::Misfit};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

pub use section::{SECTION, SectionFault};

/// The shape of a manifest, for editors too.
pub const MANIFEST_SCHEMA: &str = include_str!("../../../schemas/plugin/v0.1/manifest.json");

/// What may be read of a job, as the grant `read` names it.
const READABLE: &[&str] = &["client.", "contacts.", "staff."];

/// What a plugin offers and wishes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its name, unique in a practice.
    pub name: String,
    /// Its version, for people.
    pub version: String,
    /// The contract it is made for: `0.1`.
    pub api: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its task types.
    #[serde(default, alias = "task", skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskOffer>,
    /// Its recipient selectors.
    #[serde(default, alias = "selector", skip_serializing_if = "Vec::is_empty")]
    pub selectors: Vec<SelectorOffer>,
    /// Its checks of values.
    #[serde(default, alias = "check", skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckOffer>,
    /// What it wants to hear of.
    #[serde(default, alias = "listener", skip_serializing_if = "Vec::is_empty")]
    pub listeners: Vec<ListenerOffer>,
    /// What it wishes to reach.
    #[serde(default)]
    pub capabilities: Capabilities,
    /// What it expects to take.
    #[serde(default, skip_serializing_if = "Asked::is_empty")]
    pub limits: Asked,
}

/// A task type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskOffer {
    /// Its dotted name.
    #[serde(rename = "type")]
    pub name: String,
    /// What it does, for the editor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON Schema of its settings.
    #[serde(default = "any_object")]
    pub settings: Json,
    /// The JSON Schema of its outputs: an object's.
    #[serde(default = "any_object")]
    pub outputs: Json,
    /// The codes it may fail with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<String>,
    /// The effects it may return.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<String>,
    /// What may be done when nobody knows how an attempt ended.
    #[serde(default)]
    pub repeat_safe: Repeat,
}

/// [`RepeatSafe`], as the manifest writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repeat {
    /// Doing it again does no harm.
    Yes,
    /// The other side knows the call by its key.
    Key,
    /// The plugin is asked first.
    Find,
    /// A person decides.
    #[default]
    No,
}

impl From<Repeat> for RepeatSafe {
    fn from(repeat: Repeat) -> Self {
        match repeat {
            Repeat::Yes => Self::Yes,
            Repeat::Key => Self::Key,
            Repeat::Find => Self::Find,
            Repeat::No => Self::No,
        }
    }
}

/// A recipient selector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelectorOffer {
    /// Its dotted name.
    pub name: String,
    /// The JSON Schema of its settings.
    #[serde(default = "any_object")]
    pub settings: Json,
}

/// A check of values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckOffer {
    /// Its dotted name.
    pub name: String,
}

/// Events that a plugin wants to hear of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerOffer {
    /// Their names.
    pub events: Vec<String>,
}

/// What a plugin wishes to reach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// Hosts on the net.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<HttpWish>,
    /// Secrets that the host fills in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretWish>,
    /// Fields: `client.name`, `client.*`, `contacts.email`, `staff.id`, `outputs`, `documents`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<String>,
    /// Effects beside those of its tasks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<String>,
}

/// A host that a plugin wishes to reach; any method and any path when none is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpWish {
    /// The host, with its port unless that is the usual one; `http://` before an address of the practice's own network.
    pub host: String,
    /// Methods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// Paths, `*` for any text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Why, for whoever grants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A secret that a plugin wishes to have filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretWish {
    /// The name it uses.
    pub name: String,
    /// The only host it is sent to.
    pub host: String,
    /// Why, for whoever grants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Faults of a manifest, all of them, each with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestFaults(pub Vec<Misfit>);

impl std::fmt::Display for ManifestFaults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, fault) in self.0.iter().enumerate() {
            write!(f, "{}{fault}", if place == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for ManifestFaults {}

impl Manifest {
    /// Reads a manifest from JSON.
    ///
    /// # Errors
    /// With all that is wrong.
    pub fn from_json(text: &[u8]) -> Result<Self, ManifestFaults> {
        let json = serde_json::from_slice(text).map_err(|error| one("", format!("is no JSON: {error}")))?;
        Self::from_value(&json)
    }

    fn from_value(json: &Json) -> Result<Self, ManifestFaults> {
        static SHAPE: LazyLock<Schema> = LazyLock::new(|| {
            let shape = serde_json::from_str(MANIFEST_SCHEMA).unwrap_or(Json::Bool(false));
            Schema::new(&shape).unwrap_or_else(|fault| panic!("the schema of manifests is wrong: {fault}"))
        });
        let faults = SHAPE.faults(json);
        if !faults.is_empty() {
            return Err(ManifestFaults(faults));
        }
        let manifest = Self::deserialize(json).map_err(|error| one("", error.to_string()))?;
        let faults = manifest.faults();
        if faults.is_empty() { Ok(manifest) } else { Err(ManifestFaults(faults)) }
    }

    /// The manifest as JSON, for the section.
    pub fn to_json(&self) -> Vec<u8> {
        // Its own types write without fail: the keys of each map are texts.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// All dotted names that it offers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let tasks = self.tasks.iter().map(|task| &task.name);
        let selectors = self.selectors.iter().map(|selector| &selector.name);
        tasks.chain(selectors).chain(self.checks.iter().map(|check| &check.name)).map(String::as_str)
    }

    /// All effects that it wishes to return.
    pub fn effects(&self) -> BTreeSet<&str> {
        let of_tasks = self.tasks.iter().flat_map(|task| &task.effects);
        of_tasks.chain(&self.capabilities.effects).map(String::as_str).collect()
    }

    /// What the shape cannot say.
    fn faults(&self) -> Vec<Misfit> {
        let mut faults = Vec::new();
        let mut fault = |at: String, what: String| faults.push(Misfit { at, what });
        let mut seen = BTreeSet::new();
        for name in self.names().filter(|name| !seen.insert(*name)) {
            fault(String::new(), format!("offers `{name}` twice"));
        }
        if seen.is_empty() && self.listeners.is_empty() {
            fault(String::new(), "offers nothing: name a task, a selector, a check or a listener".into());
        }
        for (place, task) in self.tasks.iter().enumerate() {
            schema_fault(&task.settings, format!("/tasks/{place}/settings"), &mut fault);
            schema_fault(&task.outputs, format!("/tasks/{place}/outputs"), &mut fault);
            for (name, what) in fields::faults(&task.outputs) {
                fault(format!("/tasks/{place}/outputs/properties/{name}"), what);
            }
        }
        for (place, selector) in self.selectors.iter().enumerate() {
            schema_fault(&selector.settings, format!("/selectors/{place}/settings"), &mut fault);
        }
        for (place, listener) in self.listeners.iter().enumerate() {
            for (at, event) in listener.events.iter().enumerate().filter(|(_, one)| !EVENTS.contains(&one.as_str())) {
                let what = format!("nothing is called `{event}` that could be listened to: {}", EVENTS.join(", "));
                fault(format!("/listeners/{place}/events/{at}"), what);
            }
        }
        for (place, field) in self.capabilities.read.iter().enumerate() {
            let known = matches!(field.as_str(), "outputs" | "documents")
                || READABLE.iter().any(|room| field.strip_prefix(room).is_some_and(|rest| !rest.is_empty()));
            if !known {
                let what = format!(
                    "`{field}` cannot be read: name `client.…`, `contacts.…`, `staff.…`, `outputs` or `documents`"
                );
                fault(format!("/capabilities/read/{place}"), what);
            }
        }
        for (place, wish) in self.capabilities.http.iter().enumerate() {
            if let Err(what) = Endpoint::of_rule(&wish.host) {
                fault(format!("/capabilities/http/{place}/host"), what);
            }
        }
        for (place, secret) in self.capabilities.secrets.iter().enumerate() {
            if !self.capabilities.http.iter().any(|wish| wish.host == secret.host) {
                let what = format!("`{}` is for `{}`, which `http` does not name", secret.name, secret.host);
                fault(format!("/capabilities/secrets/{place}"), what);
            }
        }
        faults
    }
}

impl TaskOffer {
    /// What it gives, by name.
    pub fn fields(&self) -> BTreeMap<String, Field> {
        fields::of(&self.outputs)
    }
}

fn schema_fault(schema: &Json, at: String, fault: &mut impl FnMut(String, String)) {
    if let Err(misfit) = Schema::new(schema) {
        fault(format!("{at}{}", misfit.at), format!("is no JSON Schema: {}", misfit.what));
    }
}

fn any_object() -> Json {
    json!({ "type": "object" })
}

fn one(at: &str, what: String) -> ManifestFaults {
    ManifestFaults(vec![Misfit { at: at.into(), what }])
}
