//! Memory for one call.
//!
//! Owns: where allocations come from. Every call has an instance of its own, so the first of its memory is a stretch that
//! is there from the start: taking it moves a mark, and the engine is not asked for more. Asking costs more than a small
//! call computes, and calls on other threads wait meanwhile. What does not fit goes to the allocator of the standard
//! library. Without the feature `memory` this is left out, for who brings an allocator of their own.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::{Cell, UnsafeCell},
    ptr,
};

/// Bytes of the stretch. Only what is touched of it is ever held.
#[cfg(all(target_family = "wasm", not(target_feature = "atomics"), feature = "memory"))]
const STRETCH_BYTES: usize = 256 * 1024;

#[cfg(all(target_family = "wasm", not(target_feature = "atomics"), feature = "memory"))]
#[global_allocator]
static MEMORY: Memory<STRETCH_BYTES> = Memory::new();

/// A stretch, and the mark up to which it is taken.
struct Memory<const BYTES: usize> {
    stretch: UnsafeCell<[u8; BYTES]>,
    taken: Cell<usize>,
}

// SAFETY: an instance has one thread. The tests below, which have several, share none of it.
#[allow(unsafe_code)]
unsafe impl<const BYTES: usize> Sync for Memory<BYTES> {}

impl<const BYTES: usize> Memory<BYTES> {
    const fn new() -> Self {
        Self { stretch: UnsafeCell::new([0; BYTES]), taken: Cell::new(0) }
    }

    fn base(&self) -> *mut u8 {
        self.stretch.get().cast()
    }

    /// How far into the stretch a pointer lies, when it does.
    fn offset(&self, at: *mut u8) -> Option<usize> {
        at.addr().checked_sub(self.base().addr()).filter(|offset| *offset < BYTES)
    }

    /// The next place for this, when there is room for it.
    fn place(&self, layout: Layout) -> Option<*mut u8> {
        let free = self.base().addr().checked_add(self.taken.get())?;
        let start = free.checked_next_multiple_of(layout.align())? - self.base().addr();
        let end = start.checked_add(layout.size()).filter(|end| *end <= BYTES)?;
        self.taken.set(end);
        Some(self.base().wrapping_add(start))
    }
}

// SAFETY: places in the stretch are aligned as asked, within it, and apart from one another: the mark goes back only over
// the last one, when that is given back. All others are the system's, and go back to it.
#[allow(unsafe_code)]
unsafe impl<const BYTES: usize> GlobalAlloc for Memory<BYTES> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match self.place(layout) {
            Some(place) => place,
            None => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        match self.offset(at) {
            Some(offset) if offset + layout.size() == self.taken.get() => self.taken.set(offset),
            Some(_) => {}
            None => unsafe { System.dealloc(at, layout) },
        }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(offset) = self.offset(at) else { return unsafe { System.realloc(at, layout, size) } };
        // The last one grows where it is.
        if offset + layout.size() == self.taken.get()
            && let Some(end) = offset.checked_add(size).filter(|end| *end <= BYTES)
        {
            self.taken.set(end);
            return at;
        }
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(at, moved, layout.size().min(size));
                self.dealloc(at, layout);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(unsafe_code)]

    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    #[test]
    fn places_are_aligned_and_apart_and_the_last_one_is_used_again() {
        let memory = Memory::<1024>::new();
        unsafe {
            let first = memory.alloc(layout(3, 1));
            let second = memory.alloc(layout(16, 16));
            assert!(second.addr().is_multiple_of(16));
            assert!(second.addr() >= first.addr() + 3);
            memory.dealloc(second, layout(16, 16));
            assert_eq!(memory.alloc(layout(8, 16)), second);
            memory.dealloc(first, layout(3, 1));
            assert_ne!(memory.alloc(layout(3, 1)), first, "what lies behind it is in use");
        }
    }

    #[test]
    fn the_last_one_grows_where_it_is_and_others_are_moved_with_what_they_hold() {
        let memory = Memory::<1024>::new();
        unsafe {
            let first = memory.alloc(layout(4, 4));
            first.copy_from_nonoverlapping(b"abcd".as_ptr(), 4);
            assert_eq!(memory.realloc(first, layout(4, 4), 100), first);
            let behind = memory.alloc(layout(4, 4));
            let moved = memory.realloc(first, layout(100, 4), 200);
            assert!(moved.addr() > behind.addr());
            assert_eq!(std::slice::from_raw_parts(moved, 4), b"abcd");
        }
    }

    #[test]
    fn what_has_no_room_is_the_systems_from_its_beginning_to_its_end() {
        let memory = Memory::<64>::new();
        unsafe {
            let large = memory.alloc_zeroed(layout(4096, 8));
            assert_eq!(memory.offset(large), None);
            let larger = memory.realloc(large, layout(4096, 8), 8192);
            assert_eq!(*larger.add(4095), 0);
            memory.dealloc(larger, layout(8192, 8));
            let small = memory.alloc(layout(60, 1));
            small.write_bytes(7, 60);
            let moved = memory.realloc(small, layout(60, 1), 100);
            assert_eq!(memory.offset(moved), None);
            assert_eq!(std::slice::from_raw_parts(moved, 60), [7; 60]);
            assert_eq!(memory.alloc(layout(60, 1)), small, "its place is free again");
            memory.dealloc(moved, layout(100, 1));
        }
    }
}
