//! What a mail server's refusal means: one table, read from top to bottom, the first row that fits.
//!
//! Owns: whose fault a refusal is. Only *no such address* is the person's; what is about this practice stops all letters,
//! for a while or until somebody mends it; what may pass by itself is tried again; and whatever else there is asks a
//! person, and blames nobody. Each row names where it comes from. A server says what it likes: the finer code counts
//! before the three digits, and words only where a code has several meanings or a server is known to give none.
//!
//! Sources: RFC 3207 (STARTTLS), 3463 and 5248 (enhanced codes), 4954 (login), 5321 (SMTP), 6409 (submission), 7372 (SPF
//! and DKIM), 7504 (521, 556), 7505 (null MX); and what large providers and the usual servers publish:
//! Google <https://support.google.com/a/answer/3726730>, Microsoft
//! <https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online/>, Yahoo
//! <https://senders.yahooinc.com/smtp-error-codes/>, Amazon
//! <https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html>, Postfix, Exim, qmail, Sendmail, OpenSMTPD, cPanel
//! (their sources' texts).

use super::reply::{Enhanced, Reply};

/// How far a letter had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Dialling, and the server's greeting.
    Connect,
    /// Saying our name.
    Hello,
    /// Securing the line.
    Secure,
    /// Logging in.
    Login,
    /// Saying who writes.
    Sender,
    /// Saying to whom.
    Recipient,
    /// Asking to hand the letter over.
    Data,
    /// Handing it over.
    Letter,
}

/// Whose a refusal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// There is no such address.
    Person,
    /// It is about us and passes by itself: no other letter would fare better now.
    UsForNow(&'static str),
    /// It is about us and stays so until somebody has mended it, in the way the words say.
    UsUntilMended(&'static str),
    /// It is about the moment: this letter is tried again.
    Moment,
    /// About this letter, or nobody can tell: a person decides.
    Unknown,
}

use Meaning::{Moment, Person, Unknown, UsForNow, UsUntilMended};
use Stage::{Connect, Hello, Login, Secure};

struct Row {
    /// Three digits, `x` for any.
    code: &'static str,
    /// The finer code: `5.1.1`, `5.7.606-649`, `x.7.8`; `-` for none, and empty for whatever there is.
    enhanced: &'static str,
    /// From this stage to that.
    stages: (Stage, Stage),
    /// One of these stands in it, in lower case; none asked for when empty.
    says: &'static [&'static str],
    means: Meaning,
}

const ANY: (Stage, Stage) = (Connect, Stage::Letter);
const TO_RECIPIENT: (Stage, Stage) = (Connect, Stage::Recipient);
const AT_LOGIN: (Stage, Stage) = (Login, Login);
const AT_RECIPIENT: (Stage, Stage) = (Stage::Recipient, Stage::Recipient);
const AT_SENDER: (Stage, Stage) = (Stage::Sender, Stage::Sender);
const FROM_RECIPIENT: (Stage, Stage) = (Stage::Recipient, Stage::Letter);

const fn row(
    code: &'static str,
    enhanced: &'static str,
    stages: (Stage, Stage),
    says: &'static [&'static str],
    means: Meaning,
) -> Row {
    Row { code, enhanced, stages, says, means }
}

const LOGIN: &str = "refuses our login; mend `mail.user` or the password";
const WANTS_LOGIN: &str = "wants a login, or a secured line; set `mail.user` and the password, or `mail.tls`";
const NAME: &str = "refuses the name we greet it with; set `mail.hello` to a full host name";
const SENDER: &str = "refuses our sender address; mend `mail.from`";
const RELAY: &str = "passes no letters on for us; set `mail.user` and the password, or ask whoever runs it";
const PROOF: &str =
    "cannot prove that letters of our domain are ours (SPF, DKIM, DMARC, reverse DNS); mend the domain's records";
const LISTED: &str =
    "refuses this machine's address; ask whoever runs it, or whoever keeps the block list that it names";
const ACCOUNT: &str = "has blocked our account; ask whoever runs it";
const UNDERSTOOD: &str = "does not understand us";
const LIMIT: &str = "takes no more letters of ours for now: a limit is reached";
const OVERLOADED: &str = "takes no letters for now";

const ROWS: &[Row] = &[
    // What a receiver has too much of is nobody's fault, and never ours. Google 450 4.2.1, 550 5.2.1; Microsoft 5.2.121,
    // 5.2.122.
    row("4xx", "", ANY, &["receiving mail too quickly", "receiving mail at a rate", "receive limit"], Moment),
    row("5xx", "5.2.121-122", ANY, &[], Unknown),
    row("5xx", "", ANY, &["receiving mail too quickly", "receiving mail at a rate", "receive limit"], Unknown),
    // Our own limits. Google 5.4.5, 4.7.28, and 5.7.1 for the relay; Microsoft 5.1.90, 5.2.0 SubmissionQuotaExceeded,
    // 5.7.508, 4.7.500, 4.7.650 to 652, 4.3.2; RFC 5248 x.7.28; Amazon 454; cPanel; Yahoo TSS04.
    row("5xx", "5.4.5", ANY, &["limit", "quota"], UsForNow(LIMIT)),
    row("5xx", "5.1.90", ANY, &[], UsForNow(LIMIT)),
    row("5xx", "5.7.508", ANY, &[], UsForNow(LIMIT)),
    row("xxx", "x.7.28", ANY, &[], UsForNow(LIMIT)),
    row("4xx", "4.7.500", ANY, &[], UsForNow(LIMIT)),
    row("4xx", "4.7.650-652", ANY, &[], UsForNow(LIMIT)),
    row(
        "xxx",
        "",
        ANY,
        &[
            "submission quota exceeded",
            "submissionquotaexceeded",
            "sending limit",
            "sending quota",
            "sending rate",
            "daily limit",
            "hourly limit",
            "daily smtp relay limit",
            "daily message quota",
            "message quota exceeded",
            "rate limit",
            "ratelimit",
            "rate exceeded",
            "throttl",
            "too many messages",
            "too many mails",
            "too many emails",
            "too many connections",
            "too many concurrent",
            "concurrent connections limit",
            "max emails per hour",
            "max defers and failures per hour",
            "unexpected volume or user complaints",
            "too many login attempts",
            "maximum number of messages",
            "maximum number of connections",
        ],
        UsForNow(LIMIT),
    ),
    // Logging in. RFC 4954: 432, 454, 534, 535, 538, and 530 at any time; Microsoft 5.7.57, 5.7.139; Google 5.7.9, 5.5.1.
    row("4xx", "", AT_LOGIN, &[], UsForNow("cannot check our login for now")),
    row("5xx", "", AT_LOGIN, &[], UsUntilMended(LOGIN)),
    row("535", "", ANY, &[], UsUntilMended(LOGIN)),
    row("534", "", ANY, &[], UsUntilMended(LOGIN)),
    row("530", "", ANY, &[], UsUntilMended(WANTS_LOGIN)),
    row("538", "", ANY, &[], UsUntilMended(WANTS_LOGIN)),
    row("5xx", "5.7.57", ANY, &[], UsUntilMended(WANTS_LOGIN)),
    row("5xx", "5.7.8-11", ANY, &["auth", "login", "password", "credential"], UsUntilMended(LOGIN)),
    row("5xx", "5.7.139", ANY, &[], UsUntilMended(LOGIN)),
    row(
        "5xx",
        "",
        FROM_RECIPIENT,
        &[
            "authentication required",
            "authentication is required",
            "must authenticate",
            "not authenticated",
            "not logged in",
            "smtp auth",
        ],
        UsUntilMended(WANTS_LOGIN),
    ),
    // The name we greet with, which Postfix refuses at RCPT only (`smtpd_delay_reject`). RFC 5321, 4.1.4; Google 5.5.4.
    row("5xx", "", (Hello, Hello), &[], UsUntilMended(NAME)),
    row(
        "5xx",
        "",
        ANY,
        &["helo command rejected", "ehlo command rejected", "invalid helo", "bad helo", "helo/ehlo", "helo name"],
        UsUntilMended(NAME),
    ),
    // Who writes, also where it is refused at RCPT. RFC 3463 x.1.7, x.1.8; RFC 7505 x.7.27; Microsoft 5.1.8, 5.2.0 and
    // 5.2.252 SendAsDenied, 5.7.60, 5.7.501 to 503; Exim, Postfix, Sendmail, qmail, Amazon.
    row(
        "5xx",
        "",
        ANY,
        &["sendasdenied", "send as denied", "permissions to send as", "not allowed to send as"],
        UsUntilMended(SENDER),
    ),
    row("5xx", "5.2.252", ANY, &[], UsUntilMended(SENDER)),
    row("5xx", "5.7.60", ANY, &[], UsUntilMended(SENDER)),
    row("5xx", "5.1.7-8", ANY, &["bad outbound sender"], UsUntilMended(ACCOUNT)),
    row("5xx", "5.1.7-8", ANY, &[], UsUntilMended(SENDER)),
    row("5xx", "5.7.27", ANY, &["null mx"], UsUntilMended(SENDER)),
    row(
        "5xx",
        "",
        ANY,
        &[
            "sender verify failed",
            "sender verification failed",
            "verification failed for <",
            "sender address rejected",
            "sender rejected",
            "sender denied",
            "invalid sender",
            "sender unknown",
            "unknown sender",
            "domain of sender",
            "envelope sender is",
            "badmailfrom",
            "email address is not verified",
            "not authorized to perform ses",
            "not authorized to send on behalf",
            "not authorized to use this sender",
            "not owned by user",
        ],
        UsUntilMended(SENDER),
    ),
    row("5xx", "5.7.501-503", ANY, &[], UsUntilMended(ACCOUNT)),
    row("5xx", "5.7.700-750", ANY, &[], UsUntilMended(ACCOUNT)),
    // Proof that letters are ours. RFC 7372 x.7.20 to x.7.26; Google 5.7.26 to 5.7.32; Microsoft 5.7.509, 5.7.515; Yahoo
    // 5.7.9.
    row("5xx", "5.7.20-27", ANY, &[], UsUntilMended(PROOF)),
    row("5xx", "5.7.29-32", ANY, &[], UsUntilMended(PROOF)),
    row("5xx", "5.7.509", ANY, &[], UsUntilMended(PROOF)),
    row("5xx", "5.7.515", ANY, &[], UsUntilMended(PROOF)),
    row(
        "5xx",
        "",
        ANY,
        &["spf", "dkim", "dmarc", "reverse dns", "reverse hostname", "ptr record", "no ptr"],
        UsUntilMended(PROOF),
    ),
    // This machine's address. Microsoft 5.7.511, 5.7.606 to 649; Yahoo BL21, TSS09; Postfix, Exim.
    row("5xx", "5.7.511", ANY, &[], UsUntilMended(LISTED)),
    row("5xx", "5.7.606-649", ANY, &[], UsUntilMended(LISTED)),
    row(
        "5xx",
        "",
        ANY,
        &[
            "client host",
            "blacklist",
            "blocklist",
            "block list",
            "blackholed",
            "spamhaus",
            "spamcop",
            "barracudacentral",
            "dnsbl",
            "rbl",
            "banned sending ip",
            "ip you're using to send mail is not authorized",
            "permanently deferred",
            "your network is blocked",
            "your ip",
        ],
        UsUntilMended(LISTED),
    ),
    // No such domain, no such person. RFC 3463 x.1.1 to x.1.3 and x.1.6, RFC 7505 5.1.10, RFC 7504 556; Microsoft 5.1.10,
    // 5.4.310, and 5.4.1 where it is about the recipient. Only where the server was asked for this very address.
    row("5xx", "5.1.1-3", AT_RECIPIENT, &[], Person),
    row("5xx", "5.1.6", AT_RECIPIENT, &[], Person),
    row("5xx", "5.1.10", AT_RECIPIENT, &[], Person),
    row("5xx", "5.4.310", AT_RECIPIENT, &[], Person),
    row("5xx", "5.4.1", AT_RECIPIENT, &["recipient address rejected"], Person),
    row("556", "", AT_RECIPIENT, &[], Person),
    // The same in words, from servers without finer codes, or with the coarse ones. Postfix, Exim (`Unrouteable address`),
    // qmail, Sendmail, OpenSMTPD (`Invalid recipient`), Yahoo.
    row("55x", "-", AT_RECIPIENT, NO_SUCH, Person),
    row("55x", "5.0.0", AT_RECIPIENT, NO_SUCH, Person),
    row("55x", "5.1.0", AT_RECIPIENT, NO_SUCH, Person),
    // Passing on. RFC 5321, 3.6.2; Google 5.7.0, Microsoft 5.7.64 and `Unable to relay`, Exim, qmail. Behind the people, since Postfix
    // says `User unknown in relay recipient table`.
    row("5xx", "5.7.64", ANY, &[], UsUntilMended(RELAY)),
    row("5xx", "", ANY, &["relay", "rcpthosts"], UsUntilMended(RELAY)),
    // Too big, mailbox full, suspected of spam, an attachment that is not taken: about this letter or the mailbox. A
    // mailbox that is switched off (5.2.1) may be switched on again. RFC 3463 x.2.x, x.3.4, x.6.x, x.7.x.
    row("5xx", "5.2.0-999", ANY, &[], Unknown),
    row("5xx", "5.3.4", ANY, &[], Unknown),
    row("552", "", ANY, &[], Unknown),
    row("5xx", "5.6.0-999", FROM_RECIPIENT, &[], Unknown),
    // What may pass. RFC 5321: 421, 450, 451, 452, 455, also a greylist. Before there is a recipient it is about all
    // letters.
    row("4xx", "", (Connect, Secure), &[], UsForNow(OVERLOADED)),
    row("4xx", "", ANY, &[], Moment),
    // Whatever else it says before there is a letter, it says to all letters. RFC 5321, 3.1 (554), RFC 7504 (521).
    row("5xx", "", (Connect, Connect), &[], UsUntilMended("does not talk to us")),
    row("5xx", "", (Secure, Secure), &[], UsUntilMended("does not secure the line; mend `mail.tls` or `mail.port`")),
    row("5xx", "", AT_SENDER, &[], UsUntilMended(SENDER)),
    row("500", "", TO_RECIPIENT, &[], UsUntilMended(UNDERSTOOD)),
    row("502", "", TO_RECIPIENT, &[], UsUntilMended(UNDERSTOOD)),
    row("503", "", TO_RECIPIENT, &[], UsUntilMended(UNDERSTOOD)),
    row("504", "", TO_RECIPIENT, &[], UsUntilMended(UNDERSTOOD)),
];

const NO_SUCH: &[&str] = &[
    "user unknown",
    "unknown user",
    "no such user",
    "no such mailbox",
    "no such recipient",
    "no such address",
    "no such person",
    "user not found",
    "recipient not found",
    "mailbox not found",
    "address not found",
    "unknown recipient",
    "recipient unknown",
    "unknown address",
    "address unknown",
    "invalid recipient",
    "invalid mailbox",
    "not a valid mailbox",
    "no mailbox here",
    "unrouteable address",
    "unroutable address",
    "user does not exist",
    "user doesn't exist",
    "mailbox does not exist",
    "mailbox doesn't exist",
    "address does not exist",
    "address doesn't exist",
    "recipient does not exist",
    "account does not exist",
    "that you tried to reach does not exist",
    "this user doesn't have a",
    "nobody here",
];

/// What a refusal at a stage means.
pub(super) fn meaning(stage: Stage, reply: &Reply) -> Meaning {
    let words = reply.words().to_lowercase();
    let fits = |row: &&Row| {
        let (from, to) = row.stages;
        (from..=to).contains(&stage)
            && has_code(row.code, reply.code)
            && has_enhanced(row.enhanced, reply.enhanced)
            && (row.says.is_empty() || row.says.iter().any(|say| says(&words, say)))
    };
    // What no row knows of is for a person to look at.
    ROWS.iter().find(fits).map_or(Unknown, |row| row.means)
}

/// Short words count only as words of their own: `spf`, not `spfx`; a beginning counts, as in `throttl`.
fn says(words: &str, say: &str) -> bool {
    if say.len() > 4 {
        return words.contains(say);
    }
    words.split(|c: char| !c.is_alphanumeric()).any(|word| word == say)
}

fn has_code(pattern: &str, code: u16) -> bool {
    let digits = code.to_string();
    pattern.len() == digits.len() && pattern.bytes().zip(digits.bytes()).all(|(p, digit)| p == b'x' || p == digit)
}

fn has_enhanced(pattern: &str, found: Option<Enhanced>) -> bool {
    match (pattern, found) {
        ("", _) => true,
        ("-", found) => found.is_none(),
        (_, None) => false,
        (pattern, Some(Enhanced(class, subject, detail))) => parts(pattern).is_some_and(|(of, about, (from, to))| {
            of.is_none_or(|of| of == class) && about == subject && (from..=to).contains(&detail)
        }),
    }
}

type Parts = (Option<u16>, u16, (u16, u16));

fn parts(pattern: &str) -> Option<Parts> {
    let mut parts = pattern.split('.');
    let class = parts.next()?;
    let class = if class == "x" { None } else { Some(class.parse().ok()?) };
    let subject = parts.next()?.parse().ok()?;
    let detail = parts.next()?;
    let (from, to) = detail.split_once('-').unwrap_or((detail, detail));
    let is_whole = parts.next().is_none();
    is_whole.then_some((class, subject, (from.parse().ok()?, to.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What servers say, word for word.
    type Texts = &'static [&'static str];
    /// What they are to mean.
    type Means<'a> = &'a dyn Fn(Meaning) -> bool;

    async fn read(stage: Stage, line: &str) -> Meaning {
        let line = format!("{line}\r\n");
        meaning(stage, &Reply::read(&mut line.as_bytes()).await.unwrap())
    }

    #[test]
    fn every_row_can_be_read_and_says_its_words_in_lower_case() {
        for row in ROWS {
            assert!(row.code.len() == 3 && row.code.bytes().all(|b| b == b'x' || b.is_ascii_digit()), "{}", row.code);
            assert!(matches!(row.enhanced, "" | "-") || parts(row.enhanced).is_some(), "{}", row.enhanced);
            assert!(row.says.iter().all(|say| *say == say.to_lowercase() && !say.trim().is_empty()), "{:?}", row.says);
            assert!(row.stages.0 <= row.stages.1);
        }
    }

    #[tokio::test]
    async fn only_no_such_address_is_the_persons() {
        use Stage::{Data, Letter, Recipient, Sender};
        let now = |meaning| matches!(meaning, UsForNow(_));
        let mended = |meaning| matches!(meaning, UsUntilMended(_));
        let person = |meaning| meaning == Person;
        let asks = |meaning| meaning == Unknown;
        let moment = |meaning| meaning == Moment;
        let cases: &[(&str, Means<'_>, Stage, Texts)] = &[
            (
                "person",
                &person,
                Recipient,
                &[
                    "550 5.1.1 nobody here",
                    "550 5.1.1 <ann@a.example>: Recipient address rejected: User unknown in relay recipient table",
                    "550 5.1.1 <ann@a.example>: Recipient address rejected: User unknown in virtual mailbox table",
                    "553 5.1.2 We weren't able to find the recipient domain.",
                    "501 5.1.3 Bad recipient address syntax",
                    "551 5.1.6 has moved",
                    "556 5.1.10 Recipient address has a null MX",
                    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found",
                    "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)",
                    "550 5.4.310 DNS domain a.example does not exist",
                    "550 No such user",
                    "550 Unrouteable address",
                    "550 Invalid recipient: <ann@a.example>",
                    "553 sorry, no mailbox here by that name (#5.1.1)",
                    "554 delivery error: dd This user doesn't have a yahoo.com account",
                ],
            ),
            (
                "for now",
                &now,
                Letter,
                &[
                    "550 5.4.5 Daily user sending limit exceeded.",
                    "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
                    "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException",
                    "550 5.7.508 Access denied, [192.0.2.1] has exceeded permitted limits within range",
                    "550 5.7.1 Daily SMTP relay limit exceeded for customer.",
                    "454 Throttling failure: Maximum sending rate exceeded.",
                    "421 4.7.28 Our system has detected an unusual rate of mail",
                    "451 4.7.500 Server busy. Please try again later",
                    "550 Domain a.example has exceeded the max emails per hour (100/100 (100%)) allowed.",
                ],
            ),
            (
                "for now",
                &now,
                Recipient,
                &["550 5.4.5 Daily sending quota exceeded", "450 4.7.1 Error: too many messages"],
            ),
            ("for now", &now, Connect, &["421 4.3.2 closing", "421 too many connections"]),
            ("for now", &now, Login, &["454 4.7.0 Temporary authentication failure"]),
            (
                "until mended",
                &mended,
                Recipient,
                &[
                    "550 SPF check failed",
                    "550 Sender verify failed",
                    "550 Relaying denied",
                    "554 5.7.1 <ann@a.example>: Relay access denied",
                    "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
                    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
                    "554 Client host [192.0.2.1] blacklisted",
                    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
                    "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname",
                    "550 5.1.0 <office@p.example>: Sender address rejected: User unknown",
                    "550 5.1.1 <office@p.example>: Sender address rejected: User unknown in virtual mailbox table",
                    "553 5.1.8 Domain of sender address office@p.example does not exist",
                    "550 5.7.26 This mail is unauthenticated",
                    "550 5.7.1 Client does not have permissions to send as this sender",
                    "530 5.7.0 authentication required",
                    "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
                ],
            ),
            (
                "until mended",
                &mended,
                Letter,
                &[
                    "554 5.2.252 SendAsDenied; office@p.example not allowed to send as pat@p.example",
                    "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied",
                    "550 5.7.515 Access denied, sending domain does not meet the required authentication level.",
                    "554 Message rejected: Email address is not verified.",
                    "550 5.1.8 Access denied, bad outbound sender",
                ],
            ),
            ("until mended", &mended, Connect, &["554 your network is blocked", "521 5.3.2 no mail here"]),
            ("until mended", &mended, Hello, &["501 5.5.4 HELO/EHLO argument invalid", "550 no", "504 no"]),
            ("until mended", &mended, Login, &["535 5.7.8 no", "534 5.7.9 web login needed", "500 no"]),
            (
                "until mended",
                &mended,
                Sender,
                &["550 5.1.8 sender unknown", "550 5.1.1 no such user", "501 bad address"],
            ),
            (
                "a person decides",
                &asks,
                Recipient,
                &[
                    "550 mailbox unavailable",
                    "550 5.2.1 The email account that you tried to reach is disabled",
                    "552 5.2.2 The email account that you tried to reach is over quota",
                    "550 5.2.2 mailbox full",
                    "550 5.7.1 rejected: looks like spam",
                    "550 5.4.1 no answer from host",
                    "550 5.0.0 no",
                    "571 Delivery not authorized",
                    "550 5.2.121 recipient's per hour message receive limit exceeded",
                ],
            ),
            (
                "a person decides",
                &asks,
                Letter,
                &[
                    "552 5.3.4 Message size exceeds fixed limit",
                    "554 5.6.0 not wanted",
                    "550 5.7.1 our system has detected that this message is likely unsolicited mail",
                    "550 high probability of spam",
                    "554 5.1.1 after the letter",
                    "571 refused",
                ],
            ),
            ("a person decides", &asks, Data, &["554 no valid recipients", "550 no such user"]),
            (
                "the moment",
                &moment,
                Recipient,
                &[
                    "451 4.7.1 greylisted, come back",
                    "450 4.2.0 Recipient address rejected: Greylisted",
                    "452 4.2.2 over quota",
                    "450 4.1.1 unverified address",
                    "450 4.2.1 The user you are trying to contact is receiving mail too quickly.",
                    "421 4.3.2 closing",
                ],
            ),
            ("the moment", &moment, Letter, &["452 4.3.1 no room", "451 4.3.0 try later"]),
        ];
        for (what, is, stage, lines) in cases {
            for line in *lines {
                let found = read(*stage, line).await;
                assert!(is(found), "{line} at {stage:?} should be {what}, and is {found:?}");
            }
        }
    }
}
