//! FaultKind: the names of the faults and what each of them does.

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The sender hears its own message.
    Echo,
    /// Every connected user hears the message.
    BroadcastAll,
    /// One other room hears the message, too.
    Leak,
    /// One receiver does not hear the message.
    Drop,
    /// Every receiver hears the message twice.
    Duplicate,
    /// The message changes places with the sender's next one.
    Reorder,
    /// One character is changed.
    Corrupt,
    /// The text is cut short.
    Truncate,
    /// The author is missing.
    StripKey,
    /// The join is not performed.
    IgnoreJoin,
    /// The user hears a few messages, then nothing more.
    DeafMember,
    /// The join is performed late.
    LateJoin,
    /// The joiner hears what was said before.
    HistoryOnJoin,
    /// A user who joins twice hears everything twice.
    DoubleJoinDeliversTwice,
    /// A user who left the namespace stays in its rooms.
    GhostAfterDisconnect,
    /// All members leave with the one who leaves.
    LeaveTakesAll,
    /// The leave is not performed.
    LeaveIgnored,
    /// Who joins a room is taken out of all others.
    LastRoomOnly,
    /// Whoever connects is put into the rooms of somebody else.
    StaleMembership,
    /// The room forgets its members.
    ForgottenRoom,
    /// The joiner goes deaf to the room after a while.
    MuteLater,
}

impl FaultKind {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 21] = [
        Self::Echo,
        Self::BroadcastAll,
        Self::Leak,
        Self::Drop,
        Self::Duplicate,
        Self::Reorder,
        Self::Corrupt,
        Self::Truncate,
        Self::StripKey,
        Self::IgnoreJoin,
        Self::DeafMember,
        Self::LateJoin,
        Self::HistoryOnJoin,
        Self::DoubleJoinDeliversTwice,
        Self::GhostAfterDisconnect,
        Self::LeaveTakesAll,
        Self::LeaveIgnored,
        Self::LastRoomOnly,
        Self::StaleMembership,
        Self::ForgottenRoom,
        Self::MuteLater,
    ];

    /// How it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::BroadcastAll => "broadcast-all",
            Self::Leak => "leak",
            Self::Drop => "drop",
            Self::Duplicate => "duplicate",
            Self::Reorder => "reorder",
            Self::Corrupt => "corrupt",
            Self::Truncate => "truncate",
            Self::StripKey => "strip-key",
            Self::IgnoreJoin => "ignore-join",
            Self::DeafMember => "deaf-member",
            Self::LateJoin => "late-join",
            Self::HistoryOnJoin => "history-on-join",
            Self::DoubleJoinDeliversTwice => "double-join-delivers-twice",
            Self::GhostAfterDisconnect => "ghost-after-disconnect",
            Self::LeaveTakesAll => "leave-takes-all",
            Self::LeaveIgnored => "leave-ignored",
            Self::LastRoomOnly => "last-room-only",
            Self::StaleMembership => "stale-membership",
            Self::ForgottenRoom => "forgotten-room",
            Self::MuteLater => "mute-later",
        }
    }

    /// What is decided at each chance, and what then happens.
    #[must_use]
    pub fn effect(self) -> &'static str {
        match self {
            Self::Echo => "per message: its sender hears it as well",
            Self::BroadcastAll => "per message: all connected users but its sender hear it",
            Self::Leak => {
                "per message: one other room, drawn among those with members who are \
                neither sender nor receivers already, hears it as well"
            }
            Self::Drop => "per message: one of its receivers, drawn at random, does not hear it",
            Self::Duplicate => {
                "per message: every receiver hears it twice, one right after the \
                other"
            }
            Self::Reorder => {
                "per message: it is held back and delivered right after the next of \
                the same sender to the same room, or alone after 50 ms; that next one is not \
                held back itself"
            }
            Self::Corrupt => "per message: one character of its text, drawn at random, is another",
            Self::Truncate => {
                "per message: its text, if longer than 48 bytes, is cut to 48, or \
                to the last whole character before"
            }
            Self::StripKey => "per message: its `author` is missing",
            Self::IgnoreJoin => "per join: it is not performed",
            Self::DeafMember => {
                "per join: the joiner hears 8 messages more, in whatever room, \
                then nothing until it connects anew"
            }
            Self::LateJoin => {
                "per join: it is performed 150 ms late, and so after a leave of the room that \
                comes meanwhile"
            }
            Self::HistoryOnJoin => "per join: the joiner hears the last 10 messages of the room",
            Self::DoubleJoinDeliversTwice => {
                "per repeated join: the joiner hears everything in \
                the room once more often"
            }
            Self::GhostAfterDisconnect => {
                "per leaving of the namespace: while the connection stays open, the leaver \
                stays in its rooms and hears them; it is not let in again on that \
                connection"
            }
            Self::LeaveTakesAll => "per leave: all members of the room are taken out of it",
            Self::LeaveIgnored => "per leave: it is not performed",
            Self::LastRoomOnly => "per join: the joiner is taken out of all other rooms",
            Self::StaleMembership => {
                "per connection: it is put into the rooms of the user that disconnected last"
            }
            Self::ForgottenRoom => {
                "per message: once it is delivered, the room has no members; they hear \
                nothing there until they join anew"
            }
            Self::MuteLater => {
                "per join: from 2 s after it on, the joiner hears nothing in that room until \
                it joins or connects anew"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_in_the_order_of_declaration() {
        for (index, kind) in FaultKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index, "{}", kind.name());
        }
    }
}
