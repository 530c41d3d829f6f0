//! What is made of the answers of streams and read models.

use samvirke_schemas::standing::Standing;
use serde_json::json;

use super::*;

fn told(sequence: u64, halted: bool, database: bool) -> serde_json::Value {
    let ends = [("CASES".to_owned(), Ok(Some(2_000))), ("MEETINGS".to_owned(), Ok(None))];
    let standing = Standing { name: "case_file".into(), stream: "CASES".into(), sequence, halted };
    let models = ReadModels { database, read_models: vec![standing] };
    json!(of_read_models(&ends, Some(models)))
}

#[test]
fn a_read_model_is_ready_until_it_is_far_behind_or_halted() {
    let line = |state: &str, at: u64, behind: Option<u64>| {
        let mut line = json!({"what": "read model case_file on CASES", "state": state, "at": at});
        if let Some(behind) = behind {
            line["behind"] = json!(behind);
        }
        line
    };
    assert_eq!(told(2_000, false, true)[1], line("ok", 2_000, None));
    // More may have come since the stream was asked.
    assert_eq!(told(2_003, false, true)[1], line("ok", 2_003, None));
    assert_eq!(told(1_000, false, true)[1], line("ok", 1_000, Some(1_000)));
    assert_eq!(told(999, false, true)[1], line("behind", 999, Some(1_001)));
    assert_eq!(told(2_000, true, true)[1], line("halted", 2_000, None));
}

#[test]
fn what_does_not_answer_is_away() {
    assert_eq!(told(2_000, false, false)[0]["state"], "away");
    let nobody = json!(of_read_models(&[], None));
    assert_eq!(nobody, json!([{"what": "read models", "state": "away"}]));
    let streams = [("CASES".to_owned(), Err(())), ("MEETINGS".to_owned(), Ok(None))];
    let states: Vec<_> = streams.iter().map(|one| of_stream(one).state).collect();
    assert_eq!(states, [Found::Away, Found::Missing]);
}
