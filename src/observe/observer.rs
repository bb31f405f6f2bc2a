//! Observer: takes samples of every node of a server, once a second and whenever it is told to.

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking, spawn_local};

use super::error::ObserveError;
use super::local::{self, Seen, Unseen};
use super::observation::{Node, NodeKind, Notice, Observation};
use super::sample::{Moment, Sample};
use super::scrape::{Scraped, Scraper};
use super::source::{Pid, Source};
use super::summary::{Load, rounded};
use crate::clock::Clock;
use crate::time::Timestamp;
use crate::transport::Tls;

/// Samples of nodes that are kept: of one node more than a day.
const SAMPLES_MAX: usize = 100_000;
/// Counting a server's sockets takes no more than this share of the time; where there are so many
/// that it would, they are counted less often.
const COUNTING_SHARE: u32 = 50;

/// What whoever looks at the server is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Take a sample at once.
    Sample,
    /// There is nothing more to be seen.
    End,
}

/// Whoever looks at the server.
#[derive(Debug)]
pub struct Observer {
    nodes: Vec<Watched>,
    clock: Clock,
    moments: Vec<Moment>,
    dropped: u64,
}

impl Observer {
    /// Looks at each of `sources` for the first time, which should be before the first user comes.
    ///
    /// # Errors
    /// When one of them is not there, or may not be looked at. A server of our own that cannot be
    /// seen is no error.
    pub async fn begin(
        sources: Vec<Source>,
        clock: Clock,
        tls: &Tls,
    ) -> Result<Observer, ObserveError> {
        let mut nodes = Vec::new();
        for source in sources {
            nodes.push(Watched::new(source, tls).await?);
        }
        let mut observer = Observer { nodes, clock, moments: Vec::new(), dropped: 0 };
        observer.sample(true).await;
        observer.nodes.iter().try_for_each(Watched::check)?;
        Ok(observer)
    }

    /// Takes a sample at each second of the clock, and at once whenever `marks` says so, until the
    /// end.
    pub async fn watch(mut self, mut marks: mpsc::Receiver<Mark>) -> Observer {
        loop {
            let second = self.clock.now().next_second();
            let marked = tokio::select! {
                biased;
                mark = marks.recv() => match mark {
                    Some(Mark::Sample) => true,
                    Some(Mark::End) | None => return self,
                },
                () = self.clock.sleep_until(second) => false,
            };
            self.sample(marked).await;
        }
    }

    /// What was seen, of a server that was under `load`.
    pub fn end(self, load: &Load<'_>) -> Observation {
        let notices = self.nodes.iter().flat_map(Watched::notices).collect();
        let nodes = self.nodes.into_iter().map(|watched| watched.node).collect();
        let observation = Observation::new(nodes, self.moments, notices, load);
        Observation { samples_dropped: self.dropped, ..observation }
    }

    /// Looks at all nodes side by side; counts what takes long to count if it `must`.
    async fn sample(&mut self, must: bool) {
        if self.moments.len() * self.nodes.len() >= SAMPLES_MAX {
            self.dropped += 1;
            return;
        }
        let asked = self.clock.now();
        let looks: Vec<_> = self.nodes.iter().map(|it| it.look(must, self.clock)).collect();
        let mut shown = Vec::new();
        for look in looks {
            shown.push(look.end().await);
        }
        let nodes = self.nodes.iter_mut().zip(shown);
        let nodes: Vec<_> = nodes.map(|(node, shown)| node.take(shown, asked)).collect();
        self.moments.push(moment(nodes, asked));
    }
}

/// All that was seen when it was `asked` for, of each node at its own time.
fn moment(mut nodes: Vec<Option<Sample>>, asked: Timestamp) -> Moment {
    let first = nodes.iter().flatten().filter_map(|it| it.at_s).min_by(f64::total_cmp);
    let at_s = first.unwrap_or_else(|| rounded(asked.as_secs_f64()));
    for sample in nodes.iter_mut().flatten() {
        sample.at_s = sample.at_s.filter(|it| *it > at_s);
    }
    Moment { at_s, nodes }
}

/// A node, and what is known of it.
#[derive(Debug)]
struct Watched {
    node: Node,
    eye: Eye,
    /// How many processes there were before the one that is there now.
    life: u32,
    /// Before this, sockets are not counted again.
    count_from: Timestamp,
    was_seen: bool,
    /// Why its sockets could not be counted.
    uncounted: Option<String>,
    missing: Option<Missing>,
    gone: Option<Timestamp>,
}

/// What a node is seen with.
#[derive(Debug)]
enum Eye {
    Process {
        pid: Wanted,
        /// The process that was seen last: its number, and when it was started.
        known: Option<(u32, u64)>,
    },
    Exposition {
        scraper: Rc<Scraper>,
        /// When the process that was seen last began, as far as it was ever told.
        started: Option<f64>,
        /// What it had used of a processor, as far as that was ever told.
        cpu_s: Option<f64>,
    },
}

/// Which process is wanted.
#[derive(Debug)]
enum Wanted {
    /// Whichever it is now.
    Own(Pid),
    /// This one, and no other that has its number later.
    This(u32),
}

/// Samples that were due, and not to be had.
#[derive(Clone, Debug)]
struct Missing {
    samples: u64,
    from: Timestamp,
    why: String,
    unseen: Option<Unseen>,
}

/// A look that is under way.
enum Look {
    Process(u32, JoinHandle<Result<Seen, Unseen>>),
    Exposition(JoinHandle<(Result<Scraped, String>, Timestamp)>),
    /// There is nobody to look at.
    None,
}

/// What it showed, and when there was an answer.
enum Shown {
    Process(u32, Result<Seen, Unseen>),
    Exposition(Result<Scraped, String>, Timestamp),
    None,
}

impl Look {
    async fn end(self) -> Shown {
        const WHOLE: &str = "it is neither cancelled nor does it panic";
        match self {
            Look::Process(pid, look) => Shown::Process(pid, look.await.expect(WHOLE)),
            Look::Exposition(look) => {
                let (scraped, answered) = look.await.expect(WHOLE);
                Shown::Exposition(scraped, answered)
            }
            Look::None => Shown::None,
        }
    }
}

impl Shown {
    /// How long it took since it was `asked` for.
    fn took(&self, asked: Timestamp) -> Duration {
        let answered = match self {
            Shown::Process(_, Ok(seen)) => seen.at,
            Shown::Exposition(_, answered) => *answered,
            Shown::Process(_, Err(_)) | Shown::None => asked,
        };
        answered.since(asked)
    }
}

impl Watched {
    async fn new(source: Source, tls: &Tls) -> Result<Watched, ObserveError> {
        let process = |pid| Eye::Process { pid, known: None };
        let (kind, name, pid, eye) = match source {
            Source::Own(pid) => {
                let name = "the reference server".into();
                (NodeKind::Reference, name, pid.get(), process(Wanted::Own(pid)))
            }
            Source::Process(pid) => {
                let name = format!("process {pid}");
                (NodeKind::Process, name, Some(pid), process(Wanted::This(pid)))
            }
            Source::Prometheus(exposed) => {
                let name = exposed.url.to_string();
                let scraper = Rc::new(Scraper::new(exposed, tls.clone()).await?);
                scraper.try_out().await?;
                (
                    NodeKind::Prometheus,
                    name,
                    None,
                    Eye::Exposition { scraper, started: None, cpu_s: None },
                )
            }
        };
        Ok(Watched {
            node: Node { kind, name, pid },
            eye,
            life: 0,
            count_from: Timestamp::ZERO,
            was_seen: false,
            uncounted: None,
            missing: None,
            gone: None,
        })
    }

    /// Begins to look.
    fn look(&self, must_count: bool, clock: Clock) -> Look {
        match &self.eye {
            _ if self.gone.is_some() => Look::None,
            Eye::Exposition { scraper, .. } => {
                let scraper = Rc::clone(scraper);
                Look::Exposition(spawn_local(async move {
                    let scraped = scraper.scrape().await;
                    (scraped, clock.now())
                }))
            }
            Eye::Process { pid, .. } => {
                let count = must_count || clock.now() >= self.count_from;
                let pid = match pid {
                    Wanted::Own(pid) => pid.get(),
                    Wanted::This(pid) => Some(*pid),
                };
                let look = |pid| {
                    Look::Process(pid, spawn_blocking(move || local::look(pid, count, clock)))
                };
                pid.map_or(Look::None, look)
            }
        }
    }

    /// Takes note of what a look showed that was `asked` for at some time.
    fn take(&mut self, shown: Shown, asked: Timestamp) -> Option<Sample> {
        let took = shown.took(asked);
        // What was asked for and then answered was so at some time between the two.
        let at = asked + took / 2;
        let sample = match shown {
            Shown::Process(pid, Ok(seen)) => self.seen(pid, seen, at)?,
            Shown::Process(_, Err(unseen)) => return self.unseen(unseen, at),
            Shown::Exposition(Ok(scraped), _) => self.scraped(&scraped),
            Shown::Exposition(Err(why), _) => return self.miss(why, None, at),
            Shown::None if self.gone.is_some() => return None,
            Shown::None => return self.miss("it was not running".into(), None, at),
        };
        self.was_seen = true;
        let (at_s, took_s) = (at.as_secs_f64(), took.as_secs_f64());
        let (at_s, took_s) = (Some(rounded(at_s)), Some(rounded(took_s)));
        Some(Sample { life: self.life, at_s, took_s, ..sample })
    }

    fn seen(&mut self, pid: u32, seen: Seen, at: Timestamp) -> Option<Sample> {
        let Eye::Process { pid: wanted, known } = &mut self.eye else { return None };
        let is = (pid, seen.started);
        let was = known.replace(is);
        if was.is_some_and(|was| was != is) {
            if let Wanted::This(_) = wanted {
                // It has another's number, which the system gives anew.
                return self.unseen(Unseen::Gone, at);
            }
            self.life += 1;
        }
        if was.is_none() && self.node.kind == NodeKind::Process {
            self.node.name = format!("process {pid} ({})", seen.name);
        }
        if seen.sample.sockets.is_some() {
            self.count_from = at + seen.counting * COUNTING_SHARE;
        }
        self.uncounted = self.uncounted.take().or(seen.uncounted);
        Some(seen.sample)
    }

    fn scraped(&mut self, scraped: &Scraped) -> Sample {
        let Scraped { started: begun, sample } = *scraped;
        if let Eye::Exposition { started, cpu_s, .. } = &mut self.eye {
            // Whichever of the two is exposed. What is not, this time, says nothing.
            let began_anew = begun.zip(*started).is_some_and(|(is, was)| is != was);
            let fell = sample.cpu_s.zip(*cpu_s).is_some_and(|(has, had)| has < had);
            if began_anew || fell {
                self.life += 1;
                *cpu_s = None;
            }
            *started = begun.or(*started);
            *cpu_s = sample.cpu_s.or(*cpu_s);
        }
        sample
    }

    fn unseen(&mut self, unseen: Unseen, at: Timestamp) -> Option<Sample> {
        let ours = self.node.kind == NodeKind::Reference;
        if unseen == Unseen::Gone && !ours && self.was_seen {
            self.gone = Some(at);
            return None;
        }
        let why = match &unseen {
            Unseen::Gone => "it was not running".into(),
            Unseen::Unreadable(why) => why.clone(),
            Unseen::Unsupported => ObserveError::Unsupported.to_string(),
        };
        self.miss(why, Some(unseen), at)
    }

    fn miss(&mut self, why: String, unseen: Option<Unseen>, from: Timestamp) -> Option<Sample> {
        let missing = self.missing.get_or_insert(Missing { samples: 0, from, why, unseen });
        missing.samples += 1;
        None
    }

    /// Whether it was seen at first.
    fn check(&self) -> Result<(), ObserveError> {
        let pid = self.node.pid.unwrap_or_default();
        let Some(missing) = &self.missing else { return Ok(()) };
        Err(match (&missing.unseen, self.node.kind) {
            // The run is worth as much without.
            (_, NodeKind::Reference) => return Ok(()),
            (Some(Unseen::Gone), _) => ObserveError::NoProcess { pid },
            (Some(Unseen::Unsupported), _) => ObserveError::Unsupported,
            (Some(Unseen::Unreadable(why)), _) => {
                ObserveError::Unreadable { pid, why: why.clone() }
            }
            (None, _) => ObserveError::Exposition {
                url: self.node.name.clone(),
                why: missing.why.clone(),
                remedy: "see whether it answers within a second each time".into(),
            },
        })
    }

    fn notices(&self) -> impl Iterator<Item = Notice> {
        let node = || self.node.name.clone();
        let gone =
            self.gone.map(|at| Notice::Gone { node: node(), at_s: rounded(at.as_secs_f64()) });
        let missing = self.missing.clone().map(|Missing { samples, from, why, .. }| {
            Notice::Missing { node: node(), samples, from_s: rounded(from.as_secs_f64()), why }
        });
        let uncounted = self.uncounted.clone().map(|why| Notice::Uncounted { node: node(), why });
        gone.or(missing).into_iter().chain(uncounted)
    }
}

#[cfg(test)]
mod tests;
