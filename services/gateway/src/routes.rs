//! The routes: one for each command and query in the catalogue, and the gateway's own.
//!
//! Nothing is listed here that the catalogue lists. What matches no route is told what would have.

use axum::{
    Router,
    extract::{Extension, Path, RawQuery, Request, State, rejection::PathRejection},
    http::{HeaderMap, Method, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use samvirke_schemas::{
    catalogue::{ADDITIONS, COLLECTIONS, Collection, QUERIES, Query},
    excerpt::excerpt,
};
use schemars::SchemaGenerator;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    Gateway, command,
    fault::Fault,
    feed, health, observe,
    openapi::openapi,
    parameter,
    problem::Problem,
    published::{self, schemas},
    query,
    request_context::RequestContext,
    unsubscribe,
};

/// What the gateway answers itself, with parameters as queries have them.
pub(crate) static OWN_QUERIES: [&Query; 5] = [
    &feed::PAGES,
    &feed::STREAM,
    &published::DECISIONS,
    &published::OF_BODY,
    &published::OF_MEMBER,
];

/// Everything the gateway serves.
///
/// # Panics
///
/// When the catalogue lists two queries at one path.
pub fn router(gateway: Gateway) -> Router {
    let document = Bytes::from(openapi().to_string());
    let mut router = Router::new()
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(|| async { openapi_json(document) }))
        .route(unsubscribe::PATH, get(unsubscribe::ask).post(unsubscribe::decline));
    for collection in COLLECTIONS {
        for command in collection.commands {
            router = with_command(router, collection, command, command);
        }
        for more in ADDITIONS.iter().filter(|more| more.plural == collection.plural) {
            router = with_command(router, collection, more.command, more.list);
        }
    }
    let mut generator = parameter::generator();
    for query in QUERIES {
        router = with_query(router, query.path, route(query, &mut generator));
    }
    router = with_feed(router, &mut generator);
    router = with_published(router, &mut generator);
    router = router
        .route(schemas::PATH, get(schema))
        .route(schemas::ASYNCAPI, get(schemas::asyncapi))
        .route(schemas::ASYNCAPI_ALIAS, get(schemas::asyncapi_alias));
    router
        .fallback(unmatched)
        .method_not_allowed_fallback(unmatched)
        .layer(CatchPanicLayer::custom(observe::panicked))
        .layer(middleware::from_fn_with_state(gateway.clone(), observe::observe))
        .with_state(gateway)
}

fn with_command(
    router: Router<Gateway>,
    collection: &'static Collection,
    command: &'static str,
    word: &'static str,
) -> Router<Gateway> {
    let handler = async move |State(gateway): State<Gateway>,
                              Extension(context): Extension<RequestContext>,
                              path: Result<Path<String>, PathRejection>,
                              request: Request|
                -> Result<Response, Problem> {
        let Path(id) = path.map_err(|_| Fault::InvalidPath)?;
        command::carry_out(&gateway, collection, command, &id, &context, request).await
    };
    router.route(&format!("/v1/{}/{{id}}/{word}", collection.plural), post(handler))
}

fn with_query(router: Router<Gateway>, path: &str, route: Arc<query::Route>) -> Router<Gateway> {
    let handler = async move |State(gateway): State<Gateway>,
                              Extension(context): Extension<RequestContext>,
                              path: Result<Path<Vec<(String, String)>>, PathRejection>,
                              RawQuery(query): RawQuery,
                              headers: HeaderMap|
                -> Result<Response, Problem> {
        let Path(path) = path.map_err(|_| Fault::InvalidPath)?;
        query::answer(&gateway, &route, path, query.as_deref(), &headers, &context).await
    };
    router.route(path, get(handler))
}

fn with_feed(router: Router<Gateway>, generator: &mut SchemaGenerator) -> Router<Gateway> {
    let (page, stream) = (route(&feed::PAGES, generator), route(&feed::STREAM, generator));
    let page = async move |State(gateway): State<Gateway>,
                           Extension(context): Extension<RequestContext>,
                           RawQuery(query): RawQuery,
                           headers: HeaderMap| {
        feed::page(&gateway, &page, query.as_deref(), &headers, &context).await
    };
    let stream = async move |State(gateway): State<Gateway>,
                             Extension(context): Extension<RequestContext>,
                             RawQuery(query): RawQuery,
                             headers: HeaderMap| {
        feed::stream(&gateway, &stream, query.as_deref(), &headers, &context).await
    };
    router.route(feed::PAGES.path, get(page)).route(feed::STREAM.path, get(stream))
}

fn with_published(router: Router<Gateway>, generator: &mut SchemaGenerator) -> Router<Gateway> {
    let decisions = route(&published::DECISIONS, generator);
    let decisions = async move |State(gateway): State<Gateway>,
                                Extension(context): Extension<RequestContext>,
                                RawQuery(query): RawQuery,
                                headers: HeaderMap| {
        let query = query.as_deref();
        published::decisions(&gateway, &decisions, query, &headers, &context).await
    };
    let router = router.route(published::DECISIONS.path, get(decisions));
    // A router's parameter is a whole segment, so it takes the ending in.
    let at = |query: &Query| query.path.replace("}.ics", "}");
    let (of_body, of_member) =
        (route(&published::OF_BODY, generator), route(&published::OF_MEMBER, generator));
    let body = async move |State(gateway): State<Gateway>,
                           Extension(context): Extension<RequestContext>,
                           path: Result<Path<String>, PathRejection>,
                           RawQuery(query): RawQuery,
                           headers: HeaderMap|
                -> Result<Response, Problem> {
        let Path(file) = path.map_err(|_| Fault::InvalidPath)?;
        let query = query.as_deref();
        published::of_body(&gateway, &of_body, &file, query, &headers, &context).await
    };
    let member = async move |State(gateway): State<Gateway>,
                             Extension(context): Extension<RequestContext>,
                             path: Result<Path<String>, PathRejection>,
                             RawQuery(query): RawQuery,
                             headers: HeaderMap|
                -> Result<Response, Problem> {
        let Path(file) = path.map_err(|_| Fault::InvalidPath)?;
        let query = query.as_deref();
        published::of_member(&gateway, &of_member, &file, query, &headers, &context).await
    };
    router.route(&at(&published::OF_BODY), get(body)).route(&at(&published::OF_MEMBER), get(member))
}

/// What a query takes.
fn route(query: &Query, generator: &mut SchemaGenerator) -> Arc<query::Route> {
    let parameters = parameter::of_query(query, generator);
    Arc::new(query::Route { service: query.service, name: query.name, parameters })
}

async fn schema(
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path(file) = path.map_err(|_| Fault::InvalidPath)?;
    schemas::schema(&file, &headers)
}

fn openapi_json(document: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document).into_response()
}

/// Answers what no route answers: with what there is instead.
async fn unmatched(request: Request) -> Problem {
    let path = request.uri().path();
    match (allowed(path), unknown_command(request.method(), path)) {
        (Some(allowed), _) => Fault::WrongMethod { allowed }.into(),
        (None, Some(fault)) => fault.into(),
        (None, None) => Fault::UnknownPath.into(),
    }
}

/// What is wrong with a path that has the shape of a command's.
fn unknown_command(method: &Method, path: &str) -> Option<Fault> {
    let parts: Vec<&str> = path.strip_prefix("/v1/")?.split('/').collect();
    let &[plural, _, name] = parts.as_slice() else {
        return None;
    };
    let Some(collection) = COLLECTIONS.iter().find(|collection| collection.plural == plural) else {
        let valid: Vec<&str> = COLLECTIONS.iter().map(|collection| collection.plural).collect();
        return Some(Fault::UnknownCollection { name: excerpt(plural), valid: valid.join(", ") });
    };
    (method == Method::POST && !collection.commands.contains(&name)).then(|| {
        Fault::UnknownCommand {
            name: excerpt(name),
            collection: collection.plural,
            valid: collection.commands.join(", "),
        }
    })
}

/// The methods that a path answers, as the header `Allow` writes them.
fn allowed(path: &str) -> Option<String> {
    let own = [
        "/livez",
        "/readyz",
        "/metrics",
        "/openapi.json",
        schemas::PATH,
        schemas::ASYNCAPI,
        schemas::ASYNCAPI_ALIAS,
    ];
    let own = own.iter().any(|template| matches_template(template, path));
    let mut queries = QUERIES.iter().chain(OWN_QUERIES);
    let link = matches_template(unsubscribe::PATH, path);
    let is_query = own || link || queries.any(|query| matches_template(query.path, path));
    let is_command = COLLECTIONS.iter().any(|collection| {
        collection.commands.iter().any(|command| {
            matches_template(&format!("/v1/{}/{{id}}/{command}", collection.plural), path)
        })
    });
    let is_addition = ADDITIONS
        .iter()
        .any(|more| matches_template(&format!("/v1/{}/{{id}}/{}", more.plural, more.list), path));
    match (is_query, is_command || is_addition || link) {
        (true, true) => Some("GET, HEAD, POST".to_owned()),
        (true, false) => Some("GET, HEAD".to_owned()),
        (false, true) => Some("POST".to_owned()),
        (false, false) => None,
    }
}

fn matches_template(template: &str, path: &str) -> bool {
    let (mut parts, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (parts.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(text)) if part == text => (),
            (Some(part), Some(text)) if part.starts_with('{') && !text.is_empty() => (),
            (Some(_), Some(_)) | (Some(_), None) | (None, Some(_)) => return false,
        }
    }
}
