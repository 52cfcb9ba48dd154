//! What the project promises about itself.

mod licences;
mod readme;
mod sizes;
