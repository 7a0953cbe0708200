//! Rows that are durable in the journal and not yet in the view.
//!
//! Owns: the two layers that every read looks at first, the newer one growing, the older one on its way to the view; and
//! laying them over a page of the view. A row overwritten while it waits goes to the view once. Leaves to `durable` when
//! the layers move and how large they may grow.

use std::{
    collections::{BTreeMap, btree_map},
    iter::Peekable,
    ops::Bound,
    sync::Arc,
};

use crate::{Direction, Error, Key, Page, Range, Versioned, View, Write, view::PAGE_ROWS_MAX};

/// What a row in a tree costs beside its bytes, about.
const ROW_COST: usize = 96;

/// Rows by key; a removed one stands as nothing, and hides what is below.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    rows: BTreeMap<Key, Option<Versioned>>,
    bytes: usize,
    /// The position that a view with all these rows has reached.
    pub(crate) reached: u64,
}

impl Layer {
    fn put(&mut self, write: Write) {
        self.bytes += cost(&write.row);
        match self.rows.entry(write.key) {
            btree_map::Entry::Occupied(mut old) => {
                self.bytes -= cost(old.get());
                old.insert(write.row);
            }
            btree_map::Entry::Vacant(new) => {
                self.bytes += new.key().bytes.len() + ROW_COST;
                new.insert(write.row);
            }
        }
    }

    /// Rows after a key, in order.
    pub(crate) fn after<'a>(
        &'a self,
        key: Option<&Key>,
    ) -> impl Iterator<Item = (&'a Key, Option<&'a Versioned>)> + use<'a> {
        let from = key.map_or(Bound::Unbounded, |key| Bound::Excluded(key.clone()));
        self.rows.range((from, Bound::Unbounded)).map(|(key, row)| (key, row.as_ref()))
    }
}

fn cost(row: &Option<Versioned>) -> usize {
    row.as_ref().map_or(0, |row| row.value.len())
}

/// Both layers.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    fresh: Layer,
    leaving: Option<Arc<Layer>>,
}

impl Overlay {
    /// Takes the rows of a group that is durable.
    pub fn put(&mut self, writes: Vec<Write>, reached: u64) {
        writes.into_iter().for_each(|write| self.fresh.put(write));
        self.fresh.reached = reached;
    }

    /// A row, where one of the layers knows it: as it is, or that it is gone.
    pub fn get(&self, key: &Key) -> Option<Option<&Versioned>> {
        let leaving = || self.leaving.as_ref().and_then(|leaving| leaving.rows.get(key));
        self.fresh.rows.get(key).or_else(leaving).map(Option::as_ref)
    }

    /// Every row that waits, as it will be; a removed one stands as nothing.
    pub fn waiting(&self) -> BTreeMap<Key, Option<Versioned>> {
        let mut waiting = self.leaving.as_ref().map(|leaving| leaving.rows.clone()).unwrap_or_default();
        waiting.extend(self.fresh.rows.iter().map(|(key, row)| (key.clone(), row.clone())));
        waiting
    }

    /// How much memory the rows take, about.
    pub fn bytes(&self) -> usize {
        self.fresh.bytes + self.leaving.as_ref().map_or(0, |leaving| leaving.bytes)
    }

    pub fn fresh_bytes(&self) -> usize {
        self.fresh.bytes
    }

    pub fn rows(&self) -> usize {
        self.fresh.rows.len() + self.leaving.as_ref().map_or(0, |leaving| leaving.rows.len())
    }

    /// The layer that is on its way to the view, beginning with what is fresh now.
    pub fn leave(&mut self) -> Option<Arc<Layer>> {
        // A commit without writes leaves no row and still is one more position.
        if self.leaving.is_none() && self.fresh.reached > 0 {
            self.leaving = Some(Arc::new(std::mem::take(&mut self.fresh)));
        }
        self.leaving.clone()
    }

    /// The leaving layer has arrived.
    pub fn arrived(&mut self) -> Option<Arc<Layer>> {
        self.leaving.take()
    }

    /// Lays the layers over a view and reads a page of the result.
    pub fn scan<V: View>(
        &self,
        view: &V,
        range: &Range,
        after: Option<&Key>,
        limit: usize,
        direction: Direction,
    ) -> Result<Page, Error> {
        let limit = limit.clamp(1, PAGE_ROWS_MAX);
        let Some(bounds) = bounds(range, after, direction) else { return Ok(Page::default()) };
        let leaving = self.leaving.as_ref().map(|leaving| leaving.ordered(bounds.clone(), direction));
        let mut merged = Merged {
            fresh: self.fresh.ordered(bounds, direction).peekable(),
            leaving: leaving.into_iter().flatten().peekable(),
            below: Below { view, range, direction, limit, page: vec![].into_iter(), from: Some(after.cloned()) }
                .peekable(),
            direction,
        };
        if merged.fresh.peek().is_none() && merged.leaving.peek().is_none() {
            return view.scan(range, after, limit, direction);
        }
        Page::fill(merged, limit)
    }
}

type Bounds = (Bound<Key>, Bound<Key>);

/// What is left of a range, as keys of all spaces.
fn bounds(range: &Range, after: Option<&Key>, direction: Direction) -> Option<Bounds> {
    let (from, until) = range.rest(after, direction)?;
    let key = |bytes: &[u8]| Key::new(range.space, bytes);
    let until = match until {
        Bound::Unbounded => range.space.next().map_or(Bound::Unbounded, |next| Bound::Excluded(Key::new(next, []))),
        until => until.map(key),
    };
    Some((from.map(key), until))
}

impl Layer {
    fn ordered(&self, bounds: Bounds, direction: Direction) -> Ordered<'_> {
        let rows = self.rows.range(bounds);
        match direction {
            Direction::Forward => Ordered::Forward(rows),
            Direction::Backward => Ordered::Backward(rows.rev()),
        }
    }
}

/// Rows of a layer in the direction of a scan.
enum Ordered<'a> {
    Forward(btree_map::Range<'a, Key, Option<Versioned>>),
    Backward(std::iter::Rev<btree_map::Range<'a, Key, Option<Versioned>>>),
}

impl<'a> Iterator for Ordered<'a> {
    type Item = (&'a Key, &'a Option<Versioned>);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Forward(rows) => rows.next(),
            Self::Backward(rows) => rows.next(),
        }
    }
}

/// Rows of the view, read a page at a time.
struct Below<'a, V> {
    view: &'a V,
    range: &'a Range,
    direction: Direction,
    limit: usize,
    page: std::vec::IntoIter<(Key, Versioned)>,
    /// Where the next page goes on; nothing when there is none.
    from: Option<Option<Key>>,
}

impl<V: View> Iterator for Below<'_, V> {
    type Item = Result<(Key, Versioned), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.page.next() {
                return Some(Ok(row));
            }
            let after = self.from.take()?;
            match self.view.scan(self.range, after.as_ref(), self.limit, self.direction) {
                Ok(page) => {
                    self.from = page.next.map(Some);
                    self.page = page.rows.into_iter();
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Three sources in one order; of one row the freshest counts, and what was removed is left out.
struct Merged<'a, V: View> {
    fresh: Peekable<Ordered<'a>>,
    leaving: Peekable<std::iter::Flatten<std::option::IntoIter<Ordered<'a>>>>,
    below: Peekable<Below<'a, V>>,
    direction: Direction,
}

impl<V: View> Merged<'_, V> {
    fn first_key(&mut self) -> Option<Result<Key, Error>> {
        let below = match self.below.peek() {
            Some(Err(_)) => return self.below.next().map(|failed| failed.map(|(key, _)| key)),
            Some(Ok((key, _))) => Some(key),
            None => None,
        };
        let keys = [self.fresh.peek().map(|(key, _)| *key), self.leaving.peek().map(|(key, _)| *key), below];
        let keys = keys.into_iter().flatten();
        let first = match self.direction {
            Direction::Forward => keys.min(),
            Direction::Backward => keys.max(),
        };
        first.cloned().map(Ok)
    }
}

impl<V: View> Iterator for Merged<'_, V> {
    type Item = Result<(Key, Versioned), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let first = match self.first_key()? {
                Ok(first) => first,
                Err(error) => return Some(Err(error)),
            };
            let fresh = self.fresh.next_if(|(key, _)| **key == first).map(|(_, row)| row);
            let leaving = self.leaving.next_if(|(key, _)| **key == first).map(|(_, row)| row);
            let below = self.below.next_if(|row| row.as_ref().is_ok_and(|(key, _)| *key == first));
            match fresh.or(leaving) {
                Some(None) => {}
                Some(Some(row)) => return Some(Ok((first, row.clone()))),
                None => return below,
            }
        }
    }
}
