//! The secured line: whom it trusts, and in plain words why it cannot be had.
//!
//! Owns: TLS. A certificate must come from a known root or from a file that the practice names. A self-signed one that is
//! named in that file is trusted as it stands, since naming it is the proof; a wrong name on it never is.

use super::session::Cause;
use std::{fmt, io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
        client::{
            WebPkiServerVerifier,
            danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
            verify_server_name,
        },
        crypto::ring,
        pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
        server::ParsedCertificate,
    },
};

/// How long a server may take to show whether it speaks TLS.
const LOOK_TIME_MAX: Duration = Duration::from_secs(5);
/// The first byte of a TLS record that answers a handshake: a handshake, or an alert.
const TLS_RECORDS: [u8; 2] = [0x16, 0x15];
/// Most certificates that a file may name.
const NAMED_MAX: usize = 100;

/// A line, secured or not.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Wire for T {}

/// Whom a line to one server is to prove itself to be.
#[derive(Clone)]
pub(super) struct Trust {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Trust {
    /// The usual roots, and the certificates of this file, for a server of this name.
    pub fn new(host: &str, named: Option<&[u8]>) -> Result<Self, String> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| format!("`{host}` is not a host name"))?;
        let named = named.map_or(Ok(vec![]), certificates)?;
        let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        for certificate in &named {
            roots.add(certificate.clone()).map_err(|error| format!("a certificate in it cannot be read: {error}"))?;
        }
        let provider = Arc::new(ring::default_provider());
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
        let usual = usual.map_err(|error| error.to_string())?;
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| error.to_string())?.dangerous();
        let config = config.with_custom_certificate_verifier(Arc::new(Named { usual, named })).with_no_client_auth();
        Ok(Self { config: Arc::new(config), name })
    }
}

/// Secures a line; says how.
pub(super) async fn secured(line: Box<dyn Wire>, trust: &Trust) -> Result<(Box<dyn Wire>, String), Cause> {
    let connector = TlsConnector::from(Arc::clone(&trust.config));
    let stream = connector.connect(trust.name.clone(), line).await.map_err(|error| unsecured(&error))?;
    let version = stream.get_ref().1.protocol_version().and_then(|version| version.as_str());
    let version = version.unwrap_or("TLS").replace('_', ".").replace("TLSv", "TLS ");
    Ok((Box::new(stream), format!("the line is secured ({version}), and the certificate is good")))
}

/// Whether a server that is silent in clear answers to TLS.
pub(super) async fn is_spoken_at(host: &str, port: u16) -> bool {
    let asked = async {
        let trust = Trust::new(host, None).map_err(io::Error::other)?;
        let mut connection = ClientConnection::new(trust.config, trust.name).map_err(io::Error::other)?;
        let mut hello = Vec::new();
        connection.write_tls(&mut hello)?;
        let mut stream = TcpStream::connect((host, port)).await?;
        stream.write_all(&hello).await?;
        stream.read_u8().await
    };
    matches!(timeout(LOOK_TIME_MAX, asked).await, Ok(Ok(first)) if TLS_RECORDS.contains(&first))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_slice_iter(pem).take(NAMED_MAX).collect::<Result<Vec<_>, _>>();
    match read {
        Ok(found) if found.is_empty() => {
            Err("there is no certificate in it; it must be PEM, `-----BEGIN CERTIFICATE-----`".into())
        }
        Ok(found) => Ok(found),
        Err(error) => Err(format!("it is not PEM: {error}")),
    }
}

/// What rustls says, in words that tell what to do.
fn unsecured(error: &io::Error) -> Cause {
    let Some(fault) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof => Cause::HungUp,
            kind => Cause::Line(io::Error::new(kind, error.to_string())),
        };
    };
    match fault {
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            Cause::WantsClear
        }
        Error::InvalidCertificate(why) => Cause::Insecure(certificate(why)),
        Error::PeerIncompatible(_) | Error::AlertReceived(_) => {
            Cause::Insecure(format!("server and engine have no way to secure a line in common ({fault})"))
        }
        _ => Cause::Insecure(fault.to_string()),
    }
}

fn certificate(why: &CertificateError) -> String {
    match why {
        CertificateError::UnknownIssuer => "nobody known vouches for its certificate; if it comes from an authority of \
                                            your own, name that authority's certificate as `mail: { certificate: FILE }`"
            .into(),
        CertificateError::Other(other) if is_authority(&other.to_string()) => {
            "its certificate is self-signed; if that is meant so, name it as `mail: { certificate: FILE }`".into()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired; whoever runs it must renew it (or this machine's clock is wrong)".into()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet; is this machine's clock right?".into()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("its certificate is for another name; write the name that stands in it as `mail.host` ({why})")
        }
        other => format!("its certificate is not good: {other}"),
    }
}

fn is_authority(words: &str) -> bool {
    words.contains("CaUsedAsEndEntity")
}

/// The usual proof, or that the very certificate is one of those the practice names.
#[derive(Debug)]
struct Named {
    usual: Arc<WebPkiServerVerifier>,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let usual = self.usual.verify_server_cert(end_entity, intermediates, name, ocsp, now);
        match usual {
            Err(Error::InvalidCertificate(CertificateError::Other(other)))
                if is_authority(&other.to_string()) && self.named.iter().any(|one| one == end_entity) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            usual => usual,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}
