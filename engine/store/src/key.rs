//! Names of rows: a space and the bytes within it.
//!
//! Owns: the list of spaces, the order of keys, and what part of a range is still to be read. Leaves to the records how
//! fields become bytes; they must be big-endian, so that the order of bytes is the order of the field.

use std::{fmt, ops::Bound};

macro_rules! spaces {
    ($($(#[$doc:meta])* $name:ident = $byte:literal,)+) => {
        /// A kind of row, the first byte of its key. Numbers are for ever; a space no longer used keeps its number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Space {
            $($(#[$doc])* $name = $byte,)+
        }

        impl Space {
            /// Every space, in order.
            pub const ALL: [Self; [$($byte),+].len()] = [$(Self::$name),+];

            /// The one after it.
            pub(crate) fn next(self) -> Option<Self> {
                Self::ALL.get(self.place() + 1).copied()
            }

            /// Where it stands in the list of all.
            pub(crate) fn place(self) -> usize {
                // The list is in the order of the bytes.
                Self::ALL.partition_point(|earlier| *earlier < self)
            }
        }
    };
}

spaces! {
    /// name → format, epoch, time seen
    Meta = 0x00,
    /// job → head
    Job = 0x10,
    /// job ‖ first number → events
    Event = 0x11,
    /// job ‖ number → state
    Snapshot = 0x12,
    /// job ‖ task → (), open tasks only
    OpenTask = 0x13,
    /// assignee ‖ due ‖ job ‖ task → (), open tasks only
    TaskByAssignee = 0x14,
    /// 0 ‖ changed → (), a change nobody was woken for yet; 1 ‖ changed ‖ job → (), the jobs that wait for one
    TaskByChange = 0x15,
    /// client ‖ definition ‖ period ‖ job → job; without what a definition allows one job of, so that a second one finds
    /// the row taken
    JobByClient = 0x16,
    /// definition hash ‖ job → (), open jobs only
    JobByVersion = 0x17,
    /// the hexadecimal digits of a job, last one first → ()
    JobBySuffix = 0x18,
    /// due ‖ job → ()
    Timer = 0x20,
    /// job ‖ n → due
    TimerByJob = 0x21,
    /// state ‖ time ‖ effect → ()
    Outbox = 0x30,
    /// effect → request
    Effect = 0x31,
    /// what came from outside: 0 ‖ kind ‖ id → what the last import said of it
    Inbox = 0x32,
    /// command id → position, written by the store itself
    Command = 0x33,
    /// client → row with its contacts, whose version every change of them moves
    Client = 0x40,
    /// client ‖ contact → row
    Contact = 0x41,
    /// client ‖ position → contact, 0 is the primary
    ContactOrder = 0x42,
    /// role → definition
    Role = 0x43,
    /// role ‖ client ‖ position ‖ contact → ()
    RoleIndex = 0x44,
    /// staff → row; 0 → the list of them, whose version every change of staff moves
    Staff = 0x45,
    /// staff ‖ client → role
    StaffClient = 0x46,
    /// login → contact
    Login = 0x47,
    /// folded word ‖ client → ()
    NameIndex = 0x48,
    /// subject ‖ version of its row before ‖ time → change of the directory
    Audit = 0x50,
    /// 0 ‖ hash → content; 1 ‖ definition ‖ number → hash
    Definition = 0x60,
}

/// The name of one row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The kind of row.
    pub space: Space,
    /// Its name within the space.
    pub bytes: Vec<u8>,
}

impl Key {
    /// Names a row.
    pub fn new(space: Space, bytes: impl Into<Vec<u8>>) -> Self {
        Self { space, bytes: bytes.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} `{}`", self.space, self.bytes.escape_ascii())
    }
}

/// Which way a scan goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the first key to the last.
    Forward,
    /// From the last key to the first.
    Backward,
}

/// A run of keys within one space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The space; a range never leaves it.
    pub space: Space,
    /// The first key that belongs to it.
    pub from: Vec<u8>,
    /// The first key after it; without one it ends with its space.
    pub until: Option<Vec<u8>>,
}

/// What is left of a range, ready for any ordered map of bytes.
pub(crate) type Rest<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

impl Range {
    /// All keys of a space.
    pub fn all(space: Space) -> Self {
        Self { space, from: Vec::new(), until: None }
    }

    /// The keys of a space that begin with these bytes.
    pub fn prefix(space: Space, prefix: impl Into<Vec<u8>>) -> Self {
        let from = prefix.into();
        let until = after_prefix(&from);
        Self { space, from, until }
    }

    /// The keys from the first one given up to, and without, the second.
    pub fn between(space: Space, from: impl Into<Vec<u8>>, until: impl Into<Vec<u8>>) -> Self {
        Self { space, from: from.into(), until: Some(until.into()) }
    }

    /// The part beyond `after`; `None` when nothing can be there. The bounds never cross, which maps would panic at.
    pub(crate) fn rest<'a>(&'a self, after: Option<&'a Key>, direction: Direction) -> Option<Rest<'a>> {
        let mut first = Bound::Included(self.from.as_slice());
        let mut last = self.until.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        if let Some(after) = after {
            let beyond = Bound::Excluded(after.bytes.as_slice());
            match (after.space.cmp(&self.space), direction) {
                (std::cmp::Ordering::Equal, Direction::Forward) if after.bytes >= self.from => first = beyond,
                (std::cmp::Ordering::Equal, Direction::Backward) if self.has_before_end(&after.bytes) => last = beyond,
                (std::cmp::Ordering::Greater, Direction::Forward) => return None,
                (std::cmp::Ordering::Less, Direction::Backward) => return None,
                _ => {}
            }
        }
        match (first, last) {
            (Bound::Included(a) | Bound::Excluded(a), Bound::Excluded(b)) if a >= b => None,
            rest => Some(rest),
        }
    }

    /// Whether this key belongs to it.
    pub(crate) fn holds(&self, key: &Key) -> bool {
        key.space == self.space && key.bytes >= self.from && self.has_before_end(&key.bytes)
    }

    fn has_before_end(&self, bytes: &[u8]) -> bool {
        self.until.as_deref().is_none_or(|until| bytes < until)
    }
}

/// The first key that no longer begins with the prefix; none when the prefix is all `ff`.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let kept = prefix.iter().rposition(|byte| *byte != 0xff)?;
    let mut next = prefix[..=kept].to_vec();
    next[kept] += 1;
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_name_and_not_inside_its_own() {
        for (prefix, until) in
            [(vec![], None), (vec![1, 2], Some(vec![1, 3])), (vec![1, 0xff], Some(vec![2])), (vec![0xff, 0xff], None)]
        {
            assert_eq!(Range::prefix(Space::Job, prefix.clone()).until, until, "{prefix:?}");
        }
    }

    #[test]
    fn spaces_are_listed_once_and_in_the_order_of_their_bytes() {
        assert!(Space::ALL.windows(2).all(|pair| (pair[0] as u8) < pair[1] as u8 && pair[0] < pair[1]));
    }

    #[test]
    fn a_page_mark_of_another_space_is_before_or_after_the_whole_range() {
        let range = Range::all(Space::Timer);
        let (before, behind) = (Key::new(Space::Job, *b"x"), Key::new(Space::Outbox, *b"x"));
        assert!(range.rest(Some(&before), Direction::Forward).is_some());
        assert!(range.rest(Some(&before), Direction::Backward).is_none());
        assert!(range.rest(Some(&behind), Direction::Forward).is_none());
        assert!(range.rest(Some(&behind), Direction::Backward).is_some());
    }

    #[test]
    fn nothing_is_left_when_the_page_mark_stands_at_the_end() {
        let range = Range::between(Space::Job, *b"b", *b"d");
        let at = |byte: u8| Key::new(Space::Job, [byte]);
        assert_eq!(range.rest(Some(&at(b'a')), Direction::Backward), None);
        assert_eq!(range.rest(Some(&at(b'd')), Direction::Forward), None);
        assert_eq!(range.rest(Some(&at(b'a')), Direction::Forward), range.rest(None, Direction::Forward));
        assert_eq!(range.rest(Some(&at(b'e')), Direction::Backward), range.rest(None, Direction::Backward));
        assert_eq!(Range::between(Space::Job, *b"d", *b"b").rest(None, Direction::Forward), None);
    }
}
