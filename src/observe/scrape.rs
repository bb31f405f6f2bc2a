//! Scrape: what a node exposes to Prometheus, fetched and read.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;

use super::error::ObserveError;
use super::exposition::{self, Series};
use super::sample::Sample;
use crate::scenario::Exposed;
use crate::transport::http::{self, Reading};
use crate::transport::{Endpoint, Network, Stream, Tls, TransportOptions};

/// For all of it, from the first packet to the last.
const WITHIN: Duration = Duration::from_secs(2);
const BODY_BYTES_MAX: usize = 4 << 20;
/// When the process began, in seconds since 1970: what all of Prometheus' client libraries tell.
const STARTED: &str = "process_start_time_seconds";
/// Of where an answer leads, so much is told.
const LOCATION_LETTERS_MAX: usize = 200;
/// Of several metrics with one name, these are told.
const TOLD_MAX: usize = 3;
/// How near a name must be to another to be mistaken for it, from 0 to 1.
const NEAR_MIN: f64 = 0.8;

/// Fetches what one node exposes.
#[derive(Debug)]
pub(super) struct Scraper {
    exposed: Exposed,
    endpoint: Endpoint,
    options: TransportOptions,
    request: String,
}

/// What was exposed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scraped {
    /// When the process began, in seconds since 1970, if that is told.
    pub(super) started: Option<f64>,
    /// What it uses; `life` is for others to say.
    pub(super) sample: Sample,
}

impl Scraper {
    /// Looks up where that is.
    pub(super) async fn new(exposed: Exposed, tls: Tls) -> Result<Scraper, ObserveError> {
        let url = exposed.url.to_string();
        let resolved = tokio::time::timeout(WITHIN, Endpoint::resolve(&url, "")).await;
        let failed = |why: String| ObserveError::Exposition {
            url: url.clone(),
            why,
            remedy: "check its name, and that this machine can look it up".into(),
        };
        let resolved = resolved.map_err(|_| failed("its name was not found in time".into()))?;
        let endpoint = resolved.map_err(|error| failed(error.to_string()))?;
        let query = endpoint.query.replacen('&', "?", 1);
        let Endpoint { path, authority, .. } = &endpoint;
        let request = format!(
            "GET {path}{query} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\
             Accept: text/plain;version=0.0.4\r\nUser-Agent: chatbench\r\n\r\n"
        );
        let options = TransportOptions {
            network: Network::System,
            tls,
            headers: Vec::new(),
            source_ips: Vec::new(),
            open_timeout: WITHIN,
            message_bytes_max: BODY_BYTES_MAX,
            unsent_bytes_max: request.len(),
        };
        Ok(Scraper { exposed, endpoint, options, request })
    }

    /// Fetches it once and reads it.
    ///
    /// # Errors
    /// Says why it could not be fetched in time, or says not what it should.
    pub(super) async fn scrape(&self) -> Result<Scraped, String> {
        read(&self.fetch().await?, &self.exposed)
    }

    /// Fetches it for the first time, and says what may help where it is of no use.
    ///
    /// # Errors
    /// When it is not to be had, or has neither processor time nor memory.
    pub(super) async fn try_out(&self) -> Result<Scraped, ObserveError> {
        let wrong = |why: String, remedy: &str| ObserveError::Exposition {
            url: self.exposed.url.to_string(),
            why,
            remedy: remedy.into(),
        };
        let text = self.fetch().await.map_err(|why| {
            wrong(why, "give the URL of an exposition in Prometheus' text format, or `off`")
        })?;
        let scraped = read(&text, &self.exposed)
            .map_err(|why| wrong(why, "say by `observe.labels` which of them is the server's"))?;
        let Sample { cpu_s, rss_bytes, .. } = scraped.sample;
        if cpu_s.is_none() && rss_bytes.is_none() {
            let Exposed { cpu, memory, .. } = &self.exposed;
            let why = format!("it has no number for `{cpu}`, nor for `{memory}`");
            let near = nearest(cpu, &text).or_else(|| nearest(memory, &text));
            let near = near.map(|near| format!(", such as `{near}`")).unwrap_or_default();
            let remedy = format!("name its own by `observe.metrics`{near}, or check the labels");
            return Err(wrong(why, &remedy));
        }
        Ok(scraped)
    }

    async fn fetch(&self) -> Result<String, String> {
        let fetching = async {
            let said = |error: crate::transport::ConnectError| error.to_string();
            let stream = Stream::connect(&self.endpoint, &self.options, 0).await;
            let mut stream = stream.map_err(said)?;
            let sent = stream.write_all(self.request.as_bytes()).await;
            sent.map_err(|error| error.to_string())?;
            stream.flush().await.map_err(|error| error.to_string())?;
            let reading = Reading { body_bytes_max: BODY_BYTES_MAX, to_head: false };
            let (response, _) = http::read_response(&mut stream, reading).await.map_err(said)?;
            Ok::<_, String>(response)
        };
        let late = |_| format!("no answer within {}", humantime::format_duration(WITHIN));
        let response = tokio::time::timeout(WITHIN, fetching).await.map_err(late)??;
        if response.status != 200 {
            let to = response.header("location").map(|to| {
                let to: String = to.chars().take(LOCATION_LETTERS_MAX).collect();
                format!(", which leads to {to:?}")
            });
            return Err(format!("HTTP {}{}", response.status, to.unwrap_or_default()));
        }
        String::from_utf8(response.body).map_err(|_| "it is not UTF-8".into())
    }
}

fn read(text: &str, exposed: &Exposed) -> Result<Scraped, String> {
    let find = |name: &str| the_one(&exposition::find(text, name, &exposed.labels), name);
    let whole = |number: f64| number as u64;
    let sample = Sample {
        cpu_s: find(&exposed.cpu)?,
        rss_bytes: find(&exposed.memory)?.map(whole),
        open_fds: find(&exposed.open_fds)?.map(whole),
        ..Sample::default()
    };
    // Nobody has asked for this one: whatever is odd about it costs nothing.
    let started = find(STARTED).unwrap_or_default();
    Ok(Scraped { started, sample })
}

/// The value of the only one there is, if it is a quantity.
fn the_one(series: &[Series], name: &str) -> Result<Option<f64>, String> {
    match series {
        [] => Ok(None),
        [one] => Ok(Some(one.value).filter(|value| value.is_finite() && *value >= 0.0)),
        several => {
            let told: Vec<String> = several.iter().take(TOLD_MAX).map(Series::told).collect();
            let more = if several.len() > TOLD_MAX { ", …" } else { "" };
            let (count, told) = (several.len(), told.join(", "));
            Err(format!("there are {count} of `{name}`: {told}{more}"))
        }
    }
}

fn nearest<'t>(name: &str, text: &'t str) -> Option<&'t str> {
    let nearness = |other: &str| strsim::jaro_winkler(name, other);
    let nearest = exposition::names(text).max_by(|a, b| nearness(a).total_cmp(&nearness(b)))?;
    (nearness(nearest) >= NEAR_MIN).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Observe, ObservedNode, Overrides, Scenario};

    fn exposed(more: &str) -> Exposed {
        let yaml = format!(
            "rooms: {{count: 1, size: 2}}\nload: {{phases: [{{hold: {{rate: 1/s, for: 1 s}}}}]}}\n\
             observe: {{prometheus: 'http://localhost:1'{more}}}"
        );
        let scenario = Scenario::parse("a.yaml", &yaml, &Overrides::default()).expect("one");
        let Observe::Nodes(nodes) = scenario.observe else { panic!("{:?}", scenario.observe) };
        let [ObservedNode::Prometheus(exposed)] = &nodes[..] else { panic!("{nodes:?}") };
        exposed.clone()
    }

    const TEXT: &str = "process_cpu_seconds_total 1.5\nprocess_resident_memory_bytes 4.096e7\n\
        process_open_fds 23\nprocess_start_time_seconds 1.7e9\n";

    #[test]
    fn a_node_is_read() {
        let scraped = read(TEXT, &exposed("")).expect("it is one");
        let Sample { cpu_s, rss_bytes, open_fds, sockets, threads, life, .. } = scraped.sample;
        assert_eq!((cpu_s, rss_bytes, open_fds), (Some(1.5), Some(40_960_000), Some(23)));
        assert_eq!((sockets, threads, life, scraped.started), (None, None, 0, Some(1.7e9)));
    }

    #[test]
    fn what_is_no_quantity_is_none() {
        for odd in ["NaN", "+Inf", "-1"] {
            let text = TEXT.replace("1.5", odd).replace("23", odd);
            let sample = read(&text, &exposed("")).expect("the rest is there").sample;
            assert_eq!((sample.cpu_s, sample.open_fds), (None, None), "{odd}");
            assert_eq!(sample.rss_bytes, Some(40_960_000));
        }
    }

    #[test]
    fn of_several_nodes_the_labels_say_which() {
        let text = "process_cpu_seconds_total{pid=\"1\"} 1\nprocess_cpu_seconds_total{pid=\"2\"} 2";
        let why = read(text, &exposed("")).expect_err("two are not one");
        assert!(why.contains("2 of `process_cpu_seconds_total`: {pid: \"1\"}, {pid"), "{why}");
        let one = read(text, &exposed(", labels: {pid: '2'}")).expect("one of them");
        assert_eq!(one.sample.cpu_s, Some(2.0));
        let other = read("cpu 3", &exposed(", metrics: {cpu: cpu}")).expect("by its own name");
        assert_eq!(other.sample.cpu_s, Some(3.0));
    }

    #[test]
    fn a_name_that_is_meant_is_near() {
        let text = "go_threads 5\nmyapp_process_cpu_seconds_total 1\nprocess_cpu_seconds 1";
        assert_eq!(nearest("process_cpu_seconds_total", text), Some("process_cpu_seconds"));
        assert_eq!(nearest("process_cpu_seconds_total", "go_threads 5"), None);
    }
}
