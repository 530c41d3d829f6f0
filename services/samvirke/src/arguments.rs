//! The command line: what can be asked, with examples.
//!
//! Flags that are settings too (`--data`, `--http`, …) go over the environment and the file.

mod import;
mod operations;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};
use samvirke_private_servers::Secret;
use samvirke_schemas::{
    date::Date,
    id::{AggregateId, CooperationId},
    networks::rules::PersonId,
    organisation::OrganisationNumber,
    principal::Role,
    queries::{feed::Since, subscription::Phase},
    text::Line,
};
use serde::Serialize;

use crate::{service::Service, terminal::LogForm};
pub(crate) use import::Import;
pub(crate) use operations::{
    Backup, Database, DatabaseCommand, Keys, KeysCommand, KeysCreate, Restore,
};

/// The backend of an inter-municipal cooperation: networks, cases and meetings as event streams.
#[derive(Debug, Parser)]
#[command(name = "samvirke", version, propagate_version = true, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Settings come from samvirke.toml, then from SAMVIRKE_… variables (SAMVIRKE_NATS__URL is [nats] url), \
then from flags; the last one wins.

Exit codes: 0 done; 1 some lines were refused or some checks failed; 2 it could not go on.";

/// Settings that any command may be given as flags.
#[derive(Debug, Default, Args, Serialize)]
pub(crate) struct Common {
    /// The file with settings; without it samvirke.toml here, if there is one
    #[arg(long, global = true, value_name = "FILE")]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,
    /// The directory that `samvirke up` keeps everything in
    #[arg(long, global = true, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data: Option<PathBuf>,
    /// Where to listen for HTTP; port 0 is any free one
    #[arg(long, global = true, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http: Option<SocketAddr>,
    /// Where the HTTP API is reached
    #[arg(long, global = true, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// The cooperation that is meant where a command needs one
    #[arg(long, global = true, value_name = "ID")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cooperation: Option<CooperationId>,
    /// The form of the log on standard error
    #[arg(long, global = true, value_name = "FORM")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log: Option<LogForm>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start everything: private NATS and PostgreSQL servers and all services
    #[command(after_help = "\
Examples:
  samvirke up
  samvirke up --data ./data/demo --http 127.0.0.1:8080")]
    Up(Up),
    /// Make the streams that are not there yet, once, before the first samvirke serve
    #[command(after_help = "\
A stream that was made once and is gone is not made again: it is lost, and the exit code is 1. What a new \
version of samvirke adds is made. samvirke up does this by itself.

Examples:
  SAMVIRKE_NATS__URL=nats://nats.internal:4222 samvirke setup
  samvirke setup --config /etc/samvirke.toml")]
    Setup,
    /// List the streams, or accept one that was restored or has lost messages
    #[command(after_help = "\
Until it is accepted, a stream that is not the one that was listed, or ends earlier, takes no commands, and \
nothing new is made in one that holds messages which cannot be read.

Examples:
  samvirke streams list --json
  samvirke streams adopt CASES --dry-run
  samvirke streams adopt CASES --yes")]
    Streams(Streams),
    /// Run some services against given servers
    #[command(after_help = "\
Examples:
  SAMVIRKE_NATS__URL=nats://nats.internal:4222 samvirke serve networks
  samvirke serve readmodels gateway --config /etc/samvirke.toml")]
    Serve(Serve),
    /// Make the keys of a new installation, or tell which there are
    #[command(after_help = operations::KEYS_HELP)]
    Keys(Keys),
    /// Say that the database of a data directory is lost, so that an empty one is made
    #[command(after_help = operations::DATABASE_HELP)]
    Database(Database),
    /// Take everything that a samvirke up keeps into a new directory, whether it runs or not
    #[command(after_help = operations::BACKUP_HELP)]
    Backup(Backup),
    /// Verify a backup, and make a new data directory out of it
    #[command(after_help = operations::RESTORE_HELP)]
    Restore(Restore),
    /// Send the commands in a JSON Lines file, in order, each once in effect
    #[command(after_help = import::HELP)]
    Import(Import),
    /// Make a token of the demo's own issuer, for trying things out
    #[command(after_help = "\
Examples:
  samvirke token --data ./data/demo --role secretariat --cooperation vestregionen
  samvirke token --role member-integration --cooperation vestregionen --member 935478715 --ttl 10m
  samvirke token --person 6f9619ff-8b86-4d01-b42d-00cf4fc964ff")]
    Token(Token),
    /// Check servers, versions, streams, projections and clocks, and say what to do
    #[command(after_help = "\
Examples:
  samvirke doctor
  samvirke doctor --data ./data/demo --wait 60s
  samvirke doctor --deep
  samvirke doctor --json")]
    Doctor(Doctor),
    /// Tell how far the read models are, or build them anew
    #[command(after_help = "\
Examples:
  samvirke projections status
  samvirke projections verify
  samvirke projections rebuild cooperation_overview
  samvirke projections parked case_register
  samvirke projections retry case_register")]
    Projections(Projections),
    /// List events that the relay, a policy or the notifications could not work; retry or skip them
    #[command(after_help = "\
Of the cooperation of a parked event, all later ones wait in that task; other cooperations go on. A retry works \
the event once more and then what waits; a skip passes it over for good, and is recorded with who and why.

Examples:
  samvirke parked list
  samvirke parked list --json
  samvirke parked retry relay vestregionen --by kari
  samvirke parked skip notify vestregionen --reason 'fact of an older program' --by kari --dry-run
  samvirke parked skip cases-outcome-of-a-treatment vestregionen --reason 'agreed with the secretariat' --by kari")]
    Parked(Parked),
    /// Tell how the e-mail to contacts stands, try again, take in what came back
    #[command(after_help = "\
Examples:
  samvirke notify status
  samvirke notify retry
  samvirke notify bounce < returned.eml
In a mail server that hands returned mail to programs, such as Postfix:
  |samvirke notify bounce --config /etc/samvirke.toml")]
    Notify(Notify),
    /// Show, in Norwegian, what the API answers to the public or to the holder of a token
    #[command(after_help = "\
Examples:
  samvirke show case 24/2017 --cooperation vestregionen --timeline
  samvirke show cooperation vestregionen
  samvirke show meetings --cooperation vestregionen --body sg --year 2017
  samvirke show meeting vestregionen:rg-2017-06-01 --json")]
    Show(Show),
    /// Let a member receive the change feed over NATS, with an account of its own
    #[command(
        name = "nats-account",
        args_conflicts_with_subcommands = true,
        after_help = NATS_ACCOUNT_HELP
    )]
    NatsAccount(NatsAccount),
    /// Read the change feed, in Norwegian, as the public, a member or the holder of a token
    #[command(after_help = "\
Examples:
  samvirke feed tail --cooperation vestregionen --since 2017-01-01
  samvirke feed tail --cooperation vestregionen --member Bærum --types case.decided,case.settled
  samvirke feed tail --cooperation vestregionen --member 935478715 --follow
  samvirke feed tail --token-file token --after FEED:42 --json")]
    Feed(Feed),
    /// Show, in Norwegian, who subscribes to the feed and how deliveries stand
    #[command(after_help = "\
Without a token it asks as the operator, where samvirke up has made the demo's own issuer.

Examples:
  samvirke subscriptions --cooperation vestregionen
  samvirke subscriptions list --cooperation vestregionen --phase stopped
  samvirke subscriptions show vestregionen:baerum
  samvirke subscriptions attempts vestregionen:baerum --json")]
    Subscriptions(Subscriptions),
}

const NATS_ACCOUNT_HELP: &str = "\
The member gets a key (an NKey seed), shown this once. With it its program connects to NATS, receives what is \
public in the cooperations and what is its own, and reaches nothing else. Given again with other cooperations, \
the account changes and the key stays. deploy/nats-accounts.md says what the member's program does, and how to \
use the configuration on a nats-server that is run elsewhere.

Examples:
  samvirke nats-account 935478715 --cooperation vestregionen --data ./data/demo --out 935478715.seed
  samvirke nats-account 935478715 --cooperation vestregionen --cooperation osloregionen --dry-run
  samvirke nats-account list
  samvirke nats-account rotate 935478715 --out 935478715.seed
  samvirke nats-account revoke 935478715
  samvirke nats-account --print-config > /etc/nats/accounts.conf";

#[derive(Debug, Args)]
pub(crate) struct Up {}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The services to run in this process
    #[arg(required = true, value_enum)]
    pub(crate) services: Vec<Service>,
}

/// A token from elsewhere; without one the demo's own issuer makes one for each role.
#[derive(Debug, Args)]
pub(crate) struct Bearer {
    /// The token for all requests (SAMVIRKE_TOKEN); a file is better, since others may see arguments
    #[arg(long, global = true, env = "SAMVIRKE_TOKEN", hide_env_values = true, value_parser = secret)]
    pub(crate) token: Option<Secret>,
    /// The file with the token for all requests
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "token")]
    pub(crate) token_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Token {
    /// The role; may be given several times
    #[arg(long, required_unless_present = "person", value_parser = role)]
    pub(crate) role: Vec<Role>,
    /// Hold the roles in every cooperation
    #[arg(long)]
    pub(crate) everywhere: bool,
    /// The organisation number of the member that the holder speaks for
    #[arg(long, value_name = "NUMBER")]
    pub(crate) member: Option<OrganisationNumber>,
    /// The id of a person who holds seats, and with them what their members may do
    #[arg(long, value_name = "UUID")]
    pub(crate) person: Option<PersonId>,
    /// How long it is valid: 90s, 10m, 8h, 7d
    #[arg(long, default_value = "1h", value_parser = duration)]
    pub(crate) ttl: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Read every commit of every stream, and compare the read models with what the streams say
    #[arg(long)]
    pub(crate) deep: bool,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Try again for so long while something fails
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) wait: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct Streams {
    #[command(subcommand)]
    pub(crate) command: StreamsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StreamsCommand {
    /// Tell how each stream begins, how far it has come, and what is wrong with it
    List {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Accept streams as they are now
    Adopt(Adopt),
}

#[derive(Debug, Args)]
pub(crate) struct Adopt {
    /// The streams; all that need it where none is named
    #[arg(value_name = "STREAM")]
    pub(crate) names: Vec<String>,
    /// Tell what would be accepted, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Projections {
    #[command(subcommand)]
    pub(crate) command: ProjectionsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProjectionsCommand {
    /// Tell how far each read model is
    Status {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Compare read models row by row with what the streams say, and change nothing
    Verify {
        /// The read models; all where none is named
        names: Vec<String>,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Build read models anew from the streams
    Rebuild {
        /// The read models; all where none is named
        names: Vec<String>,
    },
    /// List the commits that a read model could not take and set aside
    Parked {
        /// The read model
        name: String,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Take the commits again that a read model set aside
    Retry {
        /// The read model
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Parked {
    #[command(subcommand)]
    pub(crate) command: ParkedCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ParkedCommand {
    /// List what is parked, with the reason
    List {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Work a parked event once more, and then what waits behind it
    Retry {
        #[command(flatten)]
        about: ParkedAbout,
    },
    /// Pass a parked event over for good, and work what waits behind it
    Skip {
        #[command(flatten)]
        about: ParkedAbout,
        /// Why; it is kept
        #[arg(long, value_name = "TEXT")]
        reason: Line,
    },
}

/// Which parked event is meant, and who decides about it.
#[derive(Debug, Args)]
pub(crate) struct ParkedAbout {
    /// The task, as the list names it: relay
    pub(crate) task: String,
    /// The cooperation
    #[arg(value_name = "COOPERATION")]
    pub(crate) of: CooperationId,
    /// Who decides; it is kept
    #[arg(long, value_name = "NAME", env = "USER")]
    pub(crate) by: String,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Notify {
    #[command(subcommand)]
    pub(crate) command: NotifyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NotifyCommand {
    /// Tell how many notifications wait, were sent, were refused or came back
    Status {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Try at once what waits for its next attempt, was refused or came back
    Retry,
    /// Read a returned mail (RFC 3464) from standard input, and note that it came back
    Bounce,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(subcommand)]
    pub(crate) thing: Thing,
    #[command(flatten)]
    pub(crate) asking: Asking,
}

#[derive(Debug, Args)]
pub(crate) struct Feed {
    #[command(subcommand)]
    pub(crate) command: FeedCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FeedCommand {
    /// Print what has happened, oldest first
    Tail(Tail),
}

#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// Read as this member, by name or organisation number; with a token, only what names it
    #[arg(long, value_name = "NAME|NUMBER")]
    pub(crate) member: Option<String>,
    /// Only what happened on this day or later, or from this time on
    #[arg(long, value_name = "DAY|TIME")]
    pub(crate) since: Option<Since>,
    /// Only these types, separated by commas: case.decided
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    pub(crate) types: Vec<String>,
    /// Go on after this position, such as FEED:42
    #[arg(long, value_name = "POSITION")]
    pub(crate) after: Option<String>,
    /// Wait for what happens next, until Ctrl-C
    #[arg(long)]
    pub(crate) follow: bool,
    /// Print each event as a CloudEvent, one a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) bearer: Bearer,
}

#[derive(Debug, Args)]
pub(crate) struct Subscriptions {
    #[command(subcommand)]
    pub(crate) question: Option<SubscriptionsQuestion>,
    #[command(flatten)]
    pub(crate) asking: Asking,
}

/// What is asked about subscriptions.
#[derive(Debug, Subcommand)]
pub(crate) enum SubscriptionsQuestion {
    /// All of a cooperation's (this is also what is shown where nothing is asked)
    List {
        /// Of this member only
        #[arg(long, value_name = "NUMBER")]
        member: Option<OrganisationNumber>,
        /// In this phase only: asking, refused, active, suspended, stopped, ended
        #[arg(long)]
        phase: Option<Phase>,
    },
    /// One: its terms, and how its deliveries stand
    Show {
        /// Its id: vestregionen:baerum
        id: String,
    },
    /// What was tried for one, newest first
    Attempts {
        /// Its id: vestregionen:baerum
        id: String,
    },
}

/// How to ask, and how to answer.
#[derive(Debug, Args)]
pub(crate) struct Asking {
    /// Wait until the read models have seen these positions, as `import` tells them
    #[arg(long, global = true, value_name = "POSITIONS")]
    pub(crate) after: Option<String>,
    /// Print the answer as the API gives it; of a list, its first page
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) bearer: Bearer,
}

/// What is shown. Where an id has no cooperation before it, --cooperation says which one is meant.
#[derive(Debug, Subcommand)]
pub(crate) enum Thing {
    /// A cooperation: form, agreement, leadership, members
    Cooperation {
        /// Its id; without it the one in --cooperation
        id: Option<AggregateId>,
    },
    /// The bodies of the cooperation, and the rules of each
    Bodies {
        /// As they stood on this day; without it all there ever were, as today
        #[arg(long, value_name = "DAY")]
        on: Option<Date>,
    },
    /// One body, with its seats
    Body {
        /// Its id: sg
        id: String,
        /// As it stood on this day
        #[arg(long, value_name = "DAY")]
        on: Option<Date>,
    },
    /// The calendar of meetings
    Meetings {
        /// Of this body only
        #[arg(long, value_name = "ID")]
        body: Option<String>,
        /// In this year only
        #[arg(long)]
        year: Option<u16>,
    },
    /// One meeting: agenda, attendance, votes, minutes
    Meeting {
        /// Its id: sg-2017-06-01
        id: String,
    },
    /// The register of cases
    Cases {
        /// Numbers of this year only
        #[arg(long)]
        year: Option<u16>,
        /// With these words in titles or decisions
        #[arg(long, value_name = "WORDS")]
        text: Option<Line>,
    },
    /// A case and its way, by number or id
    Case {
        /// Its number or id: 24/2017, 24-2017
        #[arg(value_name = "NUMBER|ID")]
        id: String,
        /// Tell everything that happened, too
        #[arg(long)]
        timeline: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct NatsAccount {
    /// The organisation number of the member
    pub(crate) member: Option<OrganisationNumber>,
    /// A cooperation whose feed it receives; may be given several times
    // The id of the setting that all commands have, of which there may be more than one here.
    #[arg(id = "cooperation", long = "cooperation", value_name = "ID")]
    pub(crate) cooperations: Vec<CooperationId>,
    #[command(flatten)]
    pub(crate) giving: Giving,
    #[command(subcommand)]
    pub(crate) command: Option<NatsAccountCommand>,
}

/// How an account is changed, and where what comes of it goes.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Giving {
    /// Write the key to a new file that only its owner may read, instead of showing it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) taking: Taking,
}

/// Where a change takes effect.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Taking {
    /// Tell what would be done, and do nothing
    #[arg(long, conflicts_with = "print_config")]
    pub(crate) dry_run: bool,
    /// Print the accounts as they are then, for a nats-server that is run elsewhere
    #[arg(long)]
    pub(crate) print_config: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NatsAccountCommand {
    /// Tell which members have accounts, and how far each is in the feed
    List {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a member a new key; the old one is of no use from then on
    Rotate {
        /// The organisation number of the member
        member: OrganisationNumber,
        #[command(flatten)]
        giving: Giving,
    },
    /// Take a member's account away, with its place in the feed
    Revoke {
        /// The organisation number of the member
        member: OrganisationNumber,
        #[command(flatten)]
        taking: Taking,
    },
}

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

fn role(text: &str) -> Result<Role, String> {
    use strum::VariantArray;
    text.parse().map_err(|_| {
        let roles: Vec<String> = Role::VARIANTS.iter().map(Role::to_string).collect();
        format!("the roles are {}", roles.join(", "))
    })
}

/// Reads `90s`, `10m`, `8h` or `7d`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a time is a number and s, m, h or d, such as 90s".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_makes_sense() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_member_may_receive_of_several_cooperations() {
        let words = "samvirke nats-account 935478715 --cooperation a --cooperation b --data d";
        let arguments = Arguments::try_parse_from(words.split(' ')).unwrap();
        let Command::NatsAccount(asked) = arguments.command else { panic!("another command") };
        let found: Vec<&str> = asked.cooperations.iter().map(CooperationId::as_str).collect();
        assert_eq!(found, ["a", "b"]);
    }

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7_200)));
        for text in ["", "s", "10", "1y", "-1s", "1µ", "99999999999999999d"] {
            assert!(duration(text).is_err(), "{text:?} passed");
        }
    }
}
