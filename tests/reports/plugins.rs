//! Components, their grants, secrets and bounds.
