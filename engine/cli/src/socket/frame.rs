//! How messages are cut: two lengths, JSON, bytes.
//!
//! Owns: the frame and its bounds. Whoever sends more than they allow is not heard any further.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longest message.
const MESSAGE_BYTES_MAX: usize = 16 << 10;
/// Most bytes beside a message: more than a system lets a command have words.
pub const BESIDE_BYTES_MAX: usize = 4 << 20;

/// Sends a message.
pub fn send(to: &mut impl Write, message: &impl Serialize, beside: &[u8]) -> io::Result<()> {
    let message = serde_json::to_vec(message).map_err(io::Error::other)?;
    let mut frame = Vec::with_capacity(8 + message.len() + beside.len());
    frame.extend(length(message.len(), MESSAGE_BYTES_MAX)?);
    frame.extend(length(beside.len(), BESIDE_BYTES_MAX)?);
    frame.extend(message);
    frame.extend(beside);
    to.write_all(&frame)
}

/// Receives a message; nothing when the other side has closed before one began.
pub fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<(T, Vec<u8>)>> {
    let mut lengths = [0; 8];
    if from.read(&mut lengths[..1])? == 0 {
        return Ok(None);
    }
    from.read_exact(&mut lengths[1..])?;
    let [a, b, c, d, e, f, g, h] = lengths;
    let message = taken(from, u32::from_be_bytes([a, b, c, d]), MESSAGE_BYTES_MAX)?;
    let beside = taken(from, u32::from_be_bytes([e, f, g, h]), BESIDE_BYTES_MAX)?;
    let message = serde_json::from_slice(&message).map_err(|error| bad(&error.to_string()))?;
    Ok(Some((message, beside)))
}

fn length(found: usize, bound: usize) -> io::Result<[u8; 4]> {
    match u32::try_from(found) {
        Ok(length) if found <= bound => Ok(length.to_be_bytes()),
        _ => Err(bad(&format!("{found} bytes are too many for one message"))),
    }
}

fn taken(from: &mut impl Read, length: u32, bound: usize) -> io::Result<Vec<u8>> {
    if length as usize > bound {
        return Err(bad("a message is too long"));
    }
    // Grows with what comes, not with what was promised.
    let mut bytes = Vec::new();
    from.take(u64::from(length)).read_to_end(&mut bytes)?;
    if bytes.len() == length as usize { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn bad(words: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words)
}

#[cfg(test)]
mod tests {
    use super::super::message::{Reply, Say};
    use super::*;

    #[test]
    fn a_message_comes_as_it_was_sent_with_the_bytes_beside_it() {
        let mut sent = Vec::new();
        send(&mut sent, &Say::Ended(3), b"").unwrap();
        send(&mut sent, &Reply::Failed(Some(2), "gone".into()), &[0, 255]).unwrap();
        let mut from = sent.as_slice();
        assert_eq!(receive::<Say>(&mut from).unwrap(), Some((Say::Ended(3), vec![])));
        let failed = Reply::Failed(Some(2), "gone".into());
        assert_eq!(receive::<Reply>(&mut from).unwrap(), Some((failed, vec![0, 255])));
        assert_eq!(receive::<Reply>(&mut from).unwrap(), None);
    }

    #[test]
    fn a_message_that_is_cut_off_too_long_or_no_message_is_an_error_and_costs_no_memory() {
        let mut sent = Vec::new();
        send(&mut sent, &Say::Out, b"words").unwrap();
        for cut in 1..sent.len() {
            assert!(receive::<Say>(&mut &sent[..cut]).is_err(), "cut after {cut} bytes");
        }
        for frame in [&[255; 8][..], &[0, 0, 0, 1, 0, 0, 0, 0, b'{'], &[0, 0, 0, 1, 255, 255, 255, 255, b'1']] {
            assert!(receive::<Say>(&mut &frame[..]).is_err(), "{frame:?}");
        }
        assert!(send(&mut sent, &Say::Out, &vec![0; BESIDE_BYTES_MAX + 1]).is_err());
    }

    /// Frames of chance for each size of a run; `tests/support/size.rs` says what the words mean.
    const FRAMES: [(&str, usize); 2] = [("push", 100_000), ("long", 50_000_000)];

    #[test]
    fn no_bytes_do_harm_as_messages() {
        let size = std::env::var("JOBWRIGHT_TEST_SIZE").unwrap_or_default();
        let frames = FRAMES.iter().find(|(name, _)| *name == size).map_or(2_000, |(_, frames)| *frames);
        bolero::check!().with_iterations(frames).with_type::<(u8, u8, Vec<u8>)>().for_each(
            |(message, beside, bytes)| {
                // Lengths that fit, nearly fit, and do not; else no bytes get past them.
                let lengths = [0, 0, 0, *message, 0, 0, 0, *beside];
                let sent = [&lengths[..], bytes].concat();
                if let Ok(Some((say, bytes))) = receive::<Say>(&mut sent.as_slice()) {
                    let mut again = Vec::new();
                    send(&mut again, &say, &bytes).unwrap();
                    assert_eq!(receive::<Say>(&mut again.as_slice()).unwrap(), Some((say, bytes)));
                }
                let mut rest = bytes.as_slice();
                while let Ok(Some(_)) = receive::<Reply>(&mut rest) {}
            },
        );
    }
}
