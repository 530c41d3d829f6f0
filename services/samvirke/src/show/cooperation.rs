//! One cooperation: what it is, who leads it, who its members are and have been.

use samvirke_schemas::{
    networks::cooperation::{Agreement, Membership},
    organisation::OrganisationNumber,
    queries::cooperation_overview::Overview,
};

use super::{known::Known, sheet::Sheet, words};

/// Lays a cooperation out.
pub(super) fn lay_out(overview: &Overview, sheet: &mut Sheet) {
    let known = Known::new(overview, &[]);
    let name = |member: &OrganisationNumber| known.member(member);
    let leader = overview.leader.as_ref();
    let leader = leader.map(|one| format!("{} fra {}", name(&one.member), words::day(one.from)));
    let office = overview.office_municipality.as_ref().map(name);
    sheet.heading(overview.names.nb.as_str());
    sheet.facts(
        2,
        &[
            ("Form", words::legal_form(overview.legal_form).to_owned()),
            ("Stiftet", words::day(overview.founded_on)),
            ("Tilstand", words::phase(overview.phase).to_owned()),
            ("Oppløst", words::day_or_none(overview.dissolved_on)),
            ("Formål", overview.purpose.clone()),
            ("Avtale", agreement(&overview.agreement)),
            ("Ledelse", leader.unwrap_or_default()),
            ("Kontorkommune", office.unwrap_or_default()),
        ],
    );
    if let Some(custody) = &overview.custody {
        let continues = custody.continues.as_ref();
        sheet.heading("Etter oppløsningen");
        sheet.facts(
            2,
            &[
                ("Arkivene", name(&custody.archives)),
                ("Avtalene", custody.agreements.to_string()),
                ("Fortsetter", continues.map(ToString::to_string).unwrap_or_default()),
            ],
        );
    }
    let members = overview.members.all();
    sheet.heading(&format!("Medlemmer ({})", members.len()));
    let heads = ["Medlem", "Slag", "Organisasjonsnummer", "Periode"];
    sheet.table(2, &heads, members.iter().map(member).collect());
}

fn member(one: &Membership) -> Vec<String> {
    vec![
        one.names.nb.to_string(),
        words::member_kind(one.kind).to_owned(),
        one.member.to_string(),
        words::period(one.period),
    ]
}

fn agreement(agreement: &Agreement) -> String {
    let from = agreement.in_force_from.map(|from| format!(", gjelder fra {}", words::day(from)));
    format!("{}, versjon {}{}", agreement.title, agreement.version, from.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cooperation_shows_its_form_its_leader_and_its_members_with_their_periods() {
        let overview: Overview = serde_json::from_value(json!({
            "id": "vestregionen", "version": 3, "names": {"nb": "Vestregionen"},
            "legal_form": "section27", "purpose": "Felles interesser.",
            "office_municipality": null, "founded_on": "1992-01-01", "phase": "active",
            "agreement": {"title": "Vedtekter", "version": "2010"},
            "leader": {"member": "935478715", "from": "2017-07-01"},
            "members": [
                {"member": "935478715", "names": {"nb": "Bærum kommune"}, "kind": "municipality",
                 "period": {"from": "1992-01-01"}},
                {"member": "857566122", "names": {"nb": "Lier kommune"}, "kind": "municipality",
                 "period": {"from": "1992-01-01", "to": "2018-12-31"}}],
            "dissolved_on": null, "custody": null
        }))
        .unwrap();
        let mut sheet = Sheet::default();
        lay_out(&overview, &mut sheet);
        let wanted = "\
Vestregionen
  Form      samarbeid etter kommuneloven (1992) § 27
  Stiftet   01.01.1992
  Tilstand  i virksomhet
  Formål    Felles interesser.
  Avtale    Vedtekter, versjon 2010
  Ledelse   Bærum kommune fra 01.07.2017

Medlemmer (2)
  Medlem         Slag     Organisasjonsnummer  Periode
  Bærum kommune  kommune  935478715            fra 01.01.1992
  Lier kommune   kommune  857566122            fra 01.01.1992 til 31.12.2018";
        assert_eq!(sheet.lines().join("\n"), wanted);
    }
}
