//! Why a body says no: each rule of its own once, with what would satisfy it.
//!
//! In the order of the commands: the body itself, its rules, seats, deputies, elections, turns.

use samvirke_kernel::rejections;
use samvirke_schemas::{
    date::Date,
    id::{AggregateId, LocalId},
    networks::rules::Office,
    organisation::OrganisationNumber,
};

rejections! {
    /// Why a body refuses a command.
    pub enum Rejection {
        OnlyTheSecretariat: Forbidden, "R10",
            "only the cooperation's secretariat may do this",
            "bare samarbeidets sekretariat kan gjøre dette";
        CooperationNotActive: State, "R1",
            "the cooperation is not active; found or resume it first",
            "samarbeidet er ikke aktivt; stift eller gjenoppta det først";
        NotEstablished: Missing, "R4",
            "the body is not established; establish it first",
            "organet er ikke opprettet; opprett det først";
        AlreadyEstablished: State, "R4",
            "the body is already established, otherwise than this; amend its rules instead",
            "organet er allerede opprettet, på en annen måte; endre reglene i stedet";
        IsPaused: State, "R13",
            "the body is paused; resume it first",
            "organet er lagt på is; gjenoppta det først";
        IsDisbanded: State, "R71",
            "the body is disbanded; establish another",
            "organet er lagt ned; opprett et nytt";
        BeforeItExists { since: Date }: Value("from"), "R4",
            "the body exists since {since}; nothing in it is earlier",
            "organet finnes fra {since}; ingenting i det er tidligere";
        EndsBeforeItBegan { from: Date }: Value("to"), "R1",
            "it begins on {from} and cannot end before",
            "det begynner {from} og kan ikke slutte før";
        HistoryFull { max: usize }: State, "R4",
            "a body's history holds at most {max} of these",
            "et organs historie rommer høyst {max} av disse";

        NoSeatsPerMember { office: Office }: Value("rules"), "R4",
            "{office} has 0 seats per member; give it at least 1, or leave it out",
            "{office} har 0 plasser per medlem; gi minst 1, eller utelat vervet";
        OfficeTwice { office: Office }: Value("rules"), "R4",
            "{office} is listed twice; list it once for each kind of member",
            "{office} står to ganger; før det opp én gang for hver type medlem";
        ListTooLong { max: usize }: Value("rules"), "R4",
            "a list in the rules has at most {max} entries",
            "en liste i reglene har høyst {max} punkter";
        VoteWithoutSeat { office: Office }: Value("rules"), "R9",
            "only members of the body vote; give {office} a seat, or take the right to vote away",
            "bare organets medlemmer stemmer; gi {office} en plass, eller fjern stemmeretten";
        NobodyVotes: Value("rules"), "R9",
            "the members of a body that decides must have the right to vote",
            "medlemmene i et organ som vedtar, må ha stemmerett";
        AdvisoryCouncilDecides: Value("rules"), "R11",
            "an advisory council only advises; let it advise, or make it another kind of body",
            "et rådgivende organ gir bare råd; la det gi råd, eller velg en annen type organ";
        DelegatedToAdvise: Value("rules"), "R11",
            "nothing can be delegated to a body that only advises; let it decide, or drop it",
            "ingenting kan delegeres til et organ som bare gir råd; la det vedta, eller stryk det";
        DelegatedByOutsider { by: OrganisationNumber }: Value("rules"), "R44",
            "only members delegate, and {by} is none on the day the rules come into force",
            "bare medlemmer delegerer, og {by} er ikke medlem den dagen reglene trer i kraft";
        QuorumOutOfRange { max: usize }: Value("rules"), "kommuneloven § 11-9",
            "a quorum is at least 1 and at most {max} members",
            "vedtaksførhet krever minst 1 og høyst {max} medlemmer";
        MeetingsOutOfRange { max: u16 }: Value("rules"), "R7",
            "a least number of meetings a year is from 1 to {max}; leave it out if there is none",
            "et minstetall for møter i året er fra 1 til {max}; utelat det om det ikke finnes";
        TermOutOfRange { max: u16 }: Value("elections"), "R14",
            "the longest term is from 1 to {max} years; leave it out if there is none",
            "den lengste perioden er fra 1 til {max} år; utelat den om den ikke finnes";
        NoticeTooLong { max: u16 }: Value("rules"), "R19",
            "the notice period is at most {max} days",
            "innkallingsfristen er høyst {max} dager";
        NobodyEligible: Value("elections"), "R14",
            "name at least one office to elect among, or leave the rule on elections out",
            "oppgi minst ett verv å velge blant, eller utelat valgregelen";
        EligibleWithoutSeat { office: Office }: Value("elections"), "R14",
            "{office} has no seat in the body and cannot be elected; give it one, or leave it out",
            "{office} har ingen plass i organet og kan ikke velges; gi det en, eller utelat det";
        RulesGoBack { in_force_from: Date }: Value("in_force_from"), "R4",
            "the newest rules are in force from {in_force_from}; the next must begin later",
            "de nyeste reglene gjelder fra {in_force_from}; de neste må begynne senere";
        SeatLosesItsPlace { seat: LocalId, on: Date }: State, "R4",
            "the rules have no place for seat {seat} on {on}; vacate it before that day first",
            "reglene har ingen plass til {seat} den {on}; la den fratre før den dagen først";

        NotMember { member: OrganisationNumber, on: Date }: Value("member"), "R1",
            "{member} is not a member of the cooperation on {on}; admit it first",
            "{member} er ikke medlem av samarbeidet {on}; ta det opp først";
        MembershipEnds { to: Date }: Value("to"), "R1",
            "the membership ends on {to}; let the seat end no later",
            "medlemskapet slutter {to}; la plassen slutte senest da";
        SeatIsAnothers { seat: LocalId, member: OrganisationNumber, office: Office }:
            Value("seat"), "R4",
            "seat {seat} belongs to {office} of {member}; give this one a seat of its own",
            "plassen {seat} tilhører {office} i {member}; gi denne en egen plass";
        SeatTaken { seat: LocalId, from: Date }: State, "R4",
            "seat {seat} is held in that time, from {from}; vacate it first",
            "plassen {seat} er besatt i den tiden, fra {from}; la den fratre først";
        OfficeWithoutPlace { office: Office, on: Date }: Value("office"), "R4",
            "the rules in force on {on} have no place for {office} of that kind of member",
            "reglene som gjelder {on}, har ingen plass til {office} fra den typen medlem";
        MemberSeatsTaken { member: OrganisationNumber, office: Office, seats: u16, on: Date }:
            State, "R5",
            "{member} has {seats} seat(s) for {office} on {on}, and all are taken; vacate one first",
            "{member} har {seats} plass(er) for {office} den {on}, og alle er besatt; \
             la en fratre først";
        HoldsAnotherSeat { seat: LocalId }: Value("holder"), "R9",
            "the holder has seat {seat} in that time, and nobody has two votes; vacate it first",
            "innehaveren har plassen {seat} i den tiden, og ingen har to stemmer; \
             la den fratre først";
        TooManySeats { max: usize }: State, "R4",
            "a body has at most {max} seats at one time",
            "et organ har høyst {max} plasser på én gang";
        NotSeated { seat: LocalId, on: Date }: State, "R4",
            "nobody holds seat {seat} on {on}; fill it first",
            "ingen har plassen {seat} den {on}; besett den først";

        TooManyDeputies { max: usize }: Value("deputies"), "R27",
            "at most {max} deputies are named for a seat",
            "høyst {max} varamedlemmer kan utpekes for en plass";
        DeputyUnknown { order: usize }: Value("deputies"), "R27",
            "deputy {order} has neither office nor person; give at least one",
            "varamedlem {order} har verken verv eller person; oppgi minst ett av dem";
        DeputyTwice { order: usize }: Value("deputies"), "R27",
            "deputy {order} is the seat's holder or named already; name each person once",
            "varamedlem {order} er innehaveren eller alt utpekt; utpek hver person én gang";
        DeputiesGoBack { from: Date }: Value("from"), "R27",
            "the newest list for the seat is from {from}; the next must begin later",
            "den nyeste listen for plassen gjelder fra {from}; den neste må begynne senere";

        TooManyAccessGroups { max: usize }: Value("groups"), "offentleglova",
            "a body names at most {max} access groups",
            "et organ har høyst {max} tilgangsgrupper";
        AccessGroupTooLarge { group: LocalId, max: usize }: Value("groups"), "offentleglova",
            "access group {group} has more than {max} people; name fewer",
            "tilgangsgruppen {group} har flere enn {max} personer; oppgi færre";
        AccessGroupTwice { group: LocalId }: Value("groups"), "offentleglova",
            "access group {group} is named twice; name each once",
            "tilgangsgruppen {group} er oppgitt to ganger; oppgi hver gruppe én gang";
        AccessGroupsGoBack { from: Date }: Value("from"), "offentleglova",
            "the newest access groups are from {from}; the next must begin later",
            "de nyeste tilgangsgruppene gjelder fra {from}; de neste må begynne senere";

        NotEligible { office: Office, on: Date }: Value("seat"), "R14",
            "the rules in force on {on} do not let {office} be elected; elect one they name",
            "reglene som gjelder {on}, lar ikke {office} velges; velg et verv de nevner";
        TermTooLong { years: u16 }: Value("to"), "R14",
            "a term is at most {years} year(s); give an earlier last day",
            "en periode er høyst {years} år; oppgi en tidligere siste dag";
        PostTaken { seat: LocalId, from: Date }: State, "R14",
            "seat {seat} has the post from {from} and in that time; let it step down first",
            "plassen {seat} har vervet fra {from} og i den tiden; la den fratre vervet først";
        HasTheOtherPost { seat: LocalId, from: Date }: Value("seat"), "R17",
            "seat {seat} has the other post from {from}; chair and deputy chair are two",
            "plassen {seat} har det andre vervet fra {from}; leder og nestleder er to";
        NobodyElected { on: Date }: State, "R14",
            "nobody has the post on {on}",
            "ingen har vervet den {on}";

        TurnsBack { on: Date }: State, "R13",
            "the body was last established, paused or resumed on {on}; this cannot be earlier",
            "organet ble sist opprettet, lagt på is eller gjenopptatt {on}; \
             dette kan ikke være tidligere";
        OneselfOrElsewhere { body: AggregateId }: Value("body"), "R10",
            "{body} is this body or in another cooperation; name another body of this one",
            "{body} er dette organet eller i et annet samarbeid; \
             oppgi et annet organ i dette samarbeidet";
        PreparationGoesBack { from: Date }: Value("from"), "R10",
            "what the body prepares for was last set from {from}; the next must begin later",
            "hva organet forbereder for, ble sist satt fra {from}; det neste må begynne senere";
        EndsInTheFuture { on: Date }: Value("on"), "R71",
            "a body is disbanded when its last day has come, not before {on}",
            "et organ legges ned når den siste dagen er kommet, ikke før {on}";
    }
}
