//! Idle: connections on which nothing comes, or not enough.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::conformance::finding::{Found, Stop, ensure};
use crate::conformance::lanes::side_by_side;
use crate::conformance::peer::{Missing, Peer, Via};
use crate::conformance::trial::Trial;

const SILENT: usize = 500;
/// More of an answer that nobody asked for is not kept.
const ANSWER_BYTES_MAX: usize = 64 << 10;

pub(super) async fn says_nothing(trial: &Trial) -> Found {
    stands_for(trial, "").await
}

pub(super) async fn says_half(trial: &Trial) -> Found {
    let endpoint = trial.dial().endpoint();
    let (path, authority, query) = (&endpoint.path, &endpoint.authority, trial.query("polling"));
    stands_for(trial, &format!("GET {path}?{query} HTTP/1.1\r\nHost: {authority}\r\nX-Half: "))
        .await
}

async fn stands_for(trial: &Trial, said: &str) -> Found {
    let mut stream = trial.dial().connect().await.map_err(Stop::unknown)?;
    let scribe = trial.scribe();
    scribe.sent(said);
    stream.write_all(said.as_bytes()).await.map_err(|error| Stop::unknown(error.to_string()))?;
    stream.flush().await.map_err(|error| Stop::unknown(error.to_string()))?;
    let began = trial.clock().now();
    let wait_max = trial.patience().wait_max;
    let (mut answer, mut piece) = (Vec::new(), vec![0; 4096]);
    let closed = async {
        loop {
            match stream.read(&mut piece).await {
                Ok(0) => return "it is closed".to_owned(),
                Ok(len) => {
                    let room = ANSWER_BYTES_MAX - answer.len();
                    answer.extend_from_slice(&piece[..len.min(room)]);
                }
                Err(error) => return format!("it is over ({error})"),
            }
        }
    };
    let closed = tokio::time::timeout(wait_max, closed).await;
    let took = trial.clock().now().since(began);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    scribe.received(&answer);
    let answered = answer.lines().next().map(|line| format!(" with `{line}`")).unwrap_or_default();
    Ok(match closed {
        Ok(closed) => format!("{closed} after {:.1} s{answered}", took.as_secs_f64()),
        Err(_) => format!("it stands after {}", humantime::format_duration(wait_max)),
    })
}

pub(super) async fn are_reaped(trial: &Trial) -> Found {
    let survey = trial.survey();
    let heartbeat = survey.heartbeat().unwrap_or_default();
    let open = async |_| {
        let peer = trial.session(Via::WebSocket).await?;
        peer.heartbeats().answer(false);
        Ok(peer)
    };
    let opened = side_by_side(SILENT, open).await;
    let mut peers = opened.into_iter().collect::<Result<Vec<Peer>, Stop>>()?;
    let until = trial.clock().now() + heartbeat * 3 / 2 + trial.patience().answer;
    let mut standing = 0;
    for peer in &mut peers {
        let left = until.since(trial.clock().now());
        if matches!(peer.end(left).await, Err(Missing::Silence)) {
            standing += 1;
        }
    }
    ensure(standing == 0, "each is closed", || format!("{standing} of {SILENT} stand"))?;
    Ok(String::new())
}
