//! Variants: rooms with names of all kinds, a listener in each.

use super::member::Member;
use crate::conformance::finding::{Found, Stop, fine};
use crate::conformance::peer::shortened;
use crate::conformance::trial::Trial;

/// How names differ that are easily taken for one another, and how to make one of another.
pub(super) const VARIANTS: &[(&str, Vary)] = &[
    ("upper case", |name| name.to_uppercase()),
    ("a prefix of it", |name| name[..name.len() - "f\u{e9}".len()].into()),
    ("a suffix more", |name| format!("{name}2")),
    ("a space after it", |name| format!("{name} ")),
    ("a space before it", |name| format!(" {name}")),
    ("a `*` for its end", |name| format!("{}*", &name[..name.len() - "\u{e9}".len()])),
    ("a `.*` after it", |name| format!("{name}.*")),
    ("a `/sub` after it", |name| format!("{name}/sub")),
    ("a NUL after it", |name| format!("{name}\0")),
    ("a comma and a name after it", |name| format!("{name},other")),
    ("a `#` before it", |name| format!("#{name}")),
    ("Unicode's decomposed form", |name| name.replace('\u{e9}', "e\u{301}")),
];

/// Makes a name of another.
pub(super) type Vary = fn(&str) -> String;

/// Names of rooms that servers stumble over.
pub(super) const NAMES: &[&str] = &[
    "\u{1f600} \u{1f680}",
    "\u{627}\u{644}\u{639}\u{631}\u{628}\u{64a}\u{629}",
    "\u{4e2d}\u{6587}",
    "two\nlines",
    "a\ttab",
    "a\u{1e}separator",
    "a\0NUL",
    "a \"quote\" and a \\",
    "{\"json\":[1]}",
    "[1,2]",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "null",
    "true",
    "0",
    "a,b/c-1",
    "<b>&amp;</b>",
    " ",
];

/// Messages are said again where nothing was heard: a room may take a while to be joined.
const ROUNDS_MAX: usize = 10;

const LEAKS_TOLD_MAX: usize = 4;

/// A listener in each room, somebody who speaks to all of them, and who heard which room.
struct Listeners<'t> {
    trial: &'t Trial,
    speaker: Member<'t>,
    members: Vec<Member<'t>>,
    /// How often each heard each room: one list per listener.
    heard: Vec<Vec<usize>>,
}

impl<'t> Listeners<'t> {
    async fn gather(trial: &'t Trial, rooms: &[String]) -> Result<Listeners<'t>, Stop> {
        let mut members = Vec::new();
        for room in rooms {
            let mut member = Member::connect(trial, trial.via(), "b").await?;
            // A name that is not let in is one where nothing will be heard: that tells enough.
            member.ask(room).await?;
            let _ = member.settle().await;
            members.push(member);
        }
        // In every room, for there are servers where only members speak.
        let mut speaker = Member::connect(trial, trial.via(), "a").await?;
        for room in rooms {
            speaker.ask(room).await?;
        }
        speaker.settle().await?;
        let heard = vec![vec![0; rooms.len()]; rooms.len()];
        Ok(Listeners { trial, speaker, members, heard })
    }

    /// Speaks to those of `rooms` that are not heard by their own listeners, until they all are
    /// or that takes too long.
    async fn speak(&mut self, rooms: &[String]) -> Result<(), Stop> {
        let trial = self.trial;
        let (clock, round_max) = (trial.clock(), trial.patience().answer / ROUNDS_MAX as u32);
        for round in 0..ROUNDS_MAX {
            if round == ROUNDS_MAX / 2 {
                self.ask_again(rooms).await;
            }
            for (at, room) in rooms.iter().enumerate() {
                if self.heard[at][at] == 0 {
                    self.speaker.say(room, &trial.text(&format!("to {at}"))).await?;
                }
            }
            let until = clock.now() + round_max;
            while !self.all_heard() && clock.now() < until {
                trial.pause(std::time::Duration::from_millis(5)).await;
                self.hear(rooms.len());
            }
            if self.all_heard() {
                break;
            }
        }
        for member in &mut self.members {
            // Who was thrown out hears nothing, and that tells enough.
            let _ = member.settle().await;
        }
        trial.pause(trial.patience().quiet).await;
        self.hear(rooms.len());
        Ok(())
    }

    /// Has those who are deaf join again, and who speaks to them: what comes right behind CONNECT
    /// may be lost.
    async fn ask_again(&self, rooms: &[String]) {
        for (at, room) in rooms.iter().enumerate().filter(|(at, _)| self.heard[*at][*at] == 0) {
            // Who was thrown out hears nothing, and that tells enough.
            let _ = self.members[at].ask(room).await;
            let _ = self.speaker.ask(room).await;
        }
    }

    fn all_heard(&self) -> bool {
        self.heard.iter().enumerate().all(|(at, heard)| heard[at] > 0)
    }

    fn hear(&mut self, rooms: usize) {
        let texts: Vec<String> =
            (0..rooms).map(|room| self.trial.text(&format!("to {room}"))).collect();
        for (member, heard) in self.members.iter_mut().zip(&mut self.heard) {
            for message in member.heard_so_far() {
                let room = texts.iter().position(|text| message.text.as_ref() == Some(text));
                if let Some(room) = room {
                    heard[room] += 1;
                }
            }
        }
    }
}

/// Wants what is said in one of `rooms`, each given with a word on it, to be heard in no other.
pub(super) async fn keep_apart(trial: &Trial, rooms: &[(String, String)]) -> Found {
    let names: Vec<String> = rooms.iter().map(|(_, name)| name.clone()).collect();
    let mut listeners = Listeners::gather(trial, &names).await?;
    listeners.speak(&names).await?;
    let mut leaks = Vec::new();
    for (to, heard) in listeners.heard.iter().enumerate() {
        for (from, _) in heard.iter().enumerate().filter(|(from, count)| *from != to && **count > 0)
        {
            leaks.push(format!("what is said in {} in {}", rooms[from].0, rooms[to].0));
        }
    }
    if !leaks.is_empty() {
        let more = leaks.len().saturating_sub(LEAKS_TOLD_MAX);
        leaks.truncate(LEAKS_TOLD_MAX);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        let observed = format!("there is heard {}{more}", leaks.join(", "));
        return Err(Stop::failed("each listener hears its own room alone", observed));
    }
    if listeners.heard[0][0] == 0 {
        return Err(Stop::unknown("nothing is heard at all, even in its own room"));
    }
    fine()
}

/// Which of `rooms` nothing is heard in, told in words.
pub(super) async fn deliver_each(trial: &Trial, rooms: &[String]) -> Result<Vec<String>, Stop> {
    let mut listeners = Listeners::gather(trial, rooms).await?;
    listeners.speak(rooms).await?;
    let heard = &listeners.heard;
    let unheard = rooms.iter().enumerate().filter(|(at, _)| heard[*at][*at] == 0);
    Ok(unheard.map(|(_, room)| format!("`{}`", shortened(room))).collect())
}
