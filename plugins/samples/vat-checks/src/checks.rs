//! What should agree with what on a return.
//!
//! Owns: the sums of a return and its likeness to the one before, in words for a reviewer.

use crate::boxes::{Amount, Return};

/// The rate above which VAT on sales is odd: a fifth.
const RATE_MAX_PERCENT: i64 = 20;

/// Box 3 less box 4: negative when it comes back.
pub fn payable(now: &Return) -> Amount {
    Amount { pence: now.number(3).pence - now.number(4).pence }
}

/// What does not add up.
pub fn sums(now: &Return) -> Vec<String> {
    let total = Amount { pence: now.number(1).pence + now.number(2).pence };
    let net = Amount { pence: payable(now).pence.abs() };
    let mut warnings = Vec::new();
    if now.number(3) != total {
        warnings.push(format!("box 3 is {}, but box 1 and box 2 come to {total}", now.number(3)));
    }
    if now.number(5) != net {
        warnings.push(format!("box 5 is {}, but box 3 and box 4 differ by {net}", now.number(5)));
    }
    let uneven = (6..=9).filter(|&number| !now.number(number).is_whole());
    warnings.extend(uneven.map(|number| format!("box {number} is {}; it takes whole pounds", now.number(number))));
    // Sales in whole pounds hide up to a pound, and so a fifth of one.
    let (tax, sales) = (now.number(1).pence, now.number(6).pence);
    if tax > 0 && (tax - RATE_MAX_PERCENT) * 100 > sales * RATE_MAX_PERCENT {
        warnings.push(format!("box 1 is {}, more than a fifth of the sales in box 6", now.number(1)));
    }
    warnings
}

/// Which boxes differ from the return before by more than so many percent.
pub fn changes(now: &Return, previous: &[(&str, Amount)], tolerance: i64) -> Vec<String> {
    let numbered = previous.iter().filter_map(|(name, was)| Some((name.strip_prefix("box")?.parse().ok()?, *was)));
    let far = numbered.filter(|&(number, was): &(usize, Amount)| {
        let change = i128::from((now.number(number).pence - was.pence).abs());
        (1..=9).contains(&number) && change * 100 > i128::from(was.pence.abs()) * i128::from(tolerance)
    });
    far.map(|(number, was)| {
        format!("box {number} is {}, more than {tolerance} % away from {was} in the return before", now.number(number))
    })
    .collect()
}
