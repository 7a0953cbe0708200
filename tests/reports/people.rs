//! People who leave, change or are missing.

mod enough;
mod leaving;
mod missing;
mod tables;
mod unsent;
