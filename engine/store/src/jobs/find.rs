//! Jobs by the names that people give them.
//!
//! Owns: from an id, the beginning or end of one, or `definition/client/period`, to jobs.

use jobwright_core::id::{ClientId, DefinitionId, JobId};

use super::{Head, head};
use crate::{
    Direction, Error, Key, Listing, Loaded, Range, Reader, Space,
    record::key::{self, Fields},
};

/// Fewest digits of an id that may name a job.
pub const NAME_DIGITS_MIN: usize = 4;
/// Digits of a whole id.
const ID_DIGITS: usize = 32;
/// Most jobs that are told apart when a name fits several.
const NAMED_MAX: usize = 10;

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// No job.
    Nothing,
    /// One job.
    One(JobId),
    /// Several, of which these are some.
    Several(Vec<JobId>),
    /// Too few digits to be sure.
    TooShort,
}

/// The job of this name: an id, at least four digits of its beginning or its end, `definition/client/period`, or
/// `definition/client`.
pub fn find(reader: &Reader<'_>, name: &str) -> Result<Found, Error> {
    let mut parts = name.splitn(3, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(definition), Some(client), period) => by_client(reader, definition, client, period),
        _ => by_digits(reader, &name.to_ascii_lowercase()),
    }
}

/// Heads of a client's jobs, by definition and then by period, which is the order of time where periods have one.
pub fn of_client(
    reader: &Reader<'_>,
    client: &ClientId,
    definition: Option<&DefinitionId>,
    after: Option<Key>,
    limit: usize,
) -> Result<Listing<Loaded<Head>, Key>, Error> {
    let range = Range::prefix(Space::JobByClient, key::job_by_client(client, definition).done());
    let page = reader.page(&range, after.as_ref(), limit, Direction::Forward)?;
    let mut found = Vec::with_capacity(page.rows.len());
    for (_, row) in &page.rows {
        // A job may have been cancelled between the two reads; its new row stands further down the list.
        found.extend(head(reader, key::job_at_end(&row.value)?)?);
    }
    Ok(Listing { found, next: page.next })
}

/// The index has them by period, so that the oldest job of a client is found as fast as the newest. One of which a client
/// has a single job stands there without its period.
fn by_client(reader: &Reader<'_>, definition: &str, client: &str, period: Option<&str>) -> Result<Found, Error> {
    let (Ok(definition), Ok(client)) = (DefinitionId::new(definition), ClientId::new(client)) else {
        return Ok(Found::Nothing);
    };
    let fields = key::job_by_client(&client, Some(&definition));
    let Some(period) = period else { return Ok(told(named(reader, fields)?)) };
    let mut jobs = named(reader, fields.clone().text(period))?;
    if let Some(row) = reader.row(fields.in_space(Space::JobByClient))? {
        let only = head(reader, key::job_at_end(&row.value)?)?;
        let fits = |head: &Loaded<Head>| head.value.period.as_ref().is_some_and(|its| its.key == period);
        jobs.extend(only.filter(fits).map(|head| head.value.id));
    }
    Ok(told(jobs))
}

/// Some of the jobs whose index row begins like this.
fn named(reader: &Reader<'_>, fields: Fields) -> Result<Vec<JobId>, Error> {
    let found = reader.first(&Range::prefix(Space::JobByClient, fields.done()), NAMED_MAX)?;
    found.iter().map(|(_, row)| key::job_at_end(&row.value)).collect()
}

fn by_digits(reader: &Reader<'_>, digits: &str) -> Result<Found, Error> {
    if digits.len() > ID_DIGITS || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(Found::Nothing);
    }
    if digits.len() < NAME_DIGITS_MIN {
        return Ok(Found::TooShort);
    }
    let beginning = Range::between(Space::Job, padded(digits, '0'), padded(digits, 'f'));
    let mut jobs = rows(reader, &beginning, |key| key::job_at_end(&key.bytes))?;
    // The bound itself does not belong to a range, yet may be a job.
    let last = Key::new(Space::Job, padded(digits, 'f'));
    if reader.row(last.clone())?.is_some() {
        jobs.push(key::job_at_end(&last.bytes)?);
    }
    let end: Vec<u8> = digits.bytes().rev().collect();
    jobs.extend(rows(reader, &Range::prefix(Space::JobBySuffix, end), |key| key::read_job_by_suffix(&key.bytes))?);
    Ok(told(jobs))
}

fn rows(reader: &Reader<'_>, range: &Range, job: impl Fn(&Key) -> Result<JobId, Error>) -> Result<Vec<JobId>, Error> {
    reader.first(range, NAMED_MAX)?.iter().map(|(key, _)| job(key)).collect()
}

/// The id that these digits begin, filled up with one digit.
fn padded(digits: &str, fill: char) -> Vec<u8> {
    let mut whole = String::from(digits);
    whole.extend(std::iter::repeat_n(fill, ID_DIGITS - digits.len()));
    // Only hexadecimal digits get here.
    whole.parse().map_or_else(|_| vec![], |job: JobId| job.0.to_vec())
}

fn told(mut jobs: Vec<JobId>) -> Found {
    jobs.sort_unstable();
    jobs.dedup();
    jobs.truncate(NAMED_MAX);
    match jobs.as_slice() {
        [] => Found::Nothing,
        [one] => Found::One(*one),
        _ => Found::Several(jobs),
    }
}
