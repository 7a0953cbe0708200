//! How a letter writes days, amounts and numbers.
//!
//! Owns: the practice's English: `15 May 2026 at 12:00`, `£1,400.00`. Rounds as money is rounded everywhere.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use jobwright_core::value::Money;
use rust_decimal::{Decimal, RoundingStrategy};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// `15 May 2026`.
pub(crate) fn date(date: Date) -> String {
    let month = MONTHS[usize::from(date.month().unsigned_abs()) - 1];
    format!("{} {month} {}", date.day(), date.year())
}

/// `15 May 2026 at 12:00`, in the reader's zone.
pub(crate) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let there = at.to_zoned(zone.clone());
    format!("{} at {:02}:{:02}", date(there.date()), there.hour(), there.minute())
}

/// `£1,400.00`; a currency without a sign of its own leads with its letters.
pub(crate) fn money(money: &Money) -> String {
    let digits = money.currency.minor_digits();
    let mut amount = rounded(money.amount, digits);
    amount.rescale(digits);
    let minus = if amount.is_sign_negative() && !amount.is_zero() { "-" } else { "" };
    let number = grouped(&amount.abs().to_string());
    match money.currency.as_str() {
        "GBP" => format!("{minus}£{number}"),
        "EUR" => format!("{minus}€{number}"),
        "USD" => format!("{minus}${number}"),
        other => format!("{minus}{other} {number}"),
    }
}

/// `12,345.60`, with the decimals it has.
pub(crate) fn number(number: Decimal) -> String {
    let minus = if number.is_sign_negative() && !number.is_zero() { "-" } else { "" };
    format!("{minus}{}", grouped(&number.abs().to_string()))
}

/// Every word with a capital letter.
pub(crate) fn title(text: &str) -> String {
    let mut begins = true;
    let mut titled = String::with_capacity(text.len());
    for letter in text.chars() {
        if begins {
            titled.extend(letter.to_uppercase());
        } else {
            titled.extend(letter.to_lowercase());
        }
        begins = letter.is_whitespace() || letter == '-';
    }
    titled
}

/// The one rounding: halves go away from zero. The result has as many decimals as were asked.
pub(crate) fn rounded(number: Decimal, digits: u32) -> Decimal {
    let mut rounded = number.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(digits);
    rounded
}

fn grouped(digits: &str) -> String {
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use jobwright_core::value::Currency;

    fn amount(text: &str, currency: &str) -> String {
        money(&Money { amount: Decimal::from_str_exact(text).unwrap(), currency: Currency::new(currency).unwrap() })
    }

    #[test]
    fn amounts_are_written_as_on_a_bill() {
        assert_eq!(amount("1400", "GBP"), "£1,400.00");
        assert_eq!(amount("-1234567.895", "GBP"), "-£1,234,567.90");
        assert_eq!(amount("0.004", "EUR"), "€0.00");
        assert_eq!(amount("-0.004", "EUR"), "€0.00");
        assert_eq!(amount("999.5", "JPY"), "JPY 1,000");
        assert_eq!(amount("12.5", "CHF"), "CHF 12.50");
    }

    #[test]
    fn numbers_keep_their_decimals() {
        assert_eq!(number(Decimal::from_str_exact("1234567.10").unwrap()), "1,234,567.10");
        assert_eq!(number(Decimal::from(-100)), "-100");
    }

    #[test]
    fn moments_are_told_in_the_readers_zone() {
        let at: Timestamp = "2026-05-15T11:00:00Z".parse().unwrap();
        assert_eq!(moment(at, &TimeZone::fixed(jiff::tz::offset(1))), "15 May 2026 at 12:00");
    }
}
