//! Polling: how packets are received over HTTP (Engine.IO protocol v4, *Receiving data*).

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::http::read_response;
use crate::conformance::peer::{Metered, Packet, Peer, Polling, Response, Via, packets};
use crate::conformance::round_trip::RoundTrip;
use crate::conformance::trial::Trial;

/// A poll that has been read and not been answered after so long hangs: nothing was due.
const HANGS_AFTER: Duration = Duration::from_millis(60);
/// Polls that are answered at once, each with something that was due, before one hangs.
const POLLS_MAX: u32 = 20;
/// From the answer to the post of an event to that to the poll that hangs.
const WAKES_WITHIN: Duration = Duration::from_millis(500);
/// How often that is measured: by an odd number, for the one in the middle is taken.
const WAKES: usize = 5;

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "EIO-HTTP-05",
        title: "a second poll at once is refused, and the session closed",
        requirement: "a client MUST NOT have more than one active `GET` request. Should it \
                      happen, the server MUST return an HTTP 400 error status and close the \
                      session.",
        section: Section::EngineIo("Receiving data"),
        level: Level::Must,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET, which hangs; GET → 400 (or 500); the first ends; GET → 4xx",
        why: "With two polls packets arrive out of order, or at whoever took the other's id.",
        differs: "python-socketio and netty-socketio serve both.",
        run: |trial| Box::pin(refuses_second_poll(trial)),
    },
    Check {
        id: "EIO-HTTP-07",
        title: "a poll that the client breaks off closes the session",
        requirement: "A session whose poll is cancelled is closed: what was written to it is lost",
        section: Section::Suite,
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET, which hangs; the TCP connection is closed; GET → 4xx",
        why: "A server that goes on may write a message into the poll that nobody reads.",
        differs: "socketioxide, python-socketio and netty-socketio keep the session.",
        run: |trial| Box::pin(closes_after_aborted_poll(trial)),
    },
    Check {
        id: "EIO-HTTP-11",
        title: "a poll that hangs is answered as soon as there is something",
        requirement: "Once there are some packets to be sent, the server SHOULD encode them […] \
                      and send them in the response body of the HTTP request.",
        section: Section::EngineIo("Receiving data"),
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Alone,
        wire: "GET, which hangs; POST an event → both are answered within 500 ms of each other",
        why: "A server that looks only now and then delays every message of those who poll.",
        differs: "",
        run: |trial| Box::pin(wakes_promptly(trial)),
    },
    Check {
        id: "EIO-HTTP-13",
        title: "whether long answers are compressed",
        requirement: "Nothing is said of compression",
        section: Section::Practice,
        level: Level::Info,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET with Accept-Encoding: gzip → Content-Encoding of an answer of 5 kB",
        why: "It trades the server's time for bytes on the wire.",
        differs: "gzip from the official server, python-socketio and netty-socketio.",
        run: |trial| Box::pin(tells_compression(trial)),
    },
    Check {
        id: "EIO-HTTP-15",
        title: "what answers say about caches",
        requirement: "Nothing is said of `Cache-Control`",
        section: Section::Practice,
        level: Level::Info,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET → Cache-Control, Content-Type",
        why: "A poll's URL is the same each time: an answer that a proxy keeps is heard twice.",
        differs: "`no-store` from the official server, but not from early ones (4.0); nothing from \
                  socketioxide and python-socketio.",
        run: |trial| Box::pin(tells_cache_headers(trial)),
    },
    Check {
        id: "EIO-HTTP-16",
        title: "what a request for JSONP gets",
        requirement: "Nothing is said of JSONP",
        section: Section::Practice,
        level: Level::Info,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET with `j=0`, and with a script as `j`",
        why: "An answer that is a script with parts of the query in it runs what others wrote.",
        differs: "The official server still calls a function, by the digits of `j`; \
                  python-socketio as well, and refuses what is no number.",
        run: |trial| Box::pin(tells_jsonp(trial)),
    },
];

async fn refuses_second_poll(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 400 to the second poll, and no session any more";
    let polling = trial.polling().await?;
    let mut first = hanging_poll(trial, &polling).await?;
    let within = trial.patience().answer;
    let mut second = polling.get();
    second.within = within;
    let served = |how: String| Stop::failed(EXPECTED, format!("the second poll: {how}"));
    let second = polling.make(&second).await.map_err(served)?;
    // Frameworks that report an error of the application say 500.
    let refused = second.is_refusal() || second.status == 500;
    if !refused {
        return Err(served(second.brief()));
    }
    let first = tokio::time::timeout(within, read_response(&mut first, false)).await;
    let stays = |why: String| {
        let observed = format!("the second poll is refused, but the session stays: {why}");
        Err(Stop::failed(EXPECTED, observed))
    };
    match first {
        Err(_) => return stays("the first poll hangs on".into()),
        // Only a session that stands is pinged.
        Ok(Ok((response, _))) if response.body.starts_with(b"2") => return stays(response.brief()),
        Ok(_) => {}
    }
    let mut third = polling.get();
    third.within = within;
    match polling.make(&third).await {
        Ok(response) if response.is_refusal() => fine(),
        Ok(response) => stays(format!("a poll afterwards gets {}", response.brief())),
        Err(why) => stays(format!("a poll afterwards: {why}")),
    }
}

async fn closes_after_aborted_poll(trial: &Trial) -> Found {
    let twin = trial.connect(Via::Polling).await?;
    let polling = trial.polling().await?;
    // In the namespace, for the server closes those that stay out of any after a while.
    let connect = format!("40{}{}", trial.prefix(), trial.target().auth);
    polling.make(&polling.post(connect)).await.map_err(Stop::unknown)?;
    let hanging = hanging_poll(trial, &polling).await?;
    drop(hanging);
    polling.scribe.note("the client breaks the poll off");
    // Another poll that came first would be one too many, which is another matter.
    let_it_be_read(trial).await?;
    let peer = Peer::on_polling(polling, trial.dial());
    let end = trial.closes(peer, twin, "the session is closed", async |_| Ok(())).await?;
    Ok(end.to_string())
}

/// A poll for which nothing is due: what is, is fetched first, and pings are answered. So the
/// server's next ping is as far away as can be.
///
/// # Errors
/// Unknown, when there is always something.
async fn hanging_poll(trial: &Trial, polling: &Polling) -> Result<Metered, Stop> {
    let endpoint = trial.dial().endpoint();
    let head = polling.get().head(&endpoint.path, &endpoint.authority);
    for _ in 0..POLLS_MAX {
        let mut stream = trial.dial().connect().await.map_err(Stop::unknown)?;
        polling.scribe.sent("GET, and the answer is not awaited");
        let written = stream.write_all(head.as_bytes()).await;
        written.map_err(|error| Stop::unknown(error.to_string()))?;
        stream.flush().await.map_err(|error| Stop::unknown(error.to_string()))?;
        let_it_be_read(trial).await?;
        let answer = tokio::time::timeout(HANGS_AFTER, read_response(&mut stream, false)).await;
        let Ok(answer) = answer else { return Ok(stream) };
        let (response, _) = answer.map_err(Stop::unknown)?;
        polling.scribe.received(response.brief());
        for packet in packets(&response.body).map_err(Stop::unknown)? {
            if packet == Packet::Text("2".into()) {
                polling.make(&polling.post("3")).await.map_err(Stop::unknown)?;
            }
        }
    }
    Err(Stop::unknown("no poll hangs, for there is always something to be fetched"))
}

/// Has the server answer something else: by then it has had its turn to read what was sent before,
/// however busy the machine is.
///
/// # Errors
/// Unknown, when it does not answer.
pub(super) async fn let_it_be_read(trial: &Trial) -> Result<(), Stop> {
    trial.polling().await.map(drop)
}

async fn wakes_promptly(trial: &Trial) -> Found {
    let mut trip = RoundTrip::by(trial, Via::Polling).await?;
    trip.works().await?;
    let mut took = Vec::new();
    for number in 0..WAKES {
        // Until the poll hangs again.
        trial.pause(HANGS_AFTER).await;
        let text = format!("wake {number}");
        trip.say(&text).await?;
        // Not from before: how far away the server is does not count.
        let taken = trial.clock().now();
        trip.hear(&text, "the poll is answered with the event").await?;
        took.push(trial.clock().now().since(taken));
    }
    took.sort();
    let median = took[WAKES / 2];
    let brief = format!("{} ms", median.as_millis());
    ensure(median < WAKES_WITHIN, "an answer within 500 ms, as a rule", || brief.clone())?;
    Ok(format!("{brief} after the post was answered"))
}

async fn tells_compression(trial: &Trial) -> Found {
    const LONG: usize = 5_000;
    let polling = trial.polling().await?;
    // The refusal repeats the name of the namespace, and so is as long.
    let namespace = format!("{}-{}", trial.unknown_namespace(), "x".repeat(LONG));
    let posted = polling.make(&polling.post(format!("40{namespace},"))).await;
    posted.map_err(Stop::unknown)?;
    for _ in 0..POLLS_MAX {
        let mut request = polling.get().with_header("Accept-Encoding", "gzip");
        request.within = trial.patience().answer;
        let response = polling.make(&request).await.map_err(Stop::unknown)?;
        if let Some(coding) = response.header("content-encoding") {
            let bytes = response.body.len();
            return Ok(format!("{coding}: {bytes} bytes instead of more than {LONG}"));
        }
        if response.body.len() > LONG {
            return Ok("it is not compressed".into());
        }
        if response.status != 200 {
            break;
        }
    }
    Err(Stop::unknown("no long answer came"))
}

async fn tells_cache_headers(trial: &Trial) -> Found {
    let handshake = trial.get(&trial.query("polling"));
    let handshake = trial.make(&handshake).await.map_err(Stop::unknown)?;
    let polling = trial.polling().await?;
    let post = polling.post(format!("40{},", trial.unknown_namespace()));
    let posted = polling.make(&post).await.map_err(Stop::unknown)?;
    let polled = polling.make(&polling.get()).await.map_err(Stop::unknown)?;
    let told = |response: &Response| {
        let cache = response.header("cache-control").unwrap_or("not said");
        let content = response.header("content-type").unwrap_or("not said");
        format!("Cache-Control {cache}, Content-Type {content}")
    };
    let (handshake, posted, polled) = (told(&handshake), told(&posted), told(&polled));
    Ok(format!("handshake: {handshake}; post: {posted}; poll: {polled}"))
}

async fn tells_jsonp(trial: &Trial) -> Found {
    let mut told = Vec::new();
    for callback in ["0", "alert(1)//"] {
        let request = trial.get(&format!("{}&j={callback}", trial.query("polling")));
        let response = trial.make(&request).await.map_err(Stop::unknown)?;
        let content = response.header("content-type").unwrap_or("no Content-Type");
        let repeated = if callback != "0" && response.text().contains(callback) {
            ", the query repeated in it"
        } else {
            ""
        };
        let body: String = response.text().chars().take(24).collect();
        told.push(format!("j={callback}: HTTP {} {content} {body:?}…{repeated}", response.status));
    }
    Ok(told.join("; "))
}
