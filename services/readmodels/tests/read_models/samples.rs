//! A small history: 24/2017 from the directors' group over the steering group to the members, the case
//! that follows it up, and one that is restricted.

use samvirke_kernel::position::Position;
use samvirke_schemas::{cases::case, meetings::meeting, networks};
use serde_json::{Value, json};

use crate::rig::Rig;

pub(crate) const BAERUM: &str = "935478715";
pub(crate) const ASKER: &str = "920125298";
pub(crate) const BUSKERUD: &str = "964951373";

/// Where the history ends in each stream.
pub(crate) struct Samples {
    pub(crate) networks: Position,
    pub(crate) cases: Position,
    pub(crate) meetings: Position,
}

pub(crate) async fn tell(rig: &Rig) -> Samples {
    Samples {
        networks: networks(rig).await,
        cases: cases(rig).await,
        meetings: meetings(rig).await,
    }
}

pub(crate) fn founded() -> Value {
    json!({"founded": {
        "names": {"nb": "Vestregionen"}, "legal_form": "alliance", "purpose": "Samarbeid",
        "agreement": {"title": "Samarbeidsavtale", "version": "1992"}, "founded_on": "1992-01-01",
    }})
}

async fn networks(rig: &Rig) -> Position {
    let admitted = |member: &str, name: &str| {
        json!({"member-admitted": {
            "member": member, "names": {"nb": name}, "kind": "municipality", "from": "1992-01-01",
        }})
    };
    let id = "vestregionen:vestregionen";
    let events = [
        founded(),
        admitted(BAERUM, "Bærum"),
        admitted(ASKER, "Asker"),
        admitted(BUSKERUD, "Buskerud"),
    ];
    rig.commit::<networks::cooperation::Event>("cooperation", id, 1, &events).await;
    let started = json!({"started": {
        "names": {"nb": "Klimanettverket"}, "theme": "klima", "purpose": "Felles klimaarbeid",
        "established": "2008",
    }});
    let id = "vestregionen:klima";
    rig.commit::<networks::network::Event>("network", id, 1, &[started]).await;
    let rules = |days| {
        json!({
            "seat_rights": ["attend", "speak", "propose", "vote"], "notice_days": days,
            "quorum": {"half-of-members": {}}, "majority": "simple", "casting_vote": true,
            "authority": "decides",
        })
    };
    let established = json!({"established": {
        "names": {"nb": "Styringsgruppen"}, "kind": "steering-group", "rules": rules(7),
        "in_force_from": "1992-01-01",
    }});
    let amended = json!({"rules-amended": {
        "version": 2, "rules": rules(14), "in_force_from": "2015-01-01",
    }});
    let seat = |seat: &str, member: &str, from: &str, to: &str| {
        json!({"seat-filled": {
            "seat": seat, "member": member, "member_kind": "municipality", "office": "mayor",
            "from": from, "to": to,
        }})
    };
    let seats = [
        seat("baerum-mayor", BAERUM, "2015-10-01", "2019-10-01"),
        seat("asker-mayor", ASKER, "2011-10-01", "2017-09-27"),
    ];
    let id = "vestregionen:sg";
    let events = [&[established, amended], &seats[..]].concat();
    rig.commit::<networks::body::Event>("body", id, 1, &events).await
}

pub(crate) fn opened(number: &str, owner: &str, title: &str, public_title: &str) -> Value {
    json!({"opened": {
        "kind": "decision", "description": {"title": title, "public_title": public_title},
        "owner": owner, "number": {"register": "2017", "number": number},
    }})
}

fn treated(treatment: &str, body: &str, outcome: &str, text: &str) -> [Value; 2] {
    let authority = if outcome == "decided" { "decides" } else { "recommends" };
    [
        json!({"treatments-planned": {"treatments": [
            {"treatment": treatment, "body": body, "authority": authority},
        ]}}),
        json!({"outcome-recorded": {
            "treatment": treatment, "body": body, "meeting": "vestregionen:sg-2017-09-28",
            "item": "24-2017", "outcome": outcome, "text": text, "unanimous": true,
            "day": "2017-09-28",
        }}),
    ]
}

async fn cases(rig: &Rig) -> Position {
    let title = "Videreføring av Vestregionsamarbeidet etter 2018";
    let (rg, sg) = ("vestregionen:rg", "vestregionen:sg");
    let commit = |id: &'static str, events: Vec<Value>| async move {
        rig.commit::<case::Event>("case", id, 1, &events).await
    };
    let [planned, outcome] = treated("rg", rg, "recommended", "Samarbeidet avvikles.");
    commit("vestregionen:24-2017", vec![opened("24/2017", rg, title, title), planned, outcome])
        .await;
    let [planned, outcome] =
        treated("sg", sg, "decided", "Kommunene vedtar at samarbeidet videreføres.");
    let asked = json!({"sent-to-members": {
        "members": [
            {"member": BAERUM, "names": {"nb": "Bærum"}},
            {"member": ASKER, "names": {"nb": "Asker"}},
        ],
        "text": "Samarbeidet videreføres.", "settles": {"all-adopt-same-text": {}},
        "answer_by": "2017-12-15", "on": "2017-10-02",
    }});
    let reference = json!({"reference-registered": {
        "member": BAERUM, "reference": {"file": "17/33189"}, "registered_by": "member",
    }});
    let decided = json!({"member-decision-registered": {
        "member": ASKER, "registered_by": "member", "decision": {
            "outcome": "adopted-with-changes", "text": "Samarbeidet videreføres til 2020.",
            "body": "Kommunestyret", "on": "2017-11-21",
        },
    }});
    let events =
        vec![opened("24a/2017", sg, title, title), planned, outcome, asked, reference, decided];
    commit("vestregionen:24a-2017", events).await;
    let task = json!({"follow-up-assigned": {
        "follow_up": "avtaler", "task": "Lag en oversikt over avtaler.",
        "owner": {"office": {"office": "general-manager"}}, "due": "2018-02-01",
    }});
    let relation = json!({"related": {"relation": "follows-up", "to": "vestregionen:24a-2017"}});
    let title = "Kartlegging av avtaler og forpliktelser";
    commit("vestregionen:32-2017", vec![opened("32/2017", rg, title, title), relation, task]).await;
    let [planned, outcome] = treated("sg", sg, "decided", "Tomten kjøpes for ti millioner.");
    let restricted = json!({"restricted": {
        "legal_basis": {"act": "offentleglova", "provision": "§ 23"}, "scope": {"everything": {}},
    }});
    let opened = opened("4/2017", sg, "Kjøp av tomt på Fornebu", "Eiendomssak");
    commit("vestregionen:4-2017", vec![opened, planned, outcome, restricted]).await
}

async fn meetings(rig: &Rig) -> Position {
    let planned = json!({"planned": {
        "body": "vestregionen:sg",
        "sittings": [{"start": "2017-09-20T09:00", "end": "2017-09-20T12:00"},
            {"start": "2017-09-21T09:00", "end": "2017-09-21T12:00"}],
        "venue": {"place": "Svelvik rådhus"},
    }});
    let moved = json!({"moved": {
        "sittings": [{"start": "2017-09-28T09:00", "end": "2017-09-28T12:00"}],
        "venue": {"place": "Svelvik rådhus"}, "reason": "Ny tid.",
    }});
    let put = json!({"item-put": {"item": {
        "item": "4-2017", "kind": "PS", "title": "Kjøp av tomt på Fornebu",
        "public_title": "Eiendomssak", "subject": {"case": {"case": "vestregionen:4-2017"}},
        "restriction": {"legal_basis": {"act": "offentleglova", "provision": "§ 23"}},
    }}});
    // What the secretariat forgot to restrict here too.
    let forgotten = json!({"item-put": {"item": {
        "item": "forgotten", "kind": "RS", "title": "Kjøp av tomt på Fornebu",
        "subject": {"case": {"case": "vestregionen:4-2017"}},
    }}});
    let in_force = json!({
        "body": "vestregionen:sg", "names": {"nb": "Styringsgruppen"}, "kind": "steering-group",
        "on": "2017-09-28", "rules_version": 2, "seats": [],
        "rules": {
            "seat_rights": ["attend", "speak", "propose", "vote"], "notice_days": 14,
            "quorum": {"half-of-members": {}}, "majority": "simple", "casting_vote": true,
            "authority": "decides",
        },
    });
    let notice = json!({"notice-issued": {
        "on": "2017-09-14", "days_before": 14, "body": in_force, "agenda": [],
    }});
    let concluded = json!({"item-concluded": {
        "item": "4-2017", "outcome": "decided", "text": "Tomten kjøpes for ti millioner.",
        "quorum": {"unknown": {}}, "public": false, "day": "2017-09-28",
    }});
    let conflicting = json!({"conflicting-date-noted": {
        "date": {"paper": "Referat 28.09.2017", "says": "2017-12-25"}, "days": ["2017-09-28"],
    }});
    let events = [planned, moved, put, forgotten, notice, concluded, conflicting];
    rig.commit::<meeting::Event>("meeting", "vestregionen:sg-2017-09-28", 1, &events).await
}
