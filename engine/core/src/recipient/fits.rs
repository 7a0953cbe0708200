//! Whether one person is still, or would be, named by a rule.
//!
//! Owns: asking a rule about one person: whether somebody of whom a letter has not left is still the right one, and
//! whether somebody who is to take a decision over may take it. How many a rule takes, in which order, and who is away
//! does not count; what a script or plugin says today may be otherwise tomorrow, so of those only what they cannot
//! change is looked at: that the person is here, and can be written to.

use super::look::{Dropped, Looked, look_up};
use super::resolve::{self, Asking, Away, Scope};
use super::{Channel, Evaluate, Form, Found, PersonId, Pick, Reason, Selector, StaffForm, filter};
use crate::directory::Directory;
use crate::id::Name;
use alloc::vec::Vec;
use jiff::civil::Date;

/// Whether a person fits a rule, or why they do not. Without a rule it is only asked whether they are here and can be
/// written to: somebody chose them by hand.
pub fn fits(
    selector: Option<&Selector>,
    channel: Channel,
    directory: &Directory<'_>,
    excluded: &dyn Fn(&Name, &PersonId) -> bool,
    expressions: &dyn Evaluate,
    today: Date,
    person: &PersonId,
) -> Result<(), Reason> {
    let ask = Asking { channel, directory: *directory, excluded, expressions, today, take_away: Away::Left };
    let by_hand = Selector::of(Form::Default);
    let Some(selector) = selector.filter(|selector| !varies(selector)) else {
        let selector = selector.unwrap_or(&by_hand);
        let here = look_up(directory, person).ok_or(Reason::Deactivated)?;
        // A filter that fails to be evaluated says nothing of the person.
        let dropped = filter::check(&ask, &Scope::outermost(selector), here).ok().flatten();
        return match dropped.filter(|dropped| !counts_as_fitting(dropped)) {
            Some(dropped) => Err(dropped.reason().unwrap_or(Reason::Deactivated)),
            None => Ok(()),
        };
    };
    let wide = widened(selector);
    let looked = resolve::look(&ask, &wide, None);
    let mut reason = None;
    if named(&ask, &looked, person, &mut reason) {
        return Ok(());
    }
    if look_up(directory, person).is_none() {
        return Err(Reason::Deactivated);
    }
    match looked.found {
        // A rule that cannot be read says nothing of the person.
        Found::Error | Found::WrongReference => Ok(()),
        _ => Err(reason.or(looked.reason).unwrap_or_else(|| resolve::no_match(&ask, &selector.form))),
    }
}

/// The rule with everybody whom any of its branches names.
fn widened(selector: &Selector) -> Selector {
    let form = match &selector.form {
        Form::FirstOf(branches) | Form::AnyOf(branches) | Form::AllOf(branches) => {
            Form::AnyOf(branches.iter().map(widened).collect::<Vec<_>>())
        }
        form => form.clone(),
    };
    Selector { form, pick: Some(Pick::All), order_by: Vec::new(), ..selector.clone() }
}

/// Whether the rule itself may answer otherwise though nothing was changed by hand.
fn varies(selector: &Selector) -> bool {
    match &selector.form {
        Form::Script(_) | Form::Plugin { .. } | Form::Staff(StaffForm::LastInteraction) => true,
        Form::FirstOf(branches) | Form::AnyOf(branches) | Form::AllOf(branches) => branches.iter().any(varies),
        Form::PrimaryContact | Form::Default | Form::Role(_) | Form::Contact(_) | Form::Staff(_) => false,
    }
}

/// Whether some branch names the person; if none does, why the one that came nearest does not.
fn named(ask: &Asking<'_>, looked: &Looked<'_>, person: &PersonId, reason: &mut Option<Reason>) -> bool {
    let own = looked.children.is_empty().then_some(&looked.seen);
    let own = own.into_iter().flatten().filter(|seen| seen.who.id() == *person);
    for seen in own {
        match &seen.dropped {
            Some(dropped) if !counts_as_fitting(dropped) => {
                let why = dropped.reason().or_else(|| Some(resolve::no_match(ask, &looked.selector.form)));
                *reason = reason.take().or(why);
            }
            _ => return true,
        }
    }
    looked.children.iter().any(|child| named(ask, child, person, reason))
}

/// What keeps somebody from being taken this time, and says nothing of whether the rule names them.
fn counts_as_fitting(dropped: &Dropped<'_>) -> bool {
    matches!(
        dropped,
        Dropped::Away(_)
            | Dropped::SamePerson
            | Dropped::SameAddress(_)
            | Dropped::SharedAddress(_)
            | Dropped::OneNeeded(_)
            | Dropped::NotTaken(_)
    )
}

#[cfg(test)]
mod tests {
    use super::fits;
    use crate::id::{ContactId, Name};
    use crate::plan::ExpressionId;
    use crate::recipient::testing::*;
    use crate::recipient::{Channel, Form, PersonId, Pick, Reason, Selector, StaffForm};
    use alloc::vec;

    /// `ann` the contact, or `staff:pat`.
    fn fit(world: &World, selector: &Selector, channel: Channel, who: &str) -> Result<(), Reason> {
        let person = match who.strip_prefix("staff:") {
            Some(id) => PersonId::Staff(staff_id(id)),
            None => PersonId::Contact(ContactId::new(who).unwrap()),
        };
        let excluded = |task: &Name, person: &PersonId| world.did.contains(&(task.clone(), person.clone()));
        fits(Some(selector), channel, &world.directory(), &excluded, world, TODAY, &person)
    }

    #[test]
    fn whoever_a_rule_names_fits_however_many_it_takes_and_whoever_it_does_not_name_is_told_why() {
        let payroll = role("payroll").take(Pick::One);
        let world = || World::of(&["ann", "bob"]).tick("ann", &["payroll"]).tick("bob", &["payroll"]);
        let unticked = Reason::NoContactWithRole(role_id("payroll"));
        let one_box = |contact: &mut crate::directory::Contact| contact.email = Some("office@acme.example".into());
        let cases = [
            (world(), Ok(())),
            (world().tick("bob", &[]), Err(unticked)),
            (world().contact("bob", |bob| bob.active = false), Err(Reason::Deactivated)),
            (world().contact("bob", |bob| bob.email = None), Err(Reason::NoEmail)),
            (world().contact("bob", bounce), Err(Reason::EmailBounced)),
            (world().contact("bob", |bob| bob.crm_opt_out = true), Err(Reason::OptedOut)),
            (world().contact("ann", one_box).contact("bob", one_box), Ok(())),
            (World::of(&["ann"]).tick("ann", &["payroll"]), Err(Reason::Deactivated)),
        ];
        for (at, (world, expected)) in cases.into_iter().enumerate() {
            assert_eq!(fit(&world, &payroll, Channel::CrmLetter, "bob"), expected, "case {at}");
        }
    }

    #[test]
    fn every_branch_counts_and_so_does_whoever_is_away() {
        let either = first_of([role("payroll"), primary()]);
        let world = World::of(&["ann", "bob"]).tick("bob", &["payroll"]);
        assert_eq!(fit(&world, &either, Channel::Letter, "ann"), Ok(()), "the second branch names ann");
        assert_eq!(fit(&world, &either, Channel::Letter, "bob"), Ok(()));
        let clerk = staff_role("clerk");
        let world = World::of(&[]).with_staff(&["pat", "kim"]).hold("pat", &["clerk"]).member("pat", |pat| {
            pat.away = vec![(TODAY, TODAY)];
        });
        assert_eq!(fit(&world, &clerk, Channel::Assign, "staff:pat"), Ok(()));
        let nobody = Err(Reason::NoStaffWithRole(role_id("clerk")));
        assert_eq!(fit(&world.hold("pat", &[]), &clerk, Channel::Assign, "staff:kim"), nobody);
    }

    #[test]
    fn of_what_a_script_says_only_that_the_person_is_here_and_can_be_written_to_is_asked() {
        let script = Selector::of(Form::Script(ExpressionId(0)));
        let world = World::of(&["ann"]);
        assert_eq!(fit(&world, &script, Channel::Letter, "ann"), Ok(()));
        let gone = world.clone().contact("ann", |ann| ann.active = false);
        assert_eq!(fit(&gone, &script, Channel::Letter, "ann"), Err(Reason::Deactivated));
        let last = staff(StaffForm::LastInteraction);
        assert_eq!(fit(&world.with_staff(&["pat"]), &last, Channel::Assign, "staff:pat"), Ok(()));
    }
}
