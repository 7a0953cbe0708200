//! Where the manifest lies: a custom section at the end of the component.
//!
//! Owns: finding it without running or compiling anything, and putting one in. Leaves what it says to `manifest`.

use super::{Manifest, ManifestFaults};
use crate::limits::MANIFEST_BYTES_MAX;
use std::ops::Range;
use thiserror::Error;
use wasmparser::{BinaryReader, Parser};

/// The name of the section.
pub const SECTION: &str = "jobwright:manifest";

/// What every WebAssembly file begins with.
const MAGIC: &[u8; 4] = b"\0asm";
/// The id of a custom section.
const CUSTOM: u8 = 0;

/// Why there is no manifest to be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SectionFault {
    /// Neither a component nor a module.
    #[error("is no WebAssembly at all")]
    Garbage,
    /// A module, not a component.
    #[error("is a core module, not a component: build it with `jobwright plugin build`")]
    CoreModule,
    /// It breaks off, or is damaged.
    #[error("is damaged: {0}")]
    Damaged(String),
    /// It says nothing of itself.
    #[error("has no manifest: build it with `jobwright plugin build`")]
    Missing,
    /// It says it twice.
    #[error("has two manifests")]
    Twice,
    /// It says too much.
    #[error("has a manifest of {0} bytes, where {MANIFEST_BYTES_MAX} is the most")]
    TooLarge(usize),
    /// What it says is wrong.
    #[error("has a wrong manifest: {0}")]
    Wrong(#[from] ManifestFaults),
}

impl Manifest {
    /// Finds the manifest of a component; no code of it runs.
    ///
    /// # Errors
    /// When it is no component, or has no valid manifest.
    pub fn of_component(component: &[u8]) -> Result<Self, SectionFault> {
        let mut found = None;
        for section in sections(component)? {
            if section.name == SECTION && found.replace(section.data).is_some() {
                return Err(SectionFault::Twice);
            }
        }
        let data = found.ok_or(SectionFault::Missing)?;
        if data.len() > MANIFEST_BYTES_MAX {
            return Err(SectionFault::TooLarge(data.len()));
        }
        Ok(Self::from_json(data)?)
    }

    /// The component with this manifest, in place of any that it had.
    ///
    /// # Errors
    /// When it is no component.
    pub fn embed(&self, component: &[u8]) -> Result<Vec<u8>, SectionFault> {
        let mut bytes = component.to_vec();
        for old in sections(component)?.iter().rev().filter(|section| section.name == SECTION) {
            bytes.drain(old.range.clone());
        }
        let mut body = Vec::new();
        push_size(&mut body, SECTION.len());
        body.extend_from_slice(SECTION.as_bytes());
        body.extend(self.to_json());
        bytes.push(CUSTOM);
        push_size(&mut bytes, body.len());
        bytes.extend(body);
        Ok(bytes)
    }
}

struct Section<'a> {
    name: &'a str,
    data: &'a [u8],
    /// With its id and size.
    range: Range<usize>,
}

/// The custom sections of the outermost component. What is nested in it is passed over whole.
fn sections(bytes: &[u8]) -> Result<Vec<Section<'_>>, SectionFault> {
    let head = bytes.get(..8).unwrap_or(bytes);
    if head.is_empty() || !head.starts_with(&MAGIC[..head.len().min(4)]) {
        return Err(SectionFault::Garbage);
    }
    if Parser::is_core_wasm(head) {
        return Err(SectionFault::CoreModule);
    }
    read_sections(bytes).map_err(|error| SectionFault::Damaged(error.message().into()))
}

fn read_sections(bytes: &[u8]) -> wasmparser::Result<Vec<Section<'_>>> {
    let mut reader = BinaryReader::new(bytes, 0);
    reader.read_bytes(8)?;
    let mut found = Vec::new();
    while !reader.eof() {
        let start = reader.original_position();
        let (id, size) = (reader.read_u8()?, reader.read_var_u32()?);
        let content = reader.read_bytes(size as usize)?;
        if id == CUSTOM {
            let mut content = BinaryReader::new(content, 0);
            let name = content.read_string()?;
            let data = content.read_bytes(content.bytes_remaining())?;
            found.push(Section { name, data, range: start..reader.original_position() });
        }
    }
    Ok(found)
}

/// LEB128, as WebAssembly writes sizes.
fn push_size(bytes: &mut Vec<u8>, mut size: usize) {
    while size > 0x7f {
        bytes.push((size & 0x7f) as u8 | 0x80);
        size >>= 7;
    }
    bytes.push(size as u8);
}
