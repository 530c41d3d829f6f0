//! The largest event of each type fits a message, whatever people write.
//!
//! Each is made from the type's own schema: every list as long and every text as large as it may be. So a new
//! type is held to it as soon as it is in the catalogue, and a list or a text without a limit fails.

use chrono::DateTime;
use samvirke_schemas::{
    Tagged,
    feed::{Audience, CloudEvent, Concerns, EVENT_BYTES_MAX, Fact, Said, schema},
    text::{LINE_CHARS_MAX, Line, PROSE_CHARS_MAX, Prose},
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The largest characters: four bytes each in JSON. What is escaped takes no more, as a test below shows.
const LARGEST: &str = "\u{1d525}";
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Makes the largest value that a schema allows.
struct Largest<'a> {
    root: &'a Value,
    made: usize,
    /// What has no limit.
    unlimited: Vec<String>,
}

impl Largest<'_> {
    fn of(&mut self, schema: &Value, path: &str) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            // Its form has no pattern; this is how it is written.
            if pointer == "/$defs/LocalTime" {
                return json!("2017-06-30T23:59:59+02:00");
            }
            let target = self.root.pointer(pointer).unwrap();
            return self.of(target, path);
        }
        let either = ["oneOf", "anyOf"].iter().find_map(|key| schema[*key].as_array());
        if let Some(either) = either {
            let all: Vec<Value> = either.iter().map(|one| self.of(one, path)).collect();
            return all.into_iter().max_by_key(|one| one.to_string().len()).unwrap();
        }
        if let Some(codes) = codes(schema) {
            return codes.into_iter().max_by_key(|one| one.to_string().len()).unwrap();
        }
        match schema["type"].as_str() {
            Some("object") => self.object(schema, path),
            Some("array") => self.list(schema, path),
            Some("string") => self.text(schema, path),
            Some("boolean") => json!(false),
            Some("integer") => match schema["format"].as_str() {
                Some("uint16") => json!(u16::MAX),
                Some("uint32") => json!(u32::MAX),
                Some(_) | None => json!(i64::MIN),
            },
            Some(_) | None => panic!("{path} is of no type that is known here: {schema}"),
        }
    }

    fn object(&mut self, schema: &Value, path: &str) -> Value {
        let Some(properties) = schema["properties"].as_object() else { return json!({}) };
        let field = |(name, field): (&String, &Value)| {
            let path = format!("{path}/{name}");
            // Only beside a tag, which is always alone, does it stand for a value without fields.
            let is_map = field["type"] == "object" && field["properties"].is_null();
            if is_map && schema["additionalProperties"] != json!(false) {
                self.unlimited.push(format!("{path}: any fields"));
            }
            (name.clone(), self.of(field, &path))
        };
        Value::Object(properties.iter().map(field).collect::<Map<_, _>>())
    }

    fn list(&mut self, schema: &Value, path: &str) -> Value {
        let items = &schema["items"];
        let target = items["$ref"].as_str().map(|one| one.trim_start_matches('#'));
        let codes = codes(target.map_or(items, |pointer| self.root.pointer(pointer).unwrap()));
        if let Some(codes) = codes.filter(|_| schema["uniqueItems"] == json!(true)) {
            return codes.into();
        }
        let Some(most) = schema["maxItems"].as_u64() else {
            self.unlimited.push(format!("{path}: a list without maxItems"));
            return json!([]);
        };
        (0..most).map(|_| self.of(items, path)).collect()
    }

    fn text(&mut self, schema: &Value, path: &str) -> Value {
        self.made += 1;
        let made = self.made;
        let text = match (schema["format"].as_str(), schema["pattern"].as_str()) {
            (Some("uuid"), _) => Uuid::from_u128(made as u128).to_string(),
            (Some("date"), _) => "2017-09-14".to_owned(),
            (Some("date-time"), _) => "2017-09-14T09:00:00.123456789Z".to_owned(),
            (_, Some("^[a-z0-9-]{1,64}$")) => format!("{made:0>64}"),
            (_, Some("^[a-z0-9-]{1,64}(:[a-z0-9-]{1,64})?$")) => {
                format!("{}:{made:0>64}", "c".repeat(64))
            }
            (_, Some("^[0-9]{9}$")) => organisation(made),
            (_, Some("^[0-9]{1,6}[a-z]?/[0-9]{4}$")) => "999999z/2017".to_owned(),
            (_, Some("^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")) => "2017-09-14".to_owned(),
            (_, Some(other)) => panic!("{path}: make the largest text of {other} here"),
            (_, None) => {
                let Some(most) = schema["maxLength"].as_u64() else {
                    self.unlimited.push(format!("{path}: a text without maxLength"));
                    return json!("");
                };
                LARGEST.repeat(most.try_into().unwrap())
            }
        };
        json!(text)
    }
}

/// The codes that a schema lists.
fn codes(schema: &Value) -> Option<Vec<Value>> {
    if let Some(either) = schema["oneOf"].as_array() {
        let all: Option<Vec<_>> = either.iter().map(codes).collect();
        return all.map(|all| all.concat());
    }
    let one = schema.get("const").map(|code| vec![code.clone()]);
    one.or_else(|| schema["enum"].as_array().cloned())
}

/// The organisation number that comes so many after the first.
fn organisation(nth: usize) -> String {
    let with_control = |first: usize| {
        let digits = first.to_string();
        let control = |digit| format!("{digits}{digit}");
        (0..10).map(control).find(|number| {
            serde_json::from_value::<samvirke_schemas::organisation::OrganisationNumber>(json!(
                number
            ))
            .is_ok()
        })
    };
    // Some have no control digit, less than every second.
    (80_000_000 + 2 * nth..).find_map(with_control).unwrap()
}

/// The largest event of a type in bytes, and what has no limit in it.
fn largest(tag: &str) -> (usize, Vec<String>) {
    let schema = schema::of_data(tag).unwrap();
    let mut making = Largest { root: &schema, made: 0, unlimited: Vec::new() };
    let mut data = making.object(&schema, tag);
    let unlimited = making.unlimited;
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&data).map(|err| err.to_string()).collect();
    assert!(errors.is_empty() || !unlimited.is_empty(), "{tag}: {errors:?}");
    let wanted = data["concerns"].clone();
    let concerns: Concerns = serde_json::from_value(wanted.clone()).unwrap();
    assert_eq!(serde_json::to_value(&concerns).unwrap(), wanted, "{tag}");
    data.as_object_mut().unwrap().remove("concerns");
    let said = Said {
        audience: Audience::Member("935478715".parse().unwrap()),
        about: format!("{}:{}", "c".repeat(64), "i".repeat(64)).parse().unwrap(),
        plural: "subscriptions",
        concerns,
        fact: serde_json::from_value(json!({tag: data})).unwrap(),
        origin: Uuid::nil(),
        restates: true,
        replacement: true,
        occurred_at: DateTime::UNIX_EPOCH,
        recorded_at: DateTime::UNIX_EPOCH,
        traceparent: Some(TRACEPARENT.into()),
    };
    let event = CloudEvent::new(&said, u64::MAX).unwrap();
    (serde_json::to_vec(&event).unwrap().len(), unlimited)
}

#[test]
fn the_largest_event_of_every_type_fits_a_message() {
    let mut sizes: Vec<(usize, &str)> = Vec::new();
    for tag in Fact::TAGS {
        let (bytes, unlimited) = largest(tag);
        assert!(unlimited.is_empty(), "{tag} has no limit\n{}", unlimited.join("\n"));
        sizes.push((bytes, tag));
    }
    sizes.sort_unstable();
    let (largest, tag) = sizes.pop().unwrap();
    assert!(largest <= EVENT_BYTES_MAX, "{tag} may have {largest} bytes, then {sizes:?}");
}

/// A text has at most four bytes for each character in JSON, whatever is escaped in it.
#[test]
fn no_character_of_a_text_takes_more_than_four_bytes() {
    for character in '\0'..=char::MAX {
        let text = format!("a{character}a");
        let line = Line::try_new(text.as_str()).map(|line| json!(line).to_string());
        let prose = Prose::try_new(text.as_str()).map(|prose| json!(prose).to_string());
        for json in [line, prose].into_iter().flatten() {
            assert!(json.len() <= "\"aa\"".len() + LARGEST.len(), "{character:?}: {json}");
        }
    }
    assert!(Line::try_new(LARGEST.repeat(LINE_CHARS_MAX)).is_ok());
    assert!(Line::try_new(LARGEST.repeat(LINE_CHARS_MAX + 1)).is_err());
    assert!(Prose::try_new(LARGEST.repeat(PROSE_CHARS_MAX)).is_ok());
    assert!(Prose::try_new(LARGEST.repeat(PROSE_CHARS_MAX + 1)).is_err());
}
