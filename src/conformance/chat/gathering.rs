//! Gathering: members of one room, each of whom was heard to hear, and what all of them hear.

use std::time::Duration;

use super::member::{Member, PROBE};
use crate::conformance::finding::Stop;
use crate::conformance::peer::{Missing, Via};
use crate::conformance::trial::Trial;
use crate::time::Timestamp;

/// Rounds of probes; each waits twice as long as the one before, up to the longest.
const ROUNDS_MAX: u32 = 11;
const FIRST_ROUND: Duration = Duration::from_millis(100);
const LONGEST_ROUND: Duration = Duration::from_millis(400);
/// Before this round those that are deaf ask again: some servers lose what comes right behind
/// CONNECT, while their handlers are not in place yet.
const ROUND_TO_ASK_AGAIN: u32 = 6;

/// As often as it may be: how often a member hears a text is for another check to judge.
pub(in crate::conformance) const ANY: usize = usize::MAX;

/// Members of one room, `a`, `b` and so on, each of which was heard to hear.
///
/// # Errors
/// Unknown, when one of them stays deaf.
pub(in crate::conformance) async fn assemble<'t>(
    trial: &'t Trial,
    room: &str,
    ways: &[Via],
) -> Result<Vec<Member<'t>>, Stop> {
    let mut members = Vec::new();
    for (at, via) in ways.iter().enumerate() {
        let mut member = Member::connect(trial, *via, &name(at)).await?;
        member.join(room).await?;
        members.push(member);
    }
    prove(trial, room, &mut members).await?;
    Ok(members)
}

/// Has members of `room` speak until each was heard to hear somebody else. Servers that let in
/// those who ask a while later are waited for.
///
/// # Errors
/// Unknown, when one of them stays deaf.
pub(in crate::conformance) async fn prove(
    trial: &Trial,
    room: &str,
    members: &mut [Member<'_>],
) -> Result<(), Stop> {
    if members.len() < 2 {
        return Ok(());
    }
    // Two speakers, for nobody hears itself.
    let call = trial.clock().now().as_nanos();
    let probes = [0, 1].map(|speaker| format!("{PROBE}{call} {speaker}"));
    let mut missing: Vec<(usize, usize)> = Vec::new();
    for at in 0..members.len() {
        missing.extend([0, 1].iter().filter(|speaker| at != **speaker).map(|by| (at, *by)));
    }
    for round in 0..ROUNDS_MAX {
        if round == ROUND_TO_ASK_AGAIN {
            for (at, _) in &missing {
                members[*at].peer.scribe().note("it may have been lost: the client joins again");
                members[*at].ask(room).await?;
            }
        }
        for (speaker, probe) in probes.iter().enumerate() {
            members[speaker].say(room, probe).await?;
        }
        let until = trial.clock().now() + LONGEST_ROUND.min(FIRST_ROUND * (1 << round.min(4)));
        let mut still_missing = Vec::new();
        for (at, speaker) in missing {
            if !members[at].hears(&probes[speaker], until).await? {
                still_missing.push((at, speaker));
            }
        }
        missing = still_missing;
        if missing.is_empty() {
            // All of the first round was heard, or some of a later one is still under way.
            let under_way = if round == 0 { Duration::ZERO } else { trial.patience().quiet };
            trial.pause(under_way).await;
            for member in members.iter_mut() {
                member.forget_probes();
            }
            return Ok(());
        }
    }
    let mut deaf: Vec<&str> = missing.iter().map(|(at, _)| &*members[*at].author).collect();
    deaf.dedup();
    Err(Stop::unknown(format!("in the room {room:?} nothing is heard by {}", deaf.join(", "))))
}

/// Wants each of `wanted`, a text, to be heard by each of `members` as often as is said there:
/// once it came to all who should hear it, nothing more may come to anybody.
///
/// # Errors
/// Failed, when it is heard less often or more often.
pub(in crate::conformance) async fn heard(
    trial: &Trial,
    members: &mut [Member<'_>],
    wanted: &[(&str, &[usize])],
) -> Result<(), Stop> {
    let clock = trial.clock();
    let until = clock.now() + trial.patience().answer;
    let mut counts: Vec<Vec<usize>> = vec![vec![0; members.len()]; wanted.len()];
    for (text, (said, copies)) in wanted.iter().enumerate() {
        for (at, member) in members.iter_mut().enumerate() {
            let copies = if copies[at] == ANY { 0 } else { copies[at] };
            while counts[text][at] < copies && member.hears_text(said, until).await.is_ok() {
                counts[text][at] += 1;
            }
        }
    }
    if wanted.iter().zip(&counts).all(|((_, copies), counts)| agree(copies, counts)) {
        for member in members.iter_mut() {
            member.settle().await?;
        }
    }
    trial.pause(trial.patience().quiet).await;
    for (text, (said, _)) in wanted.iter().enumerate() {
        for (at, member) in members.iter_mut().enumerate() {
            while member.hears_text(said, Timestamp::ZERO).await.is_ok() {
                counts[text][at] += 1;
            }
        }
    }
    for ((said, copies), counts) in wanted.iter().zip(&counts) {
        if !agree(copies, counts) {
            let judged = |(copies, count): (&usize, &usize)| match *copies {
                ANY => ANY,
                _ => *count,
            };
            let counts: Vec<usize> = copies.iter().zip(counts).map(judged).collect();
            let mut observed = format!("by {}", shares(&counts));
            for (at, member) in members.iter().enumerate() {
                if let Some(end) = member.peer.ended() {
                    observed.push_str(&format!("; the connection of {} is over: {end}", name(at)));
                }
            }
            let expected = format!("`{said}` is heard by {}", shares(copies));
            return Err(Stop::failed(expected, observed));
        }
    }
    Ok(())
}

/// Whether each heard it as often as it should.
fn agree(copies: &[usize], counts: &[usize]) -> bool {
    copies.iter().zip(counts).all(|(copies, count)| *copies == ANY || copies == count)
}

/// `counts` of the members, in words.
fn shares(counts: &[usize]) -> String {
    let judged = counts.iter().enumerate().filter(|(_, count)| **count != ANY);
    let share = |(at, count): (usize, &usize)| match count {
        0 => format!("{} never", name(at)),
        1 => format!("{} once", name(at)),
        2 => format!("{} twice", name(at)),
        more => format!("{} {more} times", name(at)),
    };
    judged.map(share).collect::<Vec<_>>().join(", ")
}

/// What the member at this place is called: `a`, `b` and so on.
pub(in crate::conformance) fn name(at: usize) -> String {
    let letter = char::from(b'a' + (at % 26) as u8);
    if at < 26 { letter.into() } else { format!("{letter}{}", at / 26) }
}

impl Member<'_> {
    /// Whether it hears `text` by then; nothing else that it hears is dropped.
    async fn hears(&mut self, text: &str, until: Timestamp) -> Result<bool, Stop> {
        match self.hears_text(text, until).await {
            Ok(()) => Ok(true),
            Err(Missing::Silence) => Ok(false),
            Err(ended) => {
                let author = &self.author;
                Err(Stop::unknown(format!("while {author} was to hear probes, there was {ended}")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_heard_how_often_is_told_in_words() {
        assert_eq!(shares(&[0, 1, 2, 3]), "a never, b once, c twice, d 3 times");
        assert_eq!(shares(&[ANY, 1]), "b once");
        assert!(agree(&[ANY, 1], &[7, 1]) && !agree(&[0, 1], &[1, 1]));
        assert_eq!((name(25), name(27)), ("z".into(), "b1".into()));
    }
}
