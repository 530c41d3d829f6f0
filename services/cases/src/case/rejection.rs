//! Why a case refuses a command, a rule a line.

use samvirke_kernel::rejections;
use samvirke_schemas::{
    cases::case::treatment::{Authority, Outcome},
    date::Date,
    id::{AggregateId, LocalId},
    local_time::LocalTime,
    organisation::OrganisationNumber,
};

rejections! {
    /// Why a case refuses a command.
    pub enum Rejection {
        // Who may do what.
        OnlyTheSecretariat: Forbidden, "R10",
            "only the cooperation's secretariat may do this",
            "bare samarbeidets sekretariat kan gjøre dette";
        OnlyForItself { member: OrganisationNumber }: Forbidden, "R45",
            "only {member} itself, or the secretariat on its behalf, may register this",
            "bare {member} selv, eller sekretariatet på dets vegne, kan registrere dette";
        OnlyItsOwner: Forbidden, "R41",
            "only the secretariat or the member that owns the task may report on it",
            "bare sekretariatet eller medlemmet som eier oppgaven, kan melde om den";

        // The case as a whole.
        NotOpened: Missing, "R31",
            "the case is not opened; open it first",
            "saken er ikke opprettet; opprett den først";
        AlreadyOpened: State, "R31",
            "the case is already opened; amend it instead",
            "saken er allerede opprettet; rett den i stedet";
        NoNumber: State, "R31",
            "the case has not got its number from the register",
            "saken har ikke fått nummer fra saksregisteret";
        IsClosed: State, "R41",
            "the case is closed; reopen it, or open a case that follows it up",
            "saken er avsluttet; gjenåpne den, eller opprett en sak som følger den opp";
        IsWithdrawn: State, "R41",
            "the case is withdrawn; reopen it first",
            "saken er trukket; gjenåpne den først";
        MeetingOfAnotherCooperation { meeting: AggregateId }: Value("meeting"), "R1",
            "{meeting} is a meeting of another cooperation, which treats its own cases",
            "{meeting} er et møte i et annet samarbeid, som behandler sine egne saker";
        TreatedByAnother { body: AggregateId, treatment: LocalId }: Value("body"), "R34",
            "treatment {treatment} is planned for another body than {body}; change the plan first",
            "behandlingen {treatment} er planlagt for et annet organ enn {body}; endre planen først";
        TooMany { list: &'static str, max: usize }: Value, "limit",
            "a case keeps at most {max} {list}",
            "en sak har høyst {max} av {list}";
        InTheFuture { day: Date }: Value, "R30",
            "{day} has not come yet; register it when it has happened",
            "{day} har ikke vært ennå; registrer det når det har skjedd";
        NoSuchPaper { paper: LocalId }: Missing("paper"), "R37",
            "the case has no paper {paper}; add it first",
            "saken har ikke noe dokument {paper}; legg det til først";
        RecommendsToItself: Value("to"), "R38",
            "a body recommends to another body, not to itself",
            "et organ innstiller til et annet organ, ikke til seg selv";
        AlreadyFormulated: Value("text"), "R37",
            "the recommendation has a wording already; give the new wording",
            "innstillingen har alt en ordlyd; oppgi den nye ordlyden";

        // What hinders the closing.
        TreatmentRemains { treatment: LocalId }: State, "R43",
            "treatment {treatment} is not held; record it or change the plan first",
            "behandling {treatment} er ikke holdt; registrer den eller endre planen først";
        MembersRemain: State, "R45",
            "the joint case is not settled; wait for the members or settle it first",
            "fellessaken er ikke avgjort; vent på medlemmene eller avgjør den først";
        HearingRemains: State, "R46",
            "the hearing is not closed; close it first",
            "høringen er ikke avsluttet; avslutt den først";

        // Treatments.
        NothingPlanned: Value("treatments"), "R34",
            "a plan names at least one treatment",
            "en plan nevner minst én behandling";
        PlannedTwice { treatment: LocalId }: Value("treatments"), "R34",
            "treatment {treatment} is in the plan already; give the new one an id of its own",
            "behandling {treatment} er alt i planen; gi den nye sin egen id";
        HeldAlready { treatment: LocalId }: State, "R34",
            "treatment {treatment} is held and no longer part of what can be planned",
            "behandling {treatment} er holdt og kan ikke lenger planlegges";
        NoRegister: Value("register"), "R34",
            "name the register to take the treatments' numbers from",
            "oppgi saksregisteret som behandlingene skal ha nummer fra";
        NoTreatmentNumber { treatment: LocalId }: State, "R34",
            "treatment {treatment} has not got its number from the register",
            "behandling {treatment} har ikke fått nummer fra saksregisteret";
        NoSuchTreatment: Missing("of"), "R34",
            "no such treatment is planned and not held; plan it first",
            "ingen slik behandling er planlagt og ikke holdt; planlegg den først";
        BeyondAuthority { authority: Authority, outcome: Outcome }: Value("outcome"), "R11",
            "a body that only {authority} cannot end with {outcome}; change the plan first",
            "et organ med rollen {authority} kan ikke ende med {outcome}; endre planen først";
        NothingBefore: Value("outcome"), "R38",
            "nothing was held before this treatment that the case could be sent back to",
            "ingen behandling er holdt før denne som saken kan sendes tilbake til";

        // Relations and force.
        RelatedToItself: Value("to"), "R41",
            "a case is related to another case, not to itself",
            "en sak knyttes til en annen sak, ikke til seg selv";
        NotRelated: Missing("relation"), "R41",
            "the case has no such relation",
            "saken har ingen slik tilknytning";
        NothingDecided: State, "R43",
            "nothing is decided that could be in force; record the decision first",
            "ingenting er vedtatt som kan være i kraft; registrer vedtaket først";
        NotInForce: State, "R43",
            "the decision is not in force",
            "vedtaket er ikke i kraft";
        EndsBeforeItBegan { from: Date }: Value("on"), "R43",
            "the decision is in force from {from} and cannot end before",
            "vedtaket gjelder fra {from} og kan ikke opphøre før";

        // Access.
        RestrictionOver { until: Date }: Value("until"), "offentleglova",
            "the restriction would be over already ({until}); give a later day",
            "skjermingen ville alt være over ({until}); oppgi en senere dag";
        PublicTitleReveals: State, "offentleglova",
            "the public title is the full title; give a public title that reveals nothing first",
            "den offentlige tittelen er hele tittelen; gi først en tittel som ikke røper noe";
        NothingRestricted: Value("scope"), "offentleglova",
            "name the papers that are restricted",
            "oppgi hvilke dokumenter som skjermes";
        NotRestricted: State, "offentleglova",
            "access to the case is not restricted",
            "saken er ikke skjermet";

        // Joint cases.
        SentAlready: State, "R45",
            "the case was sent to the members already",
            "saken er alt sendt til medlemmene";
        NoSettleRule: Value("settles"), "R45",
            "say what settles the joint case, or declare it joint first",
            "oppgi hva som avgjør fellessaken, eller gjør den til fellessak først";
        OtherSettleRule: Value("settles"), "R45",
            "the case was declared joint with another rule; send it with that one",
            "saken ble gjort til fellessak med en annen regel; send den med den";
        NoJointText: Value("text"), "R45",
            "give the text that the members are to adopt; no body has decided one",
            "oppgi teksten som medlemmene skal vedta; ingen organ har vedtatt noen";
        NoMembers: State, "R45",
            "the cooperation had no members on that day",
            "samarbeidet hadde ingen medlemmer den dagen";
        NotSent: State, "R45",
            "the case is not sent to the members; send it first",
            "saken er ikke sendt til medlemmene; send den først";
        NotTakingPart { member: OrganisationNumber }: State, "R45",
            "{member} does not take part in the joint case; include it first",
            "{member} er ikke med i fellessaken; ta det med først";
        NotAMember { member: OrganisationNumber }: Value("member"), "R1",
            "{member} is not a member of the cooperation on that day",
            "{member} er ikke medlem av samarbeidet den dagen";
        DecidedBeforeSent { on: Date }: Value("decision"), "R45",
            "the case was sent on {on}, and a council decides on it afterwards",
            "saken ble sendt {on}, og et kommunestyre vedtar den etterpå";
        SameTextExpected: Value("decision"), "R45",
            "that is not the text that was sent; register it as adopted with changes",
            "det er ikke teksten som ble sendt; registrer vedtaket som vedtatt med endringer";
        ChangesExpected: Value("decision"), "R45",
            "adopted with changes needs the council's wording, other than the text that was sent",
            "vedtatt med endringer krever kommunestyrets ordlyd, ulik teksten som ble sendt";
        DecidedAlready { member: OrganisationNumber }: State, "R45",
            "{member} has decided; correct its decision instead",
            "{member} har vedtatt; rett vedtaket i stedet";
        NotDecided { member: OrganisationNumber }: State, "R45",
            "{member} has not decided; register its decision first",
            "{member} har ikke vedtatt; registrer vedtaket først";
        IsSettled: State, "R45",
            "the joint case is settled",
            "fellessaken er avgjort";
        StillMissing { missing: usize }: State, "R45",
            "{missing} members have not answered; wait, or release them with a reason",
            "{missing} medlemmer har ikke svart; vent, eller løs dem fra saken med grunn";
        RuleSettles: Value("result"), "R45",
            "by its rule only the members' decisions adopt or reject the case",
            "etter regelen er det bare medlemmenes vedtak som vedtar eller avviser saken";
        LastMember: State, "R45",
            "the last member cannot be released; withdraw the case instead",
            "det siste medlemmet kan ikke løses fra saken; trekk saken i stedet";

        // Hearings.
        NobodyInvited: Value("invited"), "R46",
            "a hearing asks at least one party",
            "en høring spør minst én part";
        InvitedTwice { party: LocalId }: Value("invited"), "R46",
            "{party} is invited twice",
            "{party} er invitert to ganger";
        DeadlinePassed { deadline: LocalTime }: Value("deadline"), "R46",
            "the deadline {deadline} has passed already; give a later one",
            "fristen {deadline} er alt ute; oppgi en senere";
        HearingHeld: State, "R46",
            "the case has a hearing already; extend it, or open a case that follows it up",
            "saken har alt en høring; forleng den, eller opprett en sak som følger den opp";
        NoHearing: State, "R46",
            "the case has no hearing; open it first",
            "saken har ingen høring; åpne den først";
        NotInvited { party: LocalId }: Value("from"), "R46",
            "{party} is not among the invited; register it as an organisation that was not asked",
            "{party} er ikke blant de inviterte; registrer den som en som ikke ble spurt";
        StatementDiffers { statement: LocalId }: State, "R46, R47",
            "statement {statement} is registered already with other contents; use a new id",
            "uttalelse {statement} er alt registrert med annet innhold; bruk en ny id";
        DeadlineNotLater { deadline: LocalTime }: Value("deadline"), "R46",
            "the deadline is {deadline}; an extension is later",
            "fristen er {deadline}; en forlengelse er senere";
        HearingClosed: State, "R46",
            "the hearing is closed",
            "høringen er avsluttet";
        DeadlineNotReached { deadline: LocalTime, silent: usize }: State, "R46",
            "the deadline is {deadline} and {silent} parties have not answered; wait for either",
            "fristen er {deadline} og {silent} parter har ikke svart; vent på ett av delene";
        HearingNotClosed: State, "R46",
            "the hearing is not closed; close it first",
            "høringen er ikke avsluttet; avslutt den først";
        NotSummedUp: State, "R46",
            "the hearing is not summed up; sum it up first",
            "høringen er ikke oppsummert; oppsummer den først";
        HearingAdopted: State, "R46",
            "the text is finally adopted after the hearing; open a case that follows it up",
            "teksten er endelig vedtatt etter høringen; opprett en sak som følger den opp";
        AdoptedBeforeClosed { on: Date }: Value("on"), "R46",
            "the hearing was closed on {on}, and the adoption comes afterwards",
            "høringen ble avsluttet {on}, og vedtaket kommer etterpå";

        // Statements to third parties.
        NothingStated: Value("text"), "R47",
            "a statement has a text or a paper",
            "en uttalelse har en tekst eller et dokument";
        NobodySigned: Value("signed_by"), "R47",
            "a statement is signed by at least one office",
            "en uttalelse er underskrevet av minst ett verv";

        // Follow-ups.
        FollowUpDiffers { follow_up: LocalId }: State, "R41",
            "follow-up {follow_up} is assigned already as another task; use a new id",
            "oppfølging {follow_up} er alt gitt som en annen oppgave; bruk en ny id";
        NoSuchFollowUp { follow_up: LocalId }: Missing("follow_up"), "R41",
            "there is no follow-up {follow_up}; assign it first",
            "det finnes ingen oppfølging {follow_up}; gi oppgaven først";
        FollowUpEnded { follow_up: LocalId }: State, "R41",
            "follow-up {follow_up} is done or dropped; assign a new one",
            "oppfølging {follow_up} er utført eller oppgitt; gi en ny oppgave";
        NoSuchDecision { treatment: LocalId }: Missing("treatment"), "R41",
            "treatment {treatment} is not held, so no task flows from it",
            "behandling {treatment} er ikke holdt, så ingen oppgave følger av den";
    }
}
