//! What a script can see.
//!
//! Owns: the turn's facts and clock as the language asks for them. Nothing else is there to be seen: no files, no
//! network, no chance.

use jiff::{Timestamp, civil::Date};
use jobwright_core::value::Value;
use jobwright_expression::Facts;
use jobwright_plugin::Asked;
use std::borrow::Cow;

pub(crate) struct Known<'a>(pub &'a Asked<'a>);

impl Facts for Known<'_> {
    fn root(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.0.facts.value(name)
    }

    fn now(&self) -> Option<Timestamp> {
        Some(self.0.now)
    }

    fn today(&self) -> Option<Date> {
        Some(self.0.today)
    }

    fn is_working_day(&self, date: Date) -> Option<bool> {
        Some((self.0.is_working_day)(date))
    }

    fn job_for_service(&self, service: &str) -> Option<String> {
        (self.0.job_for_service)(service)
    }
}
