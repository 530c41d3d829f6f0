//! The peer: a small axum service that carries the same command through cqrs-es and postgres-es.
//!
//! It does what Samvirke does for one command: it verifies the token, reads the facts, decides by the same
//! aggregate, stores the event, keeps a view through `GenericQuery`, and writes an outbox that a relay would
//! send from. It runs as a process of its own.

use std::{collections::HashMap, env, process::Stdio, sync::Arc};

use anyhow::Context;
use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    routing::post,
};
use cqrs_es::{EventEnvelope, Query, View, persist::GenericQuery};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use postgres_es::{PostgresCqrs, PostgresViewRepository, postgres_cqrs};
use samvirke_gateway::{
    demo_issuer::{AUDIENCE, ISSUER},
    identity::Claims,
};
use samvirke_kernel::{Command, Decider, clock};
use samvirke_networks::{
    cooperation::Cooperation,
    network::{Facts, Network},
};
use samvirke_readmodels::audit_copy;
use samvirke_schemas::{
    id::AggregateId,
    networks::network::Request,
    principal::{Grant, Principal, Role},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::{Executor, PgPool, postgres::PgPoolOptions, types::Json as Document};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command as Program},
};

use crate::{
    rig::{POSTGRES_CONNECTIONS, Postgres},
    sample,
    table::say,
};

const DATABASE: &str = "SAMVIRKE_PEER_DATABASE";
/// The public half of the issuer's key, in base64url.
const KEY: &str = "SAMVIRKE_PEER_KEY";

/// The view of a network, as GenericQuery keeps it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct NetworkView(Network);

impl View<Network> for NetworkView {
    fn update(&mut self, event: &EventEnvelope<Network>) {
        self.0.evolve(&event.payload);
    }
}

/// What a relay would send from.
struct Outbox(PgPool);

#[async_trait]
impl Query<Network> for Outbox {
    async fn dispatch(&self, aggregate_id: &str, events: &[EventEnvelope<Network>]) {
        for event in events {
            let written =
                sqlx::query("INSERT INTO outbox (aggregate, sequence, event) VALUES ($1, $2, $3)")
                    .bind(aggregate_id)
                    .bind(i64::try_from(event.sequence).unwrap_or(i64::MAX))
                    .bind(Document(&event.payload))
                    .execute(&self.0)
                    .await;
            written.expect("the outbox is written");
        }
    }
}

struct Peer {
    networks: PostgresCqrs<Network>,
    pool: PgPool,
    key: DecodingKey,
    validation: Validation,
}

/// Serves until it is killed; says its address in its first line.
pub(crate) async fn serve() -> anyhow::Result<()> {
    let _ = jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(std::time::Duration::from_secs(60))
        .connect(&env::var(DATABASE)?)
        .await?;
    let views =
        Arc::new(PostgresViewRepository::<NetworkView, Network>::new("network_view", pool.clone()));
    let queries: Vec<Box<dyn Query<Network>>> =
        vec![Box::new(GenericQuery::new(views)), Box::new(Outbox(pool.clone()))];
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    let peer = Peer {
        networks: postgres_cqrs(pool.clone(), queries, ()),
        pool,
        key: DecodingKey::from_ed_components(&env::var(KEY)?)?,
        validation,
    };
    let router =
        Router::new().route("/v1/networks/{id}/start", post(start)).with_state(Arc::new(peer));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say(&listener.local_addr()?.to_string());
    Ok(axum::serve(listener, router).await?)
}

type Refused = (StatusCode, String);

fn refused(status: StatusCode) -> impl Fn(&dyn std::fmt::Display) -> Refused {
    move |error| (status, error.to_string())
}

async fn start(
    State(peer): State<Arc<Peer>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Result<Json<Value>, Refused> {
    let principal = peer.principal(&headers)?;
    let unreadable = refused(StatusCode::UNPROCESSABLE_ENTITY);
    let request: Request =
        serde_json::from_value(json!({"start": body})).map_err(|error| unreadable(&error))?;
    let id: AggregateId = id.parse().map_err(|error| unreadable(&error))?;
    let broken = refused(StatusCode::INTERNAL_SERVER_ERROR);
    let Document(cooperation): Document<Cooperation> =
        sqlx::query_scalar("SELECT document FROM cooperations WHERE id = $1")
            .bind(id.cooperation.to_string())
            .fetch_one(&peer.pool)
            .await
            .map_err(|error| broken(&error))?;
    let now = clock::now();
    let actor = serde_json::to_string(&principal).map_err(|error| broken(&error))?;
    let metadata = HashMap::from([
        ("command_id".to_owned(), sample::command_id().to_string()),
        ("actor".to_owned(), actor),
        ("occurred_at".to_owned(), now.to_rfc3339()),
    ]);
    let facts = Facts { cooperation: Arc::new(cooperation) };
    let command = Command { id: id.clone(), principal, request, facts, at: now, now };
    let done = peer.networks.execute_with_metadata(&id.to_string(), command, metadata).await;
    done.map_err(|error| refused(StatusCode::CONFLICT)(&error))?;
    Ok(Json(json!({"version": 1})))
}

impl Peer {
    /// Who calls, by the same token as Samvirke's callers show.
    fn principal(&self, headers: &HeaderMap) -> Result<Principal, Refused> {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = value.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        let claims = jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation)
            .map_err(|error| refused(StatusCode::UNAUTHORIZED)(&error))?
            .claims;
        let secretariat = claims.samvirke_roles.iter().any(|role| role == "*:secretariat");
        let grants = secretariat.then_some(Grant { role: Role::Secretariat, cooperation: None });
        Ok(Principal {
            subject: claims.sub.unwrap_or_default(),
            member: None,
            supplier: None,
            grants: grants.into_iter().collect(),
        })
    }
}

/// A running peer on tables of its own; it ends when this goes.
pub(crate) struct Running {
    pub(crate) authority: String,
    _process: Child,
}

impl Running {
    /// Starts it on a new database of `postgres`, with one founded cooperation.
    pub(crate) async fn start(postgres: &Postgres, key: &str) -> anyhow::Result<Self> {
        let (pool, url) = postgres.named("peer").await?;
        for statements in audit_copy::LAYOUT.tables {
            pool.execute(*statements).await?;
        }
        for table in [
            "CREATE TABLE network_view (view_id text PRIMARY KEY, version bigint NOT NULL, payload json NOT NULL)",
            "CREATE TABLE outbox (id bigserial PRIMARY KEY, aggregate text NOT NULL, sequence bigint NOT NULL, event jsonb NOT NULL)",
            "CREATE TABLE cooperations (id text PRIMARY KEY, document jsonb NOT NULL)",
        ] {
            pool.execute(table).await?;
        }
        let context = sample::command_context("bench:bench".parse()?, sample::found());
        let mut cooperation = Cooperation::default();
        let (_, command, _) = sample::command(context);
        for event in cooperation.decide(&command)? {
            cooperation.evolve(&event);
        }
        sqlx::query("INSERT INTO cooperations VALUES ('bench', $1)")
            .bind(Document(&cooperation))
            .execute(&pool)
            .await?;
        let mut process = Program::new(env::current_exe()?)
            .arg("peer")
            .env(DATABASE, url)
            .env(KEY, key)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = process.stdout.take().context("its output is read")?;
        let mut authority = String::new();
        BufReader::new(output).read_line(&mut authority).await?;
        Ok(Self { authority: authority.trim().to_owned(), _process: process })
    }
}
