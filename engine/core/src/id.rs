//! Names of things, as types that cannot be mixed up.
//!
//! Owns: the newtypes (cheap to clone, since events carry them), what a practice's own id may look like, how a job id is written. Leaves making new job ids to
//! the shell, which has a clock.

use alloc::{string::String, sync::Arc};
use core::{fmt, str::FromStr};

/// Longest id of a client, contact or staff member that a practice may choose, in bytes.
pub const ID_BYTES_MAX: usize = 64;

/// Why a text cannot be an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadId(pub String);

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whatever was written there may be a whole file.
        let (shown, rest) = self.0.split_at(self.0.floor_char_boundary(ID_BYTES_MAX));
        let more = if rest.is_empty() { "" } else { "…" };
        write!(f, "`{shown}{more}` is no id: use 1 to {ID_BYTES_MAX} of a-z, 0-9, `.`, `_`, `-`")
    }
}

impl core::error::Error for BadId {}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a text that the practice chose; refuses what could not stand in a file name, a key or an address.
            pub fn new(text: impl AsRef<str>) -> Result<Self, BadId> {
                let text = text.as_ref();
                if is_id(text) { Ok(Self(text.into())) } else { Err(BadId(text.into())) }
            }
            /// Whether it is the very same text in memory, which is quicker to see than that it is equal.
            pub fn is_same(&self, other: &Self) -> bool {
                Arc::ptr_eq(&self.0, &other.0)
            }
            /// The text, shared.
            pub fn text(&self) -> Arc<str> {
                self.0.clone()
            }
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

fn is_id(text: &str) -> bool {
    let plain = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    !text.is_empty() && text.len() <= ID_BYTES_MAX && text.bytes().all(plain)
}

text_id!(
    /// A client, by the practice's own text, kept for ever.
    ClientId
);
text_id!(
    /// A contact, unique within its client and written `4711/ann` elsewhere.
    ContactId
);
text_id!(
    /// A member of the practice's staff.
    StaffId
);
text_id!(
    /// A role, ticked on a contact or held by staff: two vocabularies of the same form.
    RoleId
);
text_id!(
    /// A job definition's `id`: for ever; its versions differ by hash.
    DefinitionId
);
text_id!(
    /// A task's `id` within its definition; also an output's, a key date's or an input's.
    Name
);

/// One job: sixteen time-ordered bytes, made by the shell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub [u8; 16]);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JobId({self})")
    }
}

impl FromStr for JobId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        digits(text).map(Self).ok_or_else(|| BadId(text.into()))
    }
}

/// As many bytes as are asked for, of two hexadecimal digits each and no more.
fn digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(bytes)
}

/// A content hash, SHA-256: of a definition's canonical form, a document's bytes, a plugin's component.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = f.precision().unwrap_or(64).div_ceil(2);
        self.0.iter().take(shown).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self:.12})")
    }
}

impl FromStr for Hash {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        digits(text).map(Self).ok_or_else(|| BadId(text.into()))
    }
}

/// An effect, the same for all its attempts: it is the e-mail's Message-ID, the idempotency key and the handle in logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectId {
    /// The job that asked for it.
    pub job: JobId,
    /// The number of the event that first asked for it.
    pub event: u64,
    /// Its place among the effects of that event.
    pub index: u16,
}

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.job, self.event, self.index)
    }
}

impl FromStr for EffectId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        let bad = || BadId(text.into());
        let mut parts = text.split('-');
        let (Some(job), Some(event), Some(index), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(bad());
        };
        Ok(Self {
            job: job.parse()?,
            event: event.parse().map_err(|_| bad())?,
            index: index.parse().map_err(|_| bad())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn an_id_keeps_to_the_letters_a_file_name_and_a_key_can_hold() {
        for good in ["4711", "ann", "a.b_c-9"] {
            assert!(ClientId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "Ann", "a b", "a/b", "ä", &"x".repeat(ID_BYTES_MAX + 1)] {
            assert!(ClientId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_job_and_an_effect_are_read_back_as_they_are_written() {
        let job = JobId([0x01, 0x9a, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0xff]);
        assert_eq!(job.to_string().parse(), Ok(job));
        let effect = EffectId { job, event: 12, index: 3 };
        assert_eq!(effect.to_string().parse(), Ok(effect));
        assert!("zz".repeat(16).parse::<JobId>().is_err());
    }
}
