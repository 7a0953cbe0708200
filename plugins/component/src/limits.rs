//! How much a call may take.
//!
//! Owns: the defaults, the ceilings, and which number counts when the author, the practice and the host each say one.
//! Leaves holding calls to them to the host.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Milliseconds of computing in one call.
pub const CPU_MS: Bound = Bound { default: 500, ceiling: 10_000 };
/// Milliseconds from a call's start to its end.
pub const WALL_MS: Bound = Bound { default: 30_000, ceiling: 600_000 };
/// MiB of memory.
pub const MEMORY_MIB: Bound = Bound { default: 64, ceiling: 512 };
/// KiB that cross from the plugin to the host at once: an answer, a request, a line.
pub const OUTPUT_KIB: Bound = Bound { default: 1024, ceiling: 16 * 1024 };
/// Lines on the timeline.
pub const LOG_LINES: Bound = Bound { default: 200, ceiling: 1_000 };
/// Bytes of all lines of a call.
pub const LOG_BYTES_MAX: usize = 64 * 1024;
/// Requests of one call.
pub const REQUESTS: Bound = Bound { default: 20, ceiling: 1_000 };
/// KiB of the body of a request, and of an answer's.
pub const BODY_KIB: Bound = Bound { default: 8 * 1024, ceiling: 32 * 1024 };
/// Bytes of the headers of an answer.
pub const HEADER_BYTES_MAX: usize = 64 * 1024;
/// Checkpoints of one call; a job keeps no more of one.
pub const CHECKPOINTS: Bound = Bound { default: 64, ceiling: 64 };
/// KiB of all checkpoints of an attempt.
pub const CHECKPOINT_KIB: Bound = Bound { default: 256, ceiling: 1024 };
/// Bytes of a name that a plugin gives to a checkpoint or a random stream.
pub const NAME_BYTES_MAX: usize = 256;
/// Bytes of one random stream.
pub const RANDOM_BYTES_MAX: u32 = 1024;
/// Bytes of a document that are read at once.
pub const DOCUMENT_BYTES_MAX: u32 = 4 * 1024 * 1024;
/// Bytes of what is read of records at once.
pub const READ_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Elements of a table.
pub const TABLE_ELEMENTS_MAX: usize = 100_000;
/// Calls of tasks side by side: of all plugins, and of one.
pub const CALLS_AT_ONCE: Bound = Bound { default: 8, ceiling: 1_000 };
/// Selectors and checks side by side.
pub const INQUIRIES_AT_ONCE_MAX: usize = 8;
/// Milliseconds of computing for a selector or a check.
pub const INQUIRY_CPU_MS: u64 = 50;
/// Milliseconds in all for a selector or a check.
pub const INQUIRY_WALL_MS: u64 = 1_000;
/// Bytes of a component.
pub const COMPONENT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes of a manifest.
pub const MANIFEST_BYTES_MAX: usize = 1024 * 1024;

/// What counts when nobody says anything, and what nobody can exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// When neither the manifest nor the grant says one.
    pub default: u64,
    /// The most that a grant can give.
    pub ceiling: u64,
}

/// The limits by the keys that files write them with.
const BOUNDS: [(&str, Bound); 9] = [
    ("cpu_ms", CPU_MS),
    ("wall_ms", WALL_MS),
    ("memory_mib", MEMORY_MIB),
    ("output_kib", OUTPUT_KIB),
    ("log_lines", LOG_LINES),
    ("requests", REQUESTS),
    ("body_kib", BODY_KIB),
    ("checkpoints", CHECKPOINTS),
    ("checkpoint_kib", CHECKPOINT_KIB),
];

/// The most that anybody can be given of a limit, by its key.
pub fn ceiling(key: &str) -> Option<u64> {
    bound(key).map(|bound| bound.ceiling)
}

/// What counts of a limit, by its key.
pub fn bound(key: &str) -> Option<Bound> {
    BOUNDS.iter().find(|(name, _)| *name == key).map(|(_, bound)| *bound)
}

/// Limits that somebody names: the author in the manifest, the practice in the grant, or the host as ceilings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Milliseconds of computing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<u64>,
    /// Milliseconds in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall_ms: Option<u64>,
    /// MiB of memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
    /// KiB of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_kib: Option<u64>,
    /// Lines on the timeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_lines: Option<u64>,
    /// Requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<u64>,
    /// KiB of the body of a request, and of its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_kib: Option<u64>,
    /// Checkpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoints: Option<u64>,
    /// KiB of all checkpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint_kib: Option<u64>,
}

impl Asked {
    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The limits that are named, by their keys.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let named = [
            self.cpu_ms,
            self.wall_ms,
            self.memory_mib,
            self.output_kib,
            self.log_lines,
            self.requests,
            self.body_kib,
            self.checkpoints,
            self.checkpoint_kib,
        ];
        BOUNDS.iter().zip(named).filter_map(|((key, _), most)| Some((*key, most?)))
    }

    /// One of them by its key.
    pub fn get(&self, key: &str) -> Option<u64> {
        self.named().find(|(name, _)| *name == key).map(|(_, most)| most)
    }

    /// The same with one more limit, by its key in `plugin.toml`, `grants.toml` and `practice.yaml`.
    ///
    /// # Errors
    /// When there is no such limit.
    pub fn with(mut self, key: &str, most: u64) -> Result<Self, UnknownLimit> {
        let place = match key {
            "cpu_ms" => &mut self.cpu_ms,
            "wall_ms" => &mut self.wall_ms,
            "memory_mib" => &mut self.memory_mib,
            "output_kib" => &mut self.output_kib,
            "log_lines" => &mut self.log_lines,
            "requests" => &mut self.requests,
            "body_kib" => &mut self.body_kib,
            "checkpoints" => &mut self.checkpoints,
            "checkpoint_kib" => &mut self.checkpoint_kib,
            _ => return Err(UnknownLimit(key.into())),
        };
        *place = Some(most);
        Ok(self)
    }
}

/// A limit that there is not.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no limit `{0}` of plugins")]
pub struct UnknownLimit(String);

/// How many calls of tasks go side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtOnce {
    /// Of all plugins.
    pub all: usize,
    /// Of one plugin, so that a slow one leaves room for the others.
    pub each: usize,
}

impl AtOnce {
    /// So many, within what the host can do.
    pub fn new(all: usize, each: usize) -> Self {
        let most = usize::try_from(CALLS_AT_ONCE.ceiling).unwrap_or(usize::MAX);
        let all = all.clamp(1, most);
        Self { all, each: each.clamp(1, all) }
    }
}

impl Default for AtOnce {
    fn default() -> Self {
        let usual = usize::try_from(CALLS_AT_ONCE.default).unwrap_or(1);
        Self::new(usual, usual)
    }
}

/// The limits of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Milliseconds of computing.
    pub cpu_ms: u64,
    /// Milliseconds in all.
    pub wall_ms: u64,
    /// MiB of memory.
    pub memory_mib: u64,
    /// KiB of an answer.
    pub output_kib: u64,
    /// Lines on the timeline.
    pub log_lines: u64,
    /// Requests.
    pub requests: u64,
    /// KiB of the body of a request, and of its answer.
    pub body_kib: u64,
    /// Checkpoints.
    pub checkpoints: u64,
    /// KiB of all checkpoints.
    pub checkpoint_kib: u64,
}

impl Limits {
    /// What the grant says, else the default; never more than the host's ceilings. A manifest alone can only ask for less
    /// than the default: what it wishes beyond is granted, or it does not have it.
    pub fn of(manifest: &Asked, grant: &Asked, ceilings: &Asked) -> Self {
        let one = |bound: Bound, pick: fn(&Asked) -> Option<u64>| {
            let ceiling = pick(ceilings).map_or(bound.ceiling, |host| host.min(bound.ceiling));
            let own = pick(manifest).map_or(bound.default, |asked| asked.min(bound.default));
            pick(grant).unwrap_or(own).min(ceiling)
        };
        Self {
            cpu_ms: one(CPU_MS, |asked| asked.cpu_ms),
            wall_ms: one(WALL_MS, |asked| asked.wall_ms),
            memory_mib: one(MEMORY_MIB, |asked| asked.memory_mib),
            output_kib: one(OUTPUT_KIB, |asked| asked.output_kib),
            log_lines: one(LOG_LINES, |asked| asked.log_lines),
            requests: one(REQUESTS, |asked| asked.requests),
            body_kib: one(BODY_KIB, |asked| asked.body_kib),
            checkpoints: one(CHECKPOINTS, |asked| asked.checkpoints),
            checkpoint_kib: one(CHECKPOINT_KIB, |asked| asked.checkpoint_kib),
        }
    }

    /// Bytes of the body of a request, and of its answer.
    pub fn body_bytes(&self) -> usize {
        usize::try_from(self.body_kib << 10).unwrap_or(usize::MAX)
    }

    /// The same for a selector or a check: no more than the turn can wait for.
    #[must_use]
    pub fn of_inquiry(self) -> Self {
        Self { cpu_ms: self.cpu_ms.min(INQUIRY_CPU_MS), wall_ms: self.wall_ms.min(INQUIRY_WALL_MS), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r03_a_manifest_alone_gets_no_more_than_the_default_and_a_grant_no_more_than_the_ceiling() {
        let manifest = Asked { cpu_ms: Some(800), wall_ms: Some(9_000), memory_mib: Some(100), ..Asked::default() };
        let none = Limits::of(&manifest, &Asked::default(), &Asked::default());
        assert_eq!((none.cpu_ms, none.memory_mib), (CPU_MS.default, MEMORY_MIB.default), "not granted");
        assert_eq!(none.wall_ms, 9_000, "less may be asked for by anybody");
        let grant = Asked { cpu_ms: Some(60_000), memory_mib: Some(100), log_lines: Some(10), ..Asked::default() };
        let limits = Limits::of(&manifest, &grant, &Asked { memory_mib: Some(90), ..Asked::default() });
        assert_eq!(limits.cpu_ms, CPU_MS.ceiling);
        assert_eq!((limits.memory_mib, limits.log_lines, limits.wall_ms), (90, 10, 9_000));
        assert_eq!(limits.of_inquiry().cpu_ms, INQUIRY_CPU_MS);
    }

    #[test]
    fn each_limit_is_named_by_its_key() {
        for (key, bound) in BOUNDS {
            let asked = Asked::default().with(key, bound.ceiling).unwrap();
            assert_eq!(asked.named().collect::<Vec<_>>(), [(key, bound.ceiling)]);
            assert_eq!((asked.get(key), ceiling(key)), (Some(bound.ceiling), Some(bound.ceiling)));
        }
    }
}
