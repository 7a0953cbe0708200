//! Found people and the proof of how they were found, as they are stored.
//!
//! Owns: persons, reasons and resolutions. A resolution's branches are stored one after the other, each with the number
//! of its children, for the same reason as the parts of a value.

use jobwright_core::{
    bound::VALUE_DEPTH_MAX,
    id::{ContactId, Name, RoleId, StaffId},
    recipient::{Branch, Candidate, Found, Person, PersonId, Reason, Resolution},
};
use serde::{Deserialize, Serialize};

use super::{Fault, Mirror, mirror};

mirror! {
    enum PersonId as PersonIdRow { Contact(id: ContactId), Staff(id: StaffId) }
}
mirror! {
    struct Person as PersonRow { id: PersonId, name: String, address: Option<String> }
}
mirror! {
    enum Reason as ReasonRow {
        NoContact,
        NoContactWithRole(role: RoleId),
        NoStaffWithRole(role: RoleId),
        NoPrimaryStaff,
        NoEmail,
        EmailBounced,
        OptedOut,
        PortalNotActive,
        ActivationStale,
        NoRight,
        Deactivated,
        MissingField(field: String),
        Ambiguous,
        DateUnknown(anchor: String),
        TooFew { found: u32, needed: u32 },
        SharedAddress { one: String, other: String },
        SignsTwice { who: String, place: Name },
    }
}
mirror! {
    enum Found as FoundRow { Chosen, NoMatch, FilteredOut, Ambiguous, WrongReference, Error, TooFew }
}
mirror! {
    struct Candidate as CandidateRow { person: Person, kept: bool, because: String }
}
mirror! {
    struct Resolution as ResolutionRow { found: Found, chosen: Vec<Person>, reason: Option<Reason>, tree: Branch }
}

/// A rule's proof: itself and all branches below it, each before its children.
#[derive(Serialize, Deserialize)]
pub(crate) struct BranchesRow(Vec<BranchRow>);

#[derive(Serialize, Deserialize)]
struct BranchRow {
    rule: String,
    found: FoundRow,
    candidates: Vec<CandidateRow>,
    children: u32,
}

impl Mirror for Branch {
    type Row = BranchesRow;

    fn to_row(&self) -> Result<BranchesRow, Fault> {
        let mut rows = Vec::new();
        take_apart(self, &mut rows, 0)?;
        Ok(BranchesRow(rows))
    }

    fn from_row(row: BranchesRow) -> Result<Self, Fault> {
        let mut rows = row.0.into_iter();
        let branch = put_together(&mut rows, 0)?;
        if rows.next().is_none() { Ok(branch) } else { Err(Fault("a resolution has branches left over".into())) }
    }
}

fn take_apart(branch: &Branch, rows: &mut Vec<BranchRow>, depth: usize) -> Result<(), Fault> {
    check_depth(depth)?;
    let Branch { rule, found, candidates, children } = branch;
    rows.push(BranchRow {
        rule: rule.clone(),
        found: found.to_row()?,
        candidates: candidates.to_row()?,
        children: u32::try_from(children.len()).map_err(|_| Fault("a rule has too many branches".into()))?,
    });
    children.iter().try_for_each(|child| take_apart(child, rows, depth + 1))
}

fn put_together(rows: &mut impl Iterator<Item = BranchRow>, depth: usize) -> Result<Branch, Fault> {
    check_depth(depth)?;
    let row = rows.next().ok_or_else(|| Fault("a resolution lacks branches".into()))?;
    Ok(Branch {
        rule: row.rule,
        found: Mirror::from_row(row.found)?,
        candidates: Mirror::from_row(row.candidates)?,
        children: (0..row.children).map(|_| put_together(rows, depth + 1)).collect::<Result<_, _>>()?,
    })
}

fn check_depth(depth: usize) -> Result<(), Fault> {
    if depth < VALUE_DEPTH_MAX { Ok(()) } else { Err(Fault(format!("rules nested more than {VALUE_DEPTH_MAX} deep"))) }
}
