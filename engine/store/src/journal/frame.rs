//! The bytes of the journal: one frame for a group of commits, one header for a segment.
//!
//! Owns: both layouts, their checksums, and the chain of hashes by which each frame knows the one before it. Only bytes
//! in, bytes out. Everything is little-endian; a frame begins at a multiple of eight bytes.
//!
//! Frame: magic (4), bytes of the payload (4), CRC-32C of all that follows (4), commits (4), position of the first
//! commit (8), hash of the frame before (32), payload, zeros up to a multiple of eight. A frame without commits marks a
//! clean end. Payload: for each commit the number of its writes, and for each write space, key, version, value; a write
//! of version 0 removes the row. Numbers are of variable length.

use sha2::{Digest, Sha256};

use crate::{
    Key, Space, Versioned, Write,
    sabotage::{Bug, is_planted},
};

/// The hash of a frame, over all its bytes from the number of commits on.
pub(crate) type Chain = [u8; 32];

/// The largest payload of one frame; a group of commits beyond it is split before it is written.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes before the payload.
pub(crate) const FRAME_HEAD: usize = 56;
/// Where a frame may begin.
pub(crate) const ALIGNMENT: usize = 8;
/// Bytes of a segment before its first frame.
pub(crate) const SEGMENT_HEAD: usize = 64;

/// The first byte of every frame.
pub(crate) const FRAME_BEGINS: u8 = FRAME_MAGIC[0];

const FRAME_MAGIC: [u8; 4] = *b"JwF\x01";
const SEGMENT_MAGIC: [u8; 8] = *b"JwJournl";
/// The version of both layouts.
const LAYOUT: u32 = 1;

/// What stands before a frame's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Bytes of the payload.
    pub length: usize,
    /// How many commits; none at a clean end.
    pub commits: u32,
    /// The position of the first one.
    pub position: u64,
    /// The hash of the frame before.
    pub previous: Chain,
    checksum: u32,
}

impl Head {
    /// How far it is to where the next frame begins.
    pub fn step(&self) -> u64 {
        (FRAME_HEAD + self.length).next_multiple_of(ALIGNMENT) as u64
    }

    /// The position after this frame's commits.
    pub fn last(&self) -> u64 {
        // A position counts from 1, so that there is one before it.
        (self.position + u64::from(self.commits)).saturating_sub(1)
    }
}

/// A frame in the making: the payload grows behind the room for its head.
pub(crate) struct Draft {
    bytes: Vec<u8>,
    commits: u32,
}

impl Draft {
    /// An empty one, in a buffer that is used again.
    pub fn in_buffer(mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        bytes.resize(FRAME_HEAD, 0);
        Self { bytes, commits: 0 }
    }

    /// Adds a commit.
    pub fn commit<'a>(&mut self, writes: impl ExactSizeIterator<Item = &'a Write>) {
        write_commit(&mut self.bytes, writes);
        self.commits += 1;
    }

    pub fn payload_bytes(&self) -> usize {
        self.bytes.len() - FRAME_HEAD
    }

    /// Writes the head and gives the frame with its hash.
    pub fn finish(mut self, position: u64, previous: &Chain) -> (Vec<u8>, Chain) {
        let length = self.payload_bytes() as u32;
        self.bytes[0..4].copy_from_slice(&FRAME_MAGIC);
        self.bytes[4..8].copy_from_slice(&length.to_le_bytes());
        self.bytes[12..16].copy_from_slice(&self.commits.to_le_bytes());
        self.bytes[16..24].copy_from_slice(&position.to_le_bytes());
        self.bytes[24..56].copy_from_slice(previous);
        let checksum = crc32c::crc32c(&self.bytes[12..]);
        self.bytes[8..12].copy_from_slice(&checksum.to_le_bytes());
        let hash = Sha256::digest(&self.bytes[12..]).into();
        let whole = self.bytes.len().next_multiple_of(ALIGNMENT);
        self.bytes.resize(whole, 0);
        (self.bytes, hash)
    }
}

/// Reads the head of a frame; nothing when there is none.
pub(crate) fn head(bytes: &[u8]) -> Option<Head> {
    let bytes: &[u8; FRAME_HEAD] = bytes.first_chunk()?;
    let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let length = number(4) as usize;
    if bytes[0..4] != FRAME_MAGIC || length > PAYLOAD_BYTES_MAX {
        return None;
    }
    let position = u64::from_le_bytes(bytes[16..24].try_into().ok()?);
    let previous = bytes[24..56].try_into().ok()?;
    Some(Head { length, commits: number(12), position, previous, checksum: number(8) })
}

/// The hash of a whole frame, if its checksum fits.
pub(crate) fn check(head: &Head, frame: &[u8]) -> Option<Chain> {
    let told = frame.get(12..FRAME_HEAD + head.length)?;
    let fits = crc32c::crc32c(told) == head.checksum || is_planted(Bug::AcceptTornFrame);
    fits.then(|| Sha256::digest(told).into())
}

/// Reads the commits of a payload, each as its writes; nothing when the bytes say something else.
pub(crate) fn commits(head: &Head, payload: &[u8]) -> Option<Vec<Vec<Write>>> {
    let mut rest = payload;
    let mut commits = Vec::new();
    for _ in 0..head.commits {
        commits.push(take_commit(&mut rest)?);
    }
    rest.is_empty().then_some(commits)
}

/// Writes a commit.
pub(crate) fn write_commit<'a>(into: &mut Vec<u8>, writes: impl ExactSizeIterator<Item = &'a Write>) {
    number(into, writes.len() as u64);
    for write in writes {
        into.push(write.key.space as u8);
        bytes(into, &write.key.bytes);
        match &write.row {
            None => into.push(0),
            Some(row) => {
                number(into, row.version);
                bytes(into, &row.value);
            }
        }
    }
}

/// Reads a commit from the front.
pub(crate) fn take_commit(rest: &mut &[u8]) -> Option<Vec<Write>> {
    let count = take_number(rest)?;
    let mut writes = Vec::new();
    for _ in 0..count {
        writes.push(take_write(rest)?);
    }
    Some(writes)
}

/// The head of a segment that begins at this position, after a frame of this hash.
pub(crate) fn segment_head(first: u64, previous: &Chain) -> [u8; SEGMENT_HEAD] {
    let mut bytes = [0; SEGMENT_HEAD];
    bytes[0..8].copy_from_slice(&SEGMENT_MAGIC);
    bytes[8..12].copy_from_slice(&LAYOUT.to_le_bytes());
    bytes[16..24].copy_from_slice(&first.to_le_bytes());
    bytes[24..56].copy_from_slice(previous);
    let checksum = crc32c::crc32c(&bytes[0..56]);
    bytes[56..60].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// What the head of a segment says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SegmentHead {
    /// It is one of ours: its first position, and the hash of the frame before.
    Ours(u64, Chain),
    /// A later program wrote it, in this layout.
    Newer(u32),
    /// It is none.
    None,
}

/// Reads the head of a segment.
pub(crate) fn read_segment_head(bytes: &[u8]) -> SegmentHead {
    let Some(bytes) = bytes.first_chunk::<SEGMENT_HEAD>() else { return SegmentHead::None };
    let checksum = crc32c::crc32c(&bytes[0..56]).to_le_bytes();
    if bytes[0..8] != SEGMENT_MAGIC || bytes[56..60] != checksum {
        return SegmentHead::None;
    }
    let layout = u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]);
    if layout != LAYOUT {
        return SegmentHead::Newer(layout);
    }
    let mut first = [0; 8];
    first.copy_from_slice(&bytes[16..24]);
    let mut previous = [0; 32];
    previous.copy_from_slice(&bytes[24..56]);
    SegmentHead::Ours(u64::from_le_bytes(first), previous)
}

fn number(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

fn bytes(into: &mut Vec<u8>, bytes: &[u8]) {
    number(into, bytes.len() as u64);
    into.extend_from_slice(bytes);
}

fn take_write(rest: &mut &[u8]) -> Option<Write> {
    let (space, after) = rest.split_first()?;
    *rest = after;
    let space = *Space::ALL.iter().find(|one| **one as u8 == *space)?;
    let key = Key::new(space, take_bytes(rest)?);
    let version = take_number(rest)?;
    let row = if version == 0 { None } else { Some(Versioned { version, value: take_bytes(rest)?.to_vec() }) };
    Some(Write { key, row })
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let (number, after) = postcard::take_from_bytes(rest).ok()?;
    *rest = after;
    Some(number)
}

fn take_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take_number(rest)?).ok()?;
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn write(name: u8, version: u64, bytes: usize) -> Write {
        let row = (version > 0).then(|| Versioned { version, value: vec![name; bytes] });
        Write { key: Key::new(Space::Job, vec![name; 3]), row }
    }

    fn frame(groups: &[Vec<Write>]) -> (Vec<u8>, Chain) {
        let mut draft = Draft::in_buffer(vec![9; 100]);
        groups.iter().for_each(|writes| draft.commit(writes.iter()));
        draft.finish(7, &[3; 32])
    }

    #[test]
    fn a_group_of_commits_is_read_back_as_it_was_written() {
        let groups = [vec![write(1, 1, 5), write(2, 300, 0), write(3, 0, 0)], vec![], vec![write(4, 2, 70_000)]];
        let (bytes, hash) = frame(&groups);
        let head = head(&bytes).unwrap();
        assert_eq!((head.commits, head.position, head.last(), head.previous), (3, 7, 9, [3; 32]));
        assert_eq!(head.step(), bytes.len() as u64);
        assert_eq!(check(&head, &bytes), Some(hash));
        assert_eq!(commits(&head, &bytes[FRAME_HEAD..FRAME_HEAD + head.length]).unwrap(), groups);
    }

    #[test]
    fn a_flipped_bit_anywhere_is_noticed() {
        let (bytes, hash) = frame(&[vec![write(1, 1, 5)]]);
        for bit in 0..(FRAME_HEAD + head(&bytes).unwrap().length) * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let found = head(&damaged).and_then(|head| check(&head, &damaged));
            assert_ne!(found, Some(hash), "bit {bit}");
            assert_eq!(found, None, "bit {bit}");
        }
    }

    #[test]
    fn a_segment_knows_what_comes_before_it_and_a_newer_layout_is_told() {
        let bytes = segment_head(42, &[5; 32]);
        assert_eq!(read_segment_head(&bytes), SegmentHead::Ours(42, [5; 32]));
        assert_eq!(read_segment_head(&bytes[..60]), SegmentHead::None);
        let mut newer = bytes;
        newer[8] = 2;
        let checksum = crc32c::crc32c(&newer[0..56]).to_le_bytes();
        newer[56..60].copy_from_slice(&checksum);
        assert_eq!(read_segment_head(&newer), SegmentHead::Newer(2));
        newer[16] ^= 1;
        assert_eq!(read_segment_head(&newer), SegmentHead::None);
    }

    fn writes() -> impl Strategy<Value = Vec<Write>> {
        let row = (0..400_u64, proptest::collection::vec(any::<u8>(), 0..40));
        let write = (any::<u8>(), row).prop_map(|(name, (version, value))| Write {
            key: Key::new(Space::ALL[usize::from(name) % Space::ALL.len()], vec![name; usize::from(name) % 5]),
            row: (version > 0).then_some(Versioned { version, value }),
        });
        proptest::collection::vec(write, 0..6)
    }

    proptest! {
        #![proptest_config(crate::testing::cases(256, 200_000, 100_000_000))]

        #[test]
        fn groups_come_back_and_no_changed_frame_passes_for_whole(
            groups in proptest::collection::vec(writes(), 0..4),
            place: usize,
            other: u8,
            cut: usize,
        ) {
            let (bytes, hash) = frame(&groups);
            let found = head(&bytes).unwrap();
            prop_assert_eq!(check(&found, &bytes), Some(hash));
            prop_assert_eq!(commits(&found, &bytes[FRAME_HEAD..FRAME_HEAD + found.length]), Some(groups));
            let told = FRAME_HEAD + found.length;
            let mut damaged = bytes;
            damaged[place % told] = damaged[place % told].wrapping_add(other);
            let is_whole = head(&damaged).is_some_and(|head| check(&head, &damaged).is_some());
            prop_assert_eq!(is_whole, other == 0);
            damaged.truncate(cut % told);
            prop_assert!(head(&damaged).is_none_or(|head| check(&head, &damaged).is_none()));
        }

        #[test]
        fn whatever_the_bytes_are_reading_them_ends(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(head) = head(&bytes) {
                check(&head, &bytes);
            }
            let head = Head { length: bytes.len(), commits: u32::MAX, position: 1, previous: [0; 32], checksum: 0 };
            prop_assert!(commits(&head, &bytes).is_none());
            read_segment_head(&bytes);
        }
    }
}
