//! The oracle against histories: by hand, from a model server, changed, and made up.

mod churn;
mod excuses;
mod garbage;
mod joins;
mod judging;
mod legal;
mod model;
mod mutations;
mod overflow;
mod rules;
mod script;
mod seeds;
mod suspicions;
