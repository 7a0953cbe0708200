//! How a type of the core becomes its stored form and back.
//!
//! Owns: the trait, the macro that writes a mirror from a list of fields, and the mirrors of lists, maps and options.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, de::DeserializeOwned};

/// Why something has no stored form, or why a stored form means nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault(pub(crate) String);

/// A type with a stored form.
pub(crate) trait Mirror: Sized {
    /// The stored form. It never contains itself, so that no bytes can exhaust the stack.
    type Row: Serialize + DeserializeOwned;

    fn to_row(&self) -> Result<Self::Row, Fault>;
    fn from_row(row: Self::Row) -> Result<Self, Fault>;
}

/// Declares the stored form of a struct or enum: its name, the fields in their order, and the type of each in the core.
macro_rules! mirror {
    (struct $core:ident as $row:ident { $($field:ident: $of:ty),+ $(,)? }) => {
        #[derive(serde::Serialize, serde::Deserialize)]
        pub(crate) struct $row {
            $($field: <$of as $crate::record::Mirror>::Row,)+
        }

        impl $crate::record::Mirror for $core {
            type Row = $row;

            fn to_row(&self) -> Result<$row, $crate::record::Fault> {
                let Self { $($field),+ } = self;
                Ok($row { $($field: $crate::record::Mirror::to_row($field)?),+ })
            }

            fn from_row(row: $row) -> Result<Self, $crate::record::Fault> {
                Ok(Self { $($field: $crate::record::Mirror::from_row(row.$field)?),+ })
            }
        }
    };
    (enum $core:ident as $row:ident {
        $($variant:ident $(($($part:ident: $part_of:ty),+))? $({ $($field:ident: $of:ty),+ $(,)? })?),+ $(,)?
    }) => {
        #[derive(serde::Serialize, serde::Deserialize)]
        pub(crate) enum $row {
            $($variant
                $(($(<$part_of as $crate::record::Mirror>::Row),+))?
                $({ $($field: <$of as $crate::record::Mirror>::Row),+ })?,)+
        }

        impl $crate::record::Mirror for $core {
            type Row = $row;

            fn to_row(&self) -> Result<$row, $crate::record::Fault> {
                Ok(match self {
                    $(Self::$variant $(($($part),+))? $({ $($field),+ })? => $row::$variant
                        $(($($crate::record::Mirror::to_row($part)?),+))?
                        $({ $($field: $crate::record::Mirror::to_row($field)?),+ })?,)+
                })
            }

            fn from_row(row: $row) -> Result<Self, $crate::record::Fault> {
                Ok(match row {
                    $($row::$variant $(($($part),+))? $({ $($field),+ })? => Self::$variant
                        $(($($crate::record::Mirror::from_row($part)?),+))?
                        $({ $($field: $crate::record::Mirror::from_row($field)?),+ })?,)+
                })
            }
        }
    };
}
pub(crate) use mirror;

macro_rules! stored_as_it_is {
    ($($of:ty),+) => {
        $(impl Mirror for $of {
            type Row = Self;

            fn to_row(&self) -> Result<Self, Fault> {
                Ok(self.clone())
            }

            fn from_row(row: Self) -> Result<Self, Fault> {
                Ok(row)
            }
        })+
    };
}

stored_as_it_is!(bool, u8, u16, u32, u64, i64, String);

impl<T: Mirror> Mirror for Option<T> {
    type Row = Option<T::Row>;

    fn to_row(&self) -> Result<Self::Row, Fault> {
        self.as_ref().map(T::to_row).transpose()
    }

    fn from_row(row: Self::Row) -> Result<Self, Fault> {
        row.map(T::from_row).transpose()
    }
}

impl<T: Mirror> Mirror for Vec<T> {
    type Row = Vec<T::Row>;

    fn to_row(&self) -> Result<Self::Row, Fault> {
        self.iter().map(T::to_row).collect()
    }

    fn from_row(row: Self::Row) -> Result<Self, Fault> {
        row.into_iter().map(T::from_row).collect()
    }
}

impl<T: Mirror + Ord> Mirror for BTreeSet<T> {
    type Row = Vec<T::Row>;

    fn to_row(&self) -> Result<Self::Row, Fault> {
        self.iter().map(T::to_row).collect()
    }

    fn from_row(row: Self::Row) -> Result<Self, Fault> {
        row.into_iter().map(T::from_row).collect()
    }
}

impl<K: Mirror + Ord, V: Mirror> Mirror for BTreeMap<K, V> {
    type Row = Vec<(K::Row, V::Row)>;

    fn to_row(&self) -> Result<Self::Row, Fault> {
        self.iter().map(|(key, value)| Ok((key.to_row()?, value.to_row()?))).collect()
    }

    fn from_row(row: Self::Row) -> Result<Self, Fault> {
        row.into_iter().map(<(K, V)>::from_row).collect()
    }
}

impl<A: Mirror, B: Mirror> Mirror for (A, B) {
    type Row = (A::Row, B::Row);

    fn to_row(&self) -> Result<Self::Row, Fault> {
        Ok((self.0.to_row()?, self.1.to_row()?))
    }

    fn from_row((a, b): Self::Row) -> Result<Self, Fault> {
        Ok((A::from_row(a)?, B::from_row(b)?))
    }
}
