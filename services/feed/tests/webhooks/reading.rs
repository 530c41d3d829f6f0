//! Who is told how deliveries stand.

use samvirke_kernel::query::PageRequest;
use samvirke_schemas::{principal::Role, reply::Refused};
use serde_json::{Value, json};

use crate::world::{ASKER, BAERUM, World, secretariat, somebody};
use samvirke_tests::Endpoint;

#[tokio::test]
async fn a_member_is_told_of_its_own_subscriptions_and_the_secretariat_of_all() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    for (id, member) in [("prove:a", BAERUM), ("prove:b", ASKER), ("prove:c", BAERUM)] {
        world.subscribe_as(id, member, &receiver, json!({})).await;
    }
    let asked = json!({"cooperation": "prove"});
    let baerum = somebody(Role::MemberIntegration, Some(BAERUM));
    let list = world.ask("subscriptions", &baerum, asked.clone()).await.unwrap();
    assert_eq!(ids(&list), ["prove:a", "prove:c"]);
    let list = world.ask("subscriptions", &secretariat(), asked.clone()).await.unwrap();
    assert_eq!(ids(&list), ["prove:a", "prove:b", "prove:c"]);
    let of_asker = json!({"cooperation": "prove", "member": ASKER});
    let list = world.ask("subscriptions", &secretariat(), of_asker).await.unwrap();
    assert_eq!(ids(&list), ["prove:b"]);
    for nobody in [somebody(Role::Public, None), somebody(Role::Auditor, Some(BAERUM))] {
        assert!(ids(&world.ask("subscriptions", &nobody, asked.clone()).await.unwrap()).is_empty());
        for query in ["subscription", "subscription-attempts"] {
            let told = world.ask(query, &nobody, json!({"id": "prove:a"})).await;
            let Err(Refused::Rejected { code, .. }) = told else { panic!("{told:?}") };
            assert_eq!(code, "not-your-subscription");
        }
    }
    assert!(world.ask("subscription", &baerum, json!({"id": "prove:b"})).await.is_err());
    let missing = world.ask("subscription", &secretariat(), json!({"id": "prove:x"})).await;
    assert!(format!("{missing:?}").contains("not-found"), "{missing:?}");
}

#[tokio::test]
async fn a_list_comes_in_pages() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    for id in ["prove:a", "prove:b", "prove:c"] {
        world.subscribe_as(id, BAERUM, &receiver, json!({})).await;
    }
    let first = json!({"cooperation": "prove", "limit": 2});
    let first = world.ask("subscriptions", &secretariat(), first).await.unwrap();
    assert_eq!(ids(&first), ["prove:a", "prove:b"]);
    let next = json!({"cooperation": "prove", "limit": 2, "after": first["next"]});
    let next = world.ask("subscriptions", &secretariat(), next).await.unwrap();
    assert_eq!((ids(&next), &next["next"]), (vec!["prove:c".to_owned()], &Value::Null));
    let of_another = PageRequest::try_new("bodies", None, Some(1)).unwrap();
    let of_another = of_another.page(vec!["prove:a", "prove:b"], |id| (*id).to_owned()).next;
    for wrong in [json!("x"), json!(of_another)] {
        let wrong = json!({"cooperation": "prove", "after": wrong});
        let wrong = world.ask("subscriptions", &secretariat(), wrong).await;
        assert!(
            matches!(&wrong, Err(Refused::Invalid { field, .. }) if field == "after"),
            "{wrong:?}"
        );
    }
}

fn ids(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}
