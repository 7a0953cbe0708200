//! Published definitions as they are stored.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jobwright_core::{
    event::Actor,
    id::{DefinitionId, Hash},
};

use super::{Record, mirror};
use crate::definitions::{Publication, Source};

impl Record for Source {
    const WHAT: &'static str = "definition";
    const VERSION: u8 = 1;
}

impl Record for Publication {
    const WHAT: &'static str = "publication of a definition";
    const VERSION: u8 = 1;
}

mirror! {
    struct Source as SourceRow { id: DefinitionId, text: String, files: BTreeMap<String, Vec<u8>> }
}
mirror! {
    struct Publication as PublicationRow {
        id: DefinitionId,
        number: u32,
        hash: Hash,
        label: Option<String>,
        at: Timestamp,
        by: Actor,
    }
}
