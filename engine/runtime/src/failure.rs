//! What is kept of a failure's words.
//!
//! Owns: the one bound of them. Scripts and plugins write them, and a whole page of a stranger's server may be in them; what
//! is cut off is named by its length and its SHA-256, so that it can be found again where it came from.

use jobwright_core::event::{Actor, Event};
use sha2::{Digest, Sha256};

/// Most bytes of a failure's words that are journaled.
pub const FAILURE_BYTES_MAX: usize = 4 << 10;
/// How many digits of the digest are shown.
const DIGEST_DIGITS: usize = 16;

/// Cuts the words of a failure in an event that is about to be journaled.
pub(crate) fn cut(event: &mut Event) {
    match event {
        Event::EffectDelayed { failure, .. }
        | Event::EffectGivenUp { failure, .. }
        | Event::TaskFailed { failure, .. }
        | Event::ListenerHeard { failure: Some(failure), .. } => shorten(&mut failure.message),
        Event::TaskTakenOver { because: words, .. }
        | Event::NoticeUnsent { why: words, .. }
        | Event::LetterRefused { reply: words, .. }
        | Event::LetterSent { reply: words, .. }
        | Event::JobCancelled { by: Actor::Engine, why: words }
        // A task that goes on by an outcome says in its note how it failed.
        | Event::TaskCompleted { by: Actor::Engine, note: Some(words), .. } => shorten(words),
        _ => {}
    }
}

fn shorten(words: &mut String) {
    if words.len() <= FAILURE_BYTES_MAX {
        return;
    }
    let digest: String = Sha256::digest(words.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let told = format!(" … (cut: {} bytes in all, SHA-256 {}…)", words.len(), &digest[..DIGEST_DIGITS]);
    let kept = words.floor_char_boundary(FAILURE_BYTES_MAX - told.len());
    words.truncate(kept);
    words.push_str(&told);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_cut_at_a_letter_and_say_how_long_they_were() {
        for (text, is_cut) in [("x".repeat(FAILURE_BYTES_MAX), false), ("ü".repeat(450_000), true)] {
            let mut words = text.clone();
            shorten(&mut words);
            assert_eq!(words != text, is_cut);
            assert!(words.len() <= FAILURE_BYTES_MAX);
            assert!(!is_cut || words.contains("(cut: 900000 bytes in all, SHA-256 "), "{}", &words[words.len() - 80..]);
            let once = words.clone();
            shorten(&mut words);
            assert_eq!(words, once, "what was cut stays as it is");
        }
    }
}
