//! Errors of the store and the engine as reports, so that a verb may hand them on.
//!
//! Leaves the words and exit codes to `assemble`, where stores and engines are opened.

use super::Report;
use crate::assemble::{engine_report, store_report};

impl From<jobwright_store::Error> for Report {
    fn from(error: jobwright_store::Error) -> Self {
        store_report(error)
    }
}

impl From<jobwright_runtime::Error> for Report {
    fn from(error: jobwright_runtime::Error) -> Self {
        engine_report(error)
    }
}
