//! The parameters of a query, told on a made-up one that has every type.

use samvirke_schemas::catalogue::Query;
use schemars::JsonSchema;
use serde_json::json;

use super::*;
use crate::parameter;

/// What may be asked of the register.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Parameters {
    id: AggregateId,
    limit: Option<u16>,
    open: Option<bool>,
    share: Option<f64>,
    years: Option<Vec<i32>>,
    kinds: Option<Vec<Kind>>,
    text: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only its schema is used")]
enum Kind {
    /// For decision.
    Decision,
    Hearing,
}

fn route() -> Route {
    let query = Query {
        service: "readmodels",
        name: "register",
        path: "/v1/cooperations/{id}/cases",
        summary: "",
        parameters: |generator| generator.subschema_for::<Parameters>(),
        answer: |generator| generator.subschema_for::<()>(),
    };
    let parameters = parameter::of_query(&query, &mut parameter::generator());
    Route { service: query.service, name: query.name, parameters }
}

fn ask(query: &str) -> Result<Value, Fault> {
    let path = vec![("id".to_owned(), "vestregionen".to_owned())];
    route().parameters(path, query).map(Value::Object)
}

#[test]
fn values_have_the_type_their_schema_says() {
    let query = "limit=20&open=true&share=0.5&years=2016,2017&kinds=decision,hearing&text=a,+b%26c";
    let expected = json!({
        "id": "vestregionen",
        "limit": 20,
        "open": true,
        "share": 0.5,
        "years": [2016, 2017],
        "kinds": ["decision", "hearing"],
        "text": "a, b&c",
    });
    assert_eq!(ask(query).unwrap(), expected);
}

#[test]
fn a_value_of_another_type_is_refused_by_name() {
    for query in ["limit=ten", "limit=", "open=yes", "share=NaN", "years=2016,x"] {
        let name = query.split('=').next().unwrap();
        let refused = ask(query).unwrap_err();
        assert!(matches!(refused, Fault::WrongParameterType { .. }), "{query}");
        assert_eq!(refused.field(), Some(name));
    }
}

#[test]
fn an_unknown_parameter_is_refused_with_the_known_ones() {
    let unknown = |name: &str| Fault::UnknownParameter {
        name: name.into(),
        valid: "kinds, limit, open, share, text, years".into(),
    };
    assert_eq!(ask("page=2"), Err(unknown("page")));
    // What stands in the path cannot be overruled from the query string.
    assert_eq!(ask("id=grenland"), Err(unknown("id")));
}

#[test]
fn a_parameter_comes_once_unless_it_is_a_list() {
    assert_eq!(ask("limit=1&limit=2"), Err(Fault::RepeatedParameter { name: "limit".into() }));
    assert_eq!(ask("years=1&years=2,3").unwrap()["years"], json!([1, 2, 3]));
}

#[test]
fn a_query_string_is_percent_encoded_utf_8() {
    assert_eq!(ask("text=%FF"), Err(Fault::UndecodableQuery));
    assert_eq!(ask("text=%C3%A5&").unwrap()["text"], "å");
}

#[test]
fn a_huge_query_is_refused() {
    let too_many = Err(Fault::TooManyParameters { max: PARAMETERS_MAX });
    assert_eq!(ask(&"text=a&".repeat(PARAMETERS_MAX + 1)), too_many);
    assert_eq!(ask(&format!("years={}1", "1,".repeat(PARAMETERS_MAX))), too_many);
    let in_parts = "years=1,2&".repeat(PARAMETERS_MAX / 2 + 1);
    assert_eq!(ask(&in_parts), too_many);
}

#[test]
fn what_is_required_must_be_there() {
    let missing = route().parameters(Vec::new(), "");
    assert_eq!(missing, Err(Fault::MissingParameter { name: "id".into() }));
}

#[test]
fn a_query_belongs_to_the_cooperation_of_its_id() {
    let of = |parameters: Value| cooperation(parameters.as_object().unwrap());
    let vestregionen: CooperationId = "vestregionen".parse().unwrap();
    assert_eq!(of(json!({"id": "vestregionen:sg"})), Ok(Some(vestregionen.clone())));
    assert_eq!(of(json!({"cooperation": "vestregionen"})), Ok(Some(vestregionen)));
    assert_eq!(of(json!({"year": 2017})), Ok(None));
    assert!(of(json!({"id": "vestregionen.*"})).is_err());
}

#[test]
fn an_answer_with_a_version_has_a_tag_that_follows_its_content() {
    let tag = |answer| etag(answer).unwrap().map(|tag| tag.to_str().unwrap().to_owned());
    let first = tag(r#"{"version":7,"open":true}"#).unwrap();
    assert!(first.starts_with("\"7-"));
    assert_ne!(tag(r#"{"version":7,"open":false}"#).unwrap(), first);
    assert_eq!(tag(r#"{"items":[]}"#), None);
    assert_eq!(tag("[]"), None);
}
