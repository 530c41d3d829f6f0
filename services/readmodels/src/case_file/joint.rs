//! The members' side of a joint case: who was asked, who answered, who is missing (R45).

use samvirke_schemas::{
    cases::case::{
        Event,
        joint::{
            MemberOutcome, MembersAsked, ReceiptStep, Recipient, RegisteredDecision, SettleRule,
        },
    },
    date::Date,
    organisation::OrganisationNumber,
    queries::case::{Case, Joint, MemberAnswer},
    text::Prose,
};

pub(super) fn fold(case: &mut Case, event: Event, today: Date) {
    if let Event::JointDeclared { settles } = &event {
        case.joint = Some(declared(settles.clone()));
    }
    if let Event::SentToMembers(asked) = event {
        case.joint = Some(sent(asked));
    } else if let Some(joint) = &mut case.joint {
        answered(joint, event, today);
    }
    if let Some(joint) = &mut case.joint {
        sum_up(joint);
    }
}

fn declared(settles: SettleRule) -> Joint {
    Joint {
        settles,
        text: None,
        sent_on: None,
        answer_by: None,
        members: Vec::new(),
        answered: Vec::new(),
        missing: Vec::new(),
        differing: Vec::new(),
        settlement: None,
    }
}

fn sent(asked: MembersAsked) -> Joint {
    let MembersAsked { members, text, settles, answer_by, on } = asked;
    Joint {
        text: Some(text),
        sent_on: Some(on),
        answer_by,
        members: members.into_iter().map(|recipient| silent(recipient, on)).collect(),
        ..declared(settles)
    }
}

fn silent(recipient: Recipient, asked_on: Date) -> MemberAnswer {
    MemberAnswer {
        member: recipient.member,
        names: recipient.names,
        asked_on,
        received_on: None,
        processed_on: None,
        reference: None,
        decision: None,
        same_text: None,
        registered: Vec::new(),
        released_on: None,
    }
}

fn answered(joint: &mut Joint, event: Event, today: Date) {
    if let Event::ReceiptRegistered(receipt) = &event {
        with(joint, &receipt.member, |answer| {
            // What is processed has arrived.
            answer.received_on.get_or_insert(receipt.on);
            if receipt.step == ReceiptStep::Processed {
                answer.processed_on.get_or_insert(receipt.on);
            }
        });
    }
    if let Event::ReferenceRegistered(registered) = &event {
        let reference = registered.reference.clone();
        with(joint, &registered.member, |answer| answer.reference = Some(reference));
    }
    if let Event::MemberDecisionRegistered(registered)
    | Event::MemberDecisionCorrected(registered) = &event
    {
        decided(joint, registered);
    }
    if let Event::MemberIncluded { recipient, .. } = &event {
        included(joint, recipient, today);
    }
    if let Event::MemberReleased { member, .. } = &event {
        with(joint, member, |answer| answer.released_on = Some(today));
    }
    if let Event::Settled(settlement) = event {
        joint.settlement = Some(settlement);
    }
}

fn with(joint: &mut Joint, member: &OrganisationNumber, change: impl FnOnce(&mut MemberAnswer)) {
    if let Some(answer) = joint.members.iter_mut().find(|answer| answer.member == *member) {
        change(answer);
    }
}

fn included(joint: &mut Joint, recipient: &Recipient, today: Date) {
    let known = joint.members.iter_mut().find(|answer| answer.member == recipient.member);
    match known {
        // It comes back with what it said before.
        Some(answer) => answer.released_on = None,
        None => joint.members.push(silent(recipient.clone(), today)),
    }
}

fn decided(joint: &mut Joint, registered: &RegisteredDecision) {
    let same = same_text(joint.text.as_ref(), registered);
    with(joint, &registered.member, |answer| {
        answer.decision = Some(registered.decision.clone());
        answer.same_text = same;
        answer.registered.push(registered.clone());
    });
}

/// Whether the wording adopted is the one sent, white space apart; none where nothing was adopted.
fn same_text(sent: Option<&Prose>, registered: &RegisteredDecision) -> Option<bool> {
    let decision = &registered.decision;
    match decision.outcome {
        MemberOutcome::Rejected | MemberOutcome::TookNote => None,
        MemberOutcome::Adopted | MemberOutcome::AdoptedWithChanges => {
            let adopted = match &decision.text {
                Some(adopted) => adopted,
                None => return Some(decision.outcome == MemberOutcome::Adopted),
            };
            let words = |text: &Prose| {
                text.as_str().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
            };
            sent.map(|sent| words(sent) == words(adopted))
        }
    }
}

fn sum_up(joint: &mut Joint) {
    let of = |wanted: &dyn Fn(&MemberAnswer) -> bool| -> Vec<OrganisationNumber> {
        let taking_part = joint.members.iter().filter(|answer| answer.released_on.is_none());
        taking_part.filter(|answer| wanted(answer)).map(|answer| answer.member.clone()).collect()
    };
    let answered = of(&|answer| answer.decision.is_some());
    let missing = of(&|answer| answer.decision.is_none());
    let differing = of(&|answer| answer.same_text == Some(false));
    (joint.answered, joint.missing, joint.differing) = (answered, missing, differing);
}
