//! Bringing clients and contacts in.
