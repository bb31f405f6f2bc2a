//! Lingering: connections whose last words are not thrown away.
//!
//! A socket that is closed while something it was sent is still unread tells its peer that it is
//! reset, and the kernel drops what was not yet sent. Whoever talks while the server hangs up
//! would lose the end of what was said to it. So the server says that it has no more to say, and
//! then reads until the peer closes, too, or its time is up.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// How long a peer may take to close when the server has.
const TIME_MAX: Duration = Duration::from_secs(1);

/// Knows the connections that linger.
pub(crate) struct Lingerers {
    first: mpsc::Sender<()>,
    gone: mpsc::Receiver<()>,
}

impl Lingerers {
    /// None yet.
    pub(crate) fn new() -> Lingerers {
        let (first, gone) = mpsc::channel(1);
        Lingerers { first, gone }
    }

    /// Where connections come in that will be some of them.
    pub(crate) fn door(&self) -> Door {
        Door(self.first.downgrade())
    }

    /// Waits for those that linger now, which is [`TIME_MAX`] at most.
    pub(crate) async fn end(mut self) {
        drop(self.first);
        let _never_sent = self.gone.recv().await;
    }
}

/// Lets connections in.
pub(crate) struct Door(mpsc::WeakSender<()>);

impl Door {
    pub(crate) fn admit(&self, stream: TcpStream) -> Lingering {
        Lingering { stream: Some(stream), lingerers: self.0.clone() }
    }
}

/// A connection that lingers when it is dropped.
pub(crate) struct Lingering {
    /// There until it is dropped.
    stream: Option<TcpStream>,
    lingerers: mpsc::WeakSender<()>,
}

impl Lingering {
    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(self.get_mut().stream.as_mut().expect("it is dropped once"))
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let (stream, one_of_them) = (self.stream.take(), self.lingerers.upgrade());
        let (Some(stream), Some(one_of_them)) = (stream, one_of_them) else { return };
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            let _over_in_any_case = tokio::time::timeout(TIME_MAX, linger(stream)).await;
            drop(one_of_them);
        });
    }
}

async fn linger(mut stream: TcpStream) {
    let mut unread = [0; 1024];
    if stream.shutdown().await.is_ok() {
        while matches!(stream.read(&mut unread).await, Ok(length) if length > 0) {}
    }
}

impl AsyncRead for Lingering {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(context, buffer)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::net::TcpListener;

    /// Both ends of a connection, the first one of those that linger.
    async fn connection(lingerers: &Lingerers) -> (Lingering, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (here, there) = tokio::join!(listener.accept(), TcpStream::connect(address));
        let (here, _) = here.expect("a connection");
        (lingerers.door().admit(here), there.expect("a connection"))
    }

    #[tokio::test]
    async fn what_was_sent_arrives_although_the_peer_was_not_heard_to_the_end() {
        let lingerers = Lingerers::new();
        let (here, mut there) = connection(&lingerers).await;
        there.write_all(b"what nobody reads").await.expect("sent");
        let stream = here.stream.as_ref().expect("a stream");
        stream.readable().await.expect("it has come");
        let (bytes, mut sent) = (vec![b'x'; 65_536], 0);
        while let Ok(length) = stream.try_write(&bytes) {
            sent += length;
        }
        drop(here);
        let mut heard = Vec::new();
        let read = there.read_to_end(&mut heard).await.ok();
        assert_eq!((read, heard.len()), (Some(sent), sent), "it was reset");
        drop(there);
        lingerers.end().await;
    }

    #[tokio::test]
    async fn a_peer_that_never_closes_is_not_waited_for_without_end() {
        let lingerers = Lingerers::new();
        let (here, _there) = connection(&lingerers).await;
        drop(here);
        let ended = tokio::time::timeout(TIME_MAX * 20, lingerers.end()).await;
        ended.expect("its time is up");
    }
}
