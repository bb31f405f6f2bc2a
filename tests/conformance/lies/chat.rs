//! Lies about the chat: who hears what, once, in order and unchanged.

use super::{Row, row};
use crate::liar::Lie::*;

pub(super) const LIES: &[Row] = &[
    row(SendsAllTwice, &["CHAT-DLV-01", "CHAT-DLV-03"]),
    row(LosesSome, &["CHAT-DLV-02"]),
    row(SendsSomeTwice, &["CHAT-DLV-03"]),
    row(StopsAtTheGone, &["CHAT-DLV-04"]),
    row(StallsWithItsReaders, &["CHAT-DLV-04b"]),
    row(DropsLineSeparators, &["CHAT-PAY-01"]),
    row(CutsLongTexts, &["CHAT-PAY-01b"]),
    row(DropsNulls, &["CHAT-PAY-01c", "CHAT-PAY-01d"]),
    row(RelaysTextsOnly, &["CHAT-PAY-01d"]),
    row(LosesBinaryAfterWebSockets, &["CHAT-PAY-03"]),
    row(CutsOffLargePayloads, &["CHAT-PAY-04"]),
    row(LosesBinaryAfterPolls, &["CHAT-PAY-05"]),
    row(LosesTextForPolls, &["CHAT-PAY-06"]),
    row(BelievesWhatIsNoJson, &["CHAT-PAY-07"]),
    row(SpellsAuthorsInAscii, &["CHAT-PAY-08"]),
    row(DropsUnknownFields, &["CHAT-PAY-08b"]),
    row(DiesOfBadPayloads, &["CHAT-ROB-01"]).fatal(),
    row(DiesOfBadJoins, &["CHAT-ROB-01b"]).fatal(),
    row(TakesNoRoomForAll, &["CHAT-ROOM-02"]),
    row(TakesTheStarForAll, &["CHAT-ROOM-04"]),
    row(TakesOddRoomsForAll, &["CHAT-ROOM-05"]),
];
