//! Mail that came back: a delivery status notification (RFC 3464), read for which mail it is about
//! and whether that has failed for good.

use chrono::{DateTime, Utc};
use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use sqlx::PgPool;
use uuid::Uuid;

/// The most bytes of a notification that are read.
pub const BYTES_MAX: usize = 1024 * 1024;
/// The most characters kept of a reason.
const REASON_CHARS_MAX: usize = 500;

/// Why a mail tells nothing of a mail of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotABounce {
    #[error("this is no mail")]
    NotAMail,
    #[error("this mail has no delivery status (RFC 3464)")]
    NoStatus,
    #[error("this mail does not say which mail it is about: it has no Message-ID of ours")]
    NotOurs,
}

/// What a notification says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// The outbox row, from the `Message-ID` of the mail that came back.
    pub notification: Uuid,
    /// Whether it will never arrive. Otherwise it is late, and still on its way.
    pub failed: bool,
    /// `5.1.1 smtp; 550 User unknown`, without the address.
    pub reason: String,
}

/// Reads a notification.
///
/// # Errors
///
/// [`NotABounce`].
pub fn read(mail: &[u8]) -> Result<Bounce, NotABounce> {
    let mail = MessageParser::default().parse(mail).ok_or(NotABounce::NotAMail)?;
    let status = of_type(&mail, "message", "delivery-status").ok_or(NotABounce::NoStatus)?;
    let field = |name: &str| fields(&status).find(|(field, _)| field.eq_ignore_ascii_case(name));
    let value = |name: &str| field(name).map(|(_, value)| value.to_owned());
    let action = value("Action").ok_or(NotABounce::NoStatus)?;
    let receiver = value("Final-Recipient").unwrap_or_default();
    let receiver = receiver.rsplit(';').next().unwrap_or_default().trim().to_owned();
    let reason: Vec<String> =
        [value("Status"), value("Diagnostic-Code")].into_iter().flatten().collect();
    let mut reason = reason.join(" ");
    if !receiver.is_empty() {
        reason = reason.replace(&receiver, "…");
    }
    Ok(Bounce {
        notification: about(&mail).ok_or(NotABounce::NotOurs)?,
        failed: action.eq_ignore_ascii_case("failed"),
        reason: reason.chars().take(REASON_CHARS_MAX).collect(),
    })
}

/// The text of the first part of a type.
fn of_type(mail: &Message<'_>, kind: &str, subtype: &str) -> Option<String> {
    let part = mail.parts.iter().find(|part| {
        part.content_type().is_some_and(|own| {
            own.ctype().eq_ignore_ascii_case(kind)
                && own.subtype().is_some_and(|own| own.eq_ignore_ascii_case(subtype))
        })
    })?;
    Some(String::from_utf8_lossy(part.contents()).into_owned())
}

/// Fields of a status, as `name: value`, with continued lines joined.
fn fields(status: &str) -> impl Iterator<Item = (&str, &str)> {
    status
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim(), value.trim()))
}

/// The mail that came back, whole or its headers only.
fn about(mail: &Message<'_>) -> Option<Uuid> {
    let inside = mail.parts.iter().find_map(|part| match &part.body {
        PartType::Message(inner) => inner.message_id().map(str::to_owned),
        PartType::Text(_)
        | PartType::Html(_)
        | PartType::Binary(_)
        | PartType::InlineBinary(_)
        | PartType::Multipart(_) => None,
    });
    let headers = || {
        let headers = of_type(mail, "text", "rfc822-headers")?;
        let (_, id) = fields(&headers).find(|(name, _)| name.eq_ignore_ascii_case("Message-ID"))?;
        Some(id.to_owned())
    };
    let id = inside.or_else(headers)?;
    let (local, _) = id.trim_matches(['<', '>']).split_once('@')?;
    local.parse().ok()
}

/// Notes what came back: on the notification, and on the address it was sent to if that is still
/// the contact's. Returns whether there is such a notification.
///
/// # Errors
///
/// When the database does not answer.
pub async fn note(pool: &PgPool, bounce: &Bounce, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    let state = if bounce.failed { "bounced" } else { "sent" };
    let found: Option<(String, Option<Uuid>)> = sqlx::query_as(
        "UPDATE outbox SET state = $2, last_answer = $3
         WHERE id = $1 AND state IN ('sent', 'bounced') RETURNING contact, person",
    )
    .bind(bounce.notification)
    .bind(state)
    .bind(&bounce.reason)
    .fetch_optional(&mut *tx)
    .await?;
    let Some((contact, person)) = found else { return Ok(false) };
    if bounce.failed {
        sqlx::query(
            "UPDATE person SET bounced_at = $3, bounce = $4 WHERE contact = $1 AND id = $2",
        )
        .bind(contact)
        .bind(person)
        .bind(now)
        .bind(&bounce.reason)
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Uuid = Uuid::from_u128(0x0192_f3a0_7c1e_7d2a_9b1f_3f5d_6c7b_8a90);

    fn bounce(action: &str, returned: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mx.example\r\nTo: post@samvirke.example\r\n\
             Subject: Undelivered Mail\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mx.example\r\n\r\n\
             Final-Recipient: rfc822; kari@kommune.example\r\nAction: {action}\r\n\
             Status: 5.1.1\r\n\
             Diagnostic-Code: smtp; 550 <kari@kommune.example> User unknown\r\n\r\n\
             --b\r\n{returned}\r\n--b--\r\n"
        )
    }

    fn headers() -> String {
        format!(
            "Content-Type: text/rfc822-headers\r\n\r\nSubject: Innkalling\r\n\
             Message-ID: <{ID}@samvirke.example>\r\n"
        )
    }

    #[test]
    fn a_bounce_tells_which_mail_and_why_but_not_who() {
        let whole = format!(
            "Content-Type: message/rfc822\r\n\r\nMessage-ID: <{ID}@samvirke.example>\r\n\
             Subject: Innkalling\r\n\r\nHei\r\n"
        );
        for returned in [headers(), whole] {
            let read = read(bounce("failed", &returned).as_bytes()).unwrap();
            assert_eq!(read.notification, ID);
            assert!(read.failed);
            assert_eq!(read.reason, "5.1.1 smtp; 550 <…> User unknown");
        }
    }

    #[test]
    fn a_mail_that_is_late_has_not_failed() {
        assert!(!read(bounce("delayed", &headers()).as_bytes()).unwrap().failed);
    }

    #[test]
    fn what_is_no_bounce_of_ours_says_so() {
        let plain = "From: a@b.example\r\nSubject: Hei\r\n\r\nJeg er på ferie.\r\n";
        assert_eq!(read(plain.as_bytes()), Err(NotABounce::NoStatus));
        let other = "Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <x@elsewhere>\r\n";
        assert_eq!(read(bounce("failed", other).as_bytes()), Err(NotABounce::NotOurs));
    }
}
