//! World: a load, a network and a server, all drawn from one seed and played on virtual time.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chatbench::chat::RunTag;
use chatbench::clock::Clock;
use chatbench::history::History;
use chatbench::load::{self, Brief, Command, Endpoint, Performed, Tls};
use chatbench::scenario::{Overrides, Plan, Scenario};
use chatbench::time::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{oneshot, watch};

use crate::churn::Churn;
use crate::fault::{Fault, Saboteur};
use crate::hub::Manners;
use crate::judge::{Following, Judge, Record};
use crate::network::{Climate, Network, Toll};
use crate::server::Server;
use crate::session::Heartbeat;
use crate::weather::Weather;

/// From the assembly to the first message.
const LEAD: Duration = Duration::from_millis(50);
/// A world that has not ended by then never will.
const END: Duration = Duration::from_secs(300);

static TLS: LazyLock<Tls> = LazyLock::new(|| Tls::insecure().expect("nobody speaks it here"));

/// All that a world is made of.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) crowd: Crowd,
    pub(crate) climate: Climate,
    pub(crate) manners: Manners,
    /// What the server does wrong, and with what probability.
    pub(crate) planted: Option<(Fault, f64)>,
}

/// Who speaks, where and how much.
#[derive(Clone, Debug)]
pub(crate) struct Crowd {
    pub(crate) users: u32,
    pub(crate) rooms: u32,
    pub(crate) per_user: u32,
    /// Messages per second.
    pub(crate) rate: u32,
    pub(crate) seconds: u32,
    pub(crate) confirm: Confirm,
    /// How long a join may take, in seconds.
    pub(crate) join_s: u32,
    pub(crate) alphabet: &'static str,
    pub(crate) churn: Option<Churn>,
}

/// What shows that a user is in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Confirm {
    Probe,
    Ack,
    Event,
    Settle,
}

/// What became of a world.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) record: Record,
    pub(crate) performed: Performed,
    pub(crate) toll: Toll,
    pub(crate) restarts: u64,
    pub(crate) stalls: u64,
    /// How often what was planted had an effect.
    pub(crate) happened: u64,
}

impl World {
    /// Whatever `seed` says, and a correct server.
    pub(crate) fn drawn(seed: u64) -> World {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let confirm =
            [Confirm::Probe, Confirm::Probe, Confirm::Ack, Confirm::Event, Confirm::Settle];
        let confirm = confirm[rng.random_range(0..confirm.len())];
        let mut crowd = Crowd::draw(&mut rng, confirm);
        let climate = Climate::draw(&mut rng);
        let manners = Manners::draw(&mut rng, confirm);
        crowd.join_s = [1, 1, 2, 4][rng.random_range(0..4)];
        World { seed, crowd, climate, manners, planted: None }
    }

    /// One in which nothing is lost but by the fault planted.
    pub(crate) fn calm(seed: u64, fault: Fault, rate: f64) -> World {
        let mut world = World::drawn(seed);
        let climate = world.climate;
        world.climate = Climate {
            unanswered: 0.0,
            cut_every: None,
            restart_every: None,
            stall_every: None,
            ..climate
        };
        world.crowd.confirm = Confirm::Probe;
        world.crowd.churn = None;
        world.crowd.join_s = 1;
        world.crowd.rate = world.crowd.rate.max(30);
        world.crowd.seconds = world.crowd.seconds.min(3);
        world.manners.tells_joiners = false;
        // What is decided for each node would be counted for each.
        world.manners.nodes = 1;
        world.manners.recovers_for = None;
        World { planted: Some((fault, rate)), ..world }
    }

    /// Plays it to its end.
    pub(crate) fn play(&self) -> Outcome {
        let mut runtime = Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build_local(LocalOptions::default());
        runtime.expect("a runtime without a socket can be built").block_on(self.perform())
    }

    async fn perform(&self) -> Outcome {
        let clock = Clock::simulated();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(!self.seed);
        let network = Network::new(clock, rng.random(), self.climate);
        let saboteur = Saboteur::new(self.planted, rng.random());
        let manners = self.manners.clone();
        let server = Server::start(clock, network.clone(), manners, saboteur, rng.random());
        let brief = Arc::new(self.brief(clock, &network));
        let part = brief.plan.divide(1).remove(0);
        let judge = Judge::new(&brief, &part);
        let history = History::new(Box::new(Following(Rc::clone(&judge))));
        let weather = Rc::new(Weather {
            clock,
            network: network.clone(),
            server: Rc::clone(&server),
            over: Cell::new(Timestamp::NEVER),
            stalls: Cell::new(0),
        });
        weather.begin(self.climate, &mut rng);
        let (commands, orders) = watch::channel(Command::Assemble);
        let (assembled, is_assembled) = oneshot::channel();
        let length = brief.scenario.load.profile.duration();
        let following = Rc::clone(&weather);
        let conducting = tokio::task::spawn_local(async move {
            is_assembled.await.expect("the shard assembles");
            let start = clock.now() + LEAD;
            following.server.arm();
            following.over.set(start + length);
            commands.send_replace(Command::Begin(start));
            // A load that nobody commands any more is broken off.
            clock.sleep_until(Timestamp::NEVER).await;
        });
        let performing = load::perform(brief, part, history, orders, assembled);
        let performed = tokio::time::timeout(END, performing).await;
        let performed = performed.unwrap_or_else(|_| panic!("seed {} does not end", self.seed));
        conducting.abort();
        let record = judge.borrow_mut().finish(clock.now());
        Outcome {
            record,
            performed: performed.expect("nothing of the system's is needed"),
            toll: network.toll(),
            restarts: server.restarts.get(),
            stalls: weather.stalls.get(),
            happened: server.happened(),
        }
    }

    fn brief(&self, clock: Clock, network: &Network) -> Brief {
        let scenario = Scenario::parse("world", &self.crowd.to_yaml(self), &Overrides::default());
        let scenario =
            scenario.unwrap_or_else(|error| panic!("{error}\n{}", self.crowd.to_yaml(self)));
        let endpoint = Endpoint {
            host: "simulated".into(),
            tls: false,
            authority: "simulated".into(),
            path: scenario.path.clone(),
            query: String::new(),
            addresses: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 80))],
            url: "http://simulated".into(),
        };
        Brief {
            plan: Plan::new(&scenario, self.seed).expect("a plan"),
            scenario,
            // No two worlds have tags that are alike.
            tag: RunTag::new((self.seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32),
            clock,
            began_unix_ms: 0,
            endpoints: vec![endpoint],
            network: load::Network::Other(Arc::new(network.clone())),
            tls: TLS.clone(),
            source_ips: Vec::new(),
        }
    }
}

impl Crowd {
    fn draw(rng: &mut Xoshiro256PlusPlus, confirm: Confirm) -> Crowd {
        let rooms = rng.random_range(2..=5);
        let per_user = rng.random_range(1..=2);
        let churn = rng.random_bool(0.6).then(|| Churn::draw(rng, rooms > per_user));
        // Leaves have their time only in a load that lasts for longer than that.
        let (rate, seconds) = if churn.is_some() { (15..=25, 4..=7) } else { (20..=50, 2..=3) };
        Crowd {
            users: rng.random_range(rooms * 2..=20),
            rooms,
            per_user,
            rate: rng.random_range(rate),
            seconds: rng.random_range(seconds),
            churn,
            confirm,
            join_s: 1,
            alphabet: ["ascii", "unicode", "mixed"][rng.random_range(0..3)],
        }
    }

    /// Joins may have less time than it takes a heartbeat to notice that a connection is dead: one
    /// that nobody answers is no server's fault then.
    fn to_yaml(&self, world: &World) -> String {
        let Crowd { users, rooms, per_user, rate, seconds, join_s, alphabet, .. } = self;
        let confirm = match self.confirm {
            Confirm::Probe => "probe",
            Confirm::Ack => "{ack: {}}",
            Confirm::Event => "{event: {name: joined, payload: \"${room}\"}}",
            Confirm::Settle => "{settle: 1 s}",
        };
        let churn = self.churn.map(|churn| churn.to_yaml(*seconds));
        let churn = churn.map(|churn| format!("  churn: {churn}")).unwrap_or_default();
        let strangers = ["refuse", "welcome"][world.seed as usize % 2];
        let sender = if world.manners.echoes { "echoed" } else { "excluded" };
        format!(
            r#"
name: world
target: http://simulated
users: {users}
rooms: {{count: {rooms}, per_user: {per_user}}}
dialect:
  join: {{event: join-room, payload: "${{room}}", confirm: {confirm}}}
  leave: {{event: leave-room, payload: "${{room}}"}}
  send: {{event: send-msg, payload: {{room: "${{room}}", author: "${{author}}", message: "${{text}}"}}}}
  receive: {{event: onreceive-msg}}
  sender: {sender}
message: {{size: {{uniform: {{min: 35 B, max: 120 B}}}}, alphabet: {alphabet}}}
strangers: {strangers}
timeouts: {{connect: 2 s, join: {join_s} s, delivery: 3 s}}
load:
  connect_rate: 50/s
  phases: [{{hold: {{rate: {rate}/s, for: {seconds} s}}}}]
{churn}
"#
        )
    }
}

impl Climate {
    fn draw(rng: &mut Xoshiro256PlusPlus) -> Climate {
        let ms = Duration::from_millis;
        let mut every = |share: f64, ms: std::ops::Range<u64>| {
            rng.random_bool(share).then(|| Duration::from_millis(rng.random_range(ms)))
        };
        let (cut_every, restart_every) = (every(0.6, 50..1_000), every(0.3, 700..3_000));
        let stall_every = every(0.2, 200..1_000);
        Climate {
            latency_max: ms([0, 5, 60][rng.random_range(0..3)]),
            jitter_max: ms([0, 5, 100][rng.random_range(0..3)]),
            resent: [0.0, 0.02][rng.random_range(0..2)],
            split_max: [0.0, 0.2, 0.9][rng.random_range(0..3)],
            unanswered: [0.0, 0.02][rng.random_range(0..2)],
            cut_every,
            restart_every,
            stall_every,
        }
    }
}

impl Manners {
    fn draw(rng: &mut Xoshiro256PlusPlus, confirm: Confirm) -> Manners {
        let ms = Duration::from_millis;
        let nodes = [1, 1, 2, 3][rng.random_range(0..4)];
        // What a node knows of a session the others do not.
        let recovers_for = [None, Some(ms(700)), Some(ms(20_000))][rng.random_range(0..3)];
        Manners {
            heartbeat: Heartbeat { interval: ms(400), timeout: ms(1_200) },
            nodes,
            recovers_for: recovers_for.filter(|_| nodes == 1),
            relay_max: ms([1, 50][rng.random_range(0..2)]),
            join_max: ms([0, 0, 3, 60][rng.random_range(0..4)]),
            echoes: rng.random_bool(0.2),
            tells_joiners: confirm == Confirm::Event || rng.random_bool(0.1),
            verbatim: rng.random_bool(0.7),
            fragments: [0.0, 0.1][rng.random_range(0..2)],
        }
    }
}
