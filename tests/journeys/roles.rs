//! Who may give which command: every command in the catalogue, tried by everyone.

use samvirke_schemas::catalogue::{COLLECTIONS, Collection};
use serde_json::{Value, json};

use samvirke_tests::api::{Api, Caller, admitting, establishing, founding, opening};

use crate::{samvirke, smallest::Smallest};

const OWN: &str = "935478715";
const OTHER: &str = "920125298";
/// Every aggregate that is tried, apart from registers, whose ids are years.
const ID: &str = "prove:x";
/// A contact's id says nothing of whom it is.
const CONTACT: &str = "prove:0192f3a0-7c1e-7d2a-9b1f-3f5d6c7b8a90";

/// Who may give a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    Operator,
    Secretariat,
    /// The secretariat, and the member that it is about.
    ItsMember,
    /// The secretariat, the operator, and the member that it is about.
    ItsMemberOrAnOffice,
}

/// Every command; one that is missing fails the test.
const TABLE: &[(&str, May, &str)] = &[
    ("cooperations", May::Operator, "found"),
    (
        "cooperations",
        May::Secretariat,
        "admit-member release-member amend-agreement hand-over-leadership pause resume dissolve",
    ),
    (
        "bodies",
        May::Secretariat,
        "establish amend-rules fill-seat vacate-seat vacate-seats-of name-deputies name-access-groups elect step-down \
         pause resume prepare-for disband",
    ),
    (
        "networks",
        May::Secretariat,
        "start add-participant remove-participant change-leader record-activity close",
    ),
    ("registers", May::Secretariat, "open"),
    (
        "cases",
        May::Secretariat,
        "open amend add-paper recommend plan-treatments change-plan record-outcome relate \
         remove-relation put-in-force end-force restrict lift-restriction withdraw close reopen \
         declare-joint send-to-members include-member release-member settle open-hearing \
         extend-hearing close-hearing sum-up-hearing adopt-after-hearing send-statement \
         assign-follow-up reschedule-follow-up drop-follow-up",
    ),
    (
        "cases",
        May::ItsMember,
        "register-receipt register-reference register-member-decision correct-member-decision \
         receive-statement report-follow-up complete-follow-up",
    ),
    (
        "meetings",
        May::Secretariat,
        "plan move cancel put-item remove-item reorder-items withdraw-item correct-item \
         restrict-item issue-notice \
         register-arrivals register-departures open change-chair adjourn resume close close-doors \
         open-doors ask-consent take-up-item record-conflict record-recommendation propose \
         take-vote annul-vote conclude-item report-held record-outcome note-conflicting-date \
         draft-minutes approve-minutes publish-minutes add-addendum",
    ),
    ("meetings", May::ItsMember, "report-absence"),
    ("contacts", May::ItsMemberOrAnOffice, "register change prefer forget"),
    (
        "subscriptions",
        May::ItsMemberOrAnOffice,
        "create change-filters change-endpoint rotate-secret suspend resume replay test-delivery end",
    ),
];

/// Somebody who tries.
struct Somebody {
    who: &'static str,
    roles: &'static [&'static str],
    member: Option<&'static str>,
    gives: &'static [May],
}

const fn somebody(
    who: &'static str,
    roles: &'static [&'static str],
    member: Option<&'static str>,
    gives: &'static [May],
) -> Somebody {
    Somebody { who, roles, member, gives }
}

const OF_MEMBERS: &[May] = &[May::ItsMember, May::ItsMemberOrAnOffice];
const OF_SECRETARIATS: &[May] = &[May::Secretariat, May::ItsMember, May::ItsMemberOrAnOffice];

/// Everyone who tries; those whose commands change something come last.
const EVERYONE: [Somebody; 10] = [
    somebody("the public", &[], None, &[]),
    somebody("an auditor", &["prove:auditor"], None, &[]),
    somebody("an archivist", &["prove:archivist"], None, &[]),
    somebody("a secretariat elsewhere", &["elsewhere:secretariat"], None, &[]),
    somebody("a delegate of another member", &["prove:delegate"], Some(OTHER), &[]),
    somebody("an auditor of the member", &["prove:auditor"], Some(OWN), &[]),
    somebody("the operator", &["*:operator"], None, &[May::Operator, May::ItsMemberOrAnOffice]),
    somebody("the member's system", &["prove:member-integration"], Some(OWN), OF_MEMBERS),
    somebody("a delegate of the member", &["prove:delegate"], Some(OWN), OF_MEMBERS),
    somebody("the secretariat", &["prove:secretariat"], None, OF_SECRETARIATS),
];

fn who_may(plural: &str, command: &str) -> May {
    let mut lines = TABLE.iter().filter(|(collection, _, commands)| {
        *collection == plural && commands.split_whitespace().any(|one| one == command)
    });
    match (lines.next(), lines.next()) {
        (Some((_, may, _)), None) => *may,
        (None, _) => panic!("{plural}: {command} has no line in the table: who may give it?"),
        (Some(_), Some(_)) => panic!("{plural}: {command} has two lines in the table"),
    }
}

#[test]
fn the_table_names_no_command_that_there_is_not() {
    for (plural, _, commands) in TABLE {
        let collection =
            COLLECTIONS.iter().find(|collection| collection.plural == *plural).unwrap();
        for command in commands.split_whitespace() {
            assert!(collection.commands.contains(&command), "{plural} have no {command}");
        }
    }
}

#[tokio::test]
async fn every_command_is_given_by_those_who_may_and_by_nobody_else() {
    // Before anything is started: a new command has to be in the table.
    for collection in COLLECTIONS {
        for command in collection.commands {
            let _known = who_may(collection.plural, command);
        }
    }
    let mut up = samvirke().unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    prepare(&api).await;
    let mut wrong = Vec::new();
    for Somebody { who, roles, member, gives } in EVERYONE {
        let caller = match roles {
            [] => Caller::public(),
            roles => api.caller(roles, member),
        };
        for collection in COLLECTIONS {
            let smallest = Smallest::of(collection, OWN, ID);
            for command in collection.commands {
                let allowed = gives.contains(&who_may(collection.plural, command));
                let body = smallest.body(command);
                wrong.extend(
                    try_it(&api, &caller, collection, command, body, allowed)
                        .await
                        .map(|said| format!("{who}, {} {command}: {said}", collection.plural)),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Gives a command; returns what was answered where that is not as it should be.
async fn try_it(
    api: &Api,
    caller: &Caller,
    collection: &Collection,
    command: &str,
    body: Value,
    allowed: bool,
) -> Option<String> {
    let id = if collection.plural == "registers" { "prove:2018" } else { ID };
    let id = if collection.plural == "contacts" { CONTACT } else { id };
    let id = if collection.plural == "cooperations" { "prove" } else { id };
    let to = format!("{}/{id}/{command}", collection.plural);
    let answer = api.send(caller, &to, &[], body.clone()).await;
    // A body that cannot be read says nothing of who may send it.
    let as_expected = match answer.status {
        403 => !allowed,
        200 | 404 | 409 => allowed,
        422 => allowed && answer.code() != "invalid",
        _ => false,
    };
    (!as_expected).then(|| format!("{} {} to {body}", answer.status, answer.body))
}

/// A case and a meeting in which the member has a part.
async fn prepare(api: &Api) {
    let (operator, secretariat) = (api.caller(&["*:operator"], None), api.secretariat());
    api.gives(&operator, "cooperations/prove/found", founding()).await;
    for member in [OWN, OTHER] {
        api.gives(&secretariat, "cooperations/prove/admit-member", admitting(member)).await;
    }
    api.gives(&secretariat, "registers/prove:2017/open", json!({"year": 2017})).await;
    api.gives(&secretariat, &format!("cases/{ID}/open"), opening(ID, "Høring")).await;
    let invited = json!([{"party": "x", "names": {"nb": "En kommune"}, "member": OWN}]);
    let hearing = json!({"invited": invited, "deadline": "2017-12-01T12:00"});
    api.gives(&secretariat, &format!("cases/{ID}/open-hearing"), hearing).await;
    let task = json!({"follow_up": "x", "task": "Følg opp.", "owner": {"member": {"member": OWN}}});
    api.gives(&secretariat, &format!("cases/{ID}/assign-follow-up"), task).await;

    api.gives(&secretariat, &format!("bodies/{ID}/establish"), establishing()).await;
    let seat = json!({"seat": "x", "member": OWN, "office": "mayor", "from": "2001-01-01"});
    api.gives(&secretariat, &format!("bodies/{ID}/fill-seat"), seat).await;
    let sittings = json!([{"start": "2017-06-15T10:00", "end": "2017-06-15T14:00"}]);
    let plan = json!({"body": ID, "sittings": sittings, "venue": {"place": "Sandvika"}});
    api.gives(&secretariat, &format!("meetings/{ID}/plan"), plan).await;
    let item = json!({"item": {"item": "1", "kind": "AN", "title": "Orientering",
        "subject": {"plain-text": {}}}});
    api.gives(&secretariat, &format!("meetings/{ID}/put-item"), item).await;
    api.gives(&secretariat, &format!("meetings/{ID}/issue-notice"), json!({})).await;

    // A name that leads nowhere (RFC 2606).
    let channel = json!({"webhook": {"endpoint": "https://sak.example/hendelser"}});
    let order = json!({"owner": {"member": {"member": OWN}}, "channel": channel});
    api.gives(&secretariat, &format!("subscriptions/{ID}/create"), order).await;
}
