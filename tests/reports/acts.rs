//! Acts out of turn, going back, correcting: what people do to tasks.
