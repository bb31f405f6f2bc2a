//! Observation: what the server itself costs while it is loaded, from outside of it.
//!
//! An [`Observer`] takes a sample of each node once a second, and whenever it is told to: of a
//! process of this machine from `/proc`, of any other from what it exposes to Prometheus. What
//! cannot be seen is left out and told, and never guessed; a server that is not seen is no
//! failure of the run. From the samples and the [`Load`] follows an [`Observation`].

mod error;
mod exposition;
mod local;
mod observation;
mod observer;
mod process;
mod sample;
mod scrape;
mod source;
mod summary;

pub use error::ObserveError;
pub use observation::{Node, NodeKind, Notice, Observation, Unsaid};
pub use observer::{Mark, Observer};
pub use sample::{Moment, Sample};
pub use source::{Pid, Source, sources};
pub use summary::{Figure, Load, Summary};
