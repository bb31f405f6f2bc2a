//! The oracle against histories: written by hand.

mod excuses;
mod judging;
mod rules;
mod script;
