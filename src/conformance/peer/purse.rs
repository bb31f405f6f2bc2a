//! Purse: how much of our memory all that a server sends may take, and who has taken what of it.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::transport::Stream;

/// What everything may take that checks under way were sent, beside what the load brings.
const BYTES_MAX: usize = 128 << 20;
/// What is added for each message of the load: three hear it.
const BYTES_PER_MESSAGE: usize = 4 << 10;
/// What a value of JSON takes that is not its text.
const VALUE_BYTES: usize = 64;
/// Ends a packet in a payload.
const SEPARATOR: char = '\u{1e}';

/// What may be taken in a run; copies share it.
#[derive(Clone, Debug)]
pub(in crate::conformance) struct Purse(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    bytes_max: usize,
    bytes_left: Cell<usize>,
}

/// What one trial has taken; it is given back once nobody has a copy any more.
#[derive(Clone, Debug)]
pub(in crate::conformance) struct Share(Rc<Taken>);

#[derive(Debug)]
struct Taken {
    purse: Purse,
    bytes: Cell<usize>,
    is_spent: Cell<bool>,
}

impl Purse {
    /// For a run whose load has so many messages.
    pub(in crate::conformance) fn new(load_messages: u32) -> Purse {
        Purse::of(BYTES_MAX + load_messages as usize * BYTES_PER_MESSAGE)
    }

    fn of(bytes_max: usize) -> Purse {
        Purse(Rc::new(Inner { bytes_max, bytes_left: Cell::new(bytes_max) }))
    }

    /// A share of which nothing is taken yet.
    pub(in crate::conformance) fn share(&self) -> Share {
        Share(Rc::new(Taken {
            purse: self.clone(),
            bytes: Cell::new(0),
            is_spent: Cell::new(false),
        }))
    }
}

impl Share {
    /// Takes what `bytes` need.
    ///
    /// # Errors
    /// When that is more than is left, and how much there was.
    pub(in crate::conformance) fn take(&self, bytes: usize) -> Result<(), String> {
        let inner = &*self.0.purse.0;
        let Some(left) = inner.bytes_left.get().checked_sub(bytes) else {
            self.0.is_spent.set(true);
            let max = inner.bytes_max;
            return Err(format!("the server sends more than is kept, {max} bytes in all"));
        };
        inner.bytes_left.set(left);
        self.0.bytes.set(self.0.bytes.get() + bytes);
        Ok(())
    }

    /// Whether more was asked for than was left: what ended for that was not ended by the server.
    pub(in crate::conformance) fn is_spent(&self) -> bool {
        self.0.is_spent.get()
    }

    /// A share of the same purse of which nothing is taken yet.
    pub(in crate::conformance) fn anew(&self) -> Share {
        self.0.purse.share()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let left = &self.purse.0.bytes_left;
        left.set(left.get() + self.bytes.get());
    }
}

/// What `text` takes once it is read: packets, and the values in them.
pub(in crate::conformance) fn read_bytes(text: &str) -> usize {
    // One after the other, for a search for one character is a quick one.
    let parts: usize = [',', SEPARATOR].iter().map(|part| text.matches(*part).count()).sum();
    (parts + 1) * VALUE_BYTES
}

/// A connection of which every byte that comes is taken out of a share.
pub(in crate::conformance) struct Metered {
    stream: Stream,
    share: Share,
}

impl Metered {
    pub(super) fn new(stream: Stream, share: Share) -> Metered {
        Metered { stream, share }
    }

    /// The share that what comes is taken out of.
    pub(super) fn share(&self) -> &Share {
        &self.share
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        let came = buf.filled().len() - before;
        Poll::Ready(this.share.take(came).map_err(io::Error::other))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_limited_in_all_and_given_back_when_a_trial_is_over() {
        let purse = Purse::of(100);
        let (one, other) = (purse.share(), purse.share());
        let copy = one.clone();
        assert!(one.take(60).is_ok());
        assert!(other.take(40).is_ok());
        assert!(!other.is_spent());
        assert!(other.take(1).is_err());
        assert!(other.is_spent() && !one.is_spent());
        drop(one);
        assert!(other.take(1).is_err());
        drop(copy);
        assert!(other.take(60).is_ok());
    }

    #[test]
    fn what_is_small_on_the_wire_and_large_once_it_is_read_is_weighed_as_that() {
        assert!(read_bytes(&"1,".repeat(1_000)) > 60_000);
        assert!(read_bytes(&"1\u{1e}".repeat(1_000)) > 60_000);
        assert!(read_bytes(&"xx".repeat(1_000)) < 100);
    }
}
