//! The target as meant: URLs that can be connected to, and headers that can be sent.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::scenario::error::Mistake;
use crate::scenario::file::TargetFile;
use crate::scenario::path::Path;
use crate::scenario::units::UnitError;

/// The server under test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The bundled server, started for the run.
    Reference,
    /// These, at least one; users are spread over them in turn.
    Urls(Vec<TargetUrl>),
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetUrl {
    /// Whether TLS is spoken there.
    pub secure: bool,
    /// A name or an address; an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path that the scenario's `path` is below; empty, or begins with `/` and does not end
    /// with it.
    pub prefix: String,
    /// The query that is sent along with Engine.IO's own; may be empty.
    pub query: String,
}

impl TargetUrl {
    const FORMS: &str = "write `reference`, or a URL such as `http://localhost:3000`";

    /// `host:port`, as it stands in the `Host` header.
    pub fn authority(&self) -> String {
        let v6 = self.host.contains(':');
        let host = if v6 { format!("[{}]", self.host) } else { self.host.clone() };
        match (self.secure, self.port) {
            (false, 80) | (true, 443) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

impl FromStr for TargetUrl {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<TargetUrl, UnitError> {
        let wrong = |what: String| UnitError { what, remedy: TargetUrl::FORMS.into() };
        if !text.contains("://") {
            return Err(wrong(format!("`{text}` is no URL: it has no scheme")));
        }
        let url =
            url::Url::parse(text).map_err(|why| wrong(format!("`{text}` is no URL: {why}")))?;
        let secure = match url.scheme() {
            "http" | "ws" => false,
            "https" | "wss" => true,
            scheme => return Err(wrong(format!("`{scheme}` is not a scheme of chat servers"))),
        };
        if !url.username().is_empty() || url.password().is_some() {
            let what = "the user name and password in a URL are not sent".into();
            return Err(UnitError { what, remedy: "put them into `headers` or `auth`".into() });
        }
        if url.fragment().is_some() {
            return Err(wrong(format!("`{text}` has a fragment, which no server ever sees")));
        }
        let host = url.host_str().ok_or_else(|| wrong(format!("`{text}` has no host")))?;
        let port = url.port_or_known_default().filter(|port| *port != 0);
        Ok(TargetUrl {
            secure,
            host: host.trim_start_matches('[').trim_end_matches(']').into(),
            port: port.ok_or_else(|| wrong(format!("`{text}` has no port")))?,
            prefix: url.path().trim_end_matches('/').into(),
            query: url.query().unwrap_or("").into(),
        })
    }
}

impl fmt::Display for TargetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.prefix)?;
        if self.query.is_empty() { Ok(()) } else { write!(f, "?{}", self.query) }
    }
}

impl Target {
    pub(super) fn new(file: &TargetFile) -> Result<Target, Mistake> {
        let path = Path::parse("target");
        let url = |path: Path, text: &String| {
            text.parse().map_err(|error: UnitError| Mistake::new(path, error.what, error.remedy))
        };
        match file {
            TargetFile::One(text) if text == "reference" => Ok(Target::Reference),
            TargetFile::One(text) => Ok(Target::Urls(vec![url(path, text)?])),
            TargetFile::Many(texts) if texts.is_empty() => {
                Err(Mistake::new(path, "the list of targets is empty", TargetUrl::FORMS))
            }
            TargetFile::Many(texts) => {
                let url = |(at, text)| url(path.index(at), text);
                texts.iter().enumerate().map(url).collect::<Result<_, _>>().map(Target::Urls)
            }
        }
    }

    /// How many addresses users are spread over.
    pub fn count(&self) -> usize {
        match self {
            Target::Reference => 1,
            Target::Urls(urls) => urls.len(),
        }
    }
}

/// A header sent with every handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its name: a token of RFC 9110, section 5.6.2.
    pub name: String,
    /// Its value: visible characters, spaces and tabs.
    pub value: String,
}

pub(super) fn headers(file: &BTreeMap<String, String>) -> Result<Vec<Header>, Mistake> {
    file.iter().map(|(name, value)| header(name, value)).collect()
}

fn header(name: &str, value: &str) -> Result<Header, Mistake> {
    let wrong = |what: String, remedy: &str| {
        Err(Mistake::new(Path::parse("headers").name(name), what, remedy))
    };
    let lower = name.to_ascii_lowercase();
    let ours = ["host", "upgrade", "connection", "content-length", "transfer-encoding"];
    if ours.contains(&lower.as_str()) || lower.starts_with("sec-websocket-") {
        return wrong(format!("the handshake sets `{name}` itself"), "leave this header out");
    }
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(is_token) {
        let what = format!("`{}` is not a header's name", name.escape_debug());
        return wrong(what, "write letters, digits and dashes, such as `X-Tenant`");
    }
    if value.chars().any(|c| c.is_control() && c != '\t') || value.trim() != value {
        let what = format!("the value of `{name}` has line breaks or spaces at its ends");
        return wrong(what, "write one line of visible characters");
    }
    Ok(Header { name: name.into(), value: value.into() })
}

pub(super) fn endpoint_path(path: &str) -> Result<String, Mistake> {
    let visible = path.chars().all(|c| c.is_ascii_graphic());
    if !path.starts_with('/') || !visible || path.contains(['?', '#']) {
        let what = format!("`{}` is not the path of an endpoint", path.escape_debug());
        return Err(Mistake::at("path", what, "write a path such as `/socket.io/`"));
    }
    Ok(if path.ends_with('/') { path.into() } else { format!("{path}/") })
}

pub(super) fn namespace(namespace: &str) -> Result<String, Mistake> {
    let control = namespace.chars().any(char::is_control);
    if !namespace.starts_with('/') || control || namespace.contains([',', '?']) {
        let what = format!("`{}` is not a namespace", namespace.escape_debug());
        let remedy = "write `/`, or a name such as `/admin`, without commas and question marks";
        return Err(Mistake::at("namespace", what, remedy));
    }
    Ok(namespace.into())
}
