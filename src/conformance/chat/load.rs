//! Load: many messages in several rooms at once, and who heard which of them: one history, of
//! which each check judges its own part.

use std::fmt::Write as _;
use std::time::Duration;

use super::gathering::{name, prove_speakers};
use super::member::{Member, Message};
use crate::conformance::finding::{Found, Stop};
use crate::conformance::peer::{Transcript, shortened};
use crate::conformance::trial::Trial;

const ROOMS: usize = 5;
const ROOM_MEMBERS: usize = 4;
/// Messages on their way at a time; a server that takes its time is not overrun.
const IN_FLIGHT_MAX: usize = 256;
const SAID_AT_ONCE: usize = 32;
/// Where nothing was heard for this long, more is said before what is under way has come.
const STALL: Duration = Duration::from_secs(1);
/// After so many stalls nothing more is said while something is missing: what was lost by then is
/// lost enough.
const STALLS_MAX: u32 = 3;
const EXAMPLES_MAX: usize = 5;

/// What was said under load, and who heard it.
#[derive(Debug)]
pub(in crate::conformance) struct History {
    /// Messages that were said; each knows its sender and its room by its number.
    said: usize,
    /// Messages that were to be said.
    total: usize,
    /// How often each member heard each message of its room: one list per member.
    counts: Vec<Vec<u8>>,
    /// What nobody said in the room in which it was heard: how much, and the first few.
    unexpected: (usize, Vec<String>),
    /// How connections ended that should not have.
    ended: Vec<String>,
}

/// A history, and what went over the wire while it was made.
#[derive(Debug)]
pub(in crate::conformance) struct Loaded {
    history: History,
    transcript: Transcript,
}

/// The history of this run: made by the first check that asks for it, whose transcript the others
/// have, too.
///
/// # Errors
/// Unknown, when the members cannot be gathered.
pub(in crate::conformance) async fn history(trial: &Trial) -> Result<&History, Stop> {
    let make = async || {
        let history = Load::gather(trial).await?.run().await?;
        Ok(Loaded { history, transcript: trial.transcript().clone() })
    };
    let loaded: &Loaded = trial.load().get_or_try_init(make).await?;
    if !trial.transcript().is(&loaded.transcript) {
        trial.scribe().note("what follows went over the wire once, for several checks");
        trial.transcript().adopt(&loaded.transcript);
    }
    Ok(&loaded.history)
}

/// Which room message `number` is said in.
fn room_of(number: usize) -> usize {
    number % ROOMS
}

/// Who says message `number`: members of a room take turns.
fn speaker_of(number: usize) -> usize {
    room_of(number) * ROOM_MEMBERS + number / ROOMS % ROOM_MEMBERS
}

impl History {
    /// Every message came to everybody in its room.
    pub(super) fn lost(&self) -> Found {
        self.judge("reaches everybody else in its room", "was lost to", |count| count == 0)
    }

    /// No message came to anybody in its room twice.
    pub(super) fn duplicated(&self) -> Found {
        self.judge("reaches nobody twice", "came more than once to", |count| count > 1)
    }

    /// No message came to anybody outside its room.
    pub(super) fn strayed(&self) -> Found {
        let (count, examples) = &self.unexpected;
        if *count == 0 {
            return self.passed();
        }
        let expected = format!("each of {} messages stays in its room", self.said);
        let observed =
            format!("{count} deliveries are none of the room's: {}", examples.join("; "));
        Err(Stop::failed(expected, observed))
    }

    fn passed(&self) -> Found {
        if self.said == 0 || self.deliveries().all(|(.., count)| count == 0) {
            let ended = self.ended.join("; ");
            let said = self.said;
            return Err(Stop::unknown(format!("nothing was heard of {said} messages; {ended}")));
        }
        if !self.ended.is_empty() {
            let ended = self.ended.join("; ");
            return Err(Stop::unknown(format!("under load not every connection stood: {ended}")));
        }
        if self.said < self.total {
            let (said, total) = (self.said, self.total);
            return Err(Stop::unknown(format!(
                "only {said} of {total} messages were said, for the server came to a halt over \
                 and over"
            )));
        }
        Ok(format!("{} messages to {} rooms of {ROOM_MEMBERS}", self.said, ROOMS))
    }

    /// Every delivery that is due, those to senders left aside: message, receiver, and how often
    /// it came.
    fn deliveries(&self) -> impl Iterator<Item = (usize, usize, u8)> {
        (0..self.said).flat_map(move |number| {
            let first = room_of(number) * ROOM_MEMBERS;
            let receivers = first..first + ROOM_MEMBERS;
            let due = move |at: &usize| *at != speaker_of(number);
            receivers.filter(due).map(move |at| (number, at, self.counts[at][number / ROOMS]))
        })
    }

    fn judge(&self, expected: &str, what: &str, is_wrong: impl Fn(u8) -> bool) -> Found {
        let (mut due, mut wrong, mut examples) = (0, 0, String::new());
        for (number, at, count) in self.deliveries() {
            due += 1;
            if is_wrong(count) {
                wrong += 1;
                if wrong <= EXAMPLES_MAX {
                    let (speaker, at) = (name(speaker_of(number)), name(at));
                    // Writing into a string cannot fail.
                    let _ = write!(examples, "; message {number} of {speaker} {what} {at}");
                }
            }
        }
        if wrong == 0 {
            return self.passed();
        }
        let ended: String = self.ended.iter().map(|ended| format!("; {ended}")).collect();
        let expected = format!("each of {} messages {expected}", self.said);
        Err(Stop::failed(expected, format!("{wrong} of {due} deliveries{examples}{ended}")))
    }
}

/// The members under load.
struct Load<'t> {
    trial: &'t Trial,
    rooms: Vec<String>,
    members: Vec<Member<'t>>,
    history: History,
    /// Deliveries that are still under way, or were lost.
    under_way: usize,
    /// Of these, those that are not waited for before more is said: of the messages so far when
    /// nothing was heard for a while.
    given_up: usize,
    given_up_said: usize,
}

impl<'t> Load<'t> {
    async fn gather(trial: &'t Trial) -> Result<Load<'t>, Stop> {
        let rooms: Vec<String> = (1..=ROOMS).map(|room| trial.room(&format!("r{room}"))).collect();
        let mut members = Vec::new();
        for room in &rooms {
            for _ in 0..ROOM_MEMBERS {
                let mut member = Member::connect(trial, trial.via(), &name(members.len())).await?;
                member.join(room).await?;
                members.push(member);
            }
        }
        for (room, members) in rooms.iter().zip(members.chunks_mut(ROOM_MEMBERS)) {
            prove_speakers(trial, room, members).await?;
        }
        let total = trial.target().load_messages as usize;
        let history = History {
            said: 0,
            total,
            counts: vec![vec![0; total / ROOMS + 1]; members.len()],
            unexpected: (0, Vec::new()),
            ended: Vec::new(),
        };
        Ok(Load { trial, rooms, members, history, under_way: 0, given_up: 0, given_up_said: 0 })
    }

    async fn run(mut self) -> Result<History, Stop> {
        const RECEIVERS: usize = ROOM_MEMBERS - 1;
        let clock = self.trial.clock();
        let total = self.history.total;
        let (mut stalls, mut last_heard, mut may_speak) = (0, clock.now(), true);
        loop {
            if self.hear() {
                last_heard = clock.now();
            }
            if self.given_up == 0 {
                // What was given up came after all: the server is slow, and has lost nothing.
                stalls = 0;
            }
            let more = self.history.said < total && stalls < STALLS_MAX && may_speak;
            if more && self.under_way - self.given_up < IN_FLIGHT_MAX * RECEIVERS {
                for _ in 0..SAID_AT_ONCE.min(total - self.history.said) {
                    if let Err(stop) = self.say_next().await {
                        // Who may not speak any more has been thrown out: that ends it.
                        self.history.ended.push(stop.why().into());
                        may_speak = false;
                        break;
                    }
                    self.under_way += RECEIVERS;
                }
                continue;
            }
            if !more && self.under_way == 0 {
                break;
            }
            let patience = if more { STALL } else { self.trial.patience().answer };
            if clock.now().since(last_heard) > patience {
                if !more {
                    break;
                }
                (stalls, last_heard) = (stalls + 1, clock.now());
                (self.given_up, self.given_up_said) = (self.under_way, self.history.said);
            }
            self.trial.pause(Duration::from_millis(1)).await;
        }
        self.finish().await;
        Ok(self.history)
    }

    /// Lets come what should not: a second copy, a message of another room.
    async fn finish(&mut self) {
        for member in &mut self.members {
            if let Err(missing) = member.peer.round_trip().await {
                let author = &member.author;
                self.history.ended.push(format!("{author}, asked at the end, heard {missing}"));
            }
        }
        self.trial.pause(self.trial.patience().quiet).await;
        self.hear();
    }

    /// The text of message `number`; a changed one is told by its hash.
    fn text(&self, number: usize) -> String {
        let stamp = self.trial.text(&format!("{} {number} ", name(speaker_of(number))));
        let hash = stamp
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        format!("{stamp}{hash:08x}")
    }

    async fn say_next(&mut self) -> Result<(), Stop> {
        let number = self.history.said;
        let text = self.text(number);
        self.members[speaker_of(number)].say(&self.rooms[room_of(number)], &text).await?;
        self.history.said += 1;
        Ok(())
    }

    /// Takes in what came; whether anything did.
    fn hear(&mut self) -> bool {
        let mut any = false;
        for at in 0..self.members.len() {
            for message in self.members[at].heard_so_far() {
                any = true;
                self.take(at, &message);
            }
        }
        any
    }

    /// Counts `message`, which the member at this place heard.
    fn take(&mut self, at: usize, message: &Message) {
        let number = message.text.as_deref().and_then(|text| self.number_of(text));
        // What else the message says is for other checks to judge.
        let in_its_room = |number: &usize| room_of(*number) == at / ROOM_MEMBERS;
        let Some(number) = number.filter(in_its_room) else {
            let (count, examples) = &mut self.history.unexpected;
            *count += 1;
            if examples.len() < EXAMPLES_MAX {
                let message = shortened(&message.data.to_string());
                examples.push(format!("{} heard `{message}`", self.members[at].author));
            }
            return;
        };
        let count = &mut self.history.counts[at][number / ROOMS];
        // What a sender hears of itself is for other checks to judge.
        if *count == 0 && at != speaker_of(number) {
            self.under_way = self.under_way.saturating_sub(1);
            if number < self.given_up_said {
                self.given_up = self.given_up.saturating_sub(1);
            }
        }
        *count = count.saturating_add(1);
    }

    /// The number of the message that says `text`, if one was said that does.
    fn number_of(&self, text: &str) -> Option<usize> {
        let mut fields = text.rsplit(' ');
        let number = fields.nth(1)?.parse().ok()?;
        (number < self.history.said && self.text(number) == text).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everybody heard everything of `said` messages, and its sender did not.
    fn sound(said: usize) -> History {
        let members = ROOMS * ROOM_MEMBERS;
        let mut counts = vec![vec![0; said / ROOMS + 1]; members];
        for number in 0..said {
            let first = room_of(number) * ROOM_MEMBERS;
            for at in (first..first + ROOM_MEMBERS).filter(|at| *at != speaker_of(number)) {
                counts[at][number / ROOMS] = 1;
            }
        }
        History { said, total: said, counts, unexpected: (0, Vec::new()), ended: Vec::new() }
    }

    fn verdicts(history: &History) -> [bool; 3] {
        [history.lost(), history.duplicated(), history.strayed()].map(|found| found.is_ok())
    }

    #[test]
    fn each_fault_is_seen_by_its_own_judge_only() {
        assert_eq!(verdicts(&sound(100)), [true; 3]);
        let receiver = (0..ROOM_MEMBERS).find(|at| *at != speaker_of(50)).expect("there are four");
        let mut lossy = sound(100);
        lossy.counts[receiver][50 / ROOMS] = 0;
        assert_eq!(verdicts(&lossy), [false, true, true]);
        let mut doubling = sound(100);
        doubling.counts[receiver][50 / ROOMS] = 2;
        assert_eq!(verdicts(&doubling), [true, false, true]);
        let mut leaky = sound(100);
        leaky.unexpected.0 = 1;
        assert_eq!(verdicts(&leaky), [true, true, false]);
    }

    #[test]
    fn who_hears_itself_is_for_other_checks_to_judge() {
        let mut history = sound(100);
        history.counts[speaker_of(50)][50 / ROOMS] = 3;
        assert_eq!(verdicts(&history), [true; 3]);
    }

    #[test]
    fn less_than_was_to_be_said_is_no_pass_and_yet_shows_faults() {
        let mut halting = sound(100);
        halting.total = 101;
        let found = [halting.lost(), halting.duplicated(), halting.strayed()];
        assert!(found.iter().all(|found| matches!(found, Err(Stop::Unknown(_)))), "{found:?}");
        halting.unexpected.0 = 1;
        assert!(matches!(halting.strayed(), Err(Stop::Failed(_))));
    }

    #[test]
    fn nothing_said_or_nothing_heard_is_no_pass() {
        let mut deaf = sound(100);
        deaf.counts.iter_mut().for_each(|counts| counts.fill(0));
        assert_eq!(verdicts(&deaf), [false; 3]);
        assert_eq!(verdicts(&sound(0)), [false; 3]);
    }
}
