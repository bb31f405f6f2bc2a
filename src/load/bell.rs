//! Bell: tells one task of its own thread that something happened.

use std::task::{Context, Poll, Waker};

/// Rung by whoever has news, heard by the one task that polls it.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rung: bool,
    listener: Option<Waker>,
}

impl Bell {
    pub(super) fn tell(&mut self) {
        self.rung = true;
        if let Some(listener) = self.listener.take() {
            listener.wake();
        }
    }

    /// Ready if it was rung since it last was.
    pub(super) fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        if std::mem::take(&mut self.rung) {
            return Poll::Ready(());
        }
        if !self.listener.as_ref().is_some_and(|listener| listener.will_wake(cx.waker())) {
            self.listener = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}
