//! Endpoint: where a server is, with its addresses looked up once for all connections.

use std::net::SocketAddr;

use http::Uri;

/// A server's address, and what Engine.IO's requests to it have in common.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The name the server is reached by: for TLS and for people.
    pub host: String,
    /// Whether TLS is spoken.
    pub tls: bool,
    /// What the `Host` header says.
    pub authority: String,
    /// The path that Engine.IO answers at.
    pub path: String,
    /// What the target's own query adds to every request: empty, or `&` and the rest.
    pub query: String,
    /// Where to connect to: what the name stands for.
    pub addresses: Vec<SocketAddr>,
    /// The target as it was given.
    pub url: String,
}

/// What is wrong with a target.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// It is no URL of a kind that can be loaded.
    #[error("{url:?} is not a target: {why}")]
    Url {
        /// The target as given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// Its name stands for no address.
    #[error("the name {host:?} cannot be looked up: {source}")]
    Lookup {
        /// The name.
        host: String,
        /// What the resolver says.
        source: std::io::Error,
    },
}

impl Endpoint {
    /// The Engine.IO endpoint at `path`, below the path of `url`, its name looked up. The query
    /// of `url` is sent along.
    ///
    /// # Errors
    /// When `url` is not `http`, `https`, `ws` or `wss` with a host, or the host has no address.
    pub async fn resolve(url: &str, path: &str) -> Result<Endpoint, EndpointError> {
        let wrong = |why: &str| EndpointError::Url { url: url.into(), why: why.into() };
        let uri: Uri = url.parse().map_err(|err: http::uri::InvalidUri| wrong(&err.to_string()))?;
        let tls = match uri.scheme_str() {
            Some("http" | "ws") => false,
            Some("https" | "wss") => true,
            _ => return Err(wrong("write it as http://host:port or https://host:port")),
        };
        let host = uri.host().ok_or_else(|| wrong("it names no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let addresses = look_up(&host, port).await?;
        let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
        let authority = authority.rsplit('@').next().unwrap_or_default().to_owned();
        let prefix = uri.path().trim_end_matches('/');
        let query = uri.query().map(|query| format!("&{query}")).unwrap_or_default();
        let path = format!("{prefix}{path}");
        Ok(Endpoint { host, tls, authority, path, query, addresses, url: url.into() })
    }
}

async fn look_up(host: &str, port: u16) -> Result<Vec<SocketAddr>, EndpointError> {
    let failed = |source| EndpointError::Lookup { host: host.into(), source };
    let addresses: Vec<_> = tokio::net::lookup_host((host, port)).await.map_err(failed)?.collect();
    if addresses.is_empty() {
        return Err(failed(std::io::Error::other("it has no address")));
    }
    Ok(addresses)
}
