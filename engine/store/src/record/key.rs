//! Keys: how the names of things become bytes whose order is theirs.
//!
//! Owns: every key that the typed access writes, and reading ids back out of keys. Texts end with a zero byte, which no
//! id holds, so that no name runs into the next field; numbers are big-endian.

use jiff::Timestamp;
use jobwright_core::directory::trail::Subject;
use jobwright_core::id::{ClientId, DefinitionId, EffectId, Hash, JobId, RoleId, StaffId};

use crate::{Error, Key, Range, Space, woken::Changed};

/// What ends a text inside a key.
const END: u8 = 0;
/// A note of a change, and a job that waits for one.
const NOTE: u8 = 0;
const WAITS: u8 = 1;
/// What changed.
const STAFF: u8 = 0;
const CLIENT: u8 = 1;
const ROLE: u8 = 2;
const NANOSECONDS_IN_MS: i128 = 1_000_000;
/// What came in by an import, and of whom.
const IMPORTED: u8 = 0;
const IMPORTED_CLIENT: u8 = 0;
const IMPORTED_STAFF: u8 = 1;
const IMPORTED_ROLE: u8 = 2;
/// Bytes of an effect's id.
const EFFECT_BYTES: usize = 16 + 8 + 2;

/// Bytes of a key, field by field.
#[derive(Clone, Default)]
pub(crate) struct Fields(Vec<u8>);

impl Fields {
    pub(crate) fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes()).byte(END)
    }

    /// An instant in whole milliseconds, rounded up: a timer that rings must find its moment come.
    pub(crate) fn instant(self, at: Timestamp) -> Self {
        let ceiling = -(-at.as_nanosecond()).div_euclid(NANOSECONDS_IN_MS);
        // The very last instant has no whole millisecond after it.
        let ms = i64::try_from(ceiling).unwrap_or(i64::MAX).min(Timestamp::MAX.as_millisecond());
        self.bytes(&ordered(ms))
    }

    pub(crate) fn effect(self, id: EffectId) -> Self {
        self.bytes(&id.job.0).bytes(&id.event.to_be_bytes()).bytes(&id.index.to_be_bytes())
    }

    pub(crate) fn done(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn in_space(self, space: Space) -> Key {
        Key::new(space, self.0)
    }
}

pub(crate) fn head(job: JobId) -> Key {
    Key::new(Space::Job, job.0)
}

pub(crate) fn events(job: JobId, first: u64) -> Key {
    Fields::default().bytes(&job.0).bytes(&first.to_be_bytes()).in_space(Space::Event)
}

pub(crate) fn timer(at: Timestamp, job: JobId) -> Key {
    Fields::default().instant(at).bytes(&job.0).in_space(Space::Timer)
}

pub(crate) fn job_by_version(hash: Hash, job: JobId) -> Key {
    Fields::default().bytes(&hash.0).bytes(&job.0).in_space(Space::JobByVersion)
}

pub(crate) fn read_job_by_version(bytes: &[u8]) -> Result<(Hash, JobId), Error> {
    let hash = bytes.first_chunk().ok_or_else(|| strange("a version"))?;
    Ok((Hash(*hash), job_at_end(bytes)?))
}

pub(crate) fn read_job_by_suffix(bytes: &[u8]) -> Result<JobId, Error> {
    let digits: String = bytes.iter().rev().map(|digit| char::from(*digit)).collect();
    digits.parse().map_err(|_| strange("a job"))
}

pub(crate) fn job_by_suffix(job: JobId) -> Key {
    Key::new(Space::JobBySuffix, job.to_string().bytes().rev().collect::<Vec<_>>())
}

pub(crate) fn job_by_client(client: &ClientId, definition: Option<&DefinitionId>) -> Fields {
    let fields = Fields::default().text(client.as_str());
    definition.map_or_else(|| fields.clone(), |definition| fields.clone().text(definition.as_str()))
}

/// The note that something changed.
pub(crate) fn note(changed: &Changed) -> Key {
    change(NOTE, changed).in_space(Space::TaskByChange)
}

pub(crate) fn notes() -> Range {
    Range::prefix(Space::TaskByChange, [NOTE])
}

pub(crate) fn read_note(bytes: &[u8]) -> Result<Changed, Error> {
    match bytes {
        [NOTE, STAFF] => Ok(Changed::Staff),
        [NOTE, CLIENT, client @ .., END] => Ok(Changed::Client(client_id(client)?)),
        _ => Err(strange("a change")),
    }
}

/// A job that waits for a change, or the beginning of all that do.
pub(crate) fn waits(changed: &Changed, job: Option<JobId>) -> Key {
    let fields = change(WAITS, changed);
    job.map_or_else(|| fields.clone(), |job| fields.clone().bytes(&job.0)).in_space(Space::TaskByChange)
}

fn change(kind: u8, changed: &Changed) -> Fields {
    match changed {
        Changed::Staff => Fields::default().byte(kind).byte(STAFF),
        Changed::Client(client) => Fields::default().byte(kind).byte(CLIENT).text(client.as_str()),
    }
}

pub(crate) fn client(id: &ClientId) -> Key {
    Key::new(Space::Client, id.as_str())
}

pub(crate) fn client_id(bytes: &[u8]) -> Result<ClientId, Error> {
    let text = std::str::from_utf8(bytes).map_err(|_| strange("a client"))?;
    ClientId::new(text).map_err(|_| strange("a client"))
}

pub(crate) fn staff(id: &StaffId) -> Key {
    Key::new(Space::Staff, id.as_str())
}

/// The row whose version every change of staff moves. It stands before all ids.
pub(crate) fn staff_version() -> Key {
    Key::new(Space::Staff, [END])
}

pub(crate) fn role(id: &RoleId) -> Key {
    Key::new(Space::Role, id.as_str())
}

/// A change of the directory: the changes of one subject lie together, in their order. `before` is the version of the
/// row that was changed; where there is none the time alone tells them apart.
pub(crate) fn trail(subject: &Subject, before: u64, at: Timestamp) -> Key {
    of_subject(subject).bytes(&before.to_be_bytes()).instant(at).in_space(Space::Audit)
}

/// All changes of one subject.
pub(crate) fn trail_of(subject: &Subject) -> Range {
    Range::prefix(Space::Audit, of_subject(subject).0)
}

fn of_subject(subject: &Subject) -> Fields {
    match subject {
        Subject::Staff(id) => Fields::default().byte(STAFF).text(id.as_str()),
        Subject::Client(id) => Fields::default().byte(CLIENT).text(id.as_str()),
        Subject::Role(id) => Fields::default().byte(ROLE).text(id.as_str()),
    }
}

/// What an import said of somebody.
pub(crate) fn imported(of: &Subject) -> Key {
    let (kind, id) = match of {
        Subject::Client(id) => (IMPORTED_CLIENT, id.as_str()),
        Subject::Staff(id) => (IMPORTED_STAFF, id.as_str()),
        Subject::Role(id) => (IMPORTED_ROLE, id.as_str()),
    };
    Fields::default().byte(IMPORTED).byte(kind).bytes(id.as_bytes()).in_space(Space::Inbox)
}

/// What stands before all that imports said of clients.
pub(crate) fn imported_clients() -> [u8; 2] {
    [IMPORTED, IMPORTED_CLIENT]
}

pub(crate) fn imported_client(bytes: &[u8]) -> Result<ClientId, Error> {
    bytes.strip_prefix(&imported_clients()).ok_or_else(|| strange("a client")).and_then(client_id)
}

pub(crate) fn word(word: &str, client: &ClientId) -> Key {
    Fields::default().text(word).bytes(client.as_str().as_bytes()).in_space(Space::NameIndex)
}

pub(crate) fn effect(id: EffectId) -> Key {
    Fields::default().effect(id).in_space(Space::Effect)
}

pub(crate) fn outbox(state: u8, at: Timestamp, id: EffectId) -> Key {
    Fields::default().byte(state).instant(at).effect(id).in_space(Space::Outbox)
}

pub(crate) fn definition(hash: Hash) -> Key {
    Fields::default().byte(0).bytes(&hash.0).in_space(Space::Definition)
}

pub(crate) fn publications() -> Fields {
    Fields::default().byte(1)
}

pub(crate) fn publications_of(id: &DefinitionId) -> Fields {
    publications().text(id.as_str())
}

pub(crate) fn publication(id: &DefinitionId, number: u32) -> Key {
    publications_of(id).bytes(&number.to_be_bytes()).in_space(Space::Definition)
}

pub(crate) fn number_at_end(bytes: &[u8]) -> Result<u32, Error> {
    bytes.last_chunk().map(|number| u32::from_be_bytes(*number)).ok_or_else(|| strange("a version"))
}

pub(crate) fn client_of_word(bytes: &[u8]) -> Result<ClientId, Error> {
    let end = bytes.iter().position(|byte| *byte == END).ok_or_else(|| strange("a client"))?;
    client_id(&bytes[end + 1..])
}

/// The job that stands at the end of a key.
pub(crate) fn job_at_end(bytes: &[u8]) -> Result<JobId, Error> {
    bytes.last_chunk().map(|id| JobId(*id)).ok_or_else(|| strange("a job"))
}

/// The effect that stands at the end of a key.
pub(crate) fn effect_at_end(bytes: &[u8]) -> Result<EffectId, Error> {
    let id: &[u8; EFFECT_BYTES] = bytes.last_chunk().ok_or_else(|| strange("an effect"))?;
    let (job, rest) = id.split_first_chunk().ok_or_else(|| strange("an effect"))?;
    let (event, index) = rest.split_first_chunk().ok_or_else(|| strange("an effect"))?;
    let index = index.try_into().map_err(|_| strange("an effect"))?;
    Ok(EffectId { job: JobId(*job), event: u64::from_be_bytes(*event), index: u16::from_be_bytes(index) })
}

/// The end of a range that holds every instant up to and with this one.
pub(crate) fn after_instant(now: Timestamp) -> Vec<u8> {
    // Moments are rounded up and the clock down, so that nothing rings early.
    let ms = now.as_nanosecond().div_euclid(NANOSECONDS_IN_MS) + 1;
    ordered(i64::try_from(ms).unwrap_or(i64::MAX)).to_vec()
}

/// The instant that stands in a key at this place.
pub(crate) fn instant_at(bytes: &[u8], place: usize) -> Result<Timestamp, Error> {
    let ms: Option<&[u8; 8]> = bytes.get(place..).and_then(<[u8]>::first_chunk);
    let ms = ms.map(|ms| (u64::from_be_bytes(*ms) ^ (1 << 63)).cast_signed());
    ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()).ok_or_else(|| strange("an instant"))
}

/// A number as bytes whose order is the number's, below zero too.
fn ordered(number: i64) -> [u8; 8] {
    (number.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

fn strange(what: &str) -> Error {
    Error::Damaged { what: format!("a key that should name {what} does not") }
}
