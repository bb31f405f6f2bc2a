//! Lies about recovery, clusters and what a server has to outlive.

use super::{Row, row};
use crate::liar::Lie::*;

pub(super) const LIES: &[Row] = &[
    row(ForgetsTheMissed, &["CSR-02"]),
    row(SendsTheMissedTwice, &["CSR-02"]),
    row(ForgetsRooms, &["CSR-02"]),
    row(ClosesOnUnknownPids, &["CSR-03", "CSR-05"]),
    row(RecoversAgainAndAgain, &["CSR-05"]),
    row(TellsTheSender, &["CLU-01b"]),
    row(HoldsSomeBackAcross, &["CLU-01c"]),
    row(TellsOtherRooms, &["CLU-02"]),
    row(SendsSomeTwiceAcross, &["CLU-03"]),
    row(LosesBinaryAcross, &["CLU-06"]),
    row(DiesOfGarbage, &["ROB-01"]).alone(),
    row(DiesOfDeepEchoes, &["ROB-04"]).alone(),
    row(DiesOfDeepMessages, &["ROB-04b"]).alone(),
    row(DiesOfManyAttachments, &["ROB-05"]).alone(),
    row(IgnoresManyAttachments, &["ROB-05b"]).alone(),
    row(DiesOfHalfRequests, &["ROB-06"]).alone(),
    row(DiesOfCutPosts, &["ROB-07"]).alone(),
    row(DiesOfLongNames, &["ROB-08"]).alone(),
    row(StallsWithItsReaders, &["ROB-09"]).alone(),
    row(DiesOfOddPackets, &["ROB-10"]).alone(),
    row(DiesOfOddUpgrades, &["ROB-11"]).alone(),
    row(KeepsWhoSaysNothing, &["ROB-12"]).alone(),
    row(ShoutsAcross, &["CLU-01"]).alone(),
    row(NeverGivesUpPolls, &["RES-02b"]),
    row(GivesOneIdToAllSockets, &["MSGP-01"]),
    row(EchoesTwoArgumentsAtMost, &["MSGP-02", "MSGP-04"]),
    row(MiscountsAcks, &["MSGP-03"]),
    row(SwapsAttachments, &["MSGP-04"]),
    row(AdmitsEverySecondTime, &["MSGP-05"]).alone(),
    row(IgnoresNoMessagePack, &["MSGP-06"]),
    row(SendsTheMissedBackwards, &["CSR-02"]),
    row(RecoversUnderAnotherId, &["CSR-02"]).unknown(&["CSR-05"]),
];
