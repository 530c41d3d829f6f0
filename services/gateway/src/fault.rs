//! What the gateway itself finds wrong: with a request before any service sees it, or on the way to
//! one.
//!
//! A fault has no status; [`crate::problem`] chooses that. Its code is part of a problem's `type`
//! and never changes.

use samvirke_schemas::feed::FeedPosition;

use crate::language::Language;

samvirke_kernel::rejections! {
    /// Why the gateway answers a request itself.
    #[derive(Eq, strum::VariantNames)]
    pub(crate) enum Fault {
        // The address.
        UnknownPath:
            "No such address", "Ukjent adresse",
            "nothing is served at this path; /openapi.json lists what is",
            "det finnes ikke noe på denne adressen; /openapi.json viser hva som finnes";
        UnknownCollection { name: String, valid: String }:
            "No such collection", "Ukjent samling",
            "there is no collection {name:?}; the collections are {valid}",
            "samlingen {name:?} finnes ikke; samlingene er {valid}";
        UnknownCommand { name: String, collection: &'static str, valid: String }:
            "No such command", "Ukjent kommando",
            "{collection} have no command {name:?}; the commands are {valid}",
            "{collection} har ikke kommandoen {name:?}; kommandoene er {valid}";
        WrongMethod { allowed: String }:
            "Wrong method", "Feil metode",
            "this address answers {allowed}",
            "denne adressen svarer på {allowed}";
        InvalidPath:
            "Unreadable address", "Uleselig adresse",
            "the path must be percent-encoded UTF-8",
            "adressen må være prosentkodet UTF-8";
        InvalidId { reason: String }:
            "Not an id", "Ikke en id",
            "{reason}",
            "id-en i adressen er feil: {reason}";

        // The headers.
        MissingHost:
            "No host", "Vertsnavn mangler",
            "send one header Host with the name that this server was reached by",
            "send ett felt Host med navnet som tjeneren ble nådd på";
        InvalidHost:
            "Invalid Host", "Ugyldig Host",
            "Host is a name or an address, and a port where it is not the usual one",
            "Host er et navn eller en adresse, og en port der den ikke er den vanlige";
        RepeatedHeader { header: &'static str }:
            "Repeated header", "Gjentatt felt i hodet",
            "send the header {header} once",
            "send feltet {header} én gang";
        InvalidIdempotencyKey { max: usize }:
            "Invalid Idempotency-Key", "Ugyldig Idempotency-Key",
            "an Idempotency-Key is 1 to {max} visible ASCII characters",
            "en Idempotency-Key er 1 til {max} synlige ASCII-tegn";
        InvalidIfMatch:
            "Invalid If-Match", "Ugyldig If-Match",
            "If-Match takes one strong entity tag as ETag gave it, such as \"7\"",
            "If-Match skal være én sterk merkelapp slik ETag ga den, for eksempel \"7\"";
        InvalidPosition { max: usize }:
            "Invalid Samvirke-Position", "Ugyldig Samvirke-Position",
            "Samvirke-Position is a comma separated list of at most {max} positions such as \
             NETWORKS:17",
            "Samvirke-Position er en kommadelt liste med høyst {max} posisjoner som NETWORKS:17";
        InvalidOccurredAt { reason: String }:
            "Invalid Samvirke-Occurred-At", "Ugyldig Samvirke-Occurred-At",
            "{reason}",
            "tidspunktet kan ikke leses: {reason}";
        OccurredInTheFuture:
            "It has not happened yet", "Det har ikke skjedd ennå",
            "Samvirke-Occurred-At says when something happened and cannot be in the future",
            "Samvirke-Occurred-At sier når noe skjedde og kan ikke ligge i framtiden";
        InvalidSource { reason: String }:
            "Invalid Samvirke-Source", "Ugyldig Samvirke-Source",
            "Samvirke-Source cannot be taken: {reason}",
            "Samvirke-Source kan ikke brukes: {reason}";
        InvalidIllustrative:
            "Invalid Samvirke-Illustrative", "Ugyldig Samvirke-Illustrative",
            "Samvirke-Illustrative is true or false",
            "Samvirke-Illustrative er true eller false";

        // The body.
        WrongContentType:
            "Not JSON", "Ikke JSON",
            "send Content-Type: application/json, in UTF-8",
            "send Content-Type: application/json, i UTF-8";
        EncodedBody:
            "Compressed body", "Komprimert innhold",
            "send the body without Content-Encoding",
            "send innholdet uten Content-Encoding";
        TooLarge { bytes_max: usize }:
            "Too large", "For stort",
            "a body has at most {bytes_max} bytes",
            "innholdet kan ha høyst {bytes_max} byte";
        BodyTooSlow:
            "Too slow", "For tregt",
            "the body did not arrive in time; nothing was done",
            "innholdet kom ikke fram i tide; ingenting ble gjort";
        BodyInterrupted:
            "Interrupted", "Avbrutt",
            "the body broke off before its end; nothing was done",
            "innholdet tok slutt for tidlig; ingenting ble gjort";
        NotUtf8 { at: usize }:
            "Not UTF-8", "Ikke UTF-8",
            "the body is not UTF-8 at byte {at}",
            "innholdet er ikke UTF-8 ved byte {at}";
        MalformedJson { reason: String }:
            "Malformed JSON", "Feil i JSON",
            "the body is not JSON: {reason}",
            "innholdet er ikke JSON: {reason}";
        NotAnObject:
            "Not an object", "Ikke et objekt",
            "the body must be a JSON object; a command without fields takes {{}}",
            "innholdet må være et JSON-objekt; en kommando uten felter tar {{}}";

        // The query string.
        UndecodableQuery:
            "Unreadable query string", "Uleselig spørring",
            "the query string must be percent-encoded UTF-8, name=value joined by &",
            "spørringen må være prosentkodet UTF-8, navn=verdi skilt med &";
        TooManyParameters { max: usize }:
            "Too many parameters", "For mange parametere",
            "a query has at most {max} parameters, and a list as many items",
            "en spørring kan ha høyst {max} parametere, og en liste like mange ledd";
        UnknownParameter { name: String, valid: String }:
            "No such parameter", "Ukjent parameter",
            "there is no parameter {name:?}; there are {valid}",
            "parameteren {name:?} finnes ikke; det finnes {valid}";
        MissingParameter { name: String }:
            "Missing parameter", "Parameter mangler",
            "the parameter {name} is needed",
            "parameteren {name} må være med";
        RepeatedParameter { name: String }:
            "Repeated parameter", "Gjentatt parameter",
            "the parameter {name} takes one value",
            "parameteren {name} tar én verdi";
        WrongParameterType { name: String, expected: &'static str }:
            "Wrong type", "Feil type",
            "the parameter {name} must be of type {expected}",
            "parameteren {name} må være av typen {expected}";

        // The feed.
        PositionUnknown { last: FeedPosition }:
            "Unknown position", "Ukjent posisjon",
            "the feed has no such position; it ends at {last}, and FEED:0 is before its beginning",
            "strømmen har ingen slik posisjon; den slutter på {last}, og FEED:0 er før begynnelsen";

        // The token.
        UnsupportedAuthorization:
            "Unsupported authorization", "Ukjent innlogging",
            "send one header Authorization: Bearer <token>",
            "send ett felt Authorization: Bearer <token>";
        TokenTooLarge { bytes_max: usize }:
            "Token too large", "For stort token",
            "a token has at most {bytes_max} bytes",
            "et token kan ha høyst {bytes_max} byte";
        TokenMalformed:
            "Malformed token", "Feil i token",
            "the token is not a signed JWT in compact form that we understand",
            "tokenet er ikke et signert JWT i kompakt form som vi forstår";
        TokenUnsigned:
            "Unsigned token", "Usignert token",
            "the token is not signed",
            "tokenet er ikke signert";
        TokenAlgorithm:
            "Algorithm not accepted", "Algoritmen godtas ikke",
            "the token must be signed with RS256, ES256 or EdDSA, and as its key says",
            "tokenet må være signert med RS256, ES256 eller EdDSA, og slik nøkkelen sier";
        TokenForeignIssuer:
            "Foreign issuer", "Fremmed utsteder",
            "the token's issuer is not one that we trust",
            "vi stoler ikke på den som har utstedt tokenet";
        TokenKeyUnknown:
            "Unknown key", "Ukjent nøkkel",
            "the token must name (kid) one of its issuer's keys",
            "tokenet må navngi (kid) en av utstederens nøkler";
        TokenSignature:
            "Wrong signature", "Feil signatur",
            "the token's signature is not its issuer's",
            "tokenets signatur er ikke utstederens";
        TokenExpired:
            "Token expired", "Tokenet er utløpt",
            "the token has expired; get a new one",
            "tokenet er utløpt; hent et nytt";
        TokenNotYetValid:
            "Token not yet valid", "Tokenet gjelder ikke ennå",
            "the token is not valid yet (nbf)",
            "tokenet gjelder ikke ennå (nbf)";
        TokenAudience:
            "Wrong audience", "Feil mottaker",
            "the token is meant for someone else (aud)",
            "tokenet er ment for noen andre (aud)";
        TokenClaimMissing { claim: String }:
            "Claim missing", "Påstand mangler",
            "the token lacks the claim {claim}",
            "tokenet mangler {claim}";
        TokenClaimInvalid { claim: &'static str, reason: String }:
            "Claim not understood", "Påstanden forstås ikke",
            "the token's claim {claim} cannot be taken: {reason}",
            "tokenets {claim} kan ikke brukes: {reason}";

        IssuerWithoutScopes:
            "Machines not accepted", "Maskiner godtas ikke",
            "no scopes are set up for machines of the token's issuer, so none of its tokens with \
             consumer is accepted; the operator names them as scopes of the issuer",
            "det er ikke satt opp scopes for maskiner hos utstederen, så ingen token med consumer \
             derfra godtas; den som drifter, navngir dem som scopes for utstederen";
        TokenScope { scopes: String }:
            "Scope missing", "Scope mangler",
            "the token holds none of the scopes that count here: {scopes}",
            "tokenet har ingen av de scopes som gjelder her: {scopes}";

        // The way to the services.
        Disconnected:
            "Try again", "Prøv igjen",
            "the services cannot be reached; nothing was done",
            "tjenestene kan ikke nås; ingenting ble gjort";
        ServiceAway:
            "Try again", "Prøv igjen",
            "the service that answers this is not running; nothing was done",
            "tjenesten som svarer på dette, kjører ikke; ingenting ble gjort";
        OutcomeUnknown:
            "Outcome unknown", "Ukjent utfall",
            "no answer came in time and the command may have been carried out; repeat it with \
             the same Idempotency-Key to learn its outcome",
            "svaret kom ikke i tide, og kommandoen kan være utført; send den på nytt med samme \
             Idempotency-Key for å få vite utfallet";
        OutcomeUnknownWithoutKey:
            "Outcome unknown", "Ukjent utfall",
            "no answer came in time and the command may have been carried out; look before you \
             repeat it, and send an Idempotency-Key from the start so that a repetition is safe",
            "svaret kom ikke i tide, og kommandoen kan være utført; se etter før du sender den \
             på nytt, og send en Idempotency-Key fra starten av, så er det trygt å gjenta";
        IssuerAway:
            "Try again", "Prøv igjen",
            "the keys of the token's issuer cannot be fetched now; nothing was done",
            "nøklene til den som har utstedt tokenet, kan ikke hentes nå; ingenting ble gjort";
        OfficesUnknown:
            "Try again", "Prøv igjen",
            "the offices you hold cannot be told now; nothing was done",
            "vervene dine kan ikke slås opp nå; ingenting ble gjort";
        RightsUnknown:
            "Try again", "Prøv igjen",
            "what you may read cannot be looked up now; nothing was passed over: ask again from the \
             same position",
            "hva du kan lese, kan ikke slås opp nå; ingenting ble hoppet over: spør igjen fra samme \
             posisjon";
        AnswerLate:
            "Try again", "Prøv igjen",
            "no answer came in time",
            "svaret kom ikke i tide";
        TooBusy:
            "Try again", "Prøv igjen",
            "too many requests are under way; nothing was done",
            "for mange forespørsler er i gang; ingenting ble gjort";
        TooManyRequests { max: usize }:
            "Too many at once", "For mange på én gang",
            "you have {max} requests under way, as many as one caller may; nothing was done: wait for \
             an answer",
            "du har {max} forespørsler i gang, så mange som én kan ha; ingenting ble gjort: vent på et \
             svar";
        TooManyReaders { max: usize }:
            "Too many at once", "For mange på én gang",
            "you read the feed {max} times at once, as often as one caller may: end one first",
            "du leser hendelsesstrømmen {max} ganger samtidig, så mange som én kan: avslutt en først";
        TooManyConnections { max: usize }:
            "Too many at once", "For mange på én gang",
            "{max} connections are open from your address, as many as one may have; nothing was done: \
             use those",
            "det er {max} forbindelser åpne fra adressen din, så mange som én kan ha; ingenting ble \
             gjort: bruk dem";
        Broken:
            "It is our fault", "Feilen er vår",
            "the program failed; tell us the instance of this problem",
            "programmet feilet; oppgi instance fra dette svaret når du melder fra";
    }
}

impl Fault {
    pub(crate) fn title(&self, language: Language) -> &'static str {
        let (english, bokmaal) = self.titles();
        match language {
            Language::English => english,
            Language::Bokmaal => bokmaal,
        }
    }

    pub(crate) fn detail(&self, language: Language) -> String {
        match language {
            Language::English => self.to_string(),
            Language::Bokmaal => self.bokmaal(),
        }
    }

    /// Whether the same request may succeed in a moment.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Disconnected
                | Self::ServiceAway
                | Self::OutcomeUnknown
                | Self::OutcomeUnknownWithoutKey
                | Self::IssuerAway
                | Self::OfficesUnknown
                | Self::RightsUnknown
                | Self::AnswerLate
                | Self::TooBusy
                | Self::TooManyRequests { .. }
                | Self::TooManyReaders { .. }
                | Self::TooManyConnections { .. }
        )
    }

    /// The part of the request at fault, as a header, a parameter or a claim.
    pub(crate) fn field(&self) -> Option<&str> {
        let name = match self {
            Self::InvalidId { .. } => "id",
            Self::MissingHost | Self::InvalidHost => "Host",
            Self::RepeatedHeader { header } => header,
            Self::InvalidIdempotencyKey { .. } => "Idempotency-Key",
            Self::InvalidIfMatch => "If-Match",
            Self::InvalidPosition { .. } => "Samvirke-Position",
            Self::InvalidOccurredAt { .. } | Self::OccurredInTheFuture => "Samvirke-Occurred-At",
            Self::InvalidSource { .. } => "Samvirke-Source",
            Self::InvalidIllustrative => "Samvirke-Illustrative",
            Self::WrongContentType => "Content-Type",
            Self::EncodedBody => "Content-Encoding",
            Self::UnknownParameter { name, .. }
            | Self::MissingParameter { name }
            | Self::RepeatedParameter { name }
            | Self::WrongParameterType { name, .. } => name,
            Self::PositionUnknown { .. } => "after",
            Self::TokenClaimMissing { claim } => claim,
            Self::TokenClaimInvalid { claim, .. } => claim,
            Self::TokenScope { .. } | Self::IssuerWithoutScopes => "scope",
            Self::UnknownPath
            | Self::UnknownCollection { .. }
            | Self::UnknownCommand { .. }
            | Self::WrongMethod { .. }
            | Self::InvalidPath
            | Self::TooLarge { .. }
            | Self::BodyTooSlow
            | Self::BodyInterrupted
            | Self::NotUtf8 { .. }
            | Self::MalformedJson { .. }
            | Self::NotAnObject
            | Self::UndecodableQuery
            | Self::TooManyParameters { .. }
            | Self::UnsupportedAuthorization
            | Self::TokenTooLarge { .. }
            | Self::TokenMalformed
            | Self::TokenUnsigned
            | Self::TokenAlgorithm
            | Self::TokenForeignIssuer
            | Self::TokenKeyUnknown
            | Self::TokenSignature
            | Self::TokenExpired
            | Self::TokenNotYetValid
            | Self::TokenAudience
            | Self::Disconnected
            | Self::ServiceAway
            | Self::OutcomeUnknown
            | Self::OutcomeUnknownWithoutKey
            | Self::IssuerAway
            | Self::OfficesUnknown
            | Self::RightsUnknown
            | Self::AnswerLate
            | Self::TooBusy
            | Self::TooManyRequests { .. }
            | Self::TooManyReaders { .. }
            | Self::TooManyConnections { .. }
            | Self::Broken => return None,
        };
        Some(name)
    }
}
