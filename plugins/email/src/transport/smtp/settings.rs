//! What a mail server needs to be told, and known by.
//!
//! Owns: the settings, their default bounds, and the two ways in which they can be wrong before anybody is dialled.

use super::secure::Trust;
use crate::secrets::Secret;
use std::{net::IpAddr, time::Duration};

/// Letters under way at once, each on its own connection, unless the settings say otherwise.
pub const PARALLEL_MAX: usize = 4;
/// From dialling to the server's `go ahead`: generous, since some servers keep newcomers waiting on purpose.
pub const OFFER_TIME_MAX: Duration = Duration::from_secs(120);
/// From the first byte of the letter to the server's last word: servers scan for viruses in between.
pub const DELIVERY_TIME_MAX: Duration = Duration::from_secs(300);
/// Silence before the greeting after which the server is asked whether it waits for TLS.
pub const GREETING_TIME: Duration = Duration::from_secs(3);
/// The name a machine without one greets with (RFC 5321, 4.1.4).
const NO_NAME: &str = "[127.0.0.1]";

/// How the line to the server is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    None,
    /// By STARTTLS, and a server without it gets no letter.
    Starttls,
    /// From the first byte.
    Tls,
}

/// Who we are to the server.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user.
    pub user: String,
    /// And the password.
    pub password: Secret,
}

/// All that a mail server needs to be told or known by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Name or number of the server; its certificate must hold it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the line is secured.
    pub security: Security,
    /// Who we are, if it asks.
    pub login: Option<Login>,
    /// The name we greet the server with.
    pub hello: String,
    /// Certificates (PEM) to trust beside the usual roots: of an authority, or the server's own.
    pub root_certificate: Option<Vec<u8>>,
    /// How many letters may be under way at once.
    pub parallel_max: usize,
    /// Bound on everything before the letter is handed over.
    pub offer_time_max: Duration,
    /// Bound on handing it over.
    pub delivery_time_max: Duration,
    /// Silence before the greeting after which the server is asked whether it waits for TLS.
    pub greeting_time: Duration,
}

impl Settings {
    /// Settings with our bounds, no login and the usual root certificates.
    pub fn new(host: impl Into<String>, port: u16, security: Security) -> Self {
        Self {
            host: host.into(),
            port,
            security,
            login: None,
            hello: NO_NAME.into(),
            root_certificate: None,
            parallel_max: PARALLEL_MAX,
            offer_time_max: OFFER_TIME_MAX,
            delivery_time_max: DELIVERY_TIME_MAX,
            greeting_time: GREETING_TIME,
        }
    }

    /// What a secured line has to prove; none for an open one, over which no password goes to another machine.
    pub(super) fn trust(&self) -> Result<Option<Trust>, BadSettings> {
        let is_open = self.security == Security::None;
        match &self.login {
            Some(_) if is_open && !is_this_machine(&self.host) => Err(BadSettings::PasswordInClear(self.host.clone())),
            _ if is_open => Ok(None),
            _ => Trust::new(&self.host, self.root_certificate.as_deref())
                .map(Some)
                .map_err(|why| BadSettings::RootCertificate { host: self.host.clone(), why }),
        }
    }
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadSettings {
    /// The password would be readable by everyone on the way.
    #[error("the password for {0} would travel in clear; use tls: starttls or tls: tls")]
    PasswordInClear(String),
    /// The certificate file cannot be used.
    #[error("the certificate for {host} cannot be used: {why}")]
    RootCertificate {
        /// For which server.
        host: String,
        /// What is wrong with it.
        why: String,
    },
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_travels_in_clear_beyond_this_machine() {
        let login = Some(Login { user: "office".into(), password: Secret::new("s3cret") });
        for (host, security, fits) in [
            ("mail.practice.example", Security::None, false),
            ("mail.practice.example", Security::Starttls, true),
            ("mail.practice.example", Security::Tls, true),
            ("127.0.0.1", Security::None, true),
            ("localhost", Security::None, true),
        ] {
            let settings = Settings { login: login.clone(), ..Settings::new(host, 587, security) };
            assert_eq!(settings.trust().is_ok(), fits, "{host} {security:?}");
        }
    }

    #[test]
    fn a_root_certificate_that_is_none_is_refused() {
        let root_certificate = Some(b"-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n".to_vec());
        let settings = Settings { root_certificate, ..Settings::new("mail.practice.example", 587, Security::Tls) };
        assert!(matches!(settings.trust(), Err(BadSettings::RootCertificate { .. })));
    }
}
