//! Random values of anything that is stored.
//!
//! Owns: a source that answers whatever a stored form asks for, so that a new field or variant is tried without a word
//! here. Only what has a grammar of its own is known by name: ids, days, instants, amounts, and the flat forms of nested
//! values.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, EnumAccess, IntoDeserializer, SeqAccess, VariantAccess, Visitor, value},
};

use super::Mirror;

/// Most elements of a list.
const LIST_MAX: u64 = 3;
/// Most parts of a nested value.
const PARTS_MAX: usize = 12;

type Error = value::Error;

#[derive(Default)]
pub(super) struct Random {
    state: u64,
    /// The variant to take of one enum, instead of a random one.
    chosen: Option<(&'static str, u32)>,
    /// Parts of a nested value that must still come, and how many there were.
    open: usize,
    parts: usize,
    /// The next list names the parts of a map.
    names_parts: bool,
    /// The enums met, their variants, and those taken.
    pub(super) met: BTreeMap<&'static str, (&'static [&'static str], BTreeSet<u32>)>,
}

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed, ..Self::default() }
    }

    /// Always takes this variant of this enum.
    pub(super) fn choosing(self, name: &'static str, variant: u32) -> Self {
        Self { chosen: Some((name, variant)), ..self }
    }

    /// A random value, by way of its stored form.
    pub(super) fn value<T: Mirror>(&mut self) -> T {
        T::from_row(T::Row::deserialize(self).unwrap()).unwrap()
    }

    /// Splitmix: plain, and the same on every machine.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Numbers of every length.
    fn number(&mut self) -> u64 {
        self.next() >> self.below(64)
    }

    fn signed(&mut self, bound: u64) -> i64 {
        let size = self.below(bound).cast_signed();
        if self.below(2) == 0 { size } else { -size }
    }

    fn text(&mut self) -> String {
        let letters = ["a", "B", "7", " ", "é", "\n", "\0", "💷", "\"", "{{"];
        (0..self.below(8)).map(|_| letters[self.below(letters.len() as u64) as usize]).collect()
    }

    fn id(&mut self) -> String {
        let letters = b"abz09._-";
        (0..=self.below(9)).map(|_| char::from(letters[self.below(letters.len() as u64) as usize])).collect()
    }

    /// How many children a part of a nested value has; all of them must come.
    fn children(&mut self, bound: u64) -> u64 {
        let room = self.parts + self.open < PARTS_MAX;
        let count = if room { self.below(bound) } else { 0 };
        self.open += count as usize;
        count
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $of:ty,)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // any bits will do
            visitor.$visit(self.number() as $of)
        })+
    };
}

impl<'de> Deserializer<'de> for &mut Random {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(serde::de::Error::custom("a stored form asks for any value"))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.below(2) == 0)
    }

    numbers! {
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u64 visit_u64 u64,
        deserialize_i64 visit_i64 i64,
    }

    /// Inside a nested value the only such number counts children.
    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let count = if self.parts > 0 { self.children(LIST_MAX) } else { self.number() };
        visitor.visit_u32(count as u32)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.text())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.below(2) == 0 { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        let text = |text: String| IntoDeserializer::<Error>::into_deserializer(text);
        match name {
            "IdRow" => visitor.visit_newtype_struct(text(self.id())),
            "CurrencyRow" => visitor.visit_newtype_struct(text(["GBP", "EUR"][self.below(2) as usize].into())),
            "DecimalRow" => {
                let number = rust_decimal::Decimal::new(self.signed(u64::MAX >> 1), self.below(20) as u32);
                visitor.visit_newtype_struct(text(number.to_string()))
            }
            "ValueRow" | "BranchesRow" => {
                (self.open, self.parts) = (1, 0);
                let row = visitor.visit_newtype_struct(&mut *self);
                (self.open, self.parts) = (0, 0);
                row
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // The list of parts ends by itself; see `Elements`.
        if self.open > 0 && self.parts == 0 {
            return visitor.visit_seq(Elements { random: self, left: None });
        }
        let names = std::mem::take(&mut self.names_parts);
        let left = if names { self.children(LIST_MAX) } else { self.below(LIST_MAX + 1) };
        visitor.visit_seq(Elements { random: self, left: Some(left) })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Elements { random: self, left: Some(len as u64) })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let numbers = match name {
            "InstantRow" => {
                let second = self.signed(10_000_000_000);
                vec![second, self.below(1_000_000_000).cast_signed() * second.signum()]
            }
            "DayRow" => vec![self.signed(9999), self.below(12).cast_signed() + 1, self.below(28).cast_signed() + 1],
            _ => return self.deserialize_tuple(len, visitor),
        };
        visitor.visit_seq(value::SeqDeserializer::new(numbers.into_iter()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(fields.len(), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let variant = match self.chosen {
            Some((chosen, variant)) if chosen == name => variant,
            _ => self.below(variants.len() as u64) as u32,
        };
        self.met.entry(name).or_insert((variants, BTreeSet::new())).1.insert(variant);
        self.names_parts = (name, variants[variant as usize]) == ("Part", "Map");
        visitor.visit_enum(Taken { random: self, variant })
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i128 u128 f32 f64 char str bytes byte_buf unit unit_struct map identifier ignored_any
    }
}

struct Elements<'a> {
    random: &'a mut Random,
    left: Option<u64>,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        match &mut self.left {
            Some(0) => return Ok(None),
            None if self.random.open == 0 => return Ok(None),
            Some(left) => *left -= 1,
            None => {
                self.random.open -= 1;
                self.random.parts += 1;
            }
        }
        seed.deserialize(&mut *self.random).map(Some)
    }
}

struct Taken<'a> {
    random: &'a mut Random,
    variant: u32,
}

impl<'de> EnumAccess<'de> for Taken<'_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Error> {
        let variant = seed.deserialize(IntoDeserializer::<Error>::into_deserializer(self.variant))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Taken<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.random)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.random.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.random.deserialize_tuple(fields.len(), visitor)
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Random({})", self.state)
    }
}
