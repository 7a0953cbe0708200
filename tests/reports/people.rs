//! People who leave, change or are missing.
