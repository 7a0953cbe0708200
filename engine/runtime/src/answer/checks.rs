//! Values held to the checks of plugins.

use super::Answering;
use super::people::inquiry;
use jobwright_core::{command::Refusal, event::Event, job::Checkable};

impl Answering<'_> {
    /// Asks the check of each value: what was looked at, or the first that does not pass.
    ///
    /// # Errors
    /// When a check finds something, or cannot be asked.
    pub fn checked(&self, values: &[Checkable<'_>]) -> Result<Vec<Event>, Refusal> {
        values.iter().map(|one| self.one_checked(one)).collect()
    }

    fn one_checked(&self, one: &Checkable<'_>) -> Result<Event, Refusal> {
        let (name, check) = (one.name.clone(), one.check.to_owned());
        match self.scene.world.plugins.check(&inquiry(&self.scene, one.check, one.task), one.value) {
            Ok(examined) if examined.findings.is_empty() => {
                Ok(Event::ValueChecked { task: one.task.clone(), name, check, digest: examined.digest })
            }
            Ok(examined) => Err(Refusal::FoundUnfit { name, check, findings: examined.findings.join("; ") }),
            Err(failure) => Err(Refusal::NotChecked { name, check, why: failure.to_string() }),
        }
    }
}
