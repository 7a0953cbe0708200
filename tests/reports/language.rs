//! What check finds in definitions, settings and calendars.
