//! Missed: what is said while a connection is away, and what it gets of that afterwards.

use std::time::Duration;

use super::session::{ask, pid_of};
use crate::conformance::chat::member::{Member, assemble};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::{Missing, Packet, Peer, Via};
use crate::conformance::trial::Trial;

const MISSED: [&str; 3] = ["missed 1", "missed 2", "missed 3"];
/// A server may notice late that a connection is gone: so often it is asked for its session.
const ASKED_MAX: u32 = 4;
const ANSWERED: &str = "an answer to CONNECT with a pid";

/// A member that is away, and what it knows of its session.
struct Away {
    sid: String,
    pid: String,
    offset: Option<String>,
}

/// What a member that came back has got.
struct Back<'t> {
    member: Member<'t>,
    /// Whether it has the session it had.
    recovered: bool,
    /// The texts that came by themselves.
    texts: Vec<String>,
}

pub(super) async fn comes_once(trial: &Trial) -> Found {
    const EXPECTED: &str = "the session it had, and the 3 texts it missed, once and in order";
    let room = trial.room("away");
    let (speaker, away) = leave(trial, &room, true).await?;
    for text in MISSED {
        speaker.say(&room, text).await?;
    }
    let mut back = come_back(trial, &away, (ASKED_MAX, MISSED.len())).await?;
    ensure(back.recovered, EXPECTED, || "a new session".into())?;
    ensure(back.texts == MISSED, EXPECTED, || format!("{:?}", back.texts))?;
    speaker.say(&room, "afterwards").await?;
    back.member.hear(&room, "a", "afterwards").await?;
    let again = back.member.listen().await;
    ensure(again.is_empty(), EXPECTED, || format!("more afterwards: {again:?}"))?;
    fine()
}

pub(super) async fn without_offset(trial: &Trial) -> Found {
    let room = trial.room("early");
    let (speaker, away) = leave(trial, &room, false).await?;
    speaker.say(&room, MISSED[0]).await?;
    let back = match come_back(trial, &away, (1, 1)).await {
        Err(Stop::Failed(failure)) => {
            return Ok(format!("b gets no session: {}", failure.observed));
        }
        back => back?,
    };
    let session = if back.recovered { "the session it had" } else { "a new session" };
    let texts = if back.texts.is_empty() { "nothing" } else { "the text" };
    Ok(format!("b gets {session}, and {texts} that it missed"))
}

pub(super) async fn is_given_once(trial: &Trial) -> Found {
    let room = trial.room("twice");
    let (speaker, away) = leave(trial, &room, true).await?;
    speaker.say(&room, MISSED[0]).await?;
    let first = come_back(trial, &away, (ASKED_MAX, 1)).await?;
    if !first.recovered {
        return Err(Stop::unknown("the session was not recovered even once"));
    }
    let mut second = trial.session(Via::WebSocket).await?;
    let answer = ask(trial, &mut second, &away.pid, away.offset.as_deref()).await?;
    let answer = match answer {
        Ok(answer) => answer,
        Err(missing) => {
            if is_refused(trial, &mut second, &missing).await {
                return Ok("the second is refused".into());
            }
            return Err(second.instead(ANSWERED, &missing));
        }
    };
    let second = hear_back(trial, second, (answer["sid"] == *away.sid, 1)).await?;
    ensure(!second.recovered, "a new session for the second that asks", || {
        format!("the same id again, and {:?}", second.texts)
    })?;
    drop(first);
    fine()
}

/// Whether `peer`, which asked for a session, got CONNECT_ERROR or the end of the connection where
/// something else is `missing`.
async fn is_refused(trial: &Trial, peer: &mut Peer, missing: &Missing) -> bool {
    let refusal = format!("44{}", trial.prefix());
    let is_refusal = |packet: &Packet| {
        matches!(packet, Packet::Text(text) if text.starts_with(&refusal)).then_some(())
    };
    matches!(missing, Missing::Ended(_)) || peer.wait_for(Duration::ZERO, is_refusal).await.is_ok()
}

/// Members a and b; b is cut off, after it has heard something or before.
async fn leave<'t>(
    trial: &'t Trial,
    room: &str,
    has_heard: bool,
) -> Result<(Member<'t>, Away), Stop> {
    let mut members = assemble(trial, room, &[Via::WebSocket, Via::WebSocket]).await?;
    let mut leaver = if has_heard {
        members.remove(1)
    } else {
        // One that was heard to hear has heard something.
        let mut early = Member::connect(trial, Via::WebSocket, "b").await?;
        early.join(room).await?;
        early
    };
    let mut speaker = members.remove(0);
    let mut offset = None;
    if has_heard {
        speaker.say(room, "before").await?;
        let heard = leaver.hear_text("before", "").await;
        let heard = heard.map_err(|_| Stop::unknown("the members hear each other no more"))?;
        let last = heard.data.as_array().and_then(|data| data.last());
        offset = last.and_then(|last| last.as_str()).map(str::to_owned);
        if offset.is_none() {
            return Err(Stop::unknown("no offset follows the message"));
        }
    }
    let sid = leaver.peer.id().unwrap_or_default().to_owned();
    let pid = pid_of(&leaver.peer).ok_or_else(|| Stop::unknown("CONNECT gave no pid"))?;
    leaver.peer.cut().await;
    // The server has to notice, and nothing tells when it has.
    trial.pause(trial.patience().quiet).await;
    speaker.settle().await?;
    Ok((speaker, Away { sid, pid, offset }))
}

/// Asks for the session of `away`, more than once where the server may not have missed it yet, and
/// hears what was `missed`.
async fn come_back<'t>(
    trial: &'t Trial,
    away: &Away,
    (asked_max, missed): (u32, usize),
) -> Result<Back<'t>, Stop> {
    let mut asked = 0;
    loop {
        asked += 1;
        let mut peer = trial.session(Via::WebSocket).await?;
        let answer = ask(trial, &mut peer, &away.pid, away.offset.as_deref()).await?;
        let answer = answer.map_err(|missing| peer.instead(ANSWERED, &missing))?;
        let recovered = answer["sid"] == *away.sid;
        if !recovered && asked < asked_max {
            trial.pause(Duration::from_millis(500)).await;
            continue;
        }
        return hear_back(trial, peer, (recovered, missed)).await;
    }
}

/// What `peer` has got; a session that was `recovered` is given the time to bring as many texts as
/// were `missed`.
async fn hear_back(
    trial: &Trial,
    peer: Peer,
    (recovered, missed): (bool, usize),
) -> Result<Back<'_>, Stop> {
    let mut member = Member::of(trial, peer, "b")?;
    let mut heard = Vec::new();
    while recovered && heard.len() < missed {
        let next = member.peer.next(trial.patience().answer).await;
        let Ok((_, packet)) = next else { break };
        heard.extend(member.read(&packet));
    }
    heard.extend(member.listen().await);
    let texts = heard.into_iter().filter_map(|message| message.text).collect();
    Ok(Back { member, recovered, texts })
}
