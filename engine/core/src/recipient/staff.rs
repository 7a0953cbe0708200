//! The staff a rule names.
//!
//! Owns: what `primary`, `additional`, `last_interaction`, `default`, a staff role and a staff id mean for one client.
//! No form falls back to another (b037): that is what `or` is for. An entry that points at nobody counts as empty, so
//! that the task waits until it is mended; only an id written in the definition is a wrong reference.

use super::look::{Seen, Via, Who};
use super::resolve::{Asking, Failed, Found};
use super::{Reason, StaffForm};
use crate::directory::{Directory, Interaction, Staff};
use crate::id::{RoleId, StaffId};
use alloc::{format, vec, vec::Vec};

pub(super) fn candidates<'a>(ask: &Asking<'a>, form: &StaffForm) -> Result<Vec<Seen<'a>>, Failed> {
    let directory = ask.directory;
    let of_client = &directory.client.staff;
    Ok(match form {
        StaffForm::Primary => by_id(directory, of_client.primary.as_ref()),
        StaffForm::Default => by_id(directory, directory.practice.default_assignee.as_ref()),
        StaffForm::Additional => {
            let mut seen: Vec<_> =
                of_client.additional.iter().filter_map(|dealing| dealt(directory, dealing)).collect();
            seen.sort_by_key(|(at, _)| *at);
            seen.into_iter().map(|(_, seen)| seen).collect()
        }
        StaffForm::LastInteraction => {
            of_client.last.iter().filter_map(|dealing| dealt(directory, dealing)).map(|(_, seen)| seen).collect()
        }
        StaffForm::Role(role) => holders(directory, role),
        StaffForm::Id(id) => {
            let note = || format!("`{id}` is not on the staff");
            let staff = member(directory, id);
            staff.ok_or_else(|| Failed { found: Found::WrongReference, note: note() }).map(seen)?
        }
    })
}

/// What a task is told when the form gives nobody.
pub(super) fn nobody(form: &StaffForm) -> Reason {
    let reserved = |word| RoleId::new(word).map_or(Reason::NoPrimaryStaff, Reason::NoStaffWithRole);
    match form {
        StaffForm::Primary => Reason::NoPrimaryStaff,
        StaffForm::Role(role) => Reason::NoStaffWithRole(role.clone()),
        StaffForm::Additional => reserved("additional"),
        StaffForm::LastInteraction => reserved("last_interaction"),
        StaffForm::Default => reserved("default"),
        StaffForm::Id(_) => Reason::NoRight,
    }
}

/// Those assigned to the client with the role; when none of them works here any more, those who hold it in the
/// practice.
fn holders<'a>(directory: Directory<'a>, role: &RoleId) -> Vec<Seen<'a>> {
    let assigned = directory.client.staff.assigned.get(role).map_or(&[][..], Vec::as_slice);
    let for_client = assigned.iter().filter_map(|id| member(directory, id));
    let mut seen: Vec<_> = for_client.map(|staff| Seen::new(Who::Staff(staff), Via::ForClient)).collect();
    let is_active = |seen: &Seen<'_>| matches!(seen.who, Who::Staff(staff) if staff.active);
    if !seen.iter().any(is_active) {
        let in_practice =
            directory.staff.iter().filter(|staff| staff.roles.contains(role) && !assigned.contains(&staff.id));
        seen.extend(in_practice.map(|staff| Seen::new(Who::Staff(staff), Via::InPractice)));
    }
    seen
}

fn by_id<'a>(directory: Directory<'a>, id: Option<&StaffId>) -> Vec<Seen<'a>> {
    id.and_then(|id| member(directory, id)).map(seen).unwrap_or_default()
}

fn seen(staff: &Staff) -> Vec<Seen<'_>> {
    vec![Seen::new(Who::Staff(staff), Via::Rule)]
}

fn dealt<'a>(directory: Directory<'a>, dealing: &'a Interaction) -> Option<(jiff::Timestamp, Seen<'a>)> {
    member(directory, &dealing.staff).map(|staff| (dealing.at, Seen::new(Who::Staff(staff), Via::Dealt(dealing))))
}

fn member<'a>(directory: Directory<'a>, id: &StaffId) -> Option<&'a Staff> {
    directory.staff.iter().find(|staff| staff.id == *id)
}

#[cfg(test)]
mod tests {
    use crate::recipient::testing::*;
    use crate::recipient::{Channel, PersonId, Pick, StaffForm};
    use alloc::vec;
    use expect_test::expect;

    fn practice() -> World {
        World::of(&["ann"]).with_staff(&["pat", "kim", "lee"])
    }

    #[test]
    fn b024_a_client_has_a_primary_and_several_who_dealt_with_it() {
        let world = practice().client(|client| {
            client.staff.primary = Some(staff_id("pat"));
            client.staff.additional = vec![dealing("kim", "2026-01-05T10:00:00Z", "appointment")];
        });
        assert_eq!(world.outcome(&staff(StaffForm::Primary), Channel::Assign), "pat");
        assert_eq!(world.outcome(&staff(StaffForm::Additional), Channel::Assign), "kim");
        assert_eq!(practice().outcome(&staff(StaffForm::Primary), Channel::Assign), "no_match no_primary_staff");
    }

    #[test]
    fn b027_additional_staff_are_those_who_dealt_with_the_client_oldest_first_and_by_what() {
        let world = practice().client(|client| {
            let invoice = dealing("lee", "2026-03-01T09:00:00Z", "invoice");
            client.staff.additional = vec![invoice, dealing("kim", "2025-11-20T09:00:00Z", "appointment")];
        });
        world.check(
            &staff(StaffForm::Additional).take(Pick::All),
            Channel::Assign,
            expect![[r#"
                kim lee
                additional staff, all → chosen
                  ✓ kim: dealt with the client on 2025-11-20: appointment
                  ✓ lee: dealt with the client on 2026-03-01: invoice
            "#]],
        );
    }

    #[test]
    fn b037_work_goes_to_whoever_dealt_with_the_client_last_or_to_the_default_and_neither_falls_back() {
        let last = staff(StaffForm::LastInteraction);
        let default = staff(StaffForm::Default);
        let mut world = practice().client(|client| client.staff.primary = Some(staff_id("pat")));
        assert_eq!(world.outcome(&last, Channel::Assign), "no_match no_staff_with_role(last_interaction)");
        assert_eq!(world.outcome(&default, Channel::Assign), "no_match no_staff_with_role(default)");
        world.client.staff.last = Some(dealing("kim", "2026-04-01T09:00:00Z", "invoice"));
        world.practice.default_assignee = Some(staff_id("lee"));
        assert_eq!(world.outcome(&last, Channel::Assign), "kim");
        assert_eq!(world.outcome(&default, Channel::Assign), "lee");
    }

    #[test]
    fn a_staff_role_is_read_for_the_client_before_the_practice() {
        let world = practice().hold("kim", &["clerk"]).hold("lee", &["clerk"]);
        let clerk = staff_role("clerk");
        assert_eq!(world.outcome(&clerk.clone().take(Pick::All), Channel::Assign), "kim lee");
        assert_eq!(world.outcome(&clerk, Channel::Assign), "kim", "two clerks are never ambiguous");
        let assigned = world.client(|client| {
            _ = client.staff.assigned.insert(role_id("clerk"), vec![staff_id("pat"), staff_id("kim")])
        });
        assert_eq!(assigned.outcome(&clerk, Channel::Assign), "pat");
        let left = assigned.member("pat", |pat| pat.active = false).member("kim", |kim| kim.active = false);
        left.check(
            &clerk,
            Channel::Assign,
            expect![[r#"
                lee
                staff role clerk → chosen
                  ✗ pat: has left
                  ✗ kim: has left
                  ✓ lee: has staff role clerk in the practice
            "#]],
        );
        assert_eq!(practice().outcome(&clerk, Channel::Assign), "no_match no_staff_with_role(clerk)");
    }

    #[test]
    fn an_entry_that_points_at_nobody_counts_as_empty_and_an_id_in_the_definition_is_a_wrong_reference() {
        let world = practice().client(|client| client.staff.primary = Some(staff_id("zed")));
        assert_eq!(world.outcome(&staff(StaffForm::Primary), Channel::Assign), "no_match no_primary_staff");
        assert_eq!(world.outcome(&staff(StaffForm::Id(staff_id("zed"))), Channel::Assign), "wrong_reference");
        assert_eq!(world.outcome(&staff(StaffForm::Id(staff_id("kim"))), Channel::Assign), "kim");
    }

    #[test]
    fn whoever_did_the_first_task_does_not_do_the_second() {
        let kim = PersonId::Staff(staff_id("kim"));
        let world = practice().hold("kim", &["manager"]).did("prepare", kim);
        let review = staff_role("manager").not_by("prepare");
        world.check(
            &review,
            Channel::Assign,
            expect![[r#"
                filtered_out no_right
                staff role manager, not who did prepare → filtered_out
                  ✗ kim: did prepare, so somebody else must do this
            "#]],
        );
        assert_eq!(world.hold("lee", &["manager"]).outcome(&review, Channel::Assign), "lee");
    }
}
