//! Checks of the project itself: licences, README, sizes.

mod licences;
mod readme;
mod sizes;
