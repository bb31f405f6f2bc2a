//! Awake: the server's handlers of a connection are in place, which is heard by a hook.
//!
//! There are servers that answer CONNECT before that, and lose what comes right behind their
//! answer. That is a fault of its own (CHAT-MEM-02b), and must not look like another.

use std::time::Duration;

use serde_json::{Value, json};

use super::finding::Stop;
use super::peer::{Event, Missing, Packet, Peer, Via};
use super::trial::{Trial, prefix_of};

/// How long an answer is waited for before the next one is asked for.
const BETWEEN_CALLS: Duration = Duration::from_millis(500);
/// The ids of acknowledgements, far from those that checks use.
const FIRST_ID: u64 = 700_700_000;

impl Trial {
    /// A peer in the target's namespace whose events are handled, as far as a hook can tell.
    ///
    /// # Errors
    /// Unknown, when there is no connection to be had.
    pub(super) async fn connect_awake(&self, via: Via) -> Result<Peer, Stop> {
        let mut peer = self.connect(via).await?;
        self.wake(&mut peer, &self.target().namespace).await?;
        Ok(peer)
    }

    /// Calls by a hook until the server has answered `peer` in `namespace`, or that takes too
    /// long: what that means is for the check to judge.
    ///
    /// # Errors
    /// Unknown, when the connection takes no more.
    pub(super) async fn wake(&self, peer: &mut Peer, namespace: &str) -> Result<(), Stop> {
        let hook = Hook::ALL.into_iter().find(|hook| self.has(*hook));
        let Some(hook) = hook else { return Ok(()) };
        self.answers(peer, namespace, hook).await.map(drop)
    }

    /// Whether the target is said to have `hook`, and a first look did not show otherwise.
    pub(super) fn has(&self, hook: Hook) -> bool {
        self.names(hook) && !self.survey().silent_hooks.contains(&hook)
    }

    /// Whether the target is said to have `hook`.
    pub(super) fn names(&self, hook: Hook) -> bool {
        self.call(hook, "/", 0).is_some()
    }

    /// Whether `peer` is answered by `hook` in `namespace`, which is called over and over.
    ///
    /// # Errors
    /// Unknown, when the connection takes no more.
    pub(super) async fn answers(
        &self,
        peer: &mut Peer,
        namespace: &str,
        hook: Hook,
    ) -> Result<bool, Stop> {
        let clock = self.clock();
        let until = clock.now() + self.patience().answer;
        let (mut calls, mut answered) = (0, None);
        while clock.now() < until && answered.is_none() {
            let Some(call) = self.call(hook, namespace, calls) else { return Ok(false) };
            calls += 1;
            peer.send(call).await?;
            let answer = |packet: &Packet| self.answer_in(packet, namespace);
            match peer.wait_for(BETWEEN_CALLS, answer).await {
                Ok(number) => answered = Some(number),
                Err(Missing::Ended(_)) => break,
                Err(Missing::Silence) => {}
            }
        }
        // Those that were made after the one that was answered will be answered, too.
        for number in answered.map_or(calls, |number| number + 1)..calls {
            let own =
                |packet: &Packet| self.answer_in(packet, namespace).filter(|it| *it == number);
            // Whatever becomes of it, it was waited for.
            let _ = peer.wait_for(self.patience().answer, own).await;
        }
        if calls > 1 {
            // And others may be.
            self.pause(self.patience().quiet).await;
            peer.retain(|packet| self.answer_in(packet, namespace).is_none());
        }
        Ok(answered.is_some())
    }

    /// The packet that is answered, if the target has the hook.
    fn call(&self, hook: Hook, namespace: &str, number: u64) -> Option<String> {
        let (prefix, said) = (prefix_of(namespace), self.text(&format!("awake {number}")));
        Some(match hook {
            Hook::Echo => {
                let (event, _) = self.hooks().echo.as_ref()?;
                format!("42{prefix}{}", json!([event, said]))
            }
            Hook::Ack => {
                let event = self.hooks().ack.as_ref()?;
                format!("42{prefix}{}{}", FIRST_ID + number, json!([event, said]))
            }
        })
    }

    /// The number of the call that `packet` answers, if it does.
    fn answer_in(&self, packet: &Packet, namespace: &str) -> Option<u64> {
        let event = Event::read(packet).filter(|event| event.namespace == namespace)?;
        let said = event.data.get(usize::from(!event.is_ack)).and_then(Value::as_str)?;
        said.strip_prefix(&*self.text("awake "))?.parse().ok()
    }
}

/// An event that is answered, as the dialect says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// An event that comes back.
    Echo,
    /// An event that is acknowledged.
    Ack,
}

impl Hook {
    /// Both.
    pub(super) const ALL: [Hook; 2] = [Hook::Echo, Hook::Ack];

    /// The field of the dialect that names it.
    pub(super) fn field(self) -> &'static str {
        match self {
            Hook::Echo => "hooks.echo",
            Hook::Ack => "hooks.ack",
        }
    }
}
