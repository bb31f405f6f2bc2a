//! Brief: all that the shards of a run have in common.

use std::net::IpAddr;
use std::rc::Rc;

use crate::chat::{RunTag, Texts};
use crate::client::{
    ClientOptions, Driver, Endpoint, Network, SessionOptions, Tls, TransportOptions, Way,
};
use crate::clock::Clock;
use crate::scenario::{ClientKind, Plan, Scenario, Transport};
use crate::time::Timestamp;

/// What a run is about, shared by its shards and never changed.
#[derive(Debug)]
pub struct Brief {
    /// What is to be done.
    pub scenario: Scenario,
    /// Who does what when.
    pub plan: Plan,
    /// Tells this run's messages from any other's.
    pub tag: RunTag,
    /// The run's clock.
    pub clock: Clock,
    /// When that was started, in milliseconds since 1970.
    pub began_unix_ms: u64,
    /// Where the servers are, in the order of the scenario's targets.
    pub endpoints: Vec<Endpoint>,
    /// What they are reached by.
    pub network: Network,
    /// How TLS is spoken where a target asks for it.
    pub tls: Tls,
    /// Addresses to connect from, in turn.
    pub source_ips: Vec<IpAddr>,
}

/// What the conductor tells the shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Connect, join, and wait.
    Assemble,
    /// The load begins at this moment.
    Begin(Timestamp),
    /// Send no more, hear what is still under way, and come to an end.
    Finish,
    /// Come to an end at once.
    Abort,
}

impl Brief {
    /// The texts of this run's messages.
    pub fn texts(&self) -> Texts {
        Texts::new(self.tag, self.scenario.message.alphabet, self.plan.seed)
    }

    /// How each connection is made; built anew on each thread.
    pub fn client_options(&self) -> Rc<ClientOptions> {
        let Scenario { limits, timeouts, .. } = &self.scenario;
        let auth = self.scenario.auth.clone();
        let session = SessionOptions {
            namespace: self.scenario.namespace.as_str().into(),
            auth: auth.map(|auth| serde_json::Value::from(auth).to_string().into()),
            attachment_bytes_max: limits.frame_bytes_max as usize,
            open_timeout: timeouts.connect,
            ..SessionOptions::default()
        };
        let headers = self.scenario.headers.iter();
        let transport = TransportOptions {
            network: self.network.clone(),
            tls: self.tls.clone(),
            headers: headers.map(|header| (header.name.clone(), header.value.clone())).collect(),
            source_ips: self.source_ips.clone(),
            open_timeout: timeouts.connect,
            message_bytes_max: limits.frame_bytes_max as usize,
            unsent_bytes_max: limits.send_queue_bytes_max as usize,
        };
        let driver = match self.scenario.client {
            ClientKind::Native => Driver::Native,
            ClientKind::RustSocketio => Driver::RustSocketio,
        };
        let way = match self.scenario.transport {
            Transport::Websocket => Way::WebSocket,
            Transport::Polling => Way::Polling,
            Transport::Upgrade => Way::Upgrade,
        };
        let session = Rc::new(session);
        let transport = Rc::new(transport);
        Rc::new(ClientOptions { driver, session, way, transport, clock: self.clock })
    }
}
