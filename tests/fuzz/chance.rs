//! Choices read from bytes: the same bytes, the same choices.
//!
//! Owns: turning what the fuzzer gives into numbers, so that fewer bytes mean fewer changes and a failing input can be
//! made small. Where the bytes end every choice is the first.

/// Bytes that are read as choices.
pub struct Chance<'a> {
    bytes: &'a [u8],
}

impl<'a> Chance<'a> {
    /// The choices of these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Whether all bytes were read.
    pub fn is_spent(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *first
    }

    /// A number below the bound, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let mut number = 0;
        let mut reach = 1;
        while reach < bound {
            number = number << 8 | usize::from(self.byte());
            reach <<= 8;
        }
        number % bound.max(1)
    }

    /// One of these, which are not none.
    pub fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}
