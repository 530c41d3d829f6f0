//! Who may do what.

use super::*;

#[test]
fn a_member_orders_for_itself_and_the_secretariat_for_anyone() {
    for who in [
        member(Role::MemberIntegration, BAERUM),
        member(Role::Delegate, BAERUM),
        role(Role::Secretariat),
        role(Role::Operator),
    ] {
        scenario().by(who).when(create()).then_accepted();
    }
}

#[test]
fn nobody_else_orders_for_a_member() {
    for who in [
        member(Role::MemberIntegration, ASKER),
        member(Role::Auditor, BAERUM),
        role(Role::Archivist),
        role(Role::Public),
        role(Role::System),
    ] {
        scenario().by(who.clone()).when(create()).then_refused(Rejection::OnlyTheOwner);
        active().by(who).when(Request::RotateSecret {}).then_refused(Rejection::OnlyTheOwner);
    }
}

#[test]
fn a_member_does_not_order_what_the_secretariat_reads() {
    let request = Request::Create {
        owner: Owner::Secretariat {},
        channel: webhook(ENDPOINT),
        filters: Filters::default(),
        from: Start::default(),
    };
    let baerum = member(Role::MemberIntegration, BAERUM);
    scenario().by(baerum).when(request.clone()).then_refused(Rejection::OnlyTheOwner);
    scenario().when(request).then_accepted();
}

#[test]
fn only_samvirke_itself_notes_what_an_endpoint_answers() {
    let noted = [
        Request::AgreeEndpoint { handshake: 1, rate_per_minute: None },
        Request::RefuseEndpoint { handshake: 1, reason: line("405") },
        Request::Stop { run: 1, reason: StopReason::Gone, failure: failure() },
        Request::ConcludeTest { test: 1, delivered: true, answer: line("204") },
    ];
    for request in noted {
        let baerum = member(Role::MemberIntegration, BAERUM);
        active().by(baerum).when(request.clone()).then_refused(Rejection::OnlySamvirke);
        active().when(request.clone()).then_refused(Rejection::OnlySamvirke);
        active().by(role(Role::System)).when(request).then_accepted();
    }
}

#[test]
fn a_member_is_told_that_there_is_no_such_subscription() {
    let baerum = member(Role::MemberIntegration, BAERUM);
    scenario().by(baerum).when(Request::RotateSecret {}).then_refused(Rejection::NotCreated);
    let refused = Rejection::OnlyTheOwner;
    scenario().by(role(Role::Public)).when(Request::RotateSecret {}).then_refused(refused);
}
