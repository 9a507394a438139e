//! A mail to distribution lists of the town, by SMTP. The addresses of residents are on the list server, never here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use hinan_sensors::connect::Secret;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{SmtpTransport, Transport as _};

use crate::publish::outbox::Attempt;
use crate::publish::publication::Publication;

/// Where mail is handed over, and to whom it goes.
pub struct MailTarget {
    /// Server.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How it is encrypted.
    pub tls: MailTls,
    /// Whom to trust, PEM; empty for what the system trusts.
    pub authorities_pem: Vec<u8>,
    /// Sign-in, if the server wants one.
    pub credentials: Option<(String, Secret)>,
    /// Sender.
    pub from: String,
    /// Distribution lists.
    pub to: Vec<String>,
    /// Longest wait for an answer.
    pub timeout: Duration,
}

/// How mail is encrypted on its way to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTls {
    /// Not at all: only for a server on this machine.
    None,
    /// Begins in the clear and must change over.
    Starttls,
    /// From the first byte.
    Implicit,
}

/// Sends through one server.
pub struct MailChannel {
    transport: SmtpTransport,
    from: Mailbox,
    to: Vec<Mailbox>,
    domain: String,
    taken: Arc<Mutex<Taken>>,
    /// For each list, whether a hand-over has not come back. A server that hangs holds one thread for each list, never more, and
    /// what may still be taken is not sent a second time beside it.
    sending: Vec<Arc<AtomicBool>>,
}

impl MailChannel {
    /// A way to a server.
    ///
    /// # Errors
    /// When an address or a certificate cannot be read.
    pub fn new(target: &MailTarget) -> anyhow::Result<Self> {
        let from: Mailbox = target.from.parse()?;
        let to = target
            .to
            .iter()
            .map(|one| one.parse())
            .collect::<Result<Vec<Mailbox>, _>>()?;
        let tls = match target.tls {
            MailTls::None => Tls::None,
            encrypted => {
                let mut parameters = TlsParameters::builder(target.host.clone());
                if !target.authorities_pem.is_empty() {
                    parameters = parameters
                        .add_root_certificate(Certificate::from_pem(&target.authorities_pem)?);
                }
                let parameters = parameters.build_rustls()?;
                if encrypted == MailTls::Starttls {
                    Tls::Required(parameters)
                } else {
                    Tls::Wrapper(parameters)
                }
            }
        };
        let mut builder = SmtpTransport::builder_dangerous(&target.host)
            .port(target.port)
            .tls(tls)
            .timeout(Some(target.timeout));
        if let Some((name, secret)) = &target.credentials {
            builder =
                builder.credentials(Credentials::new(name.clone(), secret.reveal().to_owned()));
        }
        let domain = from.email.domain().to_owned();
        let sending = to.iter().map(|_| Arc::default()).collect();
        Ok(Self {
            sending,
            transport: builder.build(),
            from,
            to,
            domain,
            taken: Arc::default(),
        })
    }

    /// Hands one mail over to each list that has not taken it. A list or server that refuses may be mended by a person while
    /// the order still holds, so nothing is given up here. A second attempt has the same message id and bytes.
    pub async fn send(&self, publication: &Publication) -> Attempt {
        let Some(texts) = publication.texts() else {
            return Attempt::GiveUp {
                why: "この発表にはメールの文がありません".to_owned(),
            };
        };
        let facts = publication.facts();
        let (mut receipts, mut faults) = (Vec::new(), Vec::new());
        for (n, list) in self.to.iter().enumerate() {
            let key = (facts.id.to_string(), n);
            if let Some(receipt) = locked(&self.taken).get(&key) {
                receipts.push(receipt.clone());
                continue;
            }
            let message = Message::builder()
                .from(self.from.clone())
                .to(list.clone())
                .message_id(Some(format!("<{}.{n}@{}>", facts.id, self.domain)))
                .date(moment(facts.sent))
                .subject(texts.mail.subject.clone())
                .header(ContentType::TEXT_PLAIN)
                .body(texts.mail.body.clone());
            let message = match message {
                Ok(message) => message,
                Err(why) => {
                    faults.push(format!("{}: {why}", list.email));
                    continue;
                }
            };
            let Some(sending) = Sending::begins(&self.sending[n]) else {
                faults.push(format!("{}: 前の送信が終わっていません", list.email));
                continue;
            };
            let (transport, taken) = (self.transport.clone(), Arc::clone(&self.taken));
            // The library waits where it stands; a thread that may wait is given to it. Whoever waits for it here may be called off:
            // the thread goes on, and notes itself what the server said.
            let handed = tokio::task::spawn_blocking(move || {
                let answer = transport.send(&message);
                let receipt = answer.map(|answer| {
                    let word = answer.first_word().unwrap_or_default();
                    format!("SMTP {} {word}", answer.code())
                });
                if let Ok(receipt) = &receipt {
                    locked(&taken).insert(key, receipt.clone());
                }
                drop(sending);
                receipt
            });
            match handed.await {
                Ok(Ok(receipt)) => receipts.push(receipt),
                Ok(Err(why)) => faults.push(format!("{}: {why}", list.email)),
                Err(why) => faults.push(format!("{}: {why}", list.email)),
            }
        }
        if faults.is_empty() {
            locked(&self.taken).retain(|(notice, _), _| *notice != facts.id.to_string());
            Attempt::Delivered {
                receipt: receipts.join("; "),
            }
        } else {
            Attempt::TryAgain {
                why: format!(
                    "{}件中{}件に届いていません: {}",
                    self.to.len(),
                    faults.len(),
                    faults.join("; ")
                ),
            }
        }
    }
}

fn locked(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A hand-over that has begun; over when dropped.
struct Sending(Arc<AtomicBool>);

impl Sending {
    /// Nothing while the one before has not ended.
    fn begins(flag: &Arc<AtomicBool>) -> Option<Self> {
        let was = flag.swap(true, Ordering::AcqRel);
        (!was).then(|| Self(Arc::clone(flag)))
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// Receipts by notice and list, until all lists have taken a notice.
type Taken = std::collections::BTreeMap<(String, usize), String>;

/// A time as the mail library wants it, in whole seconds.
fn moment(at: jiff::Timestamp) -> SystemTime {
    let seconds = u64::try_from(at.as_second()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}
