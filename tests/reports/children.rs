//! Jobs that jobs start, jobs that move to another version, and starting many.
