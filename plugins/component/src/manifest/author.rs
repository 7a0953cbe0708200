//! The author's `plugin.toml`: the manifest with its schemas as files beside it.
//!
//! Owns: putting the schemas in their places. Leaves everything else to `manifest`, which reads the result.

use super::{Manifest, ManifestFaults, one};
use serde_json::Value as Json;
use std::io;

/// Lists that the author may write in the singular, one table each.
const LISTS: &[(&str, &str)] =
    &[("task", "tasks"), ("selector", "selectors"), ("check", "checks"), ("listener", "listeners")];

/// Keys whose value is a schema, or the path of the file that holds it.
const SCHEMAS: &[&str] = &["settings", "outputs"];

impl Manifest {
    /// Reads `plugin.toml`; the paths of schemas in it are given to `read_file` as they stand.
    ///
    /// # Errors
    /// With all that is wrong, including files that cannot be read.
    pub fn from_author(text: &str, read_file: &dyn Fn(&str) -> io::Result<String>) -> Result<Self, ManifestFaults> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| one("", error.to_string()))?;
        let mut json = serde_json::to_value(table).map_err(|error| one("", error.to_string()))?;
        if let Some(map) = json.as_object_mut() {
            // How it is built is nobody else's business.
            map.remove("build");
            for (singular, plural) in LISTS {
                if let Some(list) = map.remove(*singular) {
                    map.insert((*plural).into(), list);
                }
            }
        }
        let mut faults = Vec::new();
        for (_, plural) in LISTS {
            for (place, offer) in json.get_mut(plural).and_then(Json::as_array_mut).into_iter().flatten().enumerate() {
                for key in SCHEMAS {
                    let Some(schema) = offer.get_mut(key) else { continue };
                    let Some(path) = schema.as_str() else { continue };
                    match inlined(path, read_file) {
                        Ok(read) => *schema = read,
                        Err(what) => faults.extend(one(&format!("/{plural}/{place}/{key}"), what).0),
                    }
                }
            }
        }
        if faults.is_empty() { Self::from_value(&json) } else { Err(ManifestFaults(faults)) }
    }
}

fn inlined(path: &str, read_file: &dyn Fn(&str) -> io::Result<String>) -> Result<Json, String> {
    let text = read_file(path).map_err(|error| format!("cannot read `{path}`: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("`{path}` is no JSON: {error}"))
}
