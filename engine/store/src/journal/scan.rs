//! Going through a segment, frame by frame.
//!
//! Owns: reading frames in order while each is whole and knows the one before it, and looking for frames behind the
//! place where that ends. Leaves to the journal what such an end means.

use crate::{Disk, Error};

use super::{
    damaged,
    frame::{self, ALIGNMENT, Chain, FRAME_BEGINS, FRAME_HEAD, Head, SEGMENT_HEAD, SegmentHead},
    told,
};

/// Bytes that are read at once while looking for frames.
const PIECE_BYTES: usize = 1024 * 1024;

/// A frame as it stands on the disk.
pub(crate) struct Framed {
    pub head: Head,
    pub bytes: Vec<u8>,
    /// Where it begins.
    pub at: u64,
}

pub(super) struct Scan<'a> {
    disk: &'a dyn Disk,
    name: String,
    length: u64,
    at: u64,
    last: u64,
    chain: Chain,
}

impl<'a> Scan<'a> {
    /// Begins at the head of a segment, which must say what its name says.
    pub fn begin(disk: &'a dyn Disk, name: &str, first: u64) -> Result<Self, Error> {
        let mut bytes = [0; SEGMENT_HEAD];
        let read = disk.read(name, 0, &mut bytes).map_err(told("read", name))?;
        let chain = match frame::read_segment_head(&bytes[..read]) {
            SegmentHead::Ours(found, chain) if found == first && first > 0 => chain,
            SegmentHead::Ours(found, _) => {
                return Err(damaged(name, 0, &format!("it begins at {found} and is named otherwise")));
            }
            SegmentHead::Newer(layout) => {
                return Err(Error::NewerFormat { found: u64::from(layout), known: 1 });
            }
            SegmentHead::None => return Err(damaged(name, 0, "its head is not readable")),
        };
        let length = disk.length(name).map_err(told("look at", name))?;
        Ok(Self { disk, name: name.into(), length, at: SEGMENT_HEAD as u64, last: first - 1, chain })
    }

    /// The next frame that is whole and follows the one before; nothing where that ends.
    pub fn next_frame(&mut self) -> Result<Option<Framed>, Error> {
        let Some(framed) = read(self.disk, &self.name, self.at, self.length)? else { return Ok(None) };
        let Some(hash) = frame::check(&framed.head, &framed.bytes) else { return Ok(None) };
        if framed.head.previous != self.chain || framed.head.position != self.last + 1 {
            return Ok(None);
        }
        self.at += framed.head.step();
        self.last = framed.head.last();
        self.chain = hash;
        Ok(Some(framed))
    }

    pub fn end(&self) -> u64 {
        self.at
    }

    pub fn last(&self) -> u64 {
        self.last
    }

    pub fn chain(&self) -> Chain {
        self.chain
    }

    pub fn length(&self) -> u64 {
        self.length
    }
}

fn read(disk: &dyn Disk, name: &str, at: u64, length: u64) -> Result<Option<Framed>, Error> {
    let mut head = [0; FRAME_HEAD];
    let read = disk.read(name, at, &mut head).map_err(told("read", name))?;
    let Some(head) = frame::head(&head[..read]) else { return Ok(None) };
    let whole = FRAME_HEAD + head.length;
    if at + whole as u64 > length {
        return Ok(None);
    }
    let mut bytes = vec![0; whole];
    let read = disk.read(name, at, &mut bytes).map_err(told("read", name))?;
    Ok((read == whole).then_some(Framed { head, bytes, at }))
}

/// Whether a whole frame of a later position stands anywhere from here on.
pub(super) fn has_frame(disk: &dyn Disk, name: &str, from: u64, after: u64) -> Result<bool, Error> {
    let length = disk.length(name).map_err(told("look at", name))?;
    let mut piece = vec![0; PIECE_BYTES];
    let mut at = from.next_multiple_of(ALIGNMENT as u64);
    while at < length {
        let read = disk.read(name, at, &mut piece).map_err(told("read", name))?;
        for place in (0..read).step_by(ALIGNMENT) {
            // Almost nothing begins like a frame, so almost nothing is read twice.
            if piece[place] != FRAME_BEGINS {
                continue;
            }
            let here = at + place as u64;
            if is_frame(disk, name, here, length, after)? {
                return Ok(true);
            }
        }
        at += PIECE_BYTES as u64;
    }
    Ok(false)
}

fn is_frame(disk: &dyn Disk, name: &str, at: u64, length: u64, after: u64) -> Result<bool, Error> {
    let mut head = [0; FRAME_HEAD];
    let read_bytes = disk.read(name, at, &mut head).map_err(told("read", name))?;
    if frame::head(&head[..read_bytes]).is_none_or(|head| head.position <= after) {
        return Ok(false);
    }
    let framed = read(disk, name, at, length)?;
    Ok(framed.is_some_and(|framed| frame::check(&framed.head, &framed.bytes).is_some()))
}

/// How far from here on something other than zeros stands.
pub(super) fn used_bytes(disk: &dyn Disk, name: &str, from: u64) -> Result<u64, Error> {
    let length = disk.length(name).map_err(told("look at", name))?;
    let (mut used, mut at) = (0, from);
    let mut piece = vec![0; PIECE_BYTES];
    while at < length {
        let read = disk.read(name, at, &mut piece).map_err(told("read", name))?;
        if let Some(last) = piece[..read].iter().rposition(|byte| *byte != 0) {
            used = at + last as u64 + 1 - from;
        }
        at += PIECE_BYTES as u64;
    }
    Ok(used)
}
