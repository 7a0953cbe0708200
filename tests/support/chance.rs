//! Numbers that look like chance, and come again for the same seed.
//!
//! Owns: the seed, which every failing test of chance has printed, and the variable that gives it again.

use std::time::SystemTime;

/// Chooses anew what a failed run chose: the seed that it printed.
pub const SEED: &str = "JOBWRIGHT_TEST_SEED";

/// A row of numbers.
#[derive(Clone)]
pub struct Chance(u64);

impl Chance {
    /// The row that the environment names, else a new one; told in either case.
    pub fn new() -> Self {
        let given = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
        let clock =
            || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(1, |since| since.as_nanos() as u64);
        let seed = given.unwrap_or_else(clock);
        println!("{SEED}={seed}");
        Self::of(seed)
    }

    /// The row of a seed.
    pub fn of(seed: u64) -> Self {
        // Neighbours begin far apart, and no row begins at 0, where it would stay.
        Self((seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xff51_afd7_ed55_8ccd) | 1)
    }

    /// A row of its own for a part of the test.
    pub fn part(&self, number: u64) -> Self {
        Self::of(self.0 ^ number.wrapping_mul(0xc4ce_b9fe_1a85_ec53))
    }

    /// A number below the bound; 0 for the bound 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The upper bits are the better ones.
        (self.0 >> 11) % bound.max(1)
    }

    /// The same for places in memory.
    pub fn place(&mut self, bound: usize) -> usize {
        self.below(bound as u64) as usize
    }

    /// Whether something of this many percent happens.
    pub fn happens(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}
