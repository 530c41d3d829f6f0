//! What happens while the feed is taken: cases, meetings on them, joint cases for the members' councils,
//! and cases of which not everybody may know everything.

use serde_json::{Value, json};

use crate::workload::{Line, MEMBERS, WorkloadBuilder};

/// How many imports run at once.
const CHAPTERS: usize = 3;
/// How many meetings each body has in one chapter, and how many cases each treats.
const MEETINGS: usize = 3;
const CASES: usize = 6;
/// One in so many cases is joint and goes out to the members.
const JOINT_EVERY: usize = 3;
/// A word in what only the members may know.
pub(super) const AMONG_MEMBERS: &str = "Skjermet";
/// A word in what only one member may know, before its number.
pub(super) const FOR_ONE: &str = "Bare for ";

/// What several imports write at once.
pub(super) fn chapters() -> Vec<Vec<Line>> {
    (0..CHAPTERS).map(chapter).collect()
}

fn chapter(number: usize) -> Vec<Line> {
    let mut workload = WorkloadBuilder::new(&format!("f{number}"), "2017-06-20T12:00");
    for meeting in 0..MEETINGS {
        let name = format!("{number}-{meeting}");
        let cases: Vec<String> =
            (0..CASES).map(|case| format!("prove:case-{name}-{case}")).collect();
        for (at, case) in cases.iter().enumerate() {
            let joint = at.is_multiple_of(JOINT_EVERY);
            if at % JOINT_EVERY < 2 {
                let title =
                    json!({"title": format!("{AMONG_MEMBERS}: {case}"), "public_title": "En sak"});
                workload.open_as(case, joint, title, Some(restriction()));
            } else {
                workload.open(case, joint);
            }
        }
        invite(&mut workload, &format!("prove:hearing-{name}"), MEMBERS[(number + meeting) % 3]);
        workload.meet("rg", &name, &cases, "recommended");
        workload.meet("sg", &name, &cases, "decided");
    }
    if number == 0 {
        workload.add(
            "cooperations/prove/release-member",
            json!({"member": MEMBERS[3], "to": "2017-12-31", "reason": "Sluttet."}),
        );
    }
    workload.lines
}

/// Restricted from the opening: what is withheld later is erased from FEED, and then FEED itself no longer
/// tells what each receiver should have had.
fn restriction() -> Value {
    let basis = json!({"act": "offentleglova", "provision": "§ 13"});
    json!({"legal_basis": basis, "scope": {"everything": {}}})
}

/// A restricted case in which one member alone takes part.
fn invite(workload: &mut WorkloadBuilder, case: &str, member: &str) {
    workload.add(
        &format!("cases/{case}/open"),
        json!({"kind": "hearing", "owner": "prove:sg", "register": "2017",
            "restriction": restriction(), "description":
            {"title": format!("{FOR_ONE}{member}: {case}"), "public_title": "En høring"}}),
    );
    let invited = json!([{"party": "m", "names": {"nb": "En kommune"}, "member": member}]);
    workload.add(
        &format!("cases/{case}/open-hearing"),
        json!({"invited": invited, "deadline": "2017-09-01T12:00"}),
    );
}

/// What is told last in each context: once it is in the feed, so is all that came before.
pub(super) fn epilogue() -> Vec<Line> {
    let mut workload = WorkloadBuilder::new("e", "2017-12-31T12:00");
    workload.add(
        "cooperations/prove/amend-agreement",
        json!({"agreement": {"title": "Avtale", "version": "2"}}),
    );
    workload.open(EPILOGUE_CASE, false);
    workload.meet("rg", "epilogue", &[], "recommended");
    workload.lines
}

const EPILOGUE_CASE: &str = "prove:epilogue";
/// What the epilogue is in the feed: types, and what each is about.
pub(super) const EPILOGUE: [(&str, &str); 3] = [
    ("cooperation.agreement-amended", "cooperations/prove:prove"),
    ("case.opened", "cases/prove:epilogue"),
    ("meeting.held", "meetings/prove:rg-epilogue"),
];
