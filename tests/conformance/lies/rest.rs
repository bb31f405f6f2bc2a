//! Lies about recovery, clusters and what a server has to outlive.

use super::{Row, row};
use crate::liar::Lie::*;

pub(super) const LIES: &[Row] = &[
    row(ForgetsTheMissed, &["CSR-02"]),
    row(SendsTheMissedTwice, &["CSR-02"]),
    row(ForgetsRooms, &["CSR-02"]),
    row(ClosesOnUnknownPids, &["CSR-03", "CSR-04", "CSR-05"]),
    row(RecoversAgainAndAgain, &["CSR-05"]),
    row(TellsTheSender, &["CLU-01b"]),
    row(HoldsSomeBackAcross, &["CLU-01c"]),
    row(TellsOtherRooms, &["CLU-02"]),
    row(SendsSomeTwiceAcross, &["CLU-03"]),
    row(LosesBinaryAcross, &["CLU-06"]),
    row(DiesOfGarbage, &["ROB-01"]).fatal(),
    row(DiesOfDeepEchoes, &["ROB-04"]).fatal(),
    row(DiesOfDeepMessages, &["ROB-04b"]).fatal(),
    row(DiesOfManyAttachments, &["ROB-05"]).fatal(),
    row(IgnoresManyAttachments, &["ROB-05b"]),
    row(DiesOfHalfRequests, &["ROB-06"]).fatal(),
    row(DiesOfCutPosts, &["ROB-07"]).fatal(),
    row(DiesOfLongNames, &["ROB-08"]).fatal(),
    row(StallsWithItsReaders, &["ROB-09"]),
    row(DiesOfOddPackets, &["ROB-10"]).fatal(),
    row(DiesOfOddUpgrades, &["ROB-11"]).fatal(),
    row(KeepsWhoSaysNothing, &["ROB-12"]),
    row(ShoutsAcross, &["CLU-01"]),
    row(NeverGivesUpPolls, &["RES-02b"]),
];
