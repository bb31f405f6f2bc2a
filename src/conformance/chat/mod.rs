//! The chat contract: who hears what, once, in order and unchanged.

pub(super) mod member;
pub(super) mod gathering;
pub(super) mod numbered;
pub(super) mod load;
pub(super) mod stalled;
pub(super) mod backlog;
pub(super) mod variants;
pub(super) mod delivery;
pub(super) mod exclusion;
pub(super) mod isolation;
pub(super) mod membership;
pub(super) mod departure;
pub(super) mod order;
pub(super) mod payload;
pub(super) mod raw;
pub(super) mod reconnection;
pub(super) mod robustness;
pub(super) mod rooms;
pub(super) mod barrier;
