//! The smallest stored things: ids, hashes, days, instants, decimals.
//!
//! Owns: their bytes, and how they read in the golden records, which are for people: there a hash is hexadecimal and a
//! day is written as a day.

use std::{
    fmt::{self, Display},
    sync::Arc,
};

use jiff::{Timestamp, civil::Date};
use jobwright_core::{
    id::{ClientId, ContactId, DefinitionId, EffectId, Hash, JobId, Name, RoleId, StaffId},
    value::Currency,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Fault, Mirror, mirror};

/// A practice's own id.
#[derive(Serialize, Deserialize)]
pub(crate) struct IdRow(Shared);

/// A text that is not copied to be written: most records name ids that are in memory already.
struct Shared(Arc<str>);

impl Serialize for Shared {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Shared {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(text.into()))
    }
}

macro_rules! ids {
    ($($id:ident),+) => {
        $(impl Mirror for $id {
            type Row = IdRow;

            fn to_row(&self) -> Result<IdRow, Fault> {
                Ok(IdRow(Shared(self.text())))
            }

            fn from_row(row: IdRow) -> Result<Self, Fault> {
                Self::new(&row.0.0).map_err(|bad| Fault(bad.to_string()))
            }
        })+
    };
}

ids!(ClientId, ContactId, StaffId, RoleId, DefinitionId, Name);

/// Bytes that people read as hexadecimal digits.
macro_rules! digits {
    ($($of:ident as $row:ident: $bytes:literal),+) => {
        $(
            #[derive(Deserialize)]
            pub(crate) struct $row([u8; $bytes]);

            impl Serialize for $row {
                fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                    readable(to, &$of(self.0), &self.0)
                }
            }

            impl Mirror for $of {
                type Row = $row;

                fn to_row(&self) -> Result<$row, Fault> {
                    Ok($row(self.0))
                }

                fn from_row(row: $row) -> Result<Self, Fault> {
                    Ok(Self(row.0))
                }
            }
        )+
    };
}

digits!(JobId as JobIdRow: 16, Hash as HashRow: 32);

mirror! {
    struct EffectId as EffectIdRow { job: JobId, event: u64, index: u16 }
}

/// Seconds since 1970 and nanoseconds of the same sign.
#[derive(Deserialize)]
pub(crate) struct InstantRow(i64, i32);

impl InstantRow {
    fn read(&self) -> Result<Timestamp, Fault> {
        Timestamp::new(self.0, self.1).map_err(|error| Fault(error.to_string()))
    }
}

impl Serialize for InstantRow {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        readable(to, &Written(self.read()), &(self.0, self.1))
    }
}

impl Mirror for Timestamp {
    type Row = InstantRow;

    fn to_row(&self) -> Result<InstantRow, Fault> {
        Ok(InstantRow(self.as_second(), self.subsec_nanosecond()))
    }

    fn from_row(row: InstantRow) -> Result<Self, Fault> {
        row.read()
    }
}

/// Year, month, day.
#[derive(Deserialize)]
pub(crate) struct DayRow(i16, i8, i8);

impl DayRow {
    fn read(&self) -> Result<Date, Fault> {
        Date::new(self.0, self.1, self.2).map_err(|error| Fault(error.to_string()))
    }
}

impl Serialize for DayRow {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        readable(to, &Written(self.read()), &(self.0, self.1, self.2))
    }
}

impl Mirror for Date {
    type Row = DayRow;

    fn to_row(&self) -> Result<DayRow, Fault> {
        Ok(DayRow(self.year(), self.month(), self.day()))
    }

    fn from_row(row: DayRow) -> Result<Self, Fault> {
        row.read()
    }
}

/// Written out, so that trailing zeros stay.
#[derive(Serialize, Deserialize)]
pub(crate) struct DecimalRow(String);

impl Mirror for Decimal {
    type Row = DecimalRow;

    fn to_row(&self) -> Result<DecimalRow, Fault> {
        Ok(DecimalRow(self.to_string()))
    }

    fn from_row(row: DecimalRow) -> Result<Self, Fault> {
        Self::from_str_exact(&row.0).map_err(|error| Fault(error.to_string()))
    }
}

/// Three capital letters.
#[derive(Serialize, Deserialize)]
pub(crate) struct CurrencyRow(String);

impl Mirror for Currency {
    type Row = CurrencyRow;

    fn to_row(&self) -> Result<CurrencyRow, Fault> {
        Ok(CurrencyRow(self.as_str().into()))
    }

    fn from_row(row: CurrencyRow) -> Result<Self, Fault> {
        Self::new(&row.0).ok_or_else(|| Fault(format!("`{}` is no currency", row.0)))
    }
}

/// Text for people, bytes for the store.
fn readable<S: Serializer>(to: S, text: &impl Display, bytes: &impl Serialize) -> Result<S::Ok, S::Error> {
    if to.is_human_readable() { to.collect_str(text) } else { bytes.serialize(to) }
}

struct Written<T>(Result<T, Fault>);

impl<T: Display> Display for Written<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(value) => value.fmt(f),
            Err(fault) => f.write_str(&fault.0),
        }
    }
}
