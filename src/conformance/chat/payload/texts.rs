//! Texts: of all kinds of characters, of all lengths, to both transports.

use crate::conformance::chat::member::assemble;
use crate::conformance::finding::{Found, Stop, fine};
use crate::conformance::peer::Via;
use crate::conformance::trial::Trial;

const TEXTS: [&str; 11] = [
    "é€😀\u{2028}\u{2029}\u{7f}\u{fffd}\u{202e}",
    "\u{0}\u{7}\u{1e}\u{1f}",
    "\u{feff}begins with a byte order mark",
    "👩‍👩‍👧‍👦 🏳️‍🌈 Ångström A\u{30a}ngstro\u{308}m",
    "<script>alert('x')</script>&amp;\\\"/%00",
    " \t blanks before and after \r\n",
    r#"{"_placeholder":true,"num":0}"#,
    r#"42["onreceive-msg",{}]"#,
    "\\u0041\\n",
    "null",
    "__proto__",
];

/// A server that says no maxPayload may still have one; nobody's is less.
const UNTOLD_BYTES_MAX: u64 = 60_000;
/// A message is at most this long, whatever the server would take.
const TEXT_BYTES_MAX: u64 = 4_000_000;

pub(super) async fn are_heard_as_said(trial: &Trial) -> Found {
    let room = trial.room("texts");
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    for text in TEXTS {
        members[0].say(&room, text).await?;
        members[1].hear(&room, "a", text).await?;
    }
    fine()
}

pub(super) async fn long_ones_are_whole(trial: &Trial) -> Found {
    let room = trial.room("long");
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    let bytes_max = trial.survey().payload_bytes_max.unwrap_or(UNTOLD_BYTES_MAX);
    let mut left_out = Vec::new();
    for (what, text) in [
        ("8 KiB", "k".repeat(8_192)),
        ("66000 bytes", "L".repeat(66_000)),
        ("40000 times é", "é".repeat(40_000)),
    ] {
        if text.len() as u64 + 1_000 > bytes_max {
            left_out.push(what);
            continue;
        }
        members[0].say(&room, &text).await?;
        members[1].hear(&room, "a", &text).await?;
    }
    match left_out.as_slice() {
        [] => fine(),
        left_out => Ok(format!("left out, as maxPayload may forbid it: {}", left_out.join(", "))),
    }
}

pub(super) async fn almost_the_longest_is_whole(trial: &Trial) -> Found {
    let bytes_max = trial.survey().payload_bytes_max.unwrap_or_default();
    let room = trial.room("longest");
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    let around = members[0].message(&room, "").len() as u64;
    let wanted = (bytes_max / 10 * 9).min(TEXT_BYTES_MAX);
    let Some(text_bytes) = wanted.checked_sub(around).filter(|bytes| *bytes > 0) else {
        let why = format!("no message fits into {bytes_max} bytes");
        return Err(Stop::NotApplicable(why));
    };
    let text = "m".repeat(text_bytes as usize);
    members[0].say(&room, &text).await?;
    members[1].hear(&room, "a", &text).await?;
    Ok(format!("{wanted} bytes of {bytes_max}"))
}

pub(super) async fn reach_both_transports(trial: &Trial) -> Found {
    let room = trial.room("both");
    let ways = [Via::WebSocket, Via::WebSocket, Via::Polling, Via::Polling];
    let mut members = assemble(trial, &room, &ways).await?;
    for (speaker, text) in [(0, "é€😀 by WebSocket"), (3, "é€😀 by polling")] {
        let author = members[speaker].author.clone();
        members[speaker].say(&room, text).await?;
        for (at, member) in members.iter_mut().enumerate() {
            if at != speaker {
                member.hear(&room, &author, text).await?;
            }
        }
    }
    fine()
}
