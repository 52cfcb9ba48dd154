//! The part of C's headers that rav1d uses. The numbers are Linux's; they are only compared with each other.

#![allow(non_camel_case_types)]

pub(crate) type ptrdiff_t = isize;
pub(crate) type intptr_t = isize;
pub(crate) type uintptr_t = usize;
pub(crate) type off_t = i64;

pub(crate) const ENOENT: i32 = 2;
pub(crate) const EIO: i32 = 5;
pub(crate) const EAGAIN: i32 = 11;
pub(crate) const ENOMEM: i32 = 12;
pub(crate) const EINVAL: i32 = 22;
pub(crate) const ERANGE: i32 = 34;
pub(crate) const ENOPROTOOPT: i32 = 92;
