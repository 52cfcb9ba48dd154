//! The C library functions that libwebp needs on wasm32-unknown-unknown, which has none. Other targets compile them
//! only for tests.
#![allow(unsafe_code, reason = "a C interface")]

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc as grow};
use std::cmp::Ordering;
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

/// C's free does not pass the size, so it is stored before the block, in a header that keeps vectors aligned.
const HEADER: usize = 16;

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(HEADER)?, HEADER).ok()
}

/// Creates a block with `allocate`; NULL if there is no memory.
fn block(size: usize, allocate: impl FnOnce(Layout) -> *mut u8) -> *mut c_void {
    let Some(layout) = layout(size) else { return null_mut() };
    let start = allocate(layout);
    if start.is_null() {
        return null_mut();
    }
    // SAFETY: the allocation has `HEADER` bytes before the block, and is aligned for a usize.
    unsafe {
        start.cast::<usize>().write(size);
        start.add(HEADER).cast()
    }
}

/// The start of a block's allocation, and its layout.
///
/// # Safety
/// `pointer` must come from [`block`] and must not have been freed.
unsafe fn allocation(pointer: *mut c_void) -> (*mut u8, Layout) {
    // SAFETY: `block` wrote the size there, from a valid layout.
    unsafe {
        let start = pointer.cast::<u8>().sub(HEADER);
        let size = start.cast::<usize>().read();
        (start, Layout::from_size_align_unchecked(size + HEADER, HEADER))
    }
}

#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
extern "C" fn malloc(size: usize) -> *mut c_void {
    // SAFETY: the layout is never empty.
    block(size, |layout| unsafe { alloc(layout) })
}

#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    let Some(size) = count.checked_mul(size) else { return null_mut() };
    // SAFETY: the layout is never empty.
    block(size, |layout| unsafe { alloc_zeroed(layout) })
}

#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
unsafe extern "C" fn realloc(pointer: *mut c_void, size: usize) -> *mut c_void {
    if pointer.is_null() {
        return malloc(size);
    }
    // SAFETY: the caller passes one of our live blocks.
    let (start, old) = unsafe { allocation(pointer) };
    // SAFETY: start and old belong together; `layout` has checked the new size.
    block(size, |new| unsafe { grow(start, old, new.size()) })
}

#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
unsafe extern "C" fn free(pointer: *mut c_void) {
    if !pointer.is_null() {
        // SAFETY: the caller passes one of our live blocks, and never uses it again.
        unsafe {
            let (start, layout) = allocation(pointer);
            dealloc(start, layout);
        }
    }
}

type Compare = unsafe extern "C" fn(*const c_void, *const c_void) -> c_int;

/// Heapsort: in place, and never quadratic. Equal elements may be reordered, as C allows; libwebp's comparisons have no
/// equal elements.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
unsafe extern "C" fn qsort(base: *mut c_void, count: usize, size: usize, compare: Compare) {
    let at = |index: usize| base.cast::<u8>().wrapping_add(index * size);
    let less = |a: usize, b: usize| {
        // SAFETY: both indices are below count.
        unsafe { compare(at(a).cast(), at(b).cast()) }.cmp(&0) == Ordering::Less
    };
    // SAFETY: different elements of the caller's array do not overlap.
    let swap = |a: usize, b: usize| unsafe { std::ptr::swap_nonoverlapping(at(a), at(b), size) };
    let sift = |mut root: usize, end: usize| {
        while 2 * root + 1 < end {
            let left = 2 * root + 1;
            let child = if left + 1 < end && less(left, left + 1) { left + 1 } else { left };
            if !less(root, child) {
                break;
            }
            swap(root, child);
            root = child;
        }
    };
    (0..count / 2).rev().for_each(|root| sift(root, count));
    for end in (1..count).rev() {
        swap(0, end);
        sift(0, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<'a>(block: *mut c_void, size: usize) -> &'a mut [u8] {
        // SAFETY: the tests pass live blocks of at least that size, which they have initialized.
        unsafe { std::slice::from_raw_parts_mut(block.cast(), size) }
    }

    #[test]
    fn blocks_are_aligned_zeroed_and_kept_when_they_grow() {
        let block = calloc(3, 5);
        assert_eq!((block as usize % HEADER, bytes(block, 15)), (0, &mut [0; 15][..]));
        bytes(block, 15).fill(7);
        // SAFETY: the block is live, and each call takes the previous block.
        let (grown, shrunk) = unsafe {
            let grown = realloc(block, 100_000);
            let kept = bytes(grown, 15).to_vec();
            (kept, bytes(realloc(grown, 4), 4).as_mut_ptr())
        };
        assert_eq!(grown, [7; 15]);
        assert_eq!(bytes(shrunk.cast(), 4), [7; 4]);
        // SAFETY: the block is live; NULL is allowed.
        unsafe {
            free(shrunk.cast());
            free(null_mut());
        }
    }

    #[test]
    fn impossible_sizes_give_null() {
        assert!(malloc(usize::MAX).is_null());
        assert!(malloc(isize::MAX as usize).is_null());
        assert!(calloc(usize::MAX / 2, 3).is_null());
        // SAFETY: NULL is allowed; a block stays valid when it can't grow.
        unsafe {
            assert!(realloc(null_mut(), usize::MAX).is_null());
            let block = malloc(1);
            assert!(realloc(block, usize::MAX).is_null());
            free(block);
        }
    }

    unsafe extern "C" fn ascending(a: *const c_void, b: *const c_void) -> c_int {
        // SAFETY: qsort passes elements of the array below.
        unsafe { (*a.cast::<u32>()).cmp(&*b.cast::<u32>()) as c_int }
    }

    #[test]
    fn qsort_sorts() {
        for count in (0..70).chain([1000]) {
            let mut actual: Vec<u32> = (0..count).map(|n: u32| n.wrapping_mul(2_654_435_761) >> 20).collect();
            let mut expected = actual.clone();
            expected.sort_unstable();
            // SAFETY: the array has the given length.
            unsafe { qsort(actual.as_mut_ptr().cast(), actual.len(), 4, ascending) };
            assert_eq!(actual, expected);
        }
    }
}
