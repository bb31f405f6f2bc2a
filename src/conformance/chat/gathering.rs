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
    let mut call = Call::begin(trial, members.len());
    while !call.missing.is_empty() && call.round < ROUNDS_MAX {
        if call.round == ROUND_TO_ASK_AGAIN {
            for at in call.deaf() {
                members[at].peer.scribe().note("it may have been lost: the client joins again");
                members[at].ask(room).await?;
            }
        }
        call.again(trial, room, members).await?;
    }
    let deaf = call.deaf();
    if deaf.is_empty() {
        call.end(trial, members).await;
        return Ok(());
    }
    let deaf: Vec<&str> = deaf.iter().map(|at| &*members[*at].author).collect();
    Err(Stop::unknown(format!("in the room {room:?} nothing is heard by {}", deaf.join(", "))))
}

/// The same, and each of them was heard: a server may take in what somebody says a while after it
/// has let it in.
///
/// # Errors
/// Unknown, when one of them stays deaf or dumb.
pub(in crate::conformance) async fn prove_speakers(
    trial: &Trial,
    room: &str,
    members: &mut [Member<'_>],
) -> Result<(), Stop> {
    prove(trial, room, members).await?;
    // The first two were heard by that.
    for speaker in 2..members.len() {
        let (others, rest) = members.split_at_mut(speaker);
        let (listener, speaker) = (&mut others[0], &rest[0]);
        let probe = format!("{PROBE}{} by {}", trial.clock().now().as_nanos(), speaker.author);
        let mut is_heard = false;
        for round in 0..ROUNDS_MAX {
            speaker.say(room, &probe).await?;
            let until = trial.clock().now() + longer_each_time(round);
            is_heard = listener.hears(&probe, until).await?;
            if is_heard {
                break;
            }
        }
        if !is_heard {
            let why = format!("in the room {room:?} nobody hears {}", speaker.author);
            return Err(Stop::unknown(why));
        }
    }
    for member in members.iter_mut() {
        member.forget_probes();
    }
    Ok(())
}

/// Which of `members` of `room` do not hear the first two by then, however often those speak.
/// None of them asks again.
///
/// # Errors
/// Unknown, when the connection of one of them ends.
pub(super) async fn deaf_until(
    trial: &Trial,
    room: &str,
    members: &mut [Member<'_>],
    until: Timestamp,
) -> Result<Vec<usize>, Stop> {
    let mut call = Call::begin(trial, members.len());
    while !call.missing.is_empty() && trial.clock().now() < until {
        call.again(trial, room, members).await?;
    }
    call.end(trial, members).await;
    Ok(call.deaf())
}

/// Probes that the first two members of a room say over and over.
struct Call {
    /// Two speakers, for nobody hears itself.
    probes: [String; 2],
    /// Who has not heard which of them.
    missing: Vec<(usize, usize)>,
    round: u32,
}

impl Call {
    fn begin(trial: &Trial, members: usize) -> Call {
        let began = trial.clock().now().as_nanos();
        let mut missing: Vec<(usize, usize)> = Vec::new();
        for at in (0..members).filter(|_| members > 1) {
            missing.extend([0, 1].iter().filter(|speaker| at != **speaker).map(|by| (at, *by)));
        }
        let probes = [0, 1].map(|speaker| format!("{PROBE}{began} {speaker}"));
        Call { probes, missing, round: 0 }
    }

    /// One round more: both speak, and all listen.
    async fn again(
        &mut self,
        trial: &Trial,
        room: &str,
        members: &mut [Member<'_>],
    ) -> Result<(), Stop> {
        for (speaker, probe) in self.probes.iter().enumerate() {
            members[speaker].say(room, probe).await?;
        }
        let until = trial.clock().now() + longer_each_time(self.round);
        let mut still_missing = Vec::new();
        for (at, speaker) in std::mem::take(&mut self.missing) {
            if !members[at].hears(&self.probes[speaker], until).await? {
                still_missing.push((at, speaker));
            }
        }
        self.missing = still_missing;
        self.round += 1;
        Ok(())
    }

    fn deaf(&self) -> Vec<usize> {
        let mut deaf: Vec<usize> = self.missing.iter().map(|(at, _)| *at).collect();
        deaf.dedup();
        deaf
    }

    /// Drops the probes that nobody waits for.
    async fn end(&self, trial: &Trial, members: &mut [Member<'_>]) {
        // All of the first round was heard, or some of a later one is still under way.
        let under_way = if self.round > 1 { trial.patience().quiet } else { Duration::ZERO };
        trial.pause(under_way).await;
        for member in members.iter_mut() {
            member.forget_probes();
        }
    }
}

fn longer_each_time(round: u32) -> Duration {
    LONGEST_ROUND.min(FIRST_ROUND * (1 << round.min(4)))
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
    let counts = counts(trial, members, wanted).await?;
    are_as_wanted(members, wanted, &counts)
}

/// How often each of `wanted` is heard by each of `members`, in their order, until it came to all
/// who should hear it and for a while longer.
///
/// # Errors
/// Unknown, when one that has heard all that it should is not answered any more.
pub(in crate::conformance) async fn counts(
    trial: &Trial,
    members: &mut [Member<'_>],
    wanted: &[(&str, &[usize])],
) -> Result<Vec<Vec<usize>>, Stop> {
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
    Ok(counts)
}

/// Wants each of `wanted` to be heard as often as is said there.
///
/// # Errors
/// Failed, when `counts` say otherwise.
pub(in crate::conformance) fn are_as_wanted(
    members: &[Member<'_>],
    wanted: &[(&str, &[usize])],
    counts: &[Vec<usize>],
) -> Result<(), Stop> {
    for ((said, copies), counts) in wanted.iter().zip(counts) {
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
