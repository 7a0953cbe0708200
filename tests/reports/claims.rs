//! What README, help and schema claim.
