//! An e-mail address as files of people hold it.
//!
//! Owns: the form that is kept. Leaves what an address is to the core, by which letters are written too.

use jobwright_core::address;

/// The address as it is kept: without spaces around it and signs that nobody sees; or what is wrong with it.
pub fn shaped(text: &str) -> Result<String, String> {
    address::read(text).map(|address| address.shown().to_owned()).map_err(|bad| bad.to_string())
}

/// Whether it is a full domain, as mail needs it.
pub fn is_domain(text: &str) -> bool {
    address::domain(text).is_ok()
}
