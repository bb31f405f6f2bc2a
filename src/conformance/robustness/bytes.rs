//! Bytes: what is not even a request.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::conformance::finding::{Found, Stop};
use crate::conformance::peer::hex;
use crate::conformance::trial::Trial;
use crate::conformance::witness::Witness;

const GARBAGE_BYTES: usize = 200_000;

pub(super) async fn garbage(trial: &Trial) -> Found {
    let mut witness = Witness::call(trial).await?;
    let answer = speak(trial, &[0xff; GARBAGE_BYTES]).await?;
    witness.stands("after 200 kB of 0xff").await?;
    Ok(format!("it is answered by {answer}"))
}

/// Says `bytes` on a connection of its own; gives what comes back, in a few words.
///
/// # Errors
/// Unknown, when there is no connection.
pub(super) async fn speak(trial: &Trial, bytes: &[u8]) -> Result<String, Stop> {
    let mut stream = trial.dial().connect().await.map_err(Stop::unknown)?;
    let scribe = trial.scribe();
    scribe.sent(format_args!("{} bytes, no request", bytes.len()));
    // A server that has seen enough takes no more.
    let _ = stream.write_all(bytes).await;
    let _ = stream.flush().await;
    let mut begin = [0; 64];
    let heard = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut begin)).await;
    let heard = match heard {
        Err(_) => "nothing".into(),
        Ok(Ok(0)) => "the end of the connection".into(),
        Ok(Err(error)) => format!("the end of the connection ({error})"),
        Ok(Ok(len)) => {
            let text = String::from_utf8_lossy(&begin[..len]).into_owned();
            match text.lines().next() {
                Some(line) if line.starts_with("HTTP/") => format!("`{line}`"),
                _ => format!("what is no HTTP/1 ({})", hex(&begin[..len])),
            }
        }
    };
    scribe.received(&heard);
    Ok(heard)
}
