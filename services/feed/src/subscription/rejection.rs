//! Why a subscription refuses a command.

use samvirke_kernel::rejections;
use samvirke_schemas::{feed::FeedPosition, organisation::OrganisationNumber};

rejections! {
    /// Why a subscription refuses a command.
    pub enum Rejection {
        OnlyTheOwner: Forbidden, "subscriptions",
            "only the member itself, the secretariat and the operator may do this",
            "bare medlemmet selv, sekretariatet og driften kan gjøre dette";
        OnlySamvirke: Forbidden, "subscriptions",
            "this is noted by Samvirke itself, from what the endpoint answers",
            "dette noteres av Samvirke selv, ut fra hva endepunktet svarer";
        NotCreated: Missing, "subscriptions",
            "there is no such subscription; create it first",
            "abonnementet finnes ikke; opprett det først";
        AlreadyCreated: State, "subscriptions",
            "the subscription is already there, on other terms; change it, or give the new one its own id",
            "abonnementet finnes allerede, på andre vilkår; endre det, eller gi det nye sin egen id";
        HasEnded: State, "subscriptions",
            "the subscription has ended; create another",
            "abonnementet er avsluttet; opprett et nytt";
        NotAMember { member: OrganisationNumber }: Value("owner"), "R1",
            "{member} is not a member of the cooperation today",
            "{member} er ikke medlem av samarbeidet i dag";
        TooMany { max: usize }: State, "subscriptions",
            "an owner has at most {max} subscriptions in a cooperation; end one first",
            "en eier kan ha høyst {max} abonnementer i et samarbeid; avslutt et først";
        NotEncrypted: Value("endpoint"), "CloudEvents WebHook 1.0.1 § 2.1",
            "an endpoint begins with https://",
            "et endepunkt begynner med https://";
        PortNotAllowed { port: u16 }: Value("endpoint"), "OWASP SSRF",
            "deliveries do not go to port {port}; use 443, or one from 1024 on",
            "det sendes ikke til port {port}; bruk 443, eller en fra 1024 og oppover";
        UnknownType { name: String }: Value("filters"), "subscriptions",
            "{name:?} is not a type of the feed; they are listed in schemas/feed",
            "{name:?} er ikke en type i hendelsesstrømmen; de står i schemas/feed";
        OfAnotherCooperation { id: String }: Value("filters"), "subscriptions",
            "{id} belongs to another cooperation; a subscription is to one",
            "{id} hører til et annet samarbeid; et abonnement gjelder ett";
        TooManyFilters { max: usize }: Value("filters"), "subscriptions",
            "a filter names at most {max} of a kind; leave it out to get all",
            "et filter kan nevne høyst {max} av et slag; utelat det for å få alle";
        OwnOfNobody: Value("filters"), "subscriptions",
            "the secretariat is no member, so nothing concerns it alone; ask for everything",
            "sekretariatet er ikke et medlem, så ingenting gjelder bare det; be om alt";
        UnknownPosition { after: FeedPosition, last: FeedPosition }: Value("from"), "subscriptions",
            "{after} is beyond the end of the feed, which is {last}",
            "{after} ligger etter slutten av hendelsesstrømmen, som er {last}";
        NotDelivering: State, "subscriptions",
            "nothing is being delivered; resume it first",
            "det leveres ingenting; gjenoppta det først";
        IsDelivering: State, "subscriptions",
            "it is being delivered; use replay to begin elsewhere",
            "det leveres allerede; bruk replay for å begynne et annet sted";
        EndpointNotAgreed: State, "CloudEvents WebHook 1.0.1 § 4",
            "nothing is sent to an endpoint that has not agreed to it",
            "det sendes ingenting til et endepunkt som ikke har sagt ja";
    }
}
