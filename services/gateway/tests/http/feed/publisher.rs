//! Writes to the feed as the relay does, and calls as those who read it.

use std::collections::HashMap;

use axum::{body::Body, http::Request};
use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use samvirke_gateway::{demo_issuer::TokenRequest, identity::Claims};
use samvirke_kernel::{
    committer::Pending,
    envelope::{self, ENVELOPE_VERSION, Envelope, Member, Recorded},
    log::Log,
    publication::{Outgoing, Publication},
    stream::record::Records,
};
use samvirke_schemas::{
    Tagged,
    feed::{self, Audience, CloudEvent, Concerns, Fact, RESTATED, Said, Subject},
    id::AggregateId,
    principal::Principal,
};
use serde_json::{Value, json, value::RawValue};
use uuid::Uuid;

use crate::world::{Answer, World};

pub(crate) const BAERUM: &str = "935478715";
pub(crate) const ASKER: &str = "920125298";

/// How long it may take until the end of the feed is noted.
const NOTED_WITHIN: std::time::Duration = std::time::Duration::from_secs(20);

/// A feed and its gateway.
pub(crate) struct Fed {
    pub(crate) world: World,
    publication: Publication,
    last: u64,
    networks: Log,
    /// What has happened to the cooperation `vest`, and to its body `vest:sg`.
    commits: HashMap<AggregateId, Vec<(u64, Bytes)>>,
}

impl Fed {
    pub(crate) async fn start() -> Self {
        Self::with(json!({})).await
    }

    pub(crate) async fn with(limits: Value) -> Self {
        let world = World::with(limits, "").await;
        let client = world.client.clone();
        let publication = Publication::make(client, feed::STREAM, feed::SUBJECTS, 1).await.unwrap();
        let networks = Log::set_up(world.client.clone(), "networks", 1).await.unwrap();
        let mut fed = Self { world, publication, last: 0, networks, commits: HashMap::new() };
        for member in [BAERUM, ASKER] {
            let admitted = json!({"member": member, "names": {"nb": member},
                "kind": "municipality", "from": "1992-01-01"});
            fed.commit("vest", "member-admitted", admitted).await;
        }
        fed
    }

    /// A member has left the cooperation `vest` as of long ago.
    pub(crate) async fn release(&mut self, member: &str) {
        let released = json!({"member": member, "to": "2017-01-01", "reason": "Går ut."});
        self.commit("vest", "member-released", released).await;
    }

    /// A person holds a seat on behalf of a member, in the body `vest:sg` that is established with it.
    pub(crate) async fn seat(&mut self, person: Uuid, member: &str) {
        let rules = json!({"seat_rights": ["vote"], "notice_days": 7,
            "quorum": {"half-of-members": {}}, "majority": "simple", "casting_vote": true,
            "authority": "decides"});
        let established = json!({"names": {"nb": "Styringsgruppen"}, "kind": "steering-group",
            "rules": rules, "in_force_from": "1992-01-01"});
        self.commit("vest:sg", "established", established).await;
        let filled = json!({"seat": "a", "member": member, "member_kind": "municipality",
            "office": "mayor", "holder": person, "from": "2015-10-01"});
        self.commit("vest:sg", "seat-filled", filled).await;
    }

    /// The seat has ended as of long ago.
    pub(crate) async fn vacate(&mut self) {
        let vacated =
            json!({"seat": "a", "from": "2015-10-01", "to": "2017-01-01", "reason": "Valg."});
        self.commit("vest:sg", "seat-vacated", vacated).await;
    }

    /// Nobody can tell any more who is a member: NETWORKS ends with something that cannot be read.
    pub(crate) async fn lose_sight_of_members(&self) {
        let subject = self.networks.subject("cooperation", &"other".parse().unwrap()).into();
        let unreadable = Pending { subject, expected: 0, payload: Bytes::from_static(b"{") };
        self.networks.append(vec![unreadable]).await.unwrap();
    }

    /// Waits until the list of streams knows that the feed has come so far.
    pub(crate) async fn noted(&self, sequence: u64) {
        let js = async_nats::jetstream::new(self.world.client.clone());
        let records = Records::open(&js).await.unwrap().unwrap();
        let noted = async {
            loop {
                let known = records.of(feed::STREAM).await.unwrap().and_then(|known| known.last);
                if known.is_some_and(|last| last.sequence >= sequence) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(NOTED_WITHIN, noted).await.expect("the end of the feed is noted");
    }

    /// Something happens to the cooperation or its body.
    async fn commit(&mut self, id: &str, tag: &str, data: Value) {
        let kind = if id.contains(':') { "body" } else { "cooperation" };
        let id: AggregateId = id.parse().unwrap();
        let commits = self.commits.entry(id.clone()).or_default();
        let version = commits.len() as u64 + 1;
        let at = "2017-06-01T10:00:00Z".parse().unwrap();
        let envelope = Envelope {
            v: ENVELOPE_VERSION,
            aggregate: Member {
                kind: kind.into(),
                id: id.clone(),
                version_from: version,
                version_to: version,
            },
            command_id: Uuid::new_v4(),
            command: format!("{kind}.{tag}"),
            digest: String::new(),
            actor: Principal::public(),
            cause: None,
            traceparent: None,
            provenance: None,
            occurred_at: at,
            recorded_at: at,
            previous: commits.last().map(|last| envelope::digest(&last.1)),
            events: vec![Recorded {
                id: Uuid::new_v4(),
                tag: tag.to_owned(),
                version: 1,
                data: RawValue::from_string(data.to_string()).unwrap(),
            }],
        };
        let payload = envelope.write().unwrap();
        let subject = self.networks.subject(kind, &id).into();
        let expected = commits.last().map_or(0, |last| last.0);
        let pending = Pending { subject, expected, payload: payload.clone() };
        let sequence = self.networks.append(vec![pending]).await.unwrap()[0];
        commits.push((sequence, payload));
    }

    /// Publishes together; returns the sequence of the last.
    pub(crate) async fn tell(&mut self, said: &[Said]) -> u64 {
        let messages: Vec<Outgoing> = (self.last + 1..)
            .zip(said)
            .map(|(sequence, one)| message(one, said, sequence))
            .collect();
        self.last = self.publication.publish(self.last, &messages).await.unwrap();
        self.last
    }

    pub(crate) async fn get(&self, query: &str, token: Option<&str>) -> Answer {
        let request = Request::get(format!("/v1/feed?{query}"));
        let request = match token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        self.world.send(request.body(Body::empty()).unwrap()).await
    }

    /// The sequences of the events in a page.
    pub(crate) async fn sequences(&self, query: &str, token: Option<&str>) -> Vec<u64> {
        let answer = self.get(query, token).await;
        assert_eq!(answer.status, 200, "{}", answer.json());
        let sequence = |event: &Value| sequence(event["position"].as_str().unwrap());
        answer.json()["events"].as_array().unwrap().iter().map(sequence).collect()
    }

    /// A token of the system of a member.
    pub(crate) fn member(&self, member: &str) -> String {
        self.token(&["vest:member-integration"], Some(member), TimeDelta::minutes(5))
    }

    /// A token that says only who somebody is in NETWORKS.
    pub(crate) fn person(&self, person: Uuid) -> String {
        let claims = Claims { samvirke_person: Some(person), ..Claims::default() };
        self.mint(Claims { sub: Some("somebody".into()), ..claims }, TimeDelta::minutes(5))
    }

    pub(crate) fn token(&self, roles: &[&str], member: Option<&str>, ttl: TimeDelta) -> String {
        let claims = Claims {
            sub: Some("office-4".into()),
            samvirke_roles: roles.iter().map(|&role| role.to_owned()).collect(),
            samvirke_member: member.map(str::to_owned),
            ..Claims::default()
        };
        self.mint(claims, ttl)
    }

    fn mint(&self, claims: Claims, ttl: TimeDelta) -> String {
        let now = Utc::now();
        let mut request = TokenRequest::new(claims, now, ttl);
        request.iat = now - TimeDelta::minutes(5);
        request.nbf = request.iat;
        self.world.issuer.mint(&request)
    }
}

pub(crate) fn sequence(position: &str) -> u64 {
    position.strip_prefix("FEED:").unwrap().parse().unwrap()
}

/// Something public about the cooperation `vest`.
pub(crate) fn public() -> Said {
    of("vest")
}

/// Something public about a cooperation.
pub(crate) fn of(cooperation: &str) -> Said {
    let id: AggregateId = cooperation.parse().unwrap();
    let fact = json!({"cooperation.resumed": {"cooperation": {"id": id.cooperation}}});
    said(id, fact)
}

/// Something public about the body `vest:sg`.
pub(crate) fn about_body() -> Said {
    let fact = json!({"body.resumed": {"body": {"id": "vest:sg"}, "from": "2017-06-01"}});
    let mut said = said("vest:sg".parse().unwrap(), fact);
    said.concerns.bodies = ["vest:sg".parse().unwrap()].into();
    said
}

/// Names events that are withheld.
pub(crate) fn withheld(events: &[Uuid]) -> Said {
    let fact = json!({"case.withheld": {"case": "vest:24-2017", "events": events}});
    said("vest:24-2017".parse().unwrap(), fact)
}

/// The same again, with less in it.
pub(crate) fn instead(of: &Said) -> Said {
    Said { replacement: true, origin: of.origin, ..about_body() }
}

/// The same for a member only.
pub(crate) fn to(member: &str, said: Said) -> Said {
    Said { audience: Audience::Member(member.parse().unwrap()), restates: true, ..said }
}

/// The same with something to say of its length.
pub(crate) fn long(chars: usize) -> Said {
    let reason = "x".repeat(chars);
    let fact = json!({"cooperation.paused": {"cooperation": {"id": "vest"}, "reason": reason}});
    said("vest".parse().unwrap(), fact)
}

fn said(about: AggregateId, fact: Value) -> Said {
    let fact: Fact = serde_json::from_value(fact).unwrap();
    let at = "2017-06-01T10:00:00Z".parse().unwrap();
    Said {
        audience: Audience::Public,
        about,
        plural: "cooperations",
        concerns: Concerns::default(),
        fact,
        origin: Uuid::new_v4(),
        restates: false,
        replacement: false,
        occurred_at: at,
        recorded_at: at,
        traceparent: None,
    }
}

fn message(one: &Said, all: &[Said], sequence: u64) -> Outgoing {
    let subject = Subject {
        cooperation: one.about.cooperation.clone(),
        audience: one.audience.clone(),
        tag: one.fact.tag().to_owned(),
    };
    let restated: Vec<String> = all
        .iter()
        .filter(|other| other.restates && other.origin == one.origin)
        .map(|other| other.audience.to_string())
        .collect();
    let headers = match &one.audience {
        Audience::Public if !restated.is_empty() => vec![(RESTATED, restated.join(","))],
        Audience::Public | Audience::Member(_) => Vec::new(),
    };
    let event = CloudEvent::new(one, sequence).unwrap();
    Outgoing {
        subject: subject.to_string(),
        headers,
        payload: serde_json::to_vec(&event).unwrap().into(),
    }
}
