//! Letters on their way: refused, held, tried again.
