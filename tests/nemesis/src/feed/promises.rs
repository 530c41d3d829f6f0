//! What must be true of FEED and of what everybody has got, whoever was killed and when.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{
    receivers::{Manner, Receiver},
    said::Said,
    shelf::Got,
    workload::{AMONG_MEMBERS, FOR_ONE},
};
use crate::{quiet::Commit, violation::ensure_invariant};

/// Checks FEED; `commits` are of all contexts.
pub(super) fn feed(said: &[Said], commits: &[Commit]) -> anyhow::Result<()> {
    each_is_said_once(said)?;
    what_happened_is_said(said, commits)?;
    nobody_is_told_too_much(said)
}

/// Checks what a receiver has got; returns how many repetitions there were.
pub(super) fn receiver(receiver: &Receiver, said: &[Said]) -> anyhow::Result<usize> {
    let got = receiver.shelf.got();
    each_is_what_was_said(receiver, &got, said)?;
    it_has_what_it_should(receiver, &got, said)?;
    all_came_in_order(receiver, &got)?;
    let distinct: HashSet<u64> = got.iter().map(|got| got.position).collect();
    Ok(got.len() - distinct.len())
}

/// No two messages have the same id, and none has another one's place.
fn each_is_said_once(said: &[Said]) -> anyhow::Result<()> {
    let mut ids = HashMap::new();
    for Said { position, id, event, .. } in said {
        let earlier = ids.insert(id, position);
        ensure_invariant!(
            earlier.is_none(),
            "FEED says {id} twice, at {} and at {position}",
            earlier.copied().unwrap_or_default()
        );
        let told: Value = serde_json::from_slice(event)?;
        ensure_invariant!(
            told["position"] == format!("FEED:{position}"),
            "FEED:{position} gives its place as {}",
            told["position"]
        );
    }
    Ok(())
}

/// Each case that was opened, and each sending to a member, is said just once.
fn what_happened_is_said(said: &[Said], commits: &[Commit]) -> anyhow::Result<()> {
    let times = |tag: &str, about: &str, to: Option<&str>| {
        let same =
            |said: &&Said| said.tag == tag && said.about == about && said.to.as_deref() == to;
        said.iter().filter(same).count()
    };
    let (mut opened, mut sent) = (0, 0);
    for Commit { envelope, .. } in commits {
        let about = format!("cases/{}", envelope.aggregate.id);
        for event in envelope.events.iter().filter(|_| envelope.aggregate.kind == "case") {
            let data: Value = serde_json::from_str(event.data.get())?;
            if event.tag == "opened" {
                opened += 1;
                let found = times("case.opened", &about, None);
                ensure_invariant!(found == 1, "FEED says {found} times that {about} was opened");
            }
            for member in data["members"].as_array().into_iter().flatten() {
                let Some(member) = member["member"].as_str() else { continue };
                if event.tag == "sent-to-members" {
                    sent += 1;
                    let found = times("case.sent-to-members", &about, Some(member));
                    ensure_invariant!(
                        found == 1,
                        "FEED says {found} times to {member} that it got {about}"
                    );
                }
            }
        }
    }
    ensure_invariant!(
        opened > 0 && sent > 0,
        "{opened} cases were opened, {sent} times one was sent"
    );
    Ok(())
}

/// What the members keep among themselves is said to no one else, and what is one member's to it alone.
fn nobody_is_told_too_much(said: &[Said]) -> anyhow::Result<()> {
    let (mut among, mut for_one) = (0, 0);
    for Said { position, to, event, .. } in said {
        let event = String::from_utf8_lossy(event);
        if event.contains(AMONG_MEMBERS) {
            among += 1;
            ensure_invariant!(
                to.is_some(),
                "FEED:{position} tells everyone what only members may know"
            );
        }
        if let Some((_, rest)) = event.split_once(FOR_ONE) {
            for_one += 1;
            let hears = to.as_deref().is_some_and(|to| rest.starts_with(to));
            ensure_invariant!(hears, "FEED:{position} tells {to:?} what only one member may know");
        }
    }
    ensure_invariant!(among > 0 && for_one > 0, "nothing was restricted");
    Ok(())
}

/// Whatever came, and however often, is byte for byte a message of FEED that the receiver should have.
fn each_is_what_was_said(
    Receiver { name, wants, .. }: &Receiver,
    got: &[Got],
    said: &[Said],
) -> anyhow::Result<()> {
    let by_position: HashMap<u64, &Said> = said.iter().map(|said| (said.position, said)).collect();
    for Got { position, id, event, .. } in got {
        let Some(said) = by_position.get(position) else {
            ensure_invariant!(false, "{name} has got FEED:{position}, which FEED does not have");
            continue;
        };
        let (tag, about) = (&said.tag, &said.about);
        ensure_invariant!(*id == said.id, "{name} has got FEED:{position} with another id, {id}");
        ensure_invariant!(*event == said.event, "{name} has got FEED:{position} with other words");
        ensure_invariant!(
            wants.take(said),
            "{name} has got FEED:{position} ({tag} of {about}, to {:?}), which it should not have",
            said.to
        );
    }
    Ok(())
}

/// Everything that it should have was kept.
fn it_has_what_it_should(
    Receiver { name, wants, .. }: &Receiver,
    got: &[Got],
    said: &[Said],
) -> anyhow::Result<()> {
    let kept: HashSet<u64> = got.iter().filter(|got| got.kept).map(|got| got.position).collect();
    let mut wanted = 0;
    for Said { position, tag, about, .. } in said.iter().filter(|said| wants.take(said)) {
        wanted += 1;
        ensure_invariant!(
            kept.contains(position),
            "{name} lacks FEED:{position} ({tag} of {about})"
        );
    }
    ensure_invariant!(wanted > 0, "{name} should have had nothing");
    Ok(())
}

/// What came for the first time came in the order of FEED.
fn all_came_in_order(receiver: &Receiver, got: &[Got]) -> anyhow::Result<()> {
    let Receiver { name, manner, .. } = receiver;
    let mut last = 0;
    let mut seen = HashSet::new();
    for Got { position, kept, again, .. } in got {
        let counts = match manner {
            Manner::Once => true,
            // What was not kept must come again before anything else does.
            Manner::InTurn => *kept && seen.insert(*position),
            // What was under way when the program was killed comes again later. A server that was killed
            // may have forgotten that it had sent it.
            Manner::Batched => !again && seen.insert(*position),
        };
        if counts {
            ensure_invariant!(*position > last, "{name} has got FEED:{position} after FEED:{last}");
            last = *position;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
