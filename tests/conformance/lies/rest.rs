//! Lies about recovery, clusters and what a server has to outlive.

use super::{Row, row};
use crate::liar::Lie::*;

/// What is tried by itself of what a server has to outlive, in that order: of what follows a check
/// that took the server down, nothing is known.
const BY_ITSELF: &[&str] = &[
    "ROB-06", "ROB-07", "ROB-08", "ROB-09", "ROB-11", "ROB-12", "ROB-01", "ROB-04", "ROB-04b",
    "ROB-05", "ROB-05b", "ROB-10",
];

const fn after(count: usize) -> &'static [&'static str] {
    BY_ITSELF.split_at(count).1
}

pub(super) const LIES: &[Row] = &[
    row(ForgetsTheMissed, &["CSR-02"]),
    row(SendsTheMissedTwice, &["CSR-02"]),
    row(ForgetsRooms, &["CSR-02"]),
    row(ClosesOnUnknownPids, &["CSR-03"]),
    row(GivesSessionsOfOthers, &["CSR-03"]).alone(),
    row(RecoversAgainAndAgain, &["CSR-05"]),
    row(TellsTheSender, &["CLU-01b"]),
    row(HoldsSomeBackAcross, &["CLU-01c"]),
    row(TellsOtherRooms, &["CLU-02"]),
    row(SendsSomeTwiceAcross, &["CLU-03"]),
    row(LosesBinaryAcross, &["CLU-06"]),
    row(FallsSilentWithoutBroker, &["CLU-04"]),
    row(RepeatsAfterAnOutage, &["CLU-04"]),
    row(DiesOfGarbage, &["ROB-01"]).alone(),
    row(DiesOfDeepEchoes, &["ROB-04"]).alone(),
    row(DiesOfDeepMessages, &["ROB-04b"]).alone(),
    row(DiesOfManyAttachments, &["ROB-05"]).alone(),
    row(IgnoresManyAttachments, &["ROB-05b"]).alone(),
    row(DiesOfHalfRequests, &["ROB-06"]).unknown(after(1)),
    row(DiesOfCutPosts, &["ROB-07"]).unknown(after(2)),
    row(DiesOfLongNames, &["ROB-08"]).unknown(after(3)),
    row(StallsWithItsReaders, &["ROB-09"]).alone(),
    row(WaitsForItsReaders, &["ROB-09"]).alone(),
    row(EndsWhoSpeaksToTheStalled, &["ROB-09"]).alone(),
    row(DiesOfOddPackets, &["ROB-10"]).alone(),
    // By itself, for what is tried before it takes its time.
    row(DiesOfOddUpgrades, &["ROB-11"]).alone(),
    row(KeepsWhoSaysNothing, &["ROB-12"]).alone(),
    row(ShoutsAcross, &["CLU-01"]).alone(),
    row(KeepsMemoryOfVisits, &["RES-01"]).apart(),
    row(KeepsFilesOfVisits, &["RES-01b", "RES-04"]).apart(),
    row(NeverGivesUpPolls, &["RES-02"]).apart(),
    row(NeverGivesUpPolls, &["RES-02b"]),
    row(KeepsMemoryOfRooms, &["RES-03"]).apart(),
    row(GivesOneIdToAllSockets, &["MSGP-01"]),
    row(EchoesTwoArgumentsAtMost, &["MSGP-02", "MSGP-04"]),
    row(MiscountsAcks, &["MSGP-03"]),
    row(SwapsAttachments, &["MSGP-04"]),
    row(AdmitsEverySecondTime, &["MSGP-05"]).alone(),
    row(IgnoresNoMessagePack, &["MSGP-06"]),
    row(SendsTheMissedBackwards, &["CSR-02"]),
    row(RecoversUnderAnotherId, &["CSR-02"]).unknown(&["CSR-05"]),
];
