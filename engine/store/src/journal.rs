//! The log of commits: what makes them durable, and what every view can be rebuilt from.
//!
//! Owns: segments on a disk, appended to by one writer with one sync for a group of commits; where the log ends after a
//! crash; replay, and letting go of what a verified backup holds. A frame torn by a crash at the very end was never
//! acknowledged and is cut off; damage before that end is an error, never an end. Leaves what the rows mean to the store
//! above, and the layout of the bytes to `frame`.

use std::{io, sync::Arc};

use crate::{
    Disk, Error, Write,
    sabotage::{Bug, is_planted},
};
use frame::{Chain, FRAME_HEAD, PAYLOAD_BYTES_MAX, SEGMENT_HEAD, SegmentHead};

pub(crate) mod frame;
mod scan;
#[cfg(test)]
mod tests;

pub(crate) use frame::Draft;

/// How a journal lays out its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalOptions {
    /// A segment is left for the next one before it grows beyond this; a larger frame gets one of its own.
    pub segment_bytes_max: u64,
    /// A segment grows by zeros ahead of its end, at first by so much: then a sync writes bytes only, and no length.
    pub growth_bytes_min: u64,
    /// What must stay free on the disk when it grows.
    pub free_bytes_min: u64,
    /// Whether it may be a new one. Where a store was made once, a journal without a segment has lost them.
    pub may_begin: bool,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self { segment_bytes_max: 64 << 20, growth_bytes_min: 1 << 20, free_bytes_min: 32 << 20, may_begin: true }
    }
}

/// A segment that grows doubles, up to so much at once.
const GROWTH_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Segments of one journal; an operator hears long before.
const SEGMENTS_MAX: usize = 100_000;

const EXTENSION: &str = ".log";
/// Zeros are written in pieces of this size.
static ZEROS: [u8; 256 * 1024] = [0; 256 * 1024];

/// The journal of one store.
pub(crate) struct Journal {
    disk: Arc<dyn Disk>,
    segments: Vec<Segment>,
    /// Where the next frame begins in the last segment.
    end: u64,
    /// How far the last segment is filled ahead.
    filled: u64,
    /// The position of the last commit.
    last: u64,
    /// The hash of the last frame.
    chain: Chain,
    /// Whether the last frame marks a clean end.
    closed: bool,
    options: JournalOptions,
}

#[derive(Clone, Debug)]
struct Segment {
    name: String,
    first: u64,
}

/// What was found when a journal was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Bytes at the end that a crash left of a group nobody was told of; they were cut off.
    pub torn_bytes: u64,
    /// Whether it was closed, so that nothing can be missing at its end.
    pub closed: bool,
}

/// Where an append went wrong.
#[derive(Debug)]
pub(crate) enum Unwritten {
    /// There is no room; nothing was written, and the journal is as it was.
    Full(Error),
    /// Something may have been written: whether it survives is unknown, and nothing may be written again.
    Unknown(Error),
}

impl Journal {
    /// Opens the journal of a disk. Where there is none, one is made whose first commit comes after `begins_after`.
    pub fn open(disk: Arc<dyn Disk>, begins_after: u64, options: JournalOptions) -> Result<(Self, Found), Error> {
        let mut journal = Self {
            segments: Vec::new(),
            disk,
            end: SEGMENT_HEAD as u64,
            filled: 0,
            last: begins_after,
            chain: [0; 32],
            closed: false,
            options,
        };
        journal.segments = journal.find_segments()?;
        let unborn = journal.take_unborn()?;
        if journal.segments.is_empty() {
            if !options.may_begin {
                return Err(damaged("", 0, "it holds no segment although a store was made here"));
            }
            journal.remove(unborn)?;
            journal.begin_segment()?;
            return Ok((journal, Found::default()));
        }
        let torn_bytes = journal.find_end(unborn.as_ref())?;
        journal.remove(unborn)?;
        journal.make_certain()?;
        let closed = journal.closed;
        Ok((journal, Found { torn_bytes, closed }))
    }

    /// The first position that can still be replayed.
    pub fn first(&self) -> u64 {
        self.segments.first().map_or(self.last + 1, |segment| segment.first)
    }

    /// The position of the last commit.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The hash of the last frame.
    pub fn chain(&self) -> Chain {
        self.chain
    }

    /// Whether its last frame marks a clean end.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// How many bytes its files take.
    pub fn bytes(&self) -> Result<u64, Error> {
        let length = |segment: &Segment| self.disk.length(&segment.name).map_err(told("look at", &segment.name));
        self.segments.iter().map(length).sum()
    }

    /// Makes a group of commits durable; when it returns, they are. The buffer comes back for the next group.
    pub fn append(&mut self, draft: Draft, commits: u32) -> Result<Vec<u8>, Unwritten> {
        debug_assert!(draft.payload_bytes() <= PAYLOAD_BYTES_MAX, "the store above splits larger groups");
        let (bytes, chain) = draft.finish(self.last + 1, &self.chain);
        self.make_room(bytes.len() as u64)?;
        self.write_synced(&bytes).map_err(Unwritten::Unknown)?;
        self.end += bytes.len() as u64;
        self.last += u64::from(commits);
        self.chain = chain;
        self.closed = false;
        Ok(bytes)
    }

    /// Marks a clean end, so that damage to what stands before it cannot pass for a torn end.
    pub fn close(&mut self) -> Result<(), Unwritten> {
        if !self.closed {
            self.append(Draft::in_buffer(Vec::new()), 0)?;
            self.closed = true;
        }
        Ok(())
    }

    /// Hands out every commit after a position, in order.
    pub fn replay(&self, after: u64, mut each: impl FnMut(u64, Vec<Write>) -> Result<(), Error>) -> Result<(), Error> {
        if after + 1 < self.first() {
            let what = format!("the journal begins at {}, what is wanted at {}", self.first(), after + 1);
            return Err(Error::Damaged { what });
        }
        let from = self.segments.partition_point(|segment| segment.first <= after + 1).saturating_sub(1);
        for at in from..self.segments.len() {
            let mut scan = self.scan(at)?;
            while let Some(framed) = scan.next_frame()? {
                if framed.head.commits == 0 || framed.head.last() <= after {
                    continue;
                }
                for (position, writes) in (framed.head.position..).zip(framed.commits(&self.segments[at].name)?) {
                    if position > after {
                        each(position, writes)?;
                    }
                }
            }
            self.check_whole(at, &scan)?;
        }
        Ok(())
    }

    /// The hashes of the frames that end at a position: that of its commit, and those of clean ends behind it.
    pub fn chains_at(&self, position: u64) -> Result<Option<Vec<Chain>>, Error> {
        if position > self.last || position + 1 < self.first() {
            return Ok(None);
        }
        let from = self.segments.partition_point(|segment| segment.first <= position).saturating_sub(1);
        let mut found = Vec::new();
        for at in from..self.segments.len() {
            let mut scan = self.scan(at)?;
            while scan.last() <= position {
                if scan.last() == position {
                    found.push(scan.chain());
                }
                if scan.next_frame()?.is_none() {
                    break;
                }
            }
            if scan.last() > position {
                break;
            }
        }
        Ok(Some(found))
    }

    /// Lets go of segments that hold nothing after a position; the last one stays. Gives how many went.
    pub fn trim(&mut self, up_to: u64) -> Result<usize, Error> {
        let up_to = if is_planted(Bug::TrimTooFar) { self.last } else { up_to };
        let kept = |pair: &[Segment]| pair[1].first > up_to + 1;
        let gone = self.segments.windows(2).position(kept).unwrap_or(self.segments.len().saturating_sub(1));
        for _ in 0..gone {
            // The oldest first, each only when the one before it is gone for good: no failure and no crash leaves a hole.
            self.disk.sync_names().map_err(told("sync the folder of", &self.segments[0].name))?;
            let name = &self.segments[0].name;
            match self.disk.remove(name) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(told("remove", name)(error)),
                _ => self.segments.remove(0),
            };
        }
        Ok(gone)
    }

    fn find_segments(&self) -> Result<Vec<Segment>, Error> {
        let names = self.disk.names().map_err(told("list", "journal"))?;
        let segment = |name: String| {
            let first = name.strip_suffix(EXTENSION).and_then(|digits| u64::from_str_radix(digits, 16).ok())?;
            Some(Segment { name, first })
        };
        let mut segments: Vec<Segment> = names.into_iter().filter_map(segment).collect();
        segments.sort_by_key(|segment| segment.first);
        if segments.len() > SEGMENTS_MAX {
            let what = format!("the journal has {} segments, more than {SEGMENTS_MAX}", segments.len());
            return Err(Error::Damaged { what });
        }
        Ok(segments)
    }

    /// A last segment without a head and without a frame is one whose making a crash cut short: it is taken off the list.
    fn take_unborn(&mut self) -> Result<Option<Segment>, Error> {
        let Some(last) = self.segments.last().cloned() else { return Ok(None) };
        let mut head = [0; SEGMENT_HEAD];
        let read = self.disk.read(&last.name, 0, &mut head).map_err(told("read", &last.name))?;
        if frame::read_segment_head(&head[..read]) != SegmentHead::None {
            return Ok(None);
        }
        if scan::has_frame(&*self.disk, &last.name, SEGMENT_HEAD as u64, 0)? || self.is_only_and_used(&last)? {
            return Err(damaged(&last.name, 0, "its head is not readable, and commits stand behind it"));
        }
        Ok(self.segments.pop())
    }

    fn remove(&self, unborn: Option<Segment>) -> Result<(), Error> {
        let Some(Segment { name, .. }) = unborn else { return Ok(()) };
        self.disk.remove(&name).map_err(told("remove", &name))?;
        self.disk.sync_names().map_err(told("sync the folder of", &name))
    }

    /// A segment that is alone begins the journal; when it is longer than its making leaves it, it was used.
    fn is_only_and_used(&self, segment: &Segment) -> Result<bool, Error> {
        let length = self.disk.length(&segment.name).map_err(told("look at", &segment.name))?;
        Ok(self.segments.len() == 1 && length > SEGMENT_HEAD as u64 + self.options.growth_bytes_min)
    }

    fn find_end(&mut self, unborn: Option<&Segment>) -> Result<u64, Error> {
        self.check_heads()?;
        let at = self.segments.len() - 1;
        let name = self.segments[at].name.clone();
        let mut scan = self.scan(at)?;
        let first = frame::segment_head(self.segments[at].first, &scan.chain());
        let (mut closed, mut doubtful) = (false, (0, first.to_vec()));
        while let Some(framed) = scan.next_frame()? {
            closed = framed.head.commits == 0;
            doubtful = (framed.at, framed.bytes);
            doubtful.1.resize(framed.head.step() as usize, 0);
        }
        let (end, last, chain, length) = (scan.end(), scan.last(), scan.chain(), scan.length());
        if scan::has_frame(&*self.disk, &name, end, last)? {
            return Err(damaged(&name, end, "commits stand behind it that cannot be reached"));
        }
        // A segment is only made when all before it is durable, and its name says where that ended.
        if unborn.is_some_and(|unborn| unborn.first != last + 1) {
            return Err(damaged(&name, end, "the segment that was begun behind it goes on elsewhere"));
        }
        let torn_bytes = scan::used_bytes(&*self.disk, &name, end)?;
        (self.end, self.last, self.chain, self.closed, self.filled) = (end, last, chain, closed, length);
        if torn_bytes > 0 {
            // Zeros again, so that nothing of the torn frame can ever be taken for one that stands behind the end.
            self.fill(&name, end, end + torn_bytes).map_err(told("write", &name))?;
        }
        // A sync that failed may have left what was last written in the machine's memory alone, marked as if it were on
        // the disk: only bytes that are written again reach it with the next one.
        self.disk.write(&name, doubtful.0, &doubtful.1).map_err(told("write", &name))?;
        Ok(torn_bytes)
    }

    /// A process that died may have left frames, or the name of a segment, that only the machine's memory holds. They were
    /// read as if they were there for good: so they are made so, before anybody relies on them.
    fn make_certain(&self) -> Result<(), Error> {
        let name = self.current();
        self.disk.sync(&name).map_err(told("sync", &name))?;
        self.disk.sync_names().map_err(told("sync the folder of", &name))
    }

    /// Every segment says in its head what its name says, and begins where the one before ends.
    fn check_heads(&self) -> Result<(), Error> {
        (0..self.segments.len()).try_for_each(|at| self.scan(at).map(drop))
    }

    fn scan(&self, at: usize) -> Result<scan::Scan<'_>, Error> {
        let segment = &self.segments[at];
        scan::Scan::begin(&*self.disk, &segment.name, segment.first)
    }

    /// A segment that is not the last ends just before the next one, by position and by hash.
    fn check_whole(&self, at: usize, scan: &scan::Scan<'_>) -> Result<(), Error> {
        let Some(next) = self.segments.get(at + 1) else {
            return if scan.last() == self.last && scan.chain() == self.chain {
                Ok(())
            } else {
                Err(damaged(&self.segments[at].name, scan.end(), "it ended elsewhere when it was opened"))
            };
        };
        let expected = self.scan(at + 1)?.chain();
        if scan.last() + 1 == next.first && scan.chain() == expected {
            Ok(())
        } else {
            Err(damaged(&self.segments[at].name, scan.end(), "the next segment goes on elsewhere"))
        }
    }

    /// Makes room for so many bytes at the end: in this segment, or in a new one.
    fn make_room(&mut self, bytes: u64) -> Result<(), Unwritten> {
        // A segment is named by its first commit, so one that holds none yet grows.
        let holds_commits = self.segments.last().is_some_and(|segment| segment.first <= self.last);
        if self.end + bytes > self.options.segment_bytes_max && holds_commits {
            self.room_on_disk(self.options.growth_bytes_min.max(bytes)).map_err(Unwritten::Full)?;
            self.begin_segment().map_err(Unwritten::Unknown)?;
        }
        let needed = self.end + bytes;
        if needed <= self.filled {
            return Ok(());
        }
        let step = self.filled.clamp(self.options.growth_bytes_min.min(GROWTH_BYTES_MAX), GROWTH_BYTES_MAX);
        let filled = (self.filled + step).max(needed);
        let name = self.current();
        self.room_on_disk(filled - self.filled).map_err(Unwritten::Full)?;
        // Nothing behind the end counts, so a failure here has done no harm.
        self.fill(&name, self.filled, filled).map_err(|error| Unwritten::Full(told("grow", &name)(error)))?;
        self.filled = filled;
        Ok(())
    }

    fn room_on_disk(&self, bytes: u64) -> Result<(), Error> {
        let free = self.disk.free_bytes().map_err(told("look at", "journal"))?;
        let needed = self.options.free_bytes_min.saturating_add(bytes);
        if free >= needed { Ok(()) } else { Err(Error::DiskFull { folder: "journal".into(), free, needed }) }
    }

    fn write_synced(&self, bytes: &[u8]) -> Result<(), Error> {
        let name = self.current();
        self.disk.write(&name, self.end, bytes).map_err(told("write", &name))?;
        let synced = match self.disk.sync(&name) {
            _ if is_planted(Bug::AcknowledgeBeforeSync) => Ok(()),
            Err(_) if is_planted(Bug::RetrySync) => self.disk.sync(&name),
            synced => synced,
        };
        synced.map_err(told("sync", &name))
    }

    /// Makes the segment that the next commit goes to. Until its head is durable it is none.
    fn begin_segment(&mut self) -> Result<(), Error> {
        let first = self.last + 1;
        let name = format!("{first:016x}{EXTENSION}");
        self.disk.create(&name).map_err(told("create", &name))?;
        let filled = SEGMENT_HEAD as u64 + self.options.growth_bytes_min;
        self.fill(&name, SEGMENT_HEAD as u64, filled).map_err(told("grow", &name))?;
        let head = frame::segment_head(first, &self.chain);
        self.disk.write(&name, 0, &head).map_err(told("write", &name))?;
        self.disk.sync(&name).map_err(told("sync", &name))?;
        if !is_planted(Bug::LoseNewSegment) {
            self.disk.sync_names().map_err(told("sync the folder of", &name))?;
        }
        self.segments.push(Segment { name, first });
        (self.end, self.filled) = (SEGMENT_HEAD as u64, filled);
        Ok(())
    }

    fn fill(&self, name: &str, from: u64, until: u64) -> io::Result<()> {
        let mut at = from;
        while at < until {
            let piece = (until - at).min(ZEROS.len() as u64) as usize;
            self.disk.write(name, at, &ZEROS[..piece])?;
            at += piece as u64;
        }
        Ok(())
    }

    fn current(&self) -> String {
        self.segments.last().map(|segment| segment.name.clone()).unwrap_or_default()
    }
}

/// Begins a journal behind a position.
pub(crate) fn begin(disk: Arc<dyn Disk>, after: u64, options: JournalOptions) -> Result<(), Error> {
    Journal::open(disk, after, options).map(drop)
}

/// The first position that a disk's journal still holds; 1 where there is none yet.
pub(crate) fn first(disk: Arc<dyn Disk>, options: JournalOptions) -> Result<u64, Error> {
    Ok(Journal::open(disk, 0, options)?.0.first())
}

fn told(doing: &'static str, name: &str) -> impl FnOnce(io::Error) -> Error {
    crate::error::io_error(doing, format!("journal/{name}"))
}

fn damaged(name: &str, at: u64, why: &str) -> Error {
    Error::Damaged { what: format!("journal/{name} at byte {at}: {why}") }
}

impl scan::Framed {
    fn commits(&self, name: &str) -> Result<Vec<Vec<Write>>, Error> {
        let payload = &self.bytes[FRAME_HEAD..FRAME_HEAD + self.head.length];
        frame::commits(&self.head, payload)
            .ok_or_else(|| damaged(name, self.at, "its checksum fits, but it says what no program of ours writes"))
    }
}
