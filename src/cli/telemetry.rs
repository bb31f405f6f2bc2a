//! Telemetry: where a run is looked at while it goes, as typed and as begun.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

use super::failure::Failure;
use super::prepare::Planned;
use crate::clock::unix_millis;
use crate::scenario::Target;
use crate::telemetry::{About, Endpoint, EndpointError, Telemetry};
#[cfg(feature = "otlp")]
use crate::telemetry::{CollectorHeaders, CollectorUrl, Otlp};

/// Where collectors are for all programs that know of them.
#[cfg(feature = "otlp")]
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// What is told to collectors of metrics beside these, and if it is not set, to all collectors.
#[cfg(feature = "otlp")]
const HEADERS: [&str; 2] = ["OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];

/// Who may look on while a run goes.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct TelemetryArgs {
    /// Shows what is measured at `http://ADDR/metrics` while it goes, for Prometheus. ADDR is
    /// `localhost:9464`, `:9464` for all addresses of this machine, or `9464` for itself alone;
    /// port 0 is any that is free, and standard error says which.
    #[arg(long, value_name = "ADDR", env = "CHATBENCH_METRICS")]
    metrics: Option<ListenAddr>,
    /// Pushes what is measured to the collector of OpenTelemetry at URL, by OTLP over HTTP, while
    /// it goes [default: what OTEL_EXPORTER_OTLP_ENDPOINT says].
    #[cfg(feature = "otlp")]
    #[arg(long, value_name = "URL", env = "CHATBENCH_OTLP")]
    otlp: Option<CollectorUrl>,
}

/// Where to listen: a host, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ListenAddr {
    host: String,
    port: u16,
}

impl FromStr for ListenAddr {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<ListenAddr, &'static str> {
        const REMEDY: &str = "write an address and a port, such as `localhost:9464` or `:9464`";
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(ListenAddr { host: address.ip().to_string(), port: address.port() });
        }
        let (host, port) = match text.rsplit_once(':') {
            None => (Ipv4Addr::LOCALHOST.to_string(), text),
            Some(("", port)) => (Ipv4Addr::UNSPECIFIED.to_string(), port),
            Some((host, port)) => (host.to_owned(), port),
        };
        // What is left of an address of IPv6 without brackets is no name.
        let is_name = !host.contains([':', '/', '[', ']', '@', ' ']);
        let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
        match port.parse() {
            Ok(port) if is_name && is_number => Ok(ListenAddr { host, port }),
            _ => Err(REMEDY),
        }
    }
}

/// Whoever looks on, for as long as this is not dropped.
pub(super) struct Audience {
    pub(super) telemetry: Telemetry,
    endpoint: Option<Endpoint>,
    #[cfg(feature = "otlp")]
    otlp: Option<Otlp>,
}

impl Audience {
    /// Lets those look on who may, if anybody may: what stands in their way is told before
    /// anybody connects.
    pub(super) fn admit(
        args: &TelemetryArgs,
        planned: &Planned,
    ) -> Result<Option<Audience>, Failure> {
        let telemetry = Telemetry::new(about(planned));
        let audience = Audience {
            endpoint: show(args, &telemetry)?,
            #[cfg(feature = "otlp")]
            otlp: push(args, &telemetry)?,
            telemetry,
        };
        Ok((audience.endpoint.is_some() || audience.is_pushed_to()).then_some(audience))
    }

    #[cfg(feature = "otlp")]
    fn is_pushed_to(&self) -> bool {
        self.otlp.is_some()
    }

    #[cfg(not(feature = "otlp"))]
    fn is_pushed_to(&self) -> bool {
        false
    }

    /// Sends them away, once everybody has been told the last that there is.
    pub(super) fn dismiss(self) {
        #[cfg(feature = "otlp")]
        if let Some(otlp) = self.otlp {
            otlp.finish(self.telemetry);
        }
    }
}

fn show(args: &TelemetryArgs, telemetry: &Telemetry) -> Result<Option<Endpoint>, Failure> {
    let Some(ListenAddr { host, port }) = &args.metrics else { return Ok(None) };
    let endpoint = Endpoint::start(host, *port, telemetry)?;
    tell(&format!("metrics at {}", endpoint.url()));
    Ok(Some(endpoint))
}

#[cfg(feature = "otlp")]
fn push(args: &TelemetryArgs, telemetry: &Telemetry) -> Result<Option<Otlp>, Failure> {
    let usual = variable(ENDPOINT)?;
    let url = match (&args.otlp, usual) {
        (Some(url), _) => url.clone(),
        (None, None) => return Ok(None),
        (None, Some(url)) => url.parse::<CollectorUrl>().map_err(|why| {
            let what = format!("the environment variable {ENDPOINT} is `{url}`: {why}");
            Failure::usage(what, "mend or unset it, or give the URL with `--otlp`")
        })?,
    };
    let otlp = Otlp::start(url, headers()?, telemetry, tell).map_err(|why| {
        let what = format!("cannot push metrics: {why}");
        Failure::impossible(what, "install the system's CA certificates, or leave out `--otlp`")
    })?;
    Ok(Some(otlp))
}

/// What the first of the variables says that is set; an empty one is as one that is not.
#[cfg(feature = "otlp")]
fn headers() -> Result<CollectorHeaders, Failure> {
    for name in HEADERS {
        if let Some(text) = variable(name)? {
            return text.parse().map_err(|why| {
                // Not as it is: it has secrets in it.
                Failure::usage(
                    format!("the environment variable {name}: {why}"),
                    "mend or unset it",
                )
            });
        }
    }
    Ok(CollectorHeaders::default())
}

#[cfg(feature = "otlp")]
fn variable(name: &str) -> Result<Option<String>, Failure> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            let what = format!("the environment variable {name} is no UTF-8");
            Err(Failure::usage(what, "mend or unset it"))
        }
    }
}

fn about(planned: &Planned) -> About {
    About {
        scenario: planned.scenario.name.clone(),
        seed: planned.plan.seed,
        target: match &planned.scenario.target {
            Target::Reference => "reference".into(),
            Target::Urls(urls) => {
                let urls: Vec<_> = urls.iter().map(ToString::to_string).collect();
                urls.join(",")
            }
        },
        began_unix_ms: unix_millis(),
    }
}

fn tell(what: &str) {
    // Whoever does not read this can still look on where they know to.
    let _ = writeln!(io::stderr(), "{what}");
}

impl From<EndpointError> for Failure {
    fn from(error: EndpointError) -> Failure {
        Failure::impossible(&error, error.remedy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_short() {
        let check = |text: &str, host: &str, port| {
            let wanted = ListenAddr { host: host.into(), port };
            assert_eq!(text.parse(), Ok(wanted), "{text}");
        };
        check("127.0.0.1:9464", "127.0.0.1", 9464);
        check("[::1]:9464", "::1", 9464);
        check(":9464", "0.0.0.0", 9464);
        check("9464", "127.0.0.1", 9464);
        check("0", "127.0.0.1", 0);
        check("localhost:0", "localhost", 0);
        for wrong in ["", ":", "localhost", "::1:9464", "1:65536", "-1", "+1", "a:b"] {
            assert!(wrong.parse::<ListenAddr>().is_err(), "{wrong}");
        }
        for wrong in ["http://localhost:9464", "[::1]", "9464/metrics", "a b:1"] {
            assert!(wrong.parse::<ListenAddr>().is_err(), "{wrong}");
        }
    }
}
