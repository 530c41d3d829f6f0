//! What people may do by the seats they hold, with nothing of it in their tokens.

use serde_json::json;

use samvirke_tests::api::{Api, admitting, establishing, founding, opening};

use crate::samvirke;

const MEMBER: &str = "935478715";
const OTHER: &str = "920125298";
const PERSON: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
const SOMEBODY_ELSE: &str = "7f9619ff-8b86-4d01-b42d-00cf4fc964ff";

/// Reporting on a follow-up is for the member that owns it, and for the secretariat.
const REPORT: &str = "cases/prove:a/report-follow-up";
const OF_ANOTHER: &str = "cases/prove:b/report-follow-up";

#[tokio::test]
async fn who_holds_a_seat_speaks_for_its_member_from_then_on_and_not_a_moment_longer() {
    let mut up = samvirke().unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    prepare(&api).await;
    let (secretariat, person) = (api.secretariat(), api.person(PERSON));
    let report = || json!({"follow_up": "x", "text": "I gang."});
    let tries = |who, to| api.send(who, to, &[], report());
    assert_eq!(tries(&person, REPORT).await.status, 403);

    let seat = json!({"seat": "mayor", "member": MEMBER, "office": "mayor", "holder": PERSON,
        "from": "2016-01-01"});
    api.gives(&secretariat, "bodies/prove:sg/fill-seat", seat).await;
    let done = tries(&person, REPORT).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(tries(&person, OF_ANOTHER).await.status, 403);
    let somebody_else = api.person(SOMEBODY_ELSE);
    assert_eq!(tries(&somebody_else, REPORT).await.status, 403);
    let elsewhere = tries(&person, "cases/annet:a/report-follow-up").await;
    assert_eq!(elsewhere.status, 403, "{}", elsewhere.body);

    let vacated = json!({"seat": "mayor", "to": "2016-12-31", "reason": "Valg."});
    api.gives(&secretariat, "bodies/prove:sg/vacate-seat", vacated).await;
    assert_eq!(tries(&person, REPORT).await.status, 403);
}

/// Two cooperations with the same member, a case of two members and a body without seats.
async fn prepare(api: &Api) {
    let (operator, secretariat) = (api.caller(&["*:operator"], None), api.secretariat());
    for cooperation in ["prove", "annet"] {
        let to = |what: &str| format!("cooperations/{cooperation}/{what}");
        api.gives(&operator, &to("found"), founding()).await;
        for member in [MEMBER, OTHER] {
            api.gives(&secretariat, &to("admit-member"), admitting(member)).await;
        }
        let register = format!("registers/{cooperation}:2017/open");
        api.gives(&secretariat, &register, json!({"year": 2017})).await;
        for (case, member) in [("a", MEMBER), ("b", OTHER)] {
            let id = format!("{cooperation}:{case}");
            let to = |what: &str| format!("cases/{id}/{what}");
            api.gives(&secretariat, &to("open"), opening(&id, "Oppfølging")).await;
            let owner = json!({"member": {"member": member}});
            let task = json!({"follow_up": "x", "task": "Følg opp.", "owner": owner});
            api.gives(&secretariat, &to("assign-follow-up"), task).await;
        }
    }
    api.gives(&secretariat, "bodies/prove:sg/establish", establishing()).await;
}
