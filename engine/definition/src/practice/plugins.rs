//! What the plugins of the practice may take, as practice.yaml says it.
//!
//! Owns: the keys under `plugins`, their defaults and ranges. Leaves what a single plugin is granted to
//! `plugins/grants.toml`, and holding calls to all this to the host of plugins.

use std::ops::RangeInclusive;

use crate::diagnostic::Diagnostics;
use crate::syntax::{Fields, Node, in_range};

/// Before the digits of a key.
const KEY_SCHEME: &str = "ed25519:";
/// Digits of a key.
const KEY_DIGITS: usize = 64;

/// Calls side by side, unless the practice says otherwise.
pub const CALLS_AT_ONCE: u16 = 8;
/// How many calls side by side a practice may choose, of all plugins and of one.
pub const CALLS_AT_ONCE_RANGE: RangeInclusive<u16> = 1..=1_000;

/// Ceilings by their key: the most that a practice may choose, and what each bounds. Below them lie the grants.
pub const CEILINGS: &[(&str, u64, &str)] = &[
    ("cpu_ms", 10_000, "Milliseconds of computing in one call, at most."),
    ("wall_ms", 600_000, "Milliseconds from the start of a call to its end, at most."),
    ("memory_mib", 512, "MiB of memory in one call, at most."),
    ("output_kib", 16 * 1024, "KiB that a plugin gives at once, at most."),
    ("log_lines", 1_000, "Lines on the timeline of one call, at most."),
    ("requests", 1_000, "Requests of one call, at most."),
    ("body_kib", 32 * 1024, "KiB of the body of a request, and of its answer, at most."),
    ("checkpoints", 64, "Pieces of progress that one call keeps, at most."),
    ("checkpoint_kib", 1024, "KiB of all progress that one call keeps, at most."),
];

/// What the plugins of the practice may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginSettings {
    /// Calls of all plugins side by side.
    pub calls_at_once: u16,
    /// Calls of one plugin side by side, so that a slow one leaves room for the others.
    pub calls_at_once_per_plugin: u16,
    /// Keys whose signatures of plugins count, by the name of whose they are.
    pub trusted_keys: Vec<(String, String)>,
    /// Whether a plugin without such a signature is refused.
    pub require_signed: bool,
    /// The ceilings that are named, by their key; the host's own hold for the others.
    pub ceilings: Vec<(&'static str, u64)>,
}

impl Default for PluginSettings {
    fn default() -> Self {
        Self {
            calls_at_once: CALLS_AT_ONCE,
            calls_at_once_per_plugin: of_one_plugin(CALLS_AT_ONCE),
            trusted_keys: Vec::new(),
            require_signed: false,
            ceilings: Vec::new(),
        }
    }
}

pub(super) fn plugins(node: &Node, diagnostics: &mut Diagnostics) -> Option<PluginSettings> {
    let mut fields = Fields::of(node, "the settings of plugins", diagnostics)?;
    let calls_at_once = fields.or("calls_at_once", in_range(CALLS_AT_ONCE_RANGE), CALLS_AT_ONCE);
    let usual = of_one_plugin(calls_at_once);
    let calls_at_once_per_plugin = fields.or("calls_at_once_per_plugin", in_range(CALLS_AT_ONCE_RANGE), usual);
    let trusted_keys = fields.list("trusted_keys", trusted_key);
    let require_signed = fields.or("require_signed", Node::boolean, false);
    let named = CEILINGS.iter().filter_map(|(key, most, _)| Some((*key, fields.optional(key, in_range(1..=*most))?)));
    let ceilings = named.collect();
    fields.finish();
    Some(PluginSettings { calls_at_once, calls_at_once_per_plugin, trusted_keys, require_signed, ceilings })
}

/// How many of the calls may be of one plugin when nobody says: three quarters, so that a slow one never has all places.
const fn of_one_plugin(calls_at_once: u16) -> u16 {
    match calls_at_once - calls_at_once / 4 {
        0 => 1,
        places => places,
    }
}

/// A key, and whose it is.
fn trusted_key(node: &Node, diagnostics: &mut Diagnostics) -> Option<(String, String)> {
    let mut fields = Fields::of(node, "a trusted key", diagnostics)?;
    let name = fields.required("name", Node::text);
    let key = fields.required("key", |node, diagnostics| {
        let text = node.text(diagnostics)?;
        let digits = text.strip_prefix(KEY_SCHEME).unwrap_or_default();
        if digits.len() == KEY_DIGITS && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return Some(text.into_string());
        }
        node.bad("a key is `ed25519:` and 64 digits, as `jobwright plugin keygen` prints it", diagnostics)
    });
    fields.finish();
    Some((name?.into_string(), key?))
}
