//! Every reason why a meeting refuses a command: the rule, and what would satisfy it.

use samvirke_kernel::rejections;
use samvirke_schemas::{
    date::Date,
    id::{AggregateId, LocalId},
};

rejections! {
    /// Why a meeting refuses a command.
    pub enum Rejection {
        // Who may.
        OnlyTheSecretariat: Forbidden, "R29",
            "only the cooperation's secretariat may do this",
            "bare samarbeidets sekretariat kan gjøre dette";
        NotOwnSeat { seat: LocalId }: Forbidden, "R28",
            "only the member that holds seat {seat}, or the secretariat, reports its absence",
            "bare medlemmet som har plassen {seat}, eller sekretariatet, melder forfall for den";

        // What the phase allows.
        NotPlanned: Missing, "R23",
            "the meeting is not planned; plan it first",
            "møtet er ikke planlagt; planlegg det først";
        AlreadyPlanned: State, "R23",
            "the meeting is planned otherwise already; move it instead",
            "møtet er allerede planlagt på annen måte; flytt det i stedet";
        NotCalled: State, "R18",
            "notice of the meeting is not issued; issue it first",
            "det er ikke innkalt til møtet; send innkallingen først";
        AlreadyCalled: State, "kommuneloven § 11-3",
            "notice is issued, so the agenda stands; withdraw the item, or put a late one",
            "innkallingen er sendt, så sakslisten står; trekk saken, eller sett opp en til";
        NotOpened: State, "kommuneloven § 11-2",
            "the meeting is not opened; open it first",
            "møtet er ikke satt; sett det først";
        IsOpen: State, "kommuneloven § 11-2",
            "the meeting is open; this is done before it opens or after it closes",
            "møtet er satt; dette gjøres før det settes eller etter at det er hevet";
        IsAdjourned: State, "kommuneloven § 11-2",
            "the meeting is adjourned; resume it first",
            "møtet er utsatt; gjenoppta det først";
        IsClosed: State, "kommuneloven § 11-2",
            "the meeting is closed; nothing more is treated in it",
            "møtet er hevet; ingenting mer behandles i det";
        IsOnlyReported: State, "kommuneloven § 11-4",
            "the meeting is only reported from a source; record outcomes, not how it went",
            "møtet er bare kjent fra en kilde; registrer utfall, ikke hvordan det gikk for seg";
        NotReported: State, "kommuneloven § 11-4",
            "the meeting is kept here in full; conclude the item in the meeting",
            "møtet føres her i sin helhet; avslutt saken i møtet";
        IsCancelled: State, "R23",
            "the meeting is cancelled; plan another",
            "møtet er avlyst; planlegg et nytt";

        // Plan, time and place.
        AnotherCooperation { body: AggregateId }: Value("body"), "R1",
            "{body} is a body of another cooperation",
            "{body} er et organ i et annet samarbeid";
        CaseOfAnotherCooperation { case: AggregateId }: Value("item.subject.case.case"), "R1",
            "{case} is a case of another cooperation, which its own bodies treat",
            "{case} er en sak i et annet samarbeid, som dets egne organer behandler";
        AnotherBody { body: AggregateId }: Value("body"), "R23",
            "the meeting is planned for {body}; report another meeting instead",
            "møtet er planlagt for {body}; meld inn et annet møte i stedet";
        BodyNotKnown { body: AggregateId, day: Date }: State, "R23",
            "the body {body} is not known as of {day}; establish it with rules in force then",
            "organet {body} er ikke kjent per {day}; opprett det med regler som gjelder da";
        NoDays: Value("sittings"), "R23",
            "a meeting has from 1 to 14 days",
            "et møte har fra 1 til 14 dager";
        SittingIsWrong { day: Date }: Value("sittings"), "R23",
            "the sitting on {day} must end after it starts, within 24 hours",
            "møtedagen {day} må slutte etter at den begynner, innen 24 timer";
        SittingsOverlap { day: Date }: Value("sittings"), "R24",
            "the days must follow each other; {day} does not",
            "dagene må følge etter hverandre; det gjør ikke {day}";
        NowhereToMeet: Value("venue"), "R23",
            "a meeting has a place, or is remote, or both; give one",
            "et møte har et sted, eller er et fjernmøte, eller begge deler; oppgi ett";
        InThePast { day: Date }: Value("sittings"), "R23",
            "{day} has begun; say when it was planned, or report the meeting as held",
            "{day} er begynt; si når det ble planlagt, eller meld møtet inn som holdt";
        HeldInTheFuture { day: Date }: Value("days"), "R23",
            "{day} has not come; plan the meeting instead",
            "{day} er ikke kommet; planlegg møtet i stedet";
        NotConflicting { day: Date }: Value("date"), "R30",
            "{day} is the meeting's own day, so it conflicts with nothing",
            "{day} er møtets egen dag, så den er ikke i strid med noe";
        TooManyDates: State, "R30",
            "at most 32 conflicting dates are kept for one meeting",
            "høyst 32 datoer i strid med hverandre tas vare på for ett møte";
        NotOnItsDay { day: Date }: State, "R23",
            "the body does not sit on {day}; move the meeting, or say when it happened",
            "organet har ikke møte {day}; flytt møtet, eller si når det skjedde";

        // Notice.
        BodyIsPaused { body: AggregateId }: State, "R13",
            "the body {body} is paused; resume it, or go to the body that took over",
            "organet {body} er lagt på is; gjenoppta det, eller gå til organet som overtok";
        NoticeTooLate { needed: u16, latest: Date }: State, "R18",
            "notice is due {needed} days before, by {latest}; say why it is urgent, or move it",
            "fristen er {needed} dager før, senest {latest}; si hvorfor det haster, eller flytt";
        HasBegun: State, "kommuneloven § 11-3",
            "the meeting's time has come; nobody can be called to it any more",
            "møtets tid er kommet; ingen kan innkalles til det lenger";
        NothingOnTheAgenda: State, "R18",
            "notice goes out with an agenda; put an item on it first",
            "innkallingen sendes med saksliste; sett opp en sak først";

        // Agenda.
        NoSuchItem { item: LocalId }: Missing, "R21",
            "there is no item {item} on the agenda; put it there first",
            "saken {item} står ikke på sakslisten; sett den opp først";
        ItemExists { item: LocalId }: Value("item"), "R21",
            "another item is {item} already; correct or restrict that one, or give this an id of its own",
            "en annen sak er allerede {item}; rett eller skjerm den, eller gi denne sin egen id";
        TooManyItems: State, "R21",
            "an agenda has at most 200 items",
            "en saksliste har høyst 200 saker";
        AgendaTooLarge { bytes: usize, bytes_max: usize }: Value("item"), "limit",
            "with this item the agenda has {bytes} bytes, and one notice carries {bytes_max}; shorten its titles, shorten others with correct-item or remove items, or put it on the agenda of another meeting",
            "med denne saken har sakslisten {bytes} byte, og én innkalling rommer {bytes_max}; kort ned titlene, kort ned andres med correct-item eller fjern saker, eller sett den opp på et annet møte";
        TitlesTooLong { bytes: usize, bytes_max: usize }: Value("title"), "limit",
            "with these titles the agenda has {bytes} bytes, and one notice carries {bytes_max}; shorten them, or remove items first",
            "med disse titlene har sakslisten {bytes} byte, og én innkalling rommer {bytes_max}; kort dem ned, eller fjern saker først";
        NoticeTooLarge { bytes: usize, bytes_max: usize }: State, "limit",
            "the notice has {bytes} bytes, and {bytes_max} are allowed; shorten titles with correct-item, or remove items and put them on the agenda of another meeting",
            "innkallingen har {bytes} byte, og {bytes_max} er tillatt; kort ned titler med correct-item, eller fjern saker og sett dem opp på et annet møte";
        PublicTitleNeeded { item: LocalId }: Value("item"), "offentleglova",
            "item {item} is restricted; give the title that the public may see",
            "saken {item} er skjermet; oppgi tittelen som offentligheten kan se";
        OwnMinutes { item: LocalId }: Value("item"), "R29",
            "item {item} cannot be the minutes of the meeting itself; name the earlier one",
            "saken {item} kan ikke være protokollen fra møtet selv; oppgi det forrige";
        NotTheSameItems: Value("order"), "R21",
            "the new order must name every item of the agenda once",
            "den nye rekkefølgen må nevne hver sak på sakslisten én gang";
        NeedsConsent { item: LocalId }: State, "kommuneloven § 11-3",
            "item {item} was not on the agenda called for; ask the meeting's consent first",
            "saken {item} sto ikke på sakslisten; be om møtets samtykke først";
        ConsentRefused { item: LocalId }: State, "kommuneloven § 11-3",
            "the chair or a third objected to item {item}; call it for another meeting",
            "møteleder eller en tredel motsatte seg saken {item}; sett den opp i et annet møte";
        NotLate { item: LocalId }: Value("item"), "kommuneloven § 11-3",
            "item {item} was called for; no consent is needed",
            "saken {item} står i innkallingen; den trenger ikke samtykke";

        // Attendance.
        NoSuchSeat { seat: LocalId }: Value("seat"), "R9",
            "the body has no seat {seat} on that day; fill it first",
            "organet har ingen plass {seat} den dagen; besett den først";
        NoSuchDeputy { seat: LocalId, order: u16 }: Value("stand_in"), "R27",
            "seat {seat} has no deputy number {order}; leave the number out if somebody else came",
            "plassen {seat} har ingen vara nummer {order}; utelat nummeret hvis en annen møtte";
        SamePersonTwice { seat: LocalId }: Value("seats"), "R27",
            "whoever takes seat {seat} sits in another seat; one person has one seat",
            "den som tar plassen {seat}, sitter på en annen plass; én person har én plass";
        IsPresent { seat: LocalId }: State, "R28",
            "seat {seat} is taken; register that it was left first",
            "plassen {seat} er tatt; registrer først at den ble forlatt";
        NotPresent { seat: LocalId }: State, "R27",
            "nobody sits in seat {seat}; register who came first",
            "ingen sitter på plassen {seat}; registrer først hvem som kom";
        OtherNotPresent { attendee: LocalId }: State, "R8",
            "{attendee} is not there; register that somebody came first",
            "{attendee} er ikke til stede; registrer først at noen kom";
        AttendeeExists { attendee: LocalId }: Value("others"), "R8",
            "{attendee} is somebody of another office or member; give this one an id of its own",
            "{attendee} er noen med et annet verv eller medlem; gi denne sin egen id";
        TooManyAttendees: Value("seats"), "R27",
            "at most 1024 can be registered at one meeting",
            "høyst 1024 kan registreres i ett møte";
        NobodyNamed: Value("attendance"), "R29",
            "name somebody who was there or absent, or leave attendance out",
            "navngi noen som var til stede eller hadde forfall, eller utelat attendance";
        SeveralChaired: Value("attendance.present"), "R17",
            "at most one of those present led the meeting",
            "høyst én av dem som var til stede, ledet møtet";

        // The chair and the sitting.
        ChairCanLead { seat: LocalId }: Value("chair"), "R17",
            "{seat} is there and goes before in leading the meeting",
            "{seat} er til stede og går foran som møteleder";
        ChairLeads { seat: LocalId }: State, "R17",
            "{seat} leads the meeting; change the chair first",
            "{seat} leder møtet; bytt møteleder først";
        ChairIsDisqualified { seat: LocalId }: State, "kommuneloven § 11-10",
            "{seat} leads the meeting and is disqualified from the item; change the chair first",
            "{seat} leder møtet og er inhabil i saken; bytt møteleder først";
        ResumesBefore: Value("until"), "R24",
            "a meeting resumes later, for at most 24 hours, on one of at most 14 days",
            "et møte gjenopptas senere, for høyst 24 timer, på én av høyst 14 dager";
        DoorsAreClosed: State, "kommuneloven § 11-5",
            "the doors are closed on another legal basis; open them first",
            "dørene er lukket med en annen hjemmel; åpne dem først";
        ItemIsUp { item: LocalId }: State, "kommuneloven § 11-2",
            "item {item} is being treated; conclude, postpone or withdraw it first",
            "saken {item} er under behandling; avslutt, utsett eller trekk den først";
        ItemLeft { item: LocalId }: State, "kommuneloven § 11-2",
            "item {item} has come to nothing; conclude, postpone or withdraw it first",
            "saken {item} er ikke blitt til noe; avslutt, utsett eller trekk den først";

        // Items, proposals and votes.
        NotTakenUp { item: LocalId }: State, "kommuneloven § 11-2",
            "item {item} is not taken up; take it up first, or postpone it",
            "saken {item} er ikke tatt opp; ta den opp først, eller utsett den";
        AlreadyConcluded { item: LocalId }: State, "kommuneloven § 11-4",
            "the treatment of item {item} has ended otherwise; that stands",
            "behandlingen av saken {item} er avsluttet på annen måte; det blir stående";
        NoQuorum { present: u32, needed: u16 }: State, "kommuneloven § 11-9",
            "the body cannot decide: {present} take part, {needed} are needed; postpone the item",
            "organet er ikke beslutningsdyktig: {present} deltar og {needed} trengs; utsett saken";
        Disqualified { seat: LocalId }: Value("seat"), "kommuneloven § 11-10",
            "{seat} is disqualified from the item and takes no part in it",
            "{seat} er inhabil i saken og deltar ikke i den";
        VotedAlready { item: LocalId }: State, "kommuneloven § 11-10",
            "item {item} is voted on; annul its votes before a conflict of interest is recorded",
            "det er votert i saken {item}; opphev voteringene før inhabilitet registreres";
        MayNotPropose { who: LocalId }: Value("by"), "R8",
            "the body's rules give {who} no right to propose",
            "organets regler gir ikke {who} forslagsrett";
        NoSuchProposal { proposal: LocalId }: Missing, "R37",
            "there is no proposal {proposal} on the item; put it forward first",
            "det er ikke noe forslag {proposal} i saken; sett det fram først";
        ProposalExists { proposal: LocalId }: Value("proposal"), "R37",
            "another proposal is {proposal} already; give this one an id of its own",
            "et annet forslag er allerede {proposal}; gi dette sin egen id";
        TooManyProposals: State, "R37",
            "an item has at most 50 proposals",
            "en sak har høyst 50 forslag";
        SeatsDoNotVote: State, "R9",
            "the body's rules give its seats no vote",
            "organets regler gir ikke plassene stemmerett";
        MayNotVote { seat: LocalId }: Value("method"), "R9",
            "{seat} is not there or is disqualified, and has no vote",
            "{seat} er ikke til stede eller er inhabil, og har ikke stemme";
        VotesTwice { seat: LocalId }: Value("method"), "R9",
            "{seat} votes more than once; each seat has one vote",
            "{seat} stemmer mer enn én gang; hver plass har én stemme";
        TooManyVotes { cast: u32, entitled: u16 }: Value("method"), "R9",
            "{cast} votes are counted and {entitled} can vote; count again",
            "{cast} stemmer er talt og {entitled} kan stemme; tell på nytt";
        NobodyVoted: Value("method"), "kommuneloven § 11-9",
            "no vote is cast; a proposal needs votes",
            "ingen stemme er avgitt; et forslag trenger stemmer";
        ChairsVoteNeeded: Value("method"), "kommuneloven § 11-9",
            "the votes are equal and the chair's vote decides; say what the chair voted",
            "det er stemmelikhet og møtelederens stemme avgjør; oppgi hva møtelederen stemte";
        ChairsVoteNotCounted: Value("method"), "kommuneloven § 11-9",
            "nobody is counted as voting what the chair is said to have voted; count again",
            "ingen er talt med det møtelederen skal ha stemt; tell på nytt";
        ResultDiffers { worked_out: &'static str }: Value("claimed"), "kommuneloven § 11-9",
            "by the majority rule the proposal is {worked_out}; correct the votes or the claim",
            "etter flertallsregelen er forslaget {worked_out}; rett stemmene eller påstanden";
        AlreadyVoted { proposal: LocalId }: State, "kommuneloven § 11-9",
            "proposal {proposal} is voted on with other votes; annul that vote first",
            "det er votert over forslaget {proposal} med andre stemmer; opphev voteringen først";
        NothingCarried { item: LocalId }: State, "kommuneloven § 11-9",
            "no proposal on item {item} is carried; vote on one, or reject the item",
            "ikke noe forslag i saken {item} er vedtatt; voter over ett, eller forkast saken";
        SomethingCarried { item: LocalId }: State, "kommuneloven § 11-9",
            "item {item} is rejected only when it was voted on and nothing was carried",
            "saken {item} forkastes bare når det er votert og ingenting ble vedtatt";
        TextDiffers { item: LocalId }: Value("conclusion"), "kommuneloven § 11-4",
            "the text of item {item} is not what was carried; leave it out to use what was",
            "teksten i saken {item} er ikke det som ble vedtatt; utelat den for å bruke det";
        TextTooLong: State, "kommuneloven § 11-4",
            "the proposals carried are too long together; annul the vote on one",
            "forslagene som er vedtatt, er for lange til sammen; opphev voteringen over ett";
        TextNeeded: Value("conclusion"), "kommuneloven § 11-4",
            "say what the source says was decided or recommended",
            "oppgi hva kilden sier ble vedtatt eller tilrådd";
        AdvisesOnly: Value("conclusion"), "R11",
            "the body only advises; record a recommendation instead",
            "organet er bare rådgivende; registrer en tilråding i stedet";
        GoesNowhere { to: AggregateId }: Value("conclusion"), "R39",
            "{to} is the body itself; name another",
            "{to} er organet selv; oppgi et annet";

        // Minutes.
        NotHeld: State, "R29",
            "minutes are of a meeting that was opened or reported as held",
            "protokoll føres av et møte som er satt eller meldt inn som holdt";
        NotDrafted: State, "R29",
            "the minutes are not drafted; draft them first",
            "protokollen er ikke ført; før et utkast først";
        NotTheLatestDraft { latest: u32 }: Value("draft"), "R29",
            "draft {latest} is the latest; approve that one",
            "utkast {latest} er det siste; godkjenn det";
        DraftIsOutdated { draft: u32 }: State, "kommuneloven § 11-4",
            "more was recorded after draft {draft}; draft again",
            "det er registrert mer etter utkast {draft}; før et nytt";
        NotAtTheEnd: Value("approval"), "R29",
            "approval at the end is given before the meeting closes; use another way",
            "godkjenning ved møtets slutt gis før møtet heves; bruk en annen måte";
        SignatoriesNeeded: Value("approval"), "R29",
            "from 1 to 16 seats sign the minutes",
            "fra 1 til 16 plasser signerer protokollen";
        NotAnotherMeeting: Value("approval"), "R29",
            "a later meeting approves the minutes; name it",
            "et senere møte godkjenner protokollen; oppgi det";
        NotApproved: State, "R29",
            "the minutes are not approved; approve them first",
            "protokollen er ikke godkjent; godkjenn den først";
        MinutesAreApproved: State, "kommuneloven § 11-4",
            "the minutes are approved; correct them by an addendum",
            "protokollen er godkjent; rett den med et tillegg";
        TooManyAddenda: State, "kommuneloven § 11-4",
            "minutes have at most 100 addenda",
            "en protokoll har høyst 100 tillegg";
    }
}
