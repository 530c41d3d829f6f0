//! Who was there: "X for Y" where somebody stood in (R27), absence apart (R28).

use samvirke_schemas::{
    local_time::LocalTime,
    meetings::attendance::{NamedAttendance, Represented, StandIn},
    queries::meeting::{Attendance, OtherAttendance, SeatAttendance, Stay},
};

use super::Seats;
use crate::show::{sheet::Sheet, words};

/// Lays the attendance out.
pub(super) fn lay_out(attendance: &Attendance, seats: &Seats<'_>, sheet: &mut Sheet) {
    if attendance.unknown {
        sheet.heading("Til stede");
        sheet.line(2, "Kilden sier ikke hvem som var der.");
        return;
    }
    if let Some(named) = &attendance.named {
        lay_out_named(named, seats, sheet);
        return;
    }
    let present = attendance.seats.iter().filter(|seat| !seat.stays.is_empty());
    let present: Vec<String> = present.map(|seat| taken(seat, seats)).collect();
    list("Til stede", &present, sheet);
    let absent = attendance.seats.iter().filter(|seat| seat.absent && seat.stays.is_empty());
    let absent: Vec<String> = absent.map(|seat| seats.name(&seat.seat)).collect();
    list("Forfall", &absent, sheet);
    let others: Vec<String> = attendance.others.iter().map(|one| other(one, seats)).collect();
    list("Andre til stede", &others, sheet);
}

/// Those whom a source names of a meeting that is only reported.
fn lay_out_named(named: &NamedAttendance, seats: &Seats<'_>, sheet: &mut Sheet) {
    let present: Vec<String> = named
        .present
        .iter()
        .map(|one| {
            let whose = represented(&one.of, seats);
            let stood_in = if one.stood_in { "vara for " } else { "" };
            let chaired = if one.chaired { ", møteleder" } else { "" };
            format!("{stood_in}{whose}{chaired}")
        })
        .collect();
    list("Til stede, så langt kilden sier", &present, sheet);
    let absent: Vec<String> = named.absent.iter().map(|one| represented(one, seats)).collect();
    list("Forfall, så langt kilden sier", &absent, sheet);
}

fn represented(one: &Represented, seats: &Seats<'_>) -> String {
    let office = one.office.map(|office| words::office(office).to_owned());
    let member = one.member.as_ref().map(|member| seats.known.member(member).to_string());
    let told: Vec<String> = [office, member].into_iter().flatten().collect();
    if told.is_empty() { "noen kilden ikke navngir".to_owned() } else { told.join(", ") }
}

fn list(heading: &str, lines: &[String], sheet: &mut Sheet) {
    if !lines.is_empty() {
        sheet.heading(&format!("{heading} ({})", lines.len()));
        lines.iter().for_each(|line| sheet.line(2, line));
    }
}

fn taken(attendance: &SeatAttendance, seats: &Seats<'_>) -> String {
    let seat = seats.name(&attendance.seat);
    let mut told: Vec<String> = attendance.stays.iter().map(|stay| sat(stay, &seat)).collect();
    told.dedup();
    told.join("; ")
}

fn sat(stay: &Stay, seat: &str) -> String {
    let who = match &stay.stand_in {
        Some(stand_in) => format!("{} for {seat}", stands_in(stand_in)),
        None => seat.to_owned(),
    };
    let remote = if stay.remote { ", fjernmøte" } else { "" };
    format!("{who}{remote}{}", left(stay.to))
}

/// Who stood in, by office; somebody without one is a deputy.
pub(super) fn stands_in(stand_in: &StandIn) -> &'static str {
    stand_in.office.map_or("vara", words::office)
}

fn other(one: &OtherAttendance, seats: &Seats<'_>) -> String {
    let member = one.member.as_ref().map(|member| format!(", {}", seats.known.member(member)));
    format!("{}{}{}", words::office(one.office), member.unwrap_or_default(), left(one.to))
}

fn left(to: Option<LocalTime>) -> String {
    to.map(|to| format!(", til kl. {}", words::clock(to))).unwrap_or_default()
}
