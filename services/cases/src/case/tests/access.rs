//! Access restrictions, relations and force.

use samvirke_schemas::networks::access_group::{ACCESS_GROUP_PEOPLE_MAX, ACCESS_GROUPS_MAX};
use uuid::Uuid;

use super::*;

fn restrict(scope: Value, until: &str) -> Request {
    ask(json!({"restrict": {
        "legal_basis": {"act": "offentleglova", "provision": "§ 13"},
        "until": until,
        "scope": scope,
    }}))
}

fn follows_up(to: &str) -> Value {
    json!({"relation": "follows-up", "to": to})
}

fn remove(to: &str) -> Request {
    ask(json!({"remove-relation": {"relation": follows_up(to), "reason": "Another case."}}))
}

fn lift() -> Request {
    ask(json!({"lift-restriction": {"reason": "The contract is signed."}}))
}

fn end(on: &str) -> Request {
    ask(json!({"end-force": {
        "on": on, "reason": "A new plan.", "replaced_by": "vestregionen:plan-2019",
    }}))
}

fn in_force(from: &str) -> Request {
    ask(json!({"put-in-force": {"from": from}}))
}

#[test]
fn a_restriction_holds_until_its_last_day() {
    let scenario = opened().after(restrict(json!({"everything": {}}), "2017-12-31"));
    let access = &scenario.state().data().unwrap().access;
    assert!(access.restriction_on(day("2017-12-31")).is_some());
    assert!(access.restriction_on(day("2018-01-01")).is_none());
}

#[test]
fn a_case_may_be_restricted_from_its_opening() {
    let opening = |scope: Value| {
        let mut opening = opening();
        opening["restriction"] = json!({"scope": scope, "legal_basis":
            {"act": "offentleglova", "provision": "§ 13"}});
        ask(json!({"open": opening}))
    };
    let everything = || opening(json!({"everything": {}}));
    let scenario = unopened().after(everything());
    let access = &scenario.state().data().unwrap().access;
    assert!(access.restriction_on(day("2017-08-31")).is_some());
    scenario.when(everything()).then_nothing();
    opened().when(everything()).then_refused(Rejection::AlreadyOpened);
    unopened().when(opening(json!({"title": {}}))).then_refused(Rejection::PublicTitleReveals);
}

#[test]
fn restricting_twice_happens_once_and_lifting_too() {
    opened()
        .when(lift())
        .then_refused(Rejection::NotRestricted)
        .after(restrict(json!({"everything": {}}), "2017-12-31"))
        .when(restrict(json!({"everything": {}}), "2017-12-31"))
        .then_nothing()
        .when(restrict(json!({"everything": {}}), "2018-12-31"))
        .then_accepted()
        .when(lift())
        .then_accepted()
        .when(lift())
        .then_nothing();
}

#[test]
fn a_restriction_that_is_over_is_refused() {
    opened()
        .when(restrict(json!({"everything": {}}), "2017-08-30"))
        .then_refused(Rejection::RestrictionOver { until: day("2017-08-30") });
    opened().when(restrict(json!({"everything": {}}), "2017-08-31")).then_accepted();
}

#[test]
fn a_restricted_title_needs_a_public_one_that_differs() {
    let titled =
        |title: &str, public: &str| ask(json!({"amend": {"title": title, "public_title": public}}));
    opened()
        .when(restrict(json!({"title": {}}), "2018-12-31"))
        .then_refused(Rejection::PublicTitleReveals)
        .after(titled("Videreføring etter 2018", "Vestregionens framtid"))
        .when(restrict(json!({"title": {}}), "2018-12-31"))
        .then_accepted()
        .when(titled("Videreføring etter 2018", "Videreføring etter 2018"))
        .then_refused(Rejection::PublicTitleReveals);
}

#[test]
fn only_papers_that_are_there_are_restricted() {
    opened()
        .when(restrict(json!({"papers": {"papers": []}}), "2018-12-31"))
        .then_refused(Rejection::NothingRestricted)
        .when(restrict(json!({"papers": {"papers": ["saksnotat"]}}), "2018-12-31"))
        .then_refused(Rejection::NoSuchPaper { paper: "saksnotat".parse().unwrap() });
}

#[test]
fn a_closed_case_is_still_restricted_and_related() {
    opened()
        .after(ask(json!({"close": {}})))
        .when(restrict(json!({"everything": {}}), "2018-12-31"))
        .then_accepted()
        .when(ask(json!({"relate": follows_up("vestregionen:6-2017")})))
        .then_accepted();
}

#[test]
fn r41_a_case_follows_up_another_and_not_itself() {
    let relate = |to: &str| ask(json!({"relate": follows_up(to)}));
    opened()
        .when(relate("vestregionen:future"))
        .then_refused(Rejection::RelatedToItself)
        .when(relate("vestregionen:6-2017"))
        .then(vec![event(json!({"related": follows_up("vestregionen:6-2017")}))])
        .when(relate("vestregionen:6-2017"))
        .then_nothing()
        .when(remove("vestregionen:6-2017"))
        .then_accepted()
        .when(remove("vestregionen:6-2017"))
        .then_nothing()
        .when(remove("vestregionen:7-2017"))
        .then_refused(Rejection::NotRelated)
        .when(relate("vestregionen:6-2017"))
        .then_accepted();
}

#[test]
fn only_what_is_decided_is_in_force() {
    planned()
        .at("2017-12-31T12:00")
        .when(in_force("2018-01-01"))
        .then_refused(Rejection::NothingDecided)
        .when(end("2018-12-31"))
        .then_refused(Rejection::NotInForce)
        .after(outcome("rg", "recommended", "2017-09-14"))
        .after(outcome("sg", "decided", "2017-11-23"))
        .when(in_force("2018-01-01"))
        .then(vec![event(json!({"put-in-force": {"from": "2018-01-01"}}))])
        .when(in_force("2018-01-01"))
        .then_nothing()
        .when(end("2017-12-31"))
        .then_refused(Rejection::EndsBeforeItBegan { from: day("2018-01-01") })
        .when(end("2018-12-31"))
        .then_accepted()
        .when(end("2018-12-31"))
        .then_nothing()
        .when(end("2019-12-31"))
        .then_refused(Rejection::NotInForce);
}

#[test]
fn force_holds_to_and_including_its_last_day() {
    let scenario = planned()
        .at("2017-12-31T12:00")
        .after(outcome("sg", "decided", "2017-11-23"))
        .after(in_force("2018-01-01"))
        .after(end("2018-12-31"));
    let force = scenario.state().data().unwrap().force.clone().unwrap();
    let on = |text| force.holds_on(day(text));
    assert_eq!(
        [on("2017-12-31"), on("2018-01-01"), on("2018-12-31"), on("2019-01-01")],
        [false, true, true, false]
    );
}

/// The ends of force that an event on the case brings, as (case, last day).
fn ends(scenario: &Scenario<Case>, happened: Value) -> Vec<(String, String)> {
    let id = "vestregionen:future".parse().unwrap();
    let ends = scenario.state().data().unwrap().ends(&id, &event(happened));
    ends.into_iter()
        .inspect(|(_, end)| assert_eq!(end.replaced_by.as_ref(), Some(&id)))
        .map(|(case, end)| (case.to_string(), end.on.to_string()))
        .collect()
}

#[test]
fn what_is_replaced_ends_the_day_before_the_case_in_its_place_is_in_force() {
    let replaces = |to: &str| json!({"relation": "replaces", "to": to});
    let relate = |relation| ask(json!({"relate": relation}));
    let decided = planned().at("2017-12-31T12:00").after(outcome("sg", "decided", "2017-11-23"));
    let related = decided
        .after(relate(replaces("vestregionen:old")))
        .after(relate(replaces("elsewhere:old")))
        .after(relate(json!({"relation": "supplements", "to": "vestregionen:kept"})));
    let put = json!({"put-in-force": {"from": "2018-01-01"}});
    let old = vec![("vestregionen:old".to_owned(), "2017-12-31".to_owned())];
    assert_eq!(ends(&related, put.clone()), old);
    // A relation that is told later ends it too, but only where there is force to end it by.
    let told = json!({"related": replaces("vestregionen:old")});
    assert_eq!(ends(&related, told.clone()), []);
    let in_force = related.after(in_force("2018-01-01"));
    assert_eq!(ends(&in_force, told), old);
    let other = json!({"related": {"relation": "supplements", "to": "vestregionen:kept"}});
    assert_eq!(ends(&in_force, other), []);
    let taken_back = in_force.after(ask(json!({"remove-relation": {
        "relation": replaces("vestregionen:old"), "reason": "Feilført."}})));
    assert_eq!(ends(&taken_back, put), []);
}

#[test]
fn a_restriction_names_access_groups_within_limits() {
    let groups = |count: usize, people: usize| {
        let people: Vec<Uuid> = (1..=people as u128).map(Uuid::from_u128).collect();
        let group = |at| json!({"group": format!("g{at}"), "people": people});
        ask(json!({"restrict": {
            "legal_basis": {"act": "offentleglova", "provision": "§ 13"},
            "scope": {"everything": {}},
            "access_groups": (0..count).map(group).collect::<Vec<_>>(),
        }}))
    };
    opened()
        .when(groups(ACCESS_GROUPS_MAX + 1, 1))
        .then_refused(Rejection::TooMany { list: "access groups", max: ACCESS_GROUPS_MAX })
        .when(groups(1, ACCESS_GROUP_PEOPLE_MAX + 1))
        .then_refused(Rejection::TooMany {
            list: "people in an access group",
            max: ACCESS_GROUP_PEOPLE_MAX,
        });
    opened().when(groups(ACCESS_GROUPS_MAX, ACCESS_GROUP_PEOPLE_MAX)).then_accepted();
}
