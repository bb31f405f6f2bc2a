//! Lie: every way of being wrong, each named after what the server does.

/// One way of being wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lie {
    OffersNoUpgrades,
    AnswersOtherRevisions,
}
