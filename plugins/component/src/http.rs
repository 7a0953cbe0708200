//! Carrying out a request that the gate let through.
//!
//! Owns: resolving the name, refusing addresses that were not granted, one connection per request, no redirects, and
//! bounds on the answer. Leaves what may be asked at all to `gate`, and taking secrets out of the answer to `state`.

use crate::{
    binding::jobwright::plugin::http::{Problem, Response},
    gate::{Exchange, Gate, Granted, is_private},
    limits::HEADER_BYTES_MAX,
};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    Request,
    body::Bytes,
    header::{HOST, HeaderValue, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use std::{io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName},
    },
};

/// Shortest time that a request is given, in milliseconds.
const TIMEOUT_MS_MIN: u32 = 1;

/// The way out.
#[derive(Clone)]
pub struct Net {
    tls: TlsConnector,
}

/// What the practice's files give by now, asked before each request: a call may take minutes.
pub trait Rights: Send + Sync {
    /// The gate that counts now.
    ///
    /// # Errors
    /// In words, when nothing is granted any more.
    fn gate(&self) -> Result<Arc<Gate>, String>;
}

/// The way out for one call.
#[derive(Clone)]
pub struct Way {
    /// The net.
    pub net: Net,
    /// What may be reached by now; what was granted when the call began, when nobody can say.
    pub rights: Option<Arc<dyn Rights>>,
}

impl Net {
    /// Trusts what browsers trust, and one more for a practice's own services.
    ///
    /// # Errors
    /// When that one is no certificate.
    pub fn new(root_certificate: Option<&[u8]>) -> io::Result<Self> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() };
        if let Some(der) = root_certificate {
            roots.add(CertificateDer::from(der.to_vec())).map_err(io::Error::other)?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Sends, and waits for the whole answer; a redirect is an answer.
    pub async fn send(
        &self,
        granted: Granted<Exchange>,
        timeout_ms: u32,
        deadline: Instant,
    ) -> Result<Response, Problem> {
        let own = Instant::now() + Duration::from_millis(timeout_ms.max(TIMEOUT_MS_MIN).into());
        let sent = self.exchange(granted.into_inner());
        timeout_at(own.min(deadline), sent).await.unwrap_or(Err(Problem::Timeout))
    }

    async fn exchange(&self, exchange: Exchange) -> Result<Response, Problem> {
        let stream = connected(&exchange).await?;
        if !exchange.endpoint.tls {
            return over(stream, exchange).await;
        }
        let name = ServerName::try_from(exchange.endpoint.host.clone()).map_err(unreachable)?;
        let stream = self.tls.connect(name, stream).await.map_err(unreachable)?;
        over(stream, exchange).await
    }
}

/// A connection to an address that was looked at. The name is not resolved a second time.
async fn connected(exchange: &Exchange) -> Result<TcpStream, Problem> {
    let endpoint = &exchange.endpoint;
    let found = tokio::net::lookup_host((endpoint.host.as_str(), endpoint.port)).await.map_err(unreachable)?;
    let (refused, allowed): (Vec<_>, Vec<_>) = found.partition(|address| !exchange.private && is_private(address.ip()));
    if let (Some(address), true) = (refused.first(), allowed.is_empty()) {
        let what = format!(
            "{endpoint} is at {}, an address of a network of its own: grant that address itself, if it is meant",
            address.ip()
        );
        return Err(Problem::NotGranted(what));
    }
    TcpStream::connect(allowed.as_slice()).await.map_err(unreachable)
}

async fn over<S>(stream: S, exchange: Exchange) -> Result<Response, Problem>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Exchange { endpoint, method, target, headers, body, body_bytes_max, .. } = exchange;
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = method;
    *request.uri_mut() = target;
    *request.headers_mut() = headers;
    let host = endpoint.to_string();
    let host = host.strip_prefix("http://").unwrap_or(&host).parse::<HeaderValue>().map_err(unreachable)?;
    request.headers_mut().insert(HOST, host);
    request.headers_mut().entry(USER_AGENT).or_insert(HeaderValue::from_static("jobwright"));

    let mut builder = hyper::client::conn::http1::Builder::new();
    let opened = builder.max_buf_size(HEADER_BYTES_MAX).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = opened.map_err(unreachable)?;
    let conversation = async {
        let response = sender.send_request(request).await.map_err(unreachable)?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, body_bytes_max).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() { Problem::TooLarge(body_bytes_max as u64) } else { unreachable(error) }
        })?;
        let headers = head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        Ok(Response { status: head.status.as_u16(), headers: headers.collect(), body: body.to_bytes().into() })
    };
    tokio::pin!(connection);
    tokio::pin!(conversation);
    // The connection is driven here, so that nothing of it outlives the call.
    tokio::select! {
        ended = &mut conversation => ended,
        closed = &mut connection => match closed {
            Ok(()) => conversation.await,
            Err(error) => Err(unreachable(error)),
        },
    }
}

fn unreachable(error: impl std::fmt::Display) -> Problem {
    Problem::Unreachable(error.to_string())
}
