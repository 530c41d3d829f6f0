//! Tasks flowing from a case, and how they stand.

use samvirke_schemas::{
    cases::case::follow_up::{Assignment, Owner},
    date::Date,
    feed::{Audience, Concerns, Fact, fact::follow_up as fact},
    id::LocalId,
    text::Prose,
};

use super::renderer::Renderer;
use crate::translation::message_builder::MessageBuilder;

impl Renderer<'_> {
    pub(super) fn assigned(&self, id: &LocalId, builder: &mut MessageBuilder<'_>) {
        self.tell_task(id, builder, |task, audience| {
            Fact::FollowUpAssigned(fact::Assigned { case: self.case(audience), task })
        });
    }

    pub(super) fn reported(
        &self,
        id: &LocalId,
        on: Date,
        text: &Prose,
        builder: &mut MessageBuilder<'_>,
    ) {
        self.tell_task(id, builder, |task, audience| {
            let text = self.text(audience, Some(text));
            Fact::FollowUpReported(fact::Reported { case: self.case(audience), task, on, text })
        });
    }

    pub(super) fn rescheduled(
        &self,
        id: &LocalId,
        reason: &Prose,
        builder: &mut MessageBuilder<'_>,
    ) {
        self.tell_task(id, builder, |task, audience| {
            let reason = self.text(audience, Some(reason));
            let case = self.case(audience);
            Fact::FollowUpRescheduled(fact::Rescheduled { case, task, reason })
        });
    }

    pub(super) fn done(
        &self,
        id: &LocalId,
        on: Date,
        text: Option<&Prose>,
        builder: &mut MessageBuilder<'_>,
    ) {
        self.tell_task(id, builder, |task, audience| {
            let text = self.text(audience, text);
            Fact::FollowUpDone(fact::Done { case: self.case(audience), task, on, text })
        });
    }

    pub(super) fn dropped(&self, id: &LocalId, reason: &Prose, builder: &mut MessageBuilder<'_>) {
        self.tell_task(id, builder, |task, audience| {
            let reason = self.text(audience, Some(reason));
            Fact::FollowUpDropped(fact::Dropped { case: self.case(audience), task, reason })
        });
    }

    fn tell_task(
        &self,
        id: &LocalId,
        builder: &mut MessageBuilder<'_>,
        fact: impl Fn(fact::Task, &Audience) -> Fact,
    ) {
        let Some(task) = self.case.tasks.iter().find(|task| task.follow_up == *id) else { return };
        self.tell(builder, self.concerns_owner(&task.owner), |audience| {
            fact(self.task(task, audience), audience)
        });
    }

    fn concerns_owner(&self, owner: &Owner) -> Concerns {
        match owner {
            Owner::Body { body } => self.concerns_body(body),
            Owner::Member { .. } | Owner::Office { .. } => self.concerns_members(owner.member()),
        }
    }

    fn task(&self, task: &Assignment, audience: &Audience) -> fact::Task {
        let owner = match &task.owner {
            Owner::Member { member } => fact::Owner::Member(self.member(member)),
            Owner::Body { body } => fact::Owner::Body(self.state.body(body)),
            Owner::Office { office, member } => fact::Owner::Office {
                office: *office,
                member: member.as_ref().map(|member| self.member(member)),
            },
        };
        fact::Task {
            follow_up: task.follow_up.clone(),
            task: self.text(audience, Some(&task.task)),
            owner,
            due: task.due,
        }
    }
}
