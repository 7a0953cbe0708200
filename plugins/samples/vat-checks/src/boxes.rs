//! The boxes of a return, and amounts in them.
//!
//! Owns: reading a decimal text exactly, as pence. Leaves to `checks` what they should come to.

use crate::bad_box;
use jobwright_guest::Failure;
use std::fmt;

/// More pounds than any return has; a bound, so that no sum of boxes can overflow.
const DIGITS_MAX: usize = 13;

/// Pounds and pence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount {
    /// All of it.
    pub pence: i64,
}

impl Amount {
    /// Reads `1234`, `1234.5`, `-1234.50`.
    pub fn read(text: &str) -> Result<Self, String> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (pounds, pence) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(pounds) || !plain(pence) || pounds.len() > DIGITS_MAX {
            return Err(format!("is `{text}`, which is no amount; write it as 1234.50"));
        }
        if pence.len() > 2 {
            return Err(format!("is `{text}`, which has more than two decimals"));
        }
        let whole: i64 =
            format!("{pounds}{pence:0<2}").parse().map_err(|_| format!("is `{text}`, which is too much"))?;
        Ok(Self { pence: sign * whole })
    }

    /// Whether there are no pence.
    pub fn is_whole(self) -> bool {
        self.pence % 100 == 0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.pence < 0 { "-" } else { "" };
        let pence = self.pence.unsigned_abs();
        write!(to, "{sign}{}.{:02}", pence / 100, pence % 100)
    }
}

/// All nine.
#[derive(Clone, Debug)]
pub struct Return([Amount; 9]);

impl Return {
    /// Reads them by their names, `box1` to `box9`.
    pub fn read<'a>(find: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Failure> {
        let mut boxes = [Amount { pence: 0 }; 9];
        for (number, amount) in (1..).zip(&mut boxes) {
            let name = format!("box{number}");
            let text = find(&name).ok_or_else(|| bad_box(&name, "is missing"))?;
            *amount = Amount::read(text).map_err(|why| bad_box(&name, &why))?;
        }
        Ok(Self(boxes))
    }

    /// The one of this number, from 1.
    pub fn number(&self, number: usize) -> Amount {
        self.0[number - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly() {
        let read = |text: &str| Amount::read(text).map(|amount| amount.to_string());
        for (text, amount) in
            [("0", "0.00"), ("7.5", "7.50"), ("-0.05", "-0.05"), ("9999999999999.99", "9999999999999.99")]
        {
            assert_eq!(read(text).as_deref(), Ok(amount));
        }
        for text in ["", ".", "1.", ".5", "1,50", "1e3", "+1", "1.005", "£5", "--1", "99999999999999"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
