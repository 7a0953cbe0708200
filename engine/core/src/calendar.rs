//! Working days: weekends and the holidays of a calendar, handed in as values.
